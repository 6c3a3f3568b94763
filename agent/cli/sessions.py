"""`kaoguan sessions`: list, show, replay, export, import or delete earlier sessions."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from agent.cli.face import (
    calm,
    common_options,
    fail,
    make_console,
    open_store,
    print_json,
    settings_from,
    words,
)
from agent.cli.session_files import export_session, import_session
from agent.settings import data_folder


@click.group(help="历史面试。\n\nEarlier sessions.")
def command() -> None:
    """Hold the subcommands."""


command.add_command(export_session)
command.add_command(import_session)


@command.command("list", help="列出全部面试 · List them, newest first")
@click.option("--candidate", help="只看某人 · Of one candidate")
@common_options
def list_sessions(candidate: str | None, **options: Any) -> None:
    """List sessions."""
    from sessions.listing import session_rows

    settings = settings_from(lang=options["lang"], plain=options["plain"])
    with calm():
        ledger = open_store()
        rows = session_rows(ledger, candidate)
        ledger.close()
    if options["as_json"]:
        print_json(rows)
        return
    console, lang = make_console(settings), settings.general.lang
    if not rows:
        console.print(words("no_sessions", lang))
        return
    from rich.table import Table

    table = Table(box=None)
    for key in ("col_session", "col_candidate", "col_format", "col_status", "col_turns"):
        table.add_column(words(key, lang))
    for row in rows:
        status = words(f"status_{row['status']}", lang)
        turns = str(row["turns"])
        table.add_row(row["session"], row["candidate"], row["format"], status, turns)
    console.print(table)


@command.command("show", help="看一场面试的对话 · Show the conversation of a session")
@click.argument("session")
@common_options
def show(session: str, **options: Any) -> None:
    """Print the conversation."""
    _print_turns(session, options, events=False)


@command.command("replay", help="逐步重放：对话、工具、评分 · Every recorded step in order")
@click.argument("session")
@common_options
def replay(session: str, **options: Any) -> None:
    """Print every event."""
    _print_turns(session, options, events=True)


def _print_turns(session: str, options: dict[str, Any], *, events: bool) -> None:
    settings = settings_from(lang=options["lang"], plain=options["plain"])
    with calm():
        ledger = open_store()
        found = list(ledger.events(session=session))
        ledger.close()
    if not found:
        fail(f"there is no session {session!r}: see `kaoguan sessions list`", usage=True)
    shown = found if events else [e for e in found if e["kind"] == "turn"]
    if options["as_json"]:
        print_json(shown)
        return
    console, lang = make_console(settings), settings.general.lang
    for event in shown:
        body = event["body"]
        if event["kind"] == "turn":
            who = "interviewer" if body["speaker"] == "interviewer" else "you"
            style = "bold cyan" if who == "interviewer" else "bold green"
            console.print(f"[{style}]{words(who, lang)} ›[/] ", end="")
            console.print(body["text"], markup=False)
        else:
            console.print(f"  {event['kind']}: {_brief(body)}", style="dim", markup=False)


def _brief(body: dict[str, Any]) -> str:
    import json

    text = json.dumps(body, ensure_ascii=False)
    return text if len(text) <= 160 else text[:157] + "…"


@command.command("delete", help="删除一场面试的全部记录 · Delete everything of a session")
@click.argument("session")
@click.option("--yes", is_flag=True, help="不再询问 · Do not ask")
@common_options
def delete(session: str, yes: bool, **options: Any) -> None:
    """Delete a session for good, after asking."""
    settings = settings_from(lang=options["lang"], plain=options["plain"])
    lang = settings.general.lang
    with calm():
        ledger = open_store()
        count = sum(1 for _ in ledger.events(session=session))
        if not count:
            fail(f"there is no session {session!r}: see `kaoguan sessions list`", usage=True)
        if not yes:
            click.confirm(words("confirm_delete", lang, session=session, count=count), abort=True)
        asyncio.run(_delete_checkpoints(session))
        ledger.delete_session(session)
        ledger.close()
    if options["as_json"]:
        print_json({"deleted": session, "events": count})
    else:
        click.echo(words("deleted", lang, session=session, count=count))


async def _delete_checkpoints(session: str) -> None:
    from agent.interviewer import CHECKPOINT_FILE
    from sessions.checkpoints import forget, open_checkpoints

    async with open_checkpoints(data_folder() / CHECKPOINT_FILE) as saver:
        await forget(saver, session)
