"""`kaoguan grade`: hold one answer against a question of the bank."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from agent.cli.chat import read_text
from agent.cli.face import calm, common_options, fail, make_console, print_json, settings_from
from agent.settings import data_folder


@click.command(help="给一个回答评分。\n\nGrade one answer to a question of the bank.")
@click.option("--question", "question_id", required=True, help="题目 id · Question id")
@click.option(
    "--answer", type=click.Path(path_type=Path), required=True, help="回答文件 · Answer file"
)
@click.option("--bank", default="kaoguan", show_default=True, help="题库 · Bank")
@common_options
def command(question_id: str, answer: Path, bank: str, **options: Any) -> None:
    """Grade and print the grade."""
    from sessions.report.render import MARKS, labels
    from tools.grade_answer import shared_grader
    from tools.grading.evidence import AnswerText
    from tools.knowledge.bank import load_bank

    settings = settings_from(lang=options["lang"], plain=options["plain"])
    lang = settings.general.lang
    with calm():
        question = load_bank(bank, data_folder()).get(question_id)
        if question is None:
            fail(
                f"bank {bank!r} has no question {question_id!r}: see `kaoguan bank search`",
                usage=True,
            )
        grade = shared_grader().grade(question, [AnswerText("answer", read_text(answer))], lang)
    if options["as_json"]:
        print_json(grade)
        return
    console, t = make_console(settings), labels(lang)
    if grade["overall"] is None:
        console.print(t["not_graded_because"] + grade["reason"])
        return
    console.print(f"[bold]{grade['overall']:.0f}[/]/100  {t[grade['kind']]}")
    texts = {point["id"]: point["text"] for point in question["key_points"]}
    for point in grade["points"]:
        text = texts[point["key_point"]]
        console.print(f"  {MARKS[point['verdict']]} {text.get(lang) or next(iter(text.values()))}")
        for quote in point["quotes"]:
            console.print(f"      “{quote['text']}”", style="dim", markup=False)
    console.print(f"{t['grader']}: {grade['grader']}", style="dim")
