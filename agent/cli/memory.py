"""`kaoguan memory`: show, correct, forget, export, import or rebuild what is remembered."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli.face import common_options, fail, make_console, print_json
from agent.cli.memory_words import candidate_option, chosen, listed, opened, said
from agent.settings import data_folder

if TYPE_CHECKING:
    from agent.forgetting import Forgetting
    from sessions.projections import Known
    from sessions.records import Lang


@click.group(help="长期记忆：查看、更正、忘记、导出。\n\nWhat is remembered of a candidate.")
def command() -> None:
    """Hold the subcommands."""


@command.command("show", help="看记住了什么、凭什么 · What is known, and on what evidence")
@click.option("--topic", "topics", multiple=True, help="只看这些方向 · Only these topics")
@click.option("--why", is_flag=True, help="列出每个结论的依据 · With the evidence of each line")
@candidate_option
@common_options
def show(topics: tuple[str, ...], why: bool, **options: Any) -> None:
    """Print topics with their ranges, the memories with their quotes, and what is due when."""
    from agent.assembly import check_topics
    from agent.cli.memory_view import asked_of, print_shown, shown
    from agent.past import known_of
    from sessions.ledger import utc_now

    settings = chosen(options)
    lang, candidate = settings.general.lang, settings.general.candidate
    with opened() as ledger:
        wanted = check_topics(topics)
        known = known_of(ledger, data_folder(), candidate)
        events = list(ledger.events(candidate=candidate, kinds=["question_asked"]))
    asked = asked_of(events, lang)
    view = shown(known, asked, utc_now(), wanted, why=why, lang=lang)
    if options["as_json"]:
        print_json(view)
    elif not known.sessions:
        click.echo(said("nothing_known", lang, candidate=candidate))
    else:
        print_shown(make_console(settings), view, known, asked.texts, lang)


@command.command("edit", help="更正一条记忆 · Correct one memory")
@click.argument("memory_id", metavar="ID")
@click.option("--text", help="新的内容 · What it should say")
@click.option("--wrong", is_flag=True, help="这条不成立 · It is not so")
@candidate_option
@common_options
def edit(memory_id: str, text: str | None, wrong: bool, **options: Any) -> None:
    """Record a correction; the quote and the time stay as they were."""
    from agent.past import known_of

    settings = chosen(options)
    lang, candidate = settings.general.lang, settings.general.candidate
    if bool(text and text.strip()) == wrong:
        fail(said("edit_what", lang), usage=True)
    with opened() as ledger:
        known = known_of(ledger, data_folder(), candidate)
        if all(memory["id"] != memory_id for memory in known.memories):
            fail(said("no_such_memory", lang, id=memory_id), usage=True)
        body = {"id": memory_id} | ({"wrong": True} if wrong else {"text": str(text).strip()})
        ledger.append("memory_edit", body, candidate=candidate)
    if options["as_json"]:
        print_json(body)
    else:
        click.echo(said("marked_wrong" if wrong else "edited", lang, id=memory_id))


@command.command("forget", help="彻底忘记 · Erase a topic, session, question, memory, or all")
@click.argument("what", required=False)
@click.option("--all", "everything", is_flag=True, help="忘记这个人的一切 · Everything")
@click.option("--yes", is_flag=True, help="不再询问 · Do not ask")
@candidate_option
@common_options
def forget(what: str | None, everything: bool, yes: bool, **options: Any) -> None:
    """Erase for good, after showing what will go and asking."""
    from agent.forgetting import ALL, carry_out, plan_forgetting

    settings = chosen(options)
    lang = settings.general.lang
    if bool(what) == everything:
        fail(said("forget_what", lang), usage=True)
    with opened() as ledger:
        name = ALL if everything else str(what)
        plan = plan_forgetting(ledger, data_folder(), settings.general.candidate, name)
        if not yes:
            _announce(plan, lang)
            click.confirm(said("forget_go", lang), abort=True, err=True)
        asyncio.run(carry_out(ledger, data_folder(), plan))
    if options["as_json"]:
        found = {"records": len(plan.rows), "sessions": plan.whole, "touched": plan.touched}
        files = [str(path) for path in plan.files]
        print_json({"forgotten": plan.what, **found, "files": files, "elsewhere": plan.exports})
        return
    click.echo(said("forgotten", lang, what=said("everything", lang) if everything else what))
    if plan.exports:
        click.echo(said("elsewhere", lang, files=listed(list(plan.exports), lang)))
    else:
        click.echo(said("elsewhere_unknown", lang))


def _announce(plan: Forgetting, lang: Lang) -> None:
    """Say on the error stream what would go."""
    key = "forget_whole" if plan.whole else "forget_part"
    sessions = len(plan.whole or plan.touched)
    slots = {"candidate": plan.candidate, "what": plan.what, "rows": len(plan.rows)}
    click.echo(said(key, lang, sessions=sessions, **slots), err=True)
    if plan.files:
        files = listed([str(path) for path in plan.files], lang)
        click.echo(said("forget_files", lang, files=files), err=True)


@command.command("export", help="导出为一个 JSON 文件 · Write everything to one JSON file")
@click.argument("file", type=click.Path(path_type=Path))
@candidate_option
@common_options
def export_file(file: Path, **options: Any) -> None:
    """Write the events that memory rests on, readable by their owner alone."""
    from agent.forgetting import note_saved
    from sessions.portable import export

    settings = chosen(options)
    lang, candidate = settings.general.lang, settings.general.candidate
    if file.exists():
        fail(said("exists", lang, file=file), usage=True)
    with opened() as ledger:
        document = export(ledger.events(candidate=candidate), candidate)
        if not document["events"]:
            fail(said("nothing_known", lang, candidate=candidate))
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(document, out, ensure_ascii=False, indent=1)
        note_saved(ledger, candidate, file)
    count = len(document["events"])
    if options["as_json"]:
        print_json({"file": str(file.resolve()), "events": count})
    else:
        click.echo(said("exported", lang, events=count, file=file))


@command.command("import", help="导入别处导出的记忆 · Read an export back")
@click.argument("file", type=click.Path(path_type=Path))
@candidate_option
@common_options
def import_file(file: Path, **options: Any) -> None:
    """Append the sessions that are not here yet; importing again changes nothing."""
    from agent.portable import import_events
    from sessions.portable import PortableError, read_export

    settings = chosen(options)
    lang, candidate = settings.general.lang, settings.general.candidate
    if not file.is_file():
        fail(f"{file}: there is no such file", usage=True)
    with opened() as ledger:
        here = {event["session"] for event in ledger.events(kinds=["session_started"])}
        try:
            events = read_export(json.loads(file.read_bytes()), candidate, here)
        except ValueError as error:
            raise PortableError(f"{file} is no JSON document: {error}") from error
        import_events(data_folder(), events)
    sessions = len({event["session"] for event in events} - {""})
    if options["as_json"]:
        print_json({"candidate": candidate, "sessions": sessions, "events": len(events)})
    elif events:
        click.echo(
            said("imported", lang, sessions=sessions, events=len(events), candidate=candidate)
        )
    else:
        click.echo(said("nothing_to_import", lang))


@command.command("rebuild", help="从记录重建全部记忆 · Fold the ledger anew")
@candidate_option
@common_options
def rebuild(**options: Any) -> None:
    """Build the projection again and say whether it is what was kept."""
    settings = chosen(options)
    lang, candidate = settings.general.lang, settings.general.candidate
    console = make_console(settings, stderr=True)
    with opened() as ledger:
        total = sum(1 for _ in ledger.events(candidate=candidate, kinds=["session_started"]))
        before, after = _rebuild(ledger, candidate, total, (console, said("rebuilding", lang)))
    same = "first" if before is None else "same" if before == after else "different"
    counts = {
        "sessions": after.sessions,
        "answers": len(after.answers),
        "cards": len(after.cards),
        "memories": len(after.memories),
    }
    if options["as_json"]:
        print_json({"candidate": candidate, **counts, "result": same})
    else:
        click.echo(said("rebuilt", lang, **counts, same=said(same, lang)))


def _rebuild(
    ledger: Any, candidate: str, total: int, face: tuple[Any, str]
) -> tuple[Known | None, Known]:
    """Return what was kept and what was built, with a bar while it is built."""
    from rich.progress import Progress

    from agent.past import STORE_FILE, topic_names
    from sessions.memory_store import load, open_store, save
    from sessions.projections import project

    store = open_store(data_folder() / STORE_FILE)
    before = load(store, candidate, ledger.last_id(candidate))
    with Progress(console=face[0], transient=True) as progress:
        task = progress.add_task(face[1], total=total or None)
        after = project(
            ledger.events(candidate=candidate),
            candidate,
            topic_names(),
            lambda done: progress.update(task, completed=done),
        )
    save(store, after)
    store.dispose()
    return before, after
