"""`kaoguan chat`: an interview by text, typed or from a script."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli.face import (
    calm,
    common_options,
    fail,
    make_console,
    open_store,
    settings_from,
    words,
)
from agent.settings import Settings, data_folder

if TYPE_CHECKING:
    from agent.assembly import Setup
    from sessions.ledger import Ledger

MAX_FILE_BYTES = 2_000_000
"""Of a script or a job description."""


@click.command(help="文字面试。随时 Ctrl-C 暂停，--continue 接着来。\n\nAn interview by text.")
@click.option("--format", "form", help="quick | standard | fundamentals | coding | hr | practice")
@click.option("--topic", "topics", multiple=True, help="只问这些方向，可多次 · Only these topics")
@click.option("--bank", help="题库名 · Question bank")
@click.option("--candidate", help="候选人（一台电脑多人用）· Who is interviewed")
@click.option("--practice", is_flag=True, help="练习模式 · Practice mode")
@click.option("--job", type=click.Path(path_type=Path), help="岗位说明文件 · Job description")
@click.option("--continue", "go_on", is_flag=True, help="接着上次未完成的面试 · Take up the last")
@click.option("--session", default="", help="接着指定的面试 · Take up this session")
@click.option("--script", type=click.Path(path_type=Path), help="回答脚本，空行分隔 · Answers file")
@click.option("--seed", type=int, default=0, help="选题的随机种子 · Seed of the choice")
@click.option("--model", help="OpenAI 兼容接口上的模型名 · Model name")
@click.option("--base-url", help="模型服务地址 · Address of the endpoint")
@common_options
def command(**options: Any) -> None:
    """Hold an interview."""
    settings = settings_from(
        format=options["form"],
        bank=options["bank"],
        candidate=options["candidate"],
        lang=options["lang"],
        plain=options["plain"],
        mode="practice" if options["practice"] else None,
    )
    with calm():
        script = read_text(options["script"]) if options["script"] else None
        setup = _setup(settings, options)
        ledger = open_store()
        try:
            session = _session_to_open(ledger, settings, options)
            _hold(setup, ledger, session, settings, script, options["as_json"])
        finally:
            ledger.close()


def _hold(
    setup: Setup,
    ledger: Ledger,
    session: str,
    settings: Settings,
    script: str | None,
    as_json: bool,
) -> None:
    from agent.cli.conversation import Conversation, Paused
    from agent.cli.typing import scripted, typed

    console = make_console(settings, stderr=as_json)
    lines = scripted(script) if script is not None else typed(console, settings.general.lang)
    conversation = Conversation(console, settings, as_json=as_json, scripted=script is not None)
    try:
        asyncio.run(conversation.hold(setup, ledger, data_folder(), session, lines))
    except (KeyboardInterrupt, Paused) as stop:
        key = str(stop) or "paused"
        click.echo("\n" + words(key, settings.general.lang), err=as_json)


def _setup(settings: Settings, options: dict[str, Any]) -> Setup:
    from agent.assembly import Setup, check_topics
    from agent.models.choose import choose_model, choose_panel

    general = settings.general
    return Setup(
        candidate=general.candidate,
        format=general.format,
        lang=general.lang,
        practice=general.mode == "practice",
        bank=general.bank,
        topics=check_topics(options["topics"]),
        job=read_text(options["job"]) if options["job"] else "",
        seed=options["seed"],
        model=choose_model(settings, options["model"], options["base_url"]),
        grader=choose_panel(settings),
    )


def _session_to_open(ledger: Ledger, settings: Settings, options: dict[str, Any]) -> str:
    from agent.interviewer import unfinished

    if options["session"]:
        return str(options["session"])
    if not options["go_on"]:
        return ""
    session = unfinished(ledger, settings.general.candidate)
    if not session:
        fail(words("nothing_to_continue", settings.general.lang))
    return session


def read_text(path: Path) -> str:
    """Read a small text file in UTF-8 or GB18030; anything else ends the command."""
    if not path.exists():
        fail(f"{path}: there is no such file", usage=True)
    if path.is_dir():
        fail(f"{path}: is a folder, not a text file", usage=True)
    if path.stat().st_size > MAX_FILE_BYTES:
        fail(f"{path}: larger than {MAX_FILE_BYTES // 1_000_000} MB; shorten it")
    data = path.read_bytes()
    if not data.strip():
        fail(f"{path}: is empty")
    if b"\x00" in data:
        fail(f"{path}: is not a text file; give plain text in UTF-8")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    fail(f"{path}: is neither UTF-8 nor GB18030 text; save it as UTF-8")
