"""From features to a grade: verdicts, errors, kind, clarity, quotes; then the arithmetic."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sessions.records import AnswerKind, Grade, MisconceptionMet, PointGrade, Quote, Verdict
from tools.grading import rules, score
from tools.grading.evidence import quote
from tools.grading.features import Match, Row, dot
from tools.grading.reading import Reading
from tools.grading.text import fillers
from tools.grading.view import PointView, QuestionView

LOW_CONFIDENCE = 0.45  # a decisive term heard less surely than this is not judged; a guess


@dataclass(frozen=True)
class Weights:
    """One table of weights.json and the grader's label."""

    table: Mapping[str, Any]
    label: str


def grade_of(
    view: QuestionView,
    reading: Reading,
    matches: Sequence[Match],
    whole: Row,
    weights: Weights,
) -> Grade:
    """Return the grade that the features amount to."""
    odds = [_point_odds(m, whole, weights.table) for m in matches]
    kind = kind_of(view, reading, odds, whole, weights.table)
    level, sure = error_level(matches, odds, whole, weights.table)
    points = []
    for point, match, chance in zip(view.points, matches, odds, strict=True):
        verdict = _verdict(chance, match, level, weights.table)
        if kind != "content":
            verdict = "missed"
        points.append(_point(point, verdict, match, view, reading))
    if kind != "content":
        level = 0
    else:
        level = _settle(points, level)
    met = _misconceptions(view, reading, matches, points)
    clarity = clarity_of(reading, kind)
    shares = score.weights_of(view.question["key_points"])
    touched = _touched(view, reading, kind, whole)
    total = score.overall(points, clarity, level, kind, shares, touched)
    graded = any(p["verdict"] != "not_graded" for p in points)
    share = score.content_share(points, shares)
    relevance = 0.0 if kind != "content" else min(1.0, 0.5 + share)
    return {
        "question": view.question["id"],
        "status": "graded" if graded else "not_graded",
        "reason": "" if graded else "every decisive term was heard too unsurely",
        "kind": kind,
        "points": points,
        "misconceptions": met,
        "error_level": level,
        "clarity": clarity,
        "overall": total if graded else None,
        "dimensions": score.dimensions(share, clarity, level, relevance) if graded else None,
        "confidence": _confidence(odds, sure, kind),
        "grader": weights.label,
    }


def _point_odds(match: Match, whole: Row, table: Mapping[str, Any]) -> tuple[float, float]:
    """Return the chances that a point is at least partly made, and that it is fully made."""
    row = match.row | {f"answer_{k}": v for k, v in whole.items()}
    some = sigmoid(dot(row, table["some"]))
    full = min(some, sigmoid(dot(row, table["full"])))
    return some, full


def sigmoid(x: float) -> float:
    """Return 1 / (1 + e^-x)."""
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, x))))


def _verdict(
    chance: tuple[float, float], match: Match, level: int, table: Mapping[str, Any]
) -> Verdict:
    some, full = chance
    cut = table["cut"]
    if match.window < 0:
        return "missed"
    if match.row.get("has_false") and match.row["false_gap"] > cut["false_gap"]:
        return "wrong"
    if full >= cut["full"]:
        return "covered"
    if some >= cut["some"]:
        return "partial"
    return "missed"


def _settle(points: Sequence[PointGrade], level: int) -> int:
    """Return the error level that fits the verdicts: a wrong point is a false central relation."""
    wrong = sum(p["verdict"] == "wrong" for p in points)
    right = sum(p["verdict"] in ("covered", "partial") for p in points)
    if wrong:
        level = max(level, 3 if wrong > right else 2)
    return level


def error_level(
    matches: Sequence[Match],
    odds: Sequence[tuple[float, float]],
    whole: Row,
    table: Mapping[str, Any],
) -> tuple[int, float]:
    """Return how much of the answer is false, 0 to 3, and how sure that is."""
    made = [some for some, _ in odds] or [0.0]
    row = whole | {"made": sum(made) / len(made)}
    central = sigmoid(dot(row, table["false"]))
    mostly = sigmoid(dot(row, table["mostly_false"]))
    cut = table["cut"]
    if central < cut["false"]:
        return 0, 1.0 - central
    return (3, central) if mostly >= cut["mostly_false"] else (2, central)


