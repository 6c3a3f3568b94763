"""The result of measuring a grader as one HTML page, its worst cases side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from sessions.records import Grade, Lang
from sessions.report.render import MARKS
from sessions.wording import say
from tools.evaluate.grading_metrics import Measured

_FOLDER = Path(__file__).parent


def page(
    result: Mapping[str, Any],
    cases: Sequence[Measured],
    earlier: Mapping[str, Grade],
    comparison: Mapping[str, Any] | None,
    lang: Lang,
) -> str:
    """Return the page: no script, nothing loaded, all text escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure"] = figure
    return environment.get_template("grading_page.html.j2").render(
        r=result,
        cases=[_case(row, earlier.get(row.answer.key), lang) for row in cases],
        compared=comparison,
        marks=MARKS,
        lang=lang,
    )


def figure(value: float | None) -> str:
    """Return a number in three digits, a dash where there is none."""
    return "–" if value is None else f"{value:.3f}"


def _case(row: Measured, before: Grade | None, lang: Lang) -> dict[str, Any]:
    answer, grade = row.answer, row.grade
    return {
        "question": say(answer.question["wording"], lang),
        "id": answer.question["id"],
        "kind": answer.kind,
        "label": answer.score,
        "label_errors": answer.error_level,
        "grade": grade,
        "before": before,
        "pieces": _pieces(answer.text, grade),
        "points": [
            _point(row, point["id"], before, lang) for point in answer.question["key_points"]
        ],
        "met": [say(met["correction"], lang) for met in grade["misconceptions"]],
    }


def _point(row: Measured, name: str, before: Grade | None, lang: Lang) -> dict[str, Any]:
    held = next(p for p in row.answer.question["key_points"] if p["id"] == name)
    given = next((p for p in row.grade["points"] if p["key_point"] == name), None)
    was = next((p for p in before["points"] if p["key_point"] == name), None) if before else None
    label = "covered" if name in row.answer.covered else "missed"
    return {
        "name": name,
        "text": say(held["text"], lang),
        "weight": held["weight"],
        "label": "partial" if name in row.answer.partial else label,
        "given": given["verdict"] if given else "not_graded",
        "before": was["verdict"] if was else None,
    }


def _pieces(text: str, grade: Grade) -> list[tuple[str, str]]:
    """Return the answer in pieces, each with the signs of the key points that quote it."""
    quotes = [
        (q["start"], q["end"], point["key_point"] + MARKS[point["verdict"]])
        for point in grade["points"]
        for q in point["quotes"]
    ]
    edges = sorted({0, len(text), *(edge for start, end, _ in quotes for edge in (start, end))})
    pieces = []
    for start, end in pairwise(edges):
        signs = [sign for a, b, sign in quotes if a <= start and end <= b]
        pieces.append((text[start:end], " ".join(signs)))
    return pieces
