"""From features to a grade: verdicts, errors, kind, clarity, quotes; then the arithmetic."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sessions.credit import content_share
from sessions.records import AnswerKind, Grade, MisconceptionMet, PointGrade, Quote, Verdict
from tools.grading import rules, score, whole
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
    view: QuestionView, reading: Reading, matches: Sequence[Match], row: Row, weights: Weights
) -> Grade:
    """Return the grade that the features amount to."""
    table = weights.table
    odds = [point_odds(m, row, table) for m in matches]
    row = whole.with_odds(row, matches, odds)
    kind = kind_of(reading, row, table)
    doubt = chance(row, table["false"])
    verdicts: list[Verdict] = ["missed"] * len(matches)
    if kind == "content":
        mixed = doubted_odds(matches, row, odds, table)
        verdicts = verdicts_of(matches, odds, mixed, doubt, table["cut"])
        verdicts = _with_misconceptions(matches, verdicts, table)
    level = settled(verdicts)
    points = [
        _point(point, verdict, match, view, reading)
        for point, verdict, match in zip(view.points, verdicts, matches, strict=True)
    ]
    clarity = clarity_of(reading, kind)
    shares = score.weights_of(view.question["key_points"])
    total = score.overall(points, clarity, level, kind, shares, _touched(view, reading, kind, row))
    unheard = bool(points) and all(p["verdict"] == "not_graded" for p in points)
    share = content_share(points, shares)
    relevance = 0.0 if kind != "content" else min(1.0, 0.5 + share)
    return {
        "question": view.question["id"],
        "status": "not_graded" if unheard else "graded",
        "reason": "every decisive term was heard too unsurely" if unheard else "",
        "kind": kind,
        "points": points,
        "misconceptions": _misconceptions(view, matches, points),
        "error_level": level,
        "clarity": clarity,
        "overall": None if unheard else total,
        "dimensions": None if unheard else score.dimensions(share, clarity, level, relevance),
        "confidence": _confidence(odds, max(doubt, 1.0 - doubt), kind),
        "grader": weights.label,
    }


def point_row(match: Match, row: Row) -> Row:
    """Return all features that one point is weighed by: its own and the whole answer's."""
    return match.row | {f"answer_{name}": value for name, value in row.items()}


def point_odds(match: Match, row: Row, table: Mapping[str, Any]) -> tuple[float, float]:
    """Return the chances that a point is at least partly made, and that it is fully made.

    Two opinions, one that sees the whole answer and one that sees only the point's own evidence,
    meet in their geometric mean. A point with less evidence of its own than almost every point
    that was really made is not made, however good the rest of the answer looks.
    """
    if evidence(match.row) < table["evidence"]:
        return 0.05, 0.02
    everything = point_row(match, row)
    some = chance(everything, table["some"]) * chance(match.row, table["own_some"])
    full = chance(everything, table["full"]) * chance(match.row, table["own_full"])
    return math.sqrt(some), math.sqrt(min(some, full))


def evidence(row: Row) -> float:
    """Return how much in the answer speaks of a point at all, by meaning and by words."""
    return row.get("near_top", 0.0) + row.get("near_reference", 0.0) + row["words"]


def chance(row: Row, weights: Mapping[str, float]) -> float:
    """Return the probability that weighed features amount to."""
    x = max(-30.0, min(30.0, dot(row, weights)))
    return 1.0 / (1.0 + math.exp(-x))


def verdict_of(odds: tuple[float, float], cut: Mapping[str, float]) -> Verdict:
    """Return what the chances of a point amount to, when nothing false was said of it."""
    some, full = odds
    if full >= cut["full"]:
        return "covered"
    return "partial" if some >= cut["some"] else "missed"


def doubted_odds(
    matches: Sequence[Match],
    row: Row,
    odds: Sequence[tuple[float, float]],
    table: Mapping[str, Any],
) -> list[tuple[float, float]]:
    """Return the chances of each point with the doubt in the whole answer counted in.

    In a false answer, sounding like a key point is worth much less: a second opinion, fitted on
    false answers alone, weighs as much as the answer is likely to be one.
    """
    doubt = chance(row, table["false"])
    found: list[tuple[float, float]] = []
    for match, (some, full) in zip(matches, odds, strict=True):
        everything = point_row(match, row)
        least = (1.0 - doubt) * some + doubt * chance(everything, table["doubted_some"])
        most = (1.0 - doubt) * full + doubt * chance(everything, table["doubted_full"])
        found.append((least, min(least, most)))
    return found


