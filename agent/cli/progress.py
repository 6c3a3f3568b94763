"""`kaoguan progress`: how each topic went from session to session, in the terminal or a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli.face import common_options, make_console, print_json
from agent.cli.memory_words import candidate_option, chosen, opened, said, titles
from agent.settings import data_folder

if TYPE_CHECKING:
    from rich.console import Console

    from sessions.overview import TrendPoint
    from sessions.records import Lang

_HEIGHTS = "▁▂▃▄▅▆▇█"
MOST_POINTS = 12


@click.command(help="看每个方向的长期进步。\n\nProgress of each topic over time.")
@click.option("--topic", "topics", multiple=True, help="只看这些方向 · Only these topics")
@click.option("--svg", type=click.Path(path_type=Path), help="画成图 · Draw a picture")
@candidate_option
@common_options
def command(topics: tuple[str, ...], svg: Path | None, **options: Any) -> None:
    """Print the trend of every topic met."""
    from agent.assembly import check_topics
    from agent.cli.trend_picture import draw
    from agent.past import known_of
    from sessions.overview import progress_words, trend

    settings = chosen(options)
    lang, candidate = settings.general.lang, settings.general.candidate
    with opened() as ledger:
        wanted = check_topics(topics)
        known = known_of(ledger, data_folder(), candidate)
        found = trend(known)
        found = {t: points for t, points in found.items() if not wanted or t in wanted}
        if svg is not None and found:
            svg.write_text(draw(found, titles(lang), candidate, lang), encoding="utf-8")
    directions = progress_words(found)
    if options["as_json"]:
        topics_of = {t: {"direction": directions[t], "points": p} for t, p in found.items()}
        print_json({"candidate": candidate, "topics": topics_of})
    elif not found:
        click.echo(said("no_trend", lang))
    else:
        _print(make_console(settings), found, directions, (candidate, lang))
        if svg is not None:
            click.echo(said("picture", lang, file=svg))


def _print(
    console: Console,
    found: dict[str, list[TrendPoint]],
    directions: dict[str, str],
    whose: tuple[str, Lang],
) -> None:
    from rich.table import Table

    from sessions.standing import WORDS

    candidate, lang = whose
    console.print(said("trend_head", lang, candidate=candidate), style="bold", markup=False)
    table = Table(box=None, show_header=False, pad_edge=False)
    for width in (20, None, None, None, None, None, 10):
        table.add_column(no_wrap=True, min_width=width)
    for topic, points in sorted(found.items(), key=lambda pair: pair[1][-1]["points"][1]):
        low, middle, high = points[-1]["points"]
        first = points[0]["points"][1]
        word = "single" if len(points) == 1 else directions[topic]
        table.add_row(
            titles(lang).get(topic, topic),
            spark([point["points"][1] for point in points]),
            f"{first} → {middle}" if len(points) > 1 else f"{middle}",
            f"({low}–{high})",
            said(word, lang),
            WORDS[lang][points[-1]["standing"]],
            points[-1]["at"][:10],
        )
    console.print(table, soft_wrap=False)


def spark(scores: list[int]) -> str:
    """Draw scores from 0 to 100 as a row of bars, the newest ones when there are many."""
    top = len(_HEIGHTS) - 1
    return "".join(_HEIGHTS[round(score / 100 * top)] for score in scores[-MOST_POINTS:])
