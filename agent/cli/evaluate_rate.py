"""`kaoguan eval rate`: a person labels answers in the terminal, blind and in shuffled order."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli.face import (
    calm,
    common_options,
    fail,
    make_console,
    print_json,
    settings_from,
    words,
)
from agent.settings import Settings, data_folder
from sessions.wording import say

if TYPE_CHECKING:
    from rich.console import Console

    from tools.evaluate.graded_rows import GradedAnswer
    from tools.evaluate.rating import Rating


@click.command(
    help="人工标注回答：看不到原标签，顺序打乱，随时退出，下次接着来。\n\nLabel answers by hand, "
    "blind and shuffled; leave at any time and go on later."
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="标注存在哪 · Where ratings are kept")
@click.option("--bank", default="kaoguan", show_default=True, help="题库 · Bank")
@click.option("--held-out", is_flag=True, help="只用训练时没见过的题 · Only questions kept apart")
@click.option("--limit", type=click.IntRange(min=1), help="这次标几个 · At most so many this time")
@click.option(
    "--seed", type=int, default=0, show_default=True, help="打乱的种子 · Seed of the order"
)
@common_options
def command(file: Path, **options: Any) -> None:
    """Ask for ratings and print how they agree with the file's labels."""
    from tools.evaluate.graded_rows import RowsError, is_held_out, read_graded
    from tools.evaluate.rating import RatingError, agreement, in_blind_order, load
    from tools.knowledge.bank import load_bank

    settings = settings_from(lang=options["lang"], plain=options["plain"])
    console = make_console(settings, stderr=options["as_json"])
    place = options["out"] or file.parent / f"{file.name}.ratings.jsonl"
    with calm():
        try:
            answers = read_graded(
                [file], lambda name: load_bank(options["bank"], data_folder()).get(name)
            )
            if options["held_out"]:
                answers = [a for a in answers if is_held_out(a.question["id"])]
            answers = in_blind_order(answers, options["seed"])
            ratings = load(place, answers)
        except (RowsError, RatingError) as error:
            fail(str(error), usage=True)
        _rate(console, settings, answers, ratings, (place, options["limit"]))
        found = agreement(ratings, answers)
    if options["as_json"]:
        print_json({"ratings": str(place), **found})
        return
    _show(console, found, place, settings.general.lang)


def _rate(
    console: Console,
    settings: Settings,
    answers: Sequence[GradedAnswer],
    ratings: dict[str, Rating],
    rest: tuple[Path, int | None],
) -> None:
    """Ask until all is rated, the limit is reached or the person stops; save after each."""
    from tools.evaluate.rating import RatingError, parse_rating, save

    (place, limit), lang, skipped = rest, settings.general.lang, set[str]()
    done, begun, on_screen = list(ratings), len(ratings), ""
    while limit is None or len(done) - begun < limit:
        answer = next((a for a in answers if a.key not in ratings and a.key not in skipped), None)
        if answer is None:
            return
        if answer.key != on_screen:
            _show_answer(console, answer, len(ratings), len(answers), lang)
        on_screen = answer.key
        line = _line(console, lang)
        if line is None or line in ("q", "quit"):
            return
        if line in ("?", "h", "help", ""):
            console.print(words("rate_help", lang), style="dim", markup=False)
        elif line == "u" and done:
            ratings.pop(done.pop())
            save(place, ratings, answers)
            skipped.clear()
        elif line == "u":
            console.print(words("rate_nothing_to_undo", lang), style="yellow")
        elif line == "s":
            skipped.add(answer.key)
        else:
            try:
                ratings[answer.key] = parse_rating(line, answer)
            except RatingError as error:
                console.print(str(error), style="yellow", markup=False)
                continue
            done.append(answer.key)
            save(place, ratings, answers)


def _line(console: Console, lang: str) -> str | None:
    """Return the next line, or None at the end of the input or on Ctrl-C."""
    try:
        if sys.stdin.isatty():
            console.print(f"[bold]{words('rate_prompt', lang)}[/] ", end="")
        return input().strip().lower()
    except (EOFError, KeyboardInterrupt):
        console.print()
        return None


def _show_answer(console: Console, answer: GradedAnswer, done: int, total: int, lang: str) -> None:
    console.rule(f"{done + 1}/{total}")
    question = answer.question
    console.print(say(question["wording"], lang), style="bold", markup=False)
    for point in question["key_points"]:
        console.print(f"  {point['id']} ({point['weight']:g}) {say(point['text'], lang)}",
                      markup=False)  # fmt: skip
    console.print()
    console.print(answer.text, style="cyan", markup=False)
    console.print()


def _show(console: Console, found: dict[str, Any], place: Path, lang: str) -> None:
    from tools.evaluate.grading_page import figure

    if not found["n"]:
        console.print(words("rate_none", lang))
        return
    shown = {k: v if isinstance(v, int) else figure(v) for k, v in found.items()}
    console.print(words("rate_agreement", lang, **shown))
    console.print(words("eval_written", lang, path=place), style="dim")
