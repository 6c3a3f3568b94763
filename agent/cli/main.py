"""The command table: each command's module is imported when the command is used."""

from __future__ import annotations

import importlib
import os
import sys

import click

_COMMANDS = {
    "chat": "文字面试 · Text interview",
    "talk": "语音面试 · Spoken interview",
    "demo": "看一场完整的示例面试 · Watch a whole interview with a simulated candidate",
    "report": "查看或导出报告 · Show or export a report",
    "review": "复盘真实面试的文字记录 · Review the transcript of a real interview",
    "bank": "题库：导入、搜索、查看 · Question banks",
    "grade": "给一个回答评分 · Grade one answer",
    "memory": "薄弱点记忆 · What is remembered of a candidate",
    "practice": "复习到期的知识点 · A short session of due points",
    "progress": "看长期进步 · Progress over time",
    "sessions": "历史面试 · Earlier sessions",
    "voice": "语音组件 · Speech parts",
    "eval": "评测 · Measure Kaoguan itself",
    "doctor": "检查安装与设置 · Check the installation and settings",
}
_FOLDER = os.path.dirname(__file__)


class LazyGroup(click.Group):
    """A group that imports a command's module only to run it or to show its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands that exist, in the order of the table."""
        return [name for name in _COMMANDS if _exists(name)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in _COMMANDS or not _exists(cmd_name):
            return None
        module = importlib.import_module(f"agent.cli.{_module(cmd_name)}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any of them."""
        rows = [(name, _COMMANDS[name]) for name in self.list_commands(ctx)]
        with formatter.section("命令 · Commands"):
            formatter.write_dl(rows)


def _module(name: str) -> str:
    return "evaluate" if name == "eval" else name


def _exists(name: str) -> bool:
    path = os.path.join(_FOLDER, _module(name))
    return os.path.isfile(path + ".py") or os.path.isdir(path)


def _quiet_tracing() -> None:
    """Switch tracing and telemetry off whatever the environment says: words stay where shown."""
    for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LANGSMITH_OTEL_ENABLED"):
        os.environ[name] = "false"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["DO_NOT_TRACK"] = "1"


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="考官：机器学习与大模型方向的模拟面试官。\n\nA mock interviewer for ML and LLM engineers.",
)
@click.version_option(package_name="kaoguan", prog_name="kaoguan")
def cli() -> None:
    """Set up what every command needs."""
    _quiet_tracing()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
