"""`kaoguan grade`: hold one answer against a question of the bank."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli.chat import read_text
from agent.cli.face import (
    announce_grader,
    calm,
    common_options,
    fail,
    make_console,
    print_json,
    settings_from,
)
from agent.settings import Settings, data_folder, with_grader
from sessions.wording import say

if TYPE_CHECKING:
    from rich.console import Console

    from sessions.records import Grade, Question


@click.command(help="给一个回答评分。\n\nGrade one answer to a question of the bank.")
@click.option("--question", "question_id", required=True, help="题目 id · Question id")
@click.option(
    "--answer", type=click.Path(path_type=Path), required=True, help="回答文件 · Answer file"
)
@click.option("--bank", default="kaoguan", show_default=True, help="题库 · Bank")
@click.option("--grader", help="用这个模型评分（默认看设置）· Model that grades")
@click.option("--base-url", help="模型服务地址 · Address of the endpoint")
@common_options
def command(question_id: str, answer: Path, bank: str, **options: Any) -> None:
    """Grade and print the grade."""
    from tools.knowledge.bank import load_bank

    settings = settings_from(lang=options["lang"], plain=options["plain"])
    settings = with_grader(settings, options["grader"], options["base_url"])
    console = make_console(settings, stderr=options["as_json"])
    with calm():
        question = load_bank(bank, data_folder()).get(question_id)
        if question is None:
            fail(
                f"bank {bank!r} has no question {question_id!r}: see `kaoguan bank search`",
                usage=True,
            )
        grade = asyncio.run(_grade(settings, console, question, read_text(answer)))
    if options["as_json"]:
        print_json(grade)
    else:
        _show(console, question, grade, settings.general.lang)


async def _grade(settings: Settings, console: Console, question: Question, text: str) -> Grade:
    """Grade with the model that is set, saying where the words go, else with the embedded one."""
    from agent.models.choose import choose_panel
    from tools.grade_answer import shared_grader
    from tools.grading.evidence import AnswerText

    answers, lang = [AnswerText("answer", text)], settings.general.lang
    grader = choose_panel(settings)
    if grader is None:
        return shared_grader().grade(question, answers, lang)
    announce_grader(console, grader, lang)
    try:
        return await grader.grade(question, answers, lang)
    finally:
        await grader.aclose()


def _show(console: Console, question: Question, grade: Grade, lang: str) -> None:
    from sessions.report.render import MARKS, labels

    t = labels("en" if lang == "en" else "zh")
    if grade["overall"] is None:
        console.print(t["not_graded_because"] + grade["reason"])
        return
    console.print(f"[bold]{grade['overall']:.0f}[/]/100  {t[grade['kind']]}")
    texts = {point["id"]: point["text"] for point in question["key_points"]}
    for point in grade["points"]:
        text = texts[point["key_point"]]
        console.print(f"  {MARKS[point['verdict']]} {say(text, lang)}")
        for quote in point["quotes"]:
            console.print(f"      “{quote['text']}”", style="dim", markup=False)
    for met in grade["misconceptions"]:
        right = say(met["correction"], lang)
        console.print(f"  {t['correction']}: {right}", markup=False)
    console.print(f"{t['grader']}: {grade['grader']}", style="dim", markup=False)
    if "fallback" in grade:
        console.print(f"{t['in_place_of']}: {grade['fallback']}", style="yellow", markup=False)
    for other in grade.get("opinions", []):
        console.print(f"{t['opinion']}: {opinion_line(other)}", style="dim", markup=False)


def opinion_line(grade: Grade) -> str:
    """Return what another grader made of an answer: its name, its number, a sign a key point."""
    from sessions.report.render import MARKS

    number = "–" if grade["overall"] is None else f"{grade['overall']:.0f}"
    marks = " ".join(f"{p['key_point']}{MARKS[p['verdict']]}" for p in grade["points"])
    return f"{grade['grader']} {number}  {marks}".rstrip()
