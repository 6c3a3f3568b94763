"""`kaoguan eval grading`: how well grades agree with a person's labels."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli.face import (
    announce_grader,
    calm,
    common_options,
    fail,
    make_console,
    print_json,
    settings_from,
    words,
)
from agent.settings import Settings, data_folder, with_grader

if TYPE_CHECKING:
    from rich.console import Console

    from agent.model_grading.grader import ModelGrader
    from sessions.records import Grade
    from tools.evaluate.graded_rows import GradedAnswer
    from tools.evaluate.grading_metrics import Measured
    from tools.evaluate.grading_run import GradeAnswer

PARALLEL = 4
"""Answers under way at a time with a model; the embedded grader takes one after the other."""


@click.command(
    help="用人工标注的回答评测评分。\n\nMeasure a grader on labelled answers: JSONL with question, "
    "answer, covered, partial, error_level, kind and score; questions in the same file, beside it "
    "or in the bank."
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--grader", help="用这个模型评分（默认看设置）· Model that grades")
@click.option("--base-url", help="模型服务地址 · Address of the endpoint")
@click.option("--bank", default="kaoguan", show_default=True, help="题库 · Bank")
@click.option("--held-out", is_flag=True, help="只用训练时没见过的题 · Only questions kept apart")
@click.option("--kind", "kinds", multiple=True, help="只看这些类型 · Only these kinds")
@click.option("--limit", type=click.IntRange(min=1), help="最多几道题 · At most so many questions")
@click.option("--repeats", default=5, show_default=True, type=click.IntRange(1, 50),
              help="同一回答评几次 · Times that the same answers are graded")  # fmt: skip
@click.option("--repeat-answers", default=30, show_default=True, type=click.IntRange(0),
              help="重复评的回答数 · Answers graded again")  # fmt: skip
@click.option("--worst", default=10, show_default=True, help="列出差得最远的 · Worst cases listed")
@click.option("--html", type=click.Path(path_type=Path), help="写成网页 · Write a page")
@click.option(
    "--out", type=click.Path(path_type=Path), help="结果 JSON，中断后可续 · Result, resumes"
)
@click.option("--against", type=click.Path(path_type=Path), help="和以前的结果比 · Earlier result")
@common_options
def command(**options: Any) -> None:
    """Grade the answers and print the figures."""
    from tools.evaluate.graded_rows import RowsError
    from tools.evaluate.grading_run import earlier_grades

    settings = settings_from(lang=options["lang"], plain=options["plain"])
    settings = with_grader(settings, options["grader"], options["base_url"])
    console = make_console(settings, stderr=options["as_json"])
    with calm():
        try:
            earlier = earlier_grades(options["against"]) if options["against"] else {}
            answers = _answers(options)
        except (RowsError, ValueError) as error:
            fail(str(error), usage=True)
        try:
            rows, repeated = asyncio.run(_run(settings, console, answers, options))
        except KeyboardInterrupt:
            kept = "eval_grading_kept" if options["out"] else "eval_grading_lost"
            fail(words(kept, settings.general.lang))
        _report(settings, console, rows, repeated, earlier, options)


def _answers(options: dict[str, Any]) -> list[GradedAnswer]:
    from tools.evaluate.graded_rows import RowsError, is_held_out, read_graded
    from tools.knowledge.bank import load_bank

    found = read_graded(
        options["files"], lambda name: load_bank(options["bank"], data_folder()).get(name)
    )
    if options["held_out"]:
        found = [a for a in found if is_held_out(a.question["id"])]
    if options["kinds"]:
        found = [a for a in found if a.kind in options["kinds"]]
    if options["limit"]:
        names = list(dict.fromkeys(a.question["id"] for a in found))[: options["limit"]]
        found = [a for a in found if a.question["id"] in names]
    if not found:
        raise RowsError("no answer is left to grade: widen --kind, --held-out or the files")
    return found


async def _run(
    settings: Settings, console: Console, answers: Sequence[GradedAnswer], options: dict[str, Any]
) -> tuple[list[Measured], dict[str, list[float | None]]]:
    from agent.models.choose import choose_panel

    grader = choose_panel(settings)
    announce_grader(console, grader, settings.general.lang)
    try:
        return await _grade(settings, console, answers, options, grader)
    finally:
        if grader is not None:
            await grader.aclose()


async def _grade(
    settings: Settings,
    console: Console,
    answers: Sequence[GradedAnswer],
    options: dict[str, Any],
    grader: ModelGrader | None,
) -> tuple[list[Measured], dict[str, list[float | None]]]:
    from tools.evaluate import grading_run as run
    from tools.evaluate.grading_metrics import Measured

    grade, mark = _grader(grader)
    parallel = PARALLEL if grader else 1
    part = Path(f"{options['out']}.part") if options["out"] else None
    found: dict[str, Grade] = run.done_so_far(part, mark) if part else {}
    again = run.to_repeat(answers, options["repeat_answers"]) if options["repeats"] > 1 else []
    rounds = run.rounds_of(again, options["repeats"])
    total = len(answers) + sum(map(len, rounds))
    with console.status("") as status:

        def tell(done: int) -> None:
            text = words("eval_progress", settings.general.lang, done=done, total=total)
            status.update(text)

        tell(len(found))
        rest = [a for a in answers if a.key not in found]
        async for answer, made in run.grade_all(rest, grade, parallel):
            found[answer.key] = made
            if part:
                run.keep(part, mark, answer, made)
            tell(len(found))
        repeated: dict[str, list[float | None]] = {a.key: [found[a.key]["overall"]] for a in again}
        for number, order in enumerate(rounds):
            done = len(answers) + number * len(again)
            async for answer, made in run.grade_all(order, grade, parallel):
                repeated[answer.key].append(made["overall"])
                done += 1
                tell(done)
    if part and part.exists():
        part.unlink()
    return [Measured(a, found[a.key]) for a in answers], repeated


def _grader(grader: ModelGrader | None) -> tuple[GradeAnswer, str]:
    """Return who grades, and the mark by which an interrupted run knows its own grades."""
    from tools.grade_answer import shared_grader

    if grader is not None:
        return grader.grade, grader.name

    async def embedded(question: Any, answers: Any, lang: Any) -> Grade:
        return shared_grader().grade(question, answers, lang)

    from tools.grading.embedded import VERSION, load_weights

    weights = zlib.crc32(json.dumps(load_weights(), sort_keys=True).encode())
    return embedded, f"embedded {VERSION} {weights:08x}"


def _report(
    settings: Settings,
    console: Console,
    rows: Sequence[Measured],
    repeated: dict[str, list[float | None]],
    earlier: dict[str, Grade],
    options: dict[str, Any],
) -> None:
    from tools.evaluate.grading_metrics import worst
    from tools.evaluate.grading_page import page
    from tools.evaluate.grading_run import against, result_of

    lang, result = settings.general.lang, result_of(rows, repeated)
    compared = against(rows, earlier) if earlier else None
    cases = worst(rows, options["worst"])
    if options["html"]:
        text = page(result, cases, earlier, compared, lang)
        options["html"].write_text(text, encoding="utf-8")
    if options["out"]:
        text = json.dumps(result, ensure_ascii=False, indent=1)
        options["out"].write_text(text, encoding="utf-8")
    if options["as_json"]:
        shown = {name: value for name, value in result.items() if name != "rows"}
        print_json(shown | ({"against": compared} if compared else {}))
        return
    from agent.cli.evaluate_grading_view import show

    show(console, result, cases, compared, lang)
    for place in (options["html"], options["out"]):
        if place:
            console.print(words("eval_written", lang, path=place), style="dim")