def kind_of(
    view: QuestionView,
    reading: Reading,
    odds: Sequence[tuple[float, float]],
    whole: Row,
    table: Mapping[str, Any],
) -> AnswerKind:
    """Return what sort of text the answer is."""
    if not reading.windows:
        return "addressed_to_grader" if reading.addressed else "empty"
    text = reading.said
    raw = "\n".join(a.raw for a in reading.answers)
    if rules.is_gibberish(text):
        return "gibberish"
    if rules.is_stuffing(raw):
        return "stuffing"
    made = sum(some for some, _ in odds) / max(1, len(odds))
    row = whole | {"made": made, "best": max((some for some, _ in odds), default=0.0)}
    return (
        "evasive" if sigmoid(dot(row, table["evasive"])) >= table["cut"]["evasive"] else "content"
    )


def clarity_of(reading: Reading, kind: AnswerKind) -> float:
    """Return 0 to 10: fillers and restarts cost a little, a single breathless run a little."""
    if kind != "content":
        return 3.0 if kind in ("stuffing", "evasive") else 0.0
    raw = "".join(a.raw for a in reading.answers)
    rate = 100.0 * sum(fillers(a.raw) for a in reading.answers) / max(40, len(raw))
    clarity = 8.6 - min(2.4, 0.45 * rate)
    if len(reading.said) < 25:
        clarity -= 1.0
    return round(clarity, 1)


def _touched(view: QuestionView, reading: Reading, kind: AnswerKind, whole: Row) -> float:
    if kind == "stuffing":
        return min(
            1.0, 1.6 * rules.named_share("\n".join(a.raw for a in reading.answers), view.terms)
        )
    if kind == "evasive":
        return min(1.0, 2.0 * whole["reference_words"])
    return 1.0 if whole["named"] > 0 or whole["reference_words"] > 0.1 else 0.5


def _point(
    point: PointView, verdict: Verdict, match: Match, view: QuestionView, reading: Reading
) -> PointGrade:
    if verdict == "missed":
        return {"key_point": point.id, "verdict": verdict, "quotes": []}
    where = match.false_window if verdict == "wrong" and match.false_window >= 0 else match.window
    if _heard_badly(point, view, reading, where):
        return {"key_point": point.id, "verdict": "not_graded", "quotes": [], "note": "heard"}
    return {"key_point": point.id, "verdict": verdict, "quotes": [_quote(reading, where)]}


def _quote(reading: Reading, window: int) -> Quote:
    span = reading.windows[window]
    return quote(reading.answers[span.answer], span.start, span.end)


def _heard_badly(point: PointView, view: QuestionView, reading: Reading, window: int) -> bool:
    """Say whether a decisive term of a point was heard too unsurely to judge by."""
    span = reading.windows[window]
    answer = reading.answers[span.answer]
    if not answer.words:
        return False
    piece = answer.raw[span.start : span.end].lower()
    for word in answer.words:
        text = word["text"].strip().lower()
        if word["confidence"] >= LOW_CONFIDENCE or len(text) < 2 or text not in piece:
            continue
        if any(view.terms[t].search(text) for t in point.terms):
            return True
    return False


def _misconceptions(
    view: QuestionView,
    reading: Reading,
    matches: Sequence[Match],
    points: Sequence[PointGrade],
) -> list[MisconceptionMet]:
    found: list[MisconceptionMet] = []
    for match, point in zip(matches, points, strict=True):
        if point["verdict"] != "wrong" or match.misconception < 0 or not point["quotes"]:
            continue
        held = view.question["misconceptions"][view.misconception_point[match.misconception]]
        found.append(
            {
                "key_point": point["key_point"],
                "statement": held["text"],
                "correction": held["correction"],
                "quote": point["quotes"][0],
            }
        )
    return found


def _confidence(odds: Sequence[tuple[float, float]], sure: float, kind: AnswerKind) -> float:
    """Return how sure the overall is within one band: the least settled points pull it down."""
    if kind in ("empty", "gibberish", "stuffing", "addressed_to_grader"):
        return 0.95
    doubt = [1.0 - 2.0 * abs(full - 0.5) for _, full in odds] or [1.0]
    return round(max(0.05, min(0.95, sure * (1.0 - 0.5 * sum(doubt) / len(doubt)))), 2)
