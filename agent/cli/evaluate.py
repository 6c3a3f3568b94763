"""`kaoguan eval`: measure Kaoguan itself. Each subcommand's module is imported when it is used."""

from __future__ import annotations

import importlib
import os

import click

_FOLDER = os.path.dirname(__file__)
_COMMANDS = {
    "tools": "模型的工具调用 · A model's function calls",
    "interviewer": "考官的表现 · The interviewer's conduct",
    "grading": "评分 · Grading",
    "rate": "人工给回答标注 · Label answers by hand",
    "voice": "语音 · Speech",
    "review": "面试复盘 · Review of recorded interviews",
}


class _Lazy(click.Group):
    """A group whose subcommands live in agent/cli/evaluate_<name>.py."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the subcommands that exist."""
        return [name for name in _COMMANDS if _exists(name)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one subcommand."""
        if cmd_name not in _COMMANDS or not _exists(cmd_name):
            return None
        module = importlib.import_module(f"agent.cli.evaluate_{cmd_name}")
        found: click.Command = module.command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands without importing any of them."""
        with formatter.section("命令 · Commands"):
            formatter.write_dl([(name, _COMMANDS[name]) for name in self.list_commands(ctx)])


def _exists(name: str) -> bool:
    return os.path.isfile(os.path.join(_FOLDER, f"evaluate_{name}.py"))


@click.group(cls=_Lazy, help="评测考官自身。\n\nMeasure Kaoguan itself.")
def command() -> None:
    """Hold the subcommands."""