def verdicts_of(
    matches: Sequence[Match],
    odds: Sequence[tuple[float, float]],
    mixed: Sequence[tuple[float, float]],
    doubt: float,
    cut: Mapping[str, float],
) -> list[Verdict]:
    """Return the verdicts; in an answer held to be false, what was said and is not right is wrong.

    There at least one point is wrong: the one that looks most spoken of and least made.
    """
    found = [verdict_of(chances, cut) for chances in mixed]
    if doubt < cut["false"]:
        return found
    said = [verdict_of(chances, cut) != "missed" for chances in odds]
    found = ["wrong" if s and v == "missed" else v for s, v in zip(said, found, strict=True)]
    if "wrong" not in found:
        spoken = [i for i, v in enumerate(found) if v != "covered" and matches[i].window >= 0]
        worst = max(spoken, key=lambda i: _suspicion(matches[i], mixed[i]), default=-1)
        if worst >= 0:
            found[worst] = "wrong"
    return found


def _with_misconceptions(
    matches: Sequence[Match], verdicts: Sequence[Verdict], table: Mapping[str, Any]
) -> list[Verdict]:
    """Return the verdicts with each point wrong whose misconception the answer states."""
    found = list(verdicts)
    for i, match in enumerate(matches):
        stated = match.row.get("false_gap", -1.0) + 0.3 * match.row.get("false_words", 0.0)
        if match.row.get("has_false") and stated > table["cut"]["false_gap"]:
            found[i] = "wrong"
    return found


def _suspicion(match: Match, odds: tuple[float, float]) -> float:
    """Return how much a point looks spoken of and not made."""
    near = match.row.get("near", match.row["words"])
    hints = match.row["against"] + match.row["number"] + 0.5 * match.row["negation"]
    return (near + 0.3 * hints + match.row.get("false_gap", 0.0)) * (1.0 - odds[1])


def settled(verdicts: Sequence[Verdict]) -> int:
    """Return the error level that fits the verdicts: a wrong point is a false central relation.

    Where no point is wrong there are no words to show for an error: nothing is deducted.
    """
    wrong = verdicts.count("wrong")
    right = verdicts.count("covered") + verdicts.count("partial")
    if not wrong:
        return 0
    # "Most of what it claims is false" has to show in the verdicts too.
    return 3 if wrong > right else 2


def kind_of(reading: Reading, row: Row, table: Mapping[str, Any]) -> AnswerKind:
    """Return what sort of text the answer is."""
    if not reading.windows:
        return "addressed_to_grader" if reading.addressed else "empty"
    if rules.is_gibberish(reading.said):
        return "gibberish"
    if rules.is_stuffing(reading.honest):
        return "stuffing"
    return "evasive" if chance(row, table["evasive"]) >= table["cut"]["evasive"] else "content"


def clarity_of(reading: Reading, kind: AnswerKind) -> float:
    """Return 0 to 10: fillers and restarts cost a little, and so does saying hardly anything."""
    if kind != "content":
        return 3.0 if kind in ("stuffing", "evasive") else 0.0
    rate = 100.0 * fillers(reading.honest) / max(40, len(reading.honest))
    clarity = 8.6 - min(2.0, 0.35 * rate)
    return round(clarity - (1.0 if len(reading.said) < 25 else 0.0), 1)


def _touched(view: QuestionView, reading: Reading, kind: AnswerKind, row: Row) -> float:
    """Return 0 to 1: how much of the subject shows where no point is made."""
    if kind == "stuffing":
        return min(1.0, 1.6 * rules.named_share(reading.honest, view.terms))
    if kind == "evasive":
        return min(1.0, 2.0 * row["reference_words"])
    return 1.0 if row["named"] > 0 or row["reference_words"] > 0.1 else 0.5


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
    view: QuestionView, matches: Sequence[Match], points: Sequence[PointGrade]
) -> list[MisconceptionMet]:
    found: list[MisconceptionMet] = []
    for match, point in zip(matches, points, strict=True):
        if point["verdict"] != "wrong" or match.misconception < 0:
            continue
        held = view.question["misconceptions"][view.misconception_of[match.misconception]]
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
