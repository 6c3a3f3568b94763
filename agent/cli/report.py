"""`kaoguan report`: show or export the report of a session."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli.face import (
    calm,
    common_options,
    fail,
    make_console,
    open_store,
    print_json,
    settings_from,
)

if TYPE_CHECKING:
    from rich.console import Console

    from sessions.ledger import Ledger
    from sessions.records import Lang
    from sessions.report.schema import Report

FILES = ("html", "md", "pdf", "anki", "ics")
"""Options that name a file to write."""


@click.command(help="查看或导出一场面试的报告。\n\nShow or export the report of a session.")
@click.argument("session", required=False)
@click.option("--html", type=click.Path(path_type=Path), help="写成网页 · Write an HTML page")
@click.option("--md", type=click.Path(path_type=Path), help="写成 Markdown · Write Markdown")
@click.option("--pdf", type=click.Path(path_type=Path), help="写成 PDF · Write a PDF")
@click.option("--anki", type=click.Path(path_type=Path), help="写成 Anki 卡片包 · Write Anki cards")
@click.option(
    "--ics", type=click.Path(path_type=Path), help="写成日历 · Write due practice as iCal"
)
@click.option("--anonymous", is_flag=True, help="去掉人名与项目 · No names, no project details")
@click.option("--hide", multiple=True, help="遮住含这些字的原话 · Hide quotes holding these words")
@click.option(
    "--audio/--no-audio", default=True, help="附上保存的录音片段 · Clips of the recording kept"
)
@click.option(
    "--recording",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="复盘用的录音 · Recording of a review",
)
@click.option("--schema", is_flag=True, help="打印 JSON 结构 · Print the JSON schema")
@common_options
def command(session: str | None, **options: Any) -> None:
    """Show, or write to files."""
    from sessions.report.schema import json_schema

    if options["schema"]:
        print_json(json_schema())
        return
    settings = settings_from(lang=options["lang"], plain=options["plain"])
    with calm():
        ledger = open_store()
        lang: Lang | None = options["lang"]
        try:
            report = load_report(ledger, session, settings.general.candidate)
            candidate = report["candidate"]
            report, written = write_report(report, options, lang or report["lang"])
            written = _write_practice(ledger, report, options, lang or report["lang"]) or written
            note_files(ledger, candidate, options)
        finally:
            ledger.close()
        if options["as_json"]:
            print_json(report)
        elif not written:
            print_summary(make_console(settings), report, options["lang"] or report["lang"])


def note_files(ledger: Ledger, candidate: str, options: dict[str, Any]) -> None:
    """Record the files written about a candidate, so that forgetting can name them."""
    from agent.clips import clip_folder
    from agent.forgetting import note_saved

    paths = [options[name] for name in FILES if options.get(name) is not None]
    if options.get("html") is not None:
        paths += [path for path in [clip_folder(options["html"])] if path.is_dir()]
    for path in paths:
        note_saved(ledger, candidate, path)


def load_report(ledger: Ledger, session: str | None, candidate: str) -> Report:
    """Build the report of the session named, or of the candidate's newest."""
    from sessions.report.build import ReportError, build_report

    if session is None:
        started = ledger.events(candidate=candidate, kinds=["session_started"])
        session = max((e["session"] for e in started), default="")
        if not session:
            fail("there is no session yet: begin one with `kaoguan chat`")
    try:
        return build_report(ledger, session)
    except ReportError as error:
        fail(str(error), usage=True)


def write_report(report: Report, options: dict[str, Any], lang: Lang) -> tuple[Report, bool]:
    """Write the files asked for; return the report as shared and whether any was written."""
    from sessions.report.pdf import PdfError, write_pdf
    from sessions.report.render import to_html, to_markdown
    from sessions.report.share import anonymous, hide_quotes

    if options.get("anonymous"):
        report = anonymous(report)
    if options.get("hide"):
        report = hide_quotes(report, options["hide"])
    written = False
    for name in ("html", "md"):
        path: Path | None = options[name]
        if path is None:
            continue
        sounds = _sounds(report, path, options) if name == "html" else {}
        page = to_html(report, lang, sounds) if name == "html" else to_markdown(report, lang)
        path.write_text(page, encoding="utf-8")
        click.echo(str(path), err=options["as_json"])
        written = True
    if options["pdf"] is not None:
        try:
            write_pdf(to_html(report, lang), options["pdf"])
        except PdfError as error:
            fail(str(error))
        click.echo(str(options["pdf"]), err=options["as_json"])
        written = True
    return report, written


