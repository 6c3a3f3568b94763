"""`kaoguan review`: review the transcript, or the recording, of a real interview."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from agent.cli.face import (
    announce_grader,
    calm,
    common_options,
    fail,
    make_console,
    open_store,
    print_json,
    settings_from,
)
from agent.settings import data_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from agent.review import GradeAnswers, Progress, Reviewed
    from agent.settings import Settings
    from sessions.ledger import Ledger
    from sessions.records import Lang
    from sessions.report.schema import Report
    from sessions.transcript import Transcript

AUDIO = {".wav", ".mp3", ".m4a", ".aac", ".flac", ".ogg", ".opus", ".mp4", ".webm", ".amr"}


@click.command(
    help="复盘真实面试的记录：会议工具的文字、SRT、VTT、JSON、DOCX，或录音。\n\n"
    "Review a real interview from its transcript or recording."
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--candidate-label", default="", help="候选人的标签 · The candidate's label")
@click.option(
    "--spoken", type=click.Choice(["zh", "en"]), help="录音里说的语言 · Language of a recording"
)
@click.option("--html", type=click.Path(path_type=Path), help="写成网页 · Write an HTML page")
@click.option("--md", type=click.Path(path_type=Path), help="写成 Markdown · Write Markdown")
@click.option("--pdf", type=click.Path(path_type=Path), help="写成 PDF · Write a PDF")
@click.option("--audio/--no-audio", default=True, help="附上录音片段 · Clips of the recording")
@click.option("--anonymous", is_flag=True, help="去掉项目与人名 · No names, no project details")
@click.option("--remember", is_flag=True, help="记入长期记忆 · Put the results into memory")
@click.option("--bank", default="kaoguan", show_default=True, help="题库 · Bank")
@common_options
def command(file: Path, **options: Any) -> None:
    """Read, review, show; nothing is stored unless `--remember` is given."""
    from agent.cli.report import note_files, write_report

    settings = settings_from(lang=options["lang"], plain=options["plain"])
    console = make_console(settings, stderr=options["as_json"])
    with calm():
        transcript = _transcript(file, console, options["spoken"] or "")
        reviewed = _review(transcript, options, settings, console)
        report = _report(reviewed, options["remember"])
        lang: Lang = options["lang"] or report["lang"]
        candidate = report["candidate"]
        sound = {"recording": file} if transcript.form == "audio" else {}
        report, written = write_report(report, options | sound, lang)
        if options["remember"]:
            for ledger in _ledger(remember=True):
                note_files(ledger, candidate, options)
    if options["as_json"]:
        print_json(report)
        return
    if not reviewed.review["roles_clear"]:
        labels = ", ".join(transcript.labels)  # the report holds no names; the console may
        console.print(
            f"谁是候选人不明显，用 --candidate-label 指定（{labels}） · "
            "Who is the candidate is not clear: name it with --candidate-label",
            markup=False,
        )
    if not written:
        print_review(console, report, lang, remembered=options["remember"])


def _transcript(file: Path, console: Console, spoken: str) -> Transcript:
    from agent.voice.base import VoiceError
    from sessions.transcript import TranscriptError, read_transcript

    if not file.is_file():
        fail(f"there is no file {str(file)!r}", usage=True)
    try:
        if file.suffix.lower() in AUDIO:
            from agent.cli.spoken_parts import models_folder
            from agent.reviewing.audio import transcribe
            from agent.voice.backends.choose import choose_asr

            folder = data_folder()
            asr = choose_asr("base", models_folder(folder))
            return transcribe(file, folder, _progress(console), asr, spoken)
        return read_transcript(file)
    except (TranscriptError, VoiceError) as error:
        fail(f"{file.name}: {error}")


def _review(
    transcript: Transcript, options: dict[str, Any], settings: Settings, console: Console
) -> Reviewed:
    from agent.review import Wanted, review
    from tools.knowledge.bank import load_bank
    from tools.knowledge.search import open_searcher

    bank = load_bank(options["bank"], data_folder())
    searcher = open_searcher(bank, folder=data_folder())
    try:
        with _grading(settings, console) as (grade, grader):
            label = options["candidate_label"]
            wanted = Wanted(
                options["lang"],
                settings.general.candidate,
                label,
                grade=grade,
                grader=grader,
            )
            return review(transcript, bank, searcher, wanted, _progress(console))
    except ValueError as error:
        fail(str(error), usage=True)
    finally:
        searcher.close()


@contextmanager
def _grading(settings: Settings, console: Console) -> Iterator[tuple[GradeAnswers | None, str]]:
    """Yield the model grader that the settings name, and its name, or nothing and `embedded`."""
    from agent.models.choose import choose_panel

    panel = choose_panel(settings)
    if panel is None:
        yield None, "embedded"
        return
    announce_grader(console, panel, settings.general.lang)
    with asyncio.Runner() as runner:
        try:
            yield lambda q, answers, lang: runner.run(panel.grade(q, answers, lang)), panel.name
        finally:
            runner.run(panel.aclose())


def _progress(console: Console) -> Progress:
    def show(what: str, done: int, total: int) -> None:
        if console.is_terminal:
            end = "\n" if done >= total else "\r"
            console.print(f"{what} {done}/{total}", end=end, style="dim", markup=False)

    return show


def _report(reviewed: Reviewed, remember: bool) -> Report:
    from sessions.report.build import build_report

    for ledger in _ledger(remember):
        from agent.review import keep

        keep(reviewed, ledger)
        report = build_report(ledger, reviewed.session)
    return report


def _ledger(remember: bool) -> Iterator[Ledger]:
    """Yield the candidate's own ledger, or one that is gone when the review is done."""
    from sessions.ledger import open_ledger

    if remember:
        ledger = open_store()
        try:
            yield ledger
        finally:
            ledger.close()
        return
    with TemporaryDirectory(prefix="kaoguan-review-") as folder:
        ledger = open_ledger(Path(folder) / "ledger.db")
        try:
            yield ledger
        finally:
            ledger.close()


def print_review(console: Console, report: Report, lang: Lang, *, remembered: bool) -> None:
    """Print the first screen of a review: weak topics with evidence, help given, delivery."""
    from sessions.report.render import clock, labels, sign_words

    t = labels(lang)
    review = report.get("review")
    console.rule(t["review_title"])
    if review is None:
        return
    for finding in review["findings"]:
        level = t[f"severity_{finding['severity']}"]
        console.print(f"\n[bold]{'●' * finding['severity']}[/] {level}  {clock(finding['from_s'])}")
        console.print(f"  {finding['title']}", markup=False)
        console.print(f"  {sign_words(finding['signs'], t)}", style="dim", markup=False)
        own = [q for q in finding["evidence"] if q["speaker"] == "candidate"]
        for quote in (own or finding["evidence"])[:2]:
            console.print(
                f"    {clock(quote['at_s'])} “{quote['text']}”", style="dim", markup=False
            )
    console.print(f"\n[bold]{t['practise']}[/]")
    for number, line in enumerate(report["practise"] or [t["none_yet"]], 1):
        console.print(f"  {number}. {line}", markup=False)
    helps = f"{t['moments']}: {len(review['moments'])}"
    kept = t["remembered" if remembered else "not_remembered"]
    console.print(f"\n{helps}  {kept}", style="dim", markup=False)
