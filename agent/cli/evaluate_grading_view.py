"""The figures of `kaoguan eval grading` on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from agent.cli.face import words
from tools.evaluate.grading_page import figure

if TYPE_CHECKING:
    from rich.console import Console

    from tools.evaluate.grading_metrics import Measured

_COLUMNS = ("qwk", "spearman", "key_point_f1", "false_high", "false_low")


def show(
    console: Console,
    result: Mapping[str, Any],
    cases: Sequence[Measured],
    compared: Mapping[str, Any] | None,
    lang: str,
) -> None:
    """Print the whole, the groups, the comparison and the worst cases."""
    whole = result["all"]
    console.print(" · ".join(result["graders"]), style="dim", markup=False)
    if result["fallbacks"]:
        line = words("eval_grading_fallbacks", lang, count=result["fallbacks"])
        console.print(line, style="yellow")
    low, high = figure(whole["qwk_low"]), figure(whole["qwk_high"])
    line = words("eval_grading_whole", lang, qwk=figure(whole.get("qwk")), low=low, high=high)
    console.print(f"[bold]{line}[/]")
    for name in ("by_kind", "by_language", "by_topic"):
        _groups(console, result[name], whole if name == "by_kind" else None, name, lang)
    _errors(console, whole, lang)
    if result["repeated"]:
        shown = {k: figure(v) if isinstance(v, float) else v for k, v in result["repeated"].items()}
        console.print(words("eval_grading_repeated", lang, **shown))
    if compared:
        _compared(console, compared["all"], lang)
    if cases:
        console.print(words("eval_grading_worst", lang))
    for row in cases:
        head = f"  {row.score - row.answer.score:+4.0f}  {row.answer.score:.0f} → {row.score:.0f}"
        text = " ".join(row.answer.text.split())[:60]
        console.print(f"{head}  {row.answer.question['id']} / {row.answer.kind}: {text}",
                      markup=False)  # fmt: skip


def _groups(
    console: Console,
    groups: Mapping[str, Mapping[str, Any]],
    whole: Mapping[str, Any] | None,
    name: str,
    lang: str,
) -> None:
    table = Table(box=None)
    table.add_column(words(f"eval_grading_{name}", lang))
    table.add_column("n", justify="right")
    for column in _COLUMNS:
        table.add_column(words(f"eval_grading_{column}", lang), justify="right")
    table.add_column(words("eval_grading_mean_error", lang), justify="right")
    rows = {**groups, words("eval_total", lang): whole} if whole else groups
    for group, found in rows.items():
        cells = [figure(found.get(column)) for column in _COLUMNS]
        error = f"{found['mean_error']:.1f}" if "mean_error" in found else "–"
        table.add_row(group, str(found["n"]), *cells, error)
    console.print(table)


def _errors(console: Console, whole: Mapping[str, Any], lang: str) -> None:
    names = ("errors_noticed", "errors_invented", "key_point_precision", "key_point_recall")
    console.print(words("eval_grading_errors", lang, **{n: figure(whole.get(n)) for n in names}))


def _compared(console: Console, found: Mapping[str, Any], lang: str) -> None:
    if not found["n"]:
        console.print(words("eval_grading_nothing_common", lang), style="yellow")
        return
    shown = {n: f"{v:+.3f}" if isinstance(v, float) else v for n, v in found.items()}
    shown |= {n: figure(found[n]) for n in ("qwk", "qwk_before")}
    console.print(words("eval_grading_against", lang, **shown))