def _sounds(report: Report, page: Path, options: dict[str, Any]) -> dict[str, str]:
    """Return the clips of the recording when it is at hand and may be heard by others.

    Those of an earlier page of this name are gone in any case.
    """
    from agent.clips import clear_clips, place_clips
    from agent.settings import data_folder

    clear_clips(page)
    kept = data_folder() / "audio" / f"{report['session']}.wav"
    recording = options.get("recording") or kept
    shared = options.get("anonymous") or options.get("hide")
    if shared or not options.get("audio") or not recording.is_file():
        return {}  # a voice names its speaker, and a hidden quote would be heard
    return place_clips(report, recording, page)


def _write_practice(ledger: Ledger, report: Report, options: dict[str, Any], lang: Lang) -> bool:
    """Write the cards and the calendar asked for; return whether any was written."""
    if options["anki"] is not None:
        from sessions.report.anki import AnkiError, write_anki

        try:
            count = write_anki(report, options["anki"], lang)
        except AnkiError as error:
            fail(str(error))
        click.echo(f"{options['anki']} ({count})", err=options["as_json"])
    if options["ics"] is not None:
        from sessions.ledger import utc_now
        from sessions.projections import project
        from sessions.report.calendar import to_calendar

        known = project(ledger.events(candidate=report["candidate"]), report["candidate"])
        titles = {topic["id"]: topic["title"] for topic in report["topics"]}
        text = to_calendar(known.cards, utc_now(), lang, titles)
        options["ics"].write_text(text, encoding="utf-8", newline="")
        click.echo(str(options["ics"]), err=options["as_json"])
    return options["anki"] is not None or options["ics"] is not None


def print_summary(console: Console, report: Report, lang: Lang) -> None:
    """Print the first screen of a report: score, strengths, weaknesses, topics, what to do."""
    from rich.table import Table

    from sessions.report.render import MARKS, labels

    t = labels(lang)
    score = "–" if report["score"] is None else f"{report['score']:.0f}/100"
    console.rule(f"{t['title']} {report['session']}")
    console.print(
        f"{t['score']} [bold]{score}[/]  {report['graded']} {t['questions_word']} {t['graded']}, "
        f"{report['not_graded']} {t['not_graded']}  {report['minutes']} {t['minutes']}"
    )
    for name, findings in (
        ("strengths", report["strengths"]),
        ("weaknesses", report["weaknesses"]),
    ):
        console.print(f"\n[bold]{t[name]}[/]")
        for finding in findings:
            console.print(f"  {MARKS[finding['verdict']]} {finding['text']}", markup=False)
            if finding["quote"]:
                console.print(f"      “{finding['quote']}”", style="dim", markup=False)
        if not findings:
            console.print(f"  {t['none_yet']}")
    console.print(f"\n[bold]{t['practise']}[/]")
    for number, line in enumerate(report["practise"] or [t["none_yet"]], 1):
        console.print(f"  {number}. {line}", markup=False)
    table = Table(box=None, pad_edge=False)
    for head in ("question_head", "score", "points"):
        table.add_column(t.get(head, "") or "#")
    for question in report["questions"]:
        marks = " ".join(MARKS[point["verdict"]] for point in question["points"])
        value = "–" if question["score"] is None else f"{question['score']:.0f}"
        table.add_row(f"{question['number']}. {question['asked'][:44]}", value, marks)
    console.print()
    console.print(table)
    missing = [topic["title"] for topic in report["topics"] if topic["standing"] == "not_covered"]
    if missing:
        joint = "、" if lang == "zh" else ", "
        console.print(f"\n{t['not_covered']}: {joint.join(missing)}", style="dim", markup=False)
