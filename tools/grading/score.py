"""The arithmetic of a grade: verdicts, clarity and errors in, one number out.

Pure: content 85, clarity 15, deductions and caps. What a verdict is worth and what an answer is
called are decided elsewhere; whoever holds a grade can recompute its number here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sessions.credit import content_share
from sessions.records import AnswerKind, Dimensions, KeyPoint, PointGrade

CONTENT_POINTS = 85.0
CLARITY_POINTS = 15.0
FULL_CLARITY_AT = 0.4  # share of content from which clarity counts in full
DEDUCTION = {0: 0.0, 1: 8.0, 2: 20.0, 3: 35.0}
CAP = {0: 100.0, 1: 100.0, 2: 50.0, 3: 30.0}
SINCERE_FLOOR = 5.0
VAGUE = 12.0  # knows the subject, touches no key point: 10 to 15
STUFFING_BASE = 5.0
STUFFING_SPAN = 20.0
EVASIVE_CAP = 10.0


def overall(
    points: Sequence[PointGrade],
    clarity: float,
    error_level: int,
    kind: AnswerKind,
    weights: Mapping[str, float] | None = None,
    touched: float = 0.0,
) -> float:
    """Return the score, 0 to 100, rounded to a whole number.

    `weights` are the key points' (1 each when absent). `touched` is 0 to 1: the share of key terms
    named in a stuffing answer, how much of the subject shows in an evasive or vague one.
    """
    if kind in ("empty", "gibberish", "addressed_to_grader"):
        return 0.0
    if kind == "evasive":
        return float(round(min(EVASIVE_CAP, 1.0 + 6.0 * touched)))
    if kind == "stuffing":
        return float(round(STUFFING_BASE + STUFFING_SPAN * min(1.0, touched)))
    share = content_share(points, weights or {})
    content = CONTENT_POINTS * share
    plain = content + CLARITY_POINTS * clarity / 10.0 * min(1.0, share / FULL_CLARITY_AT)
    score = plain - min(DEDUCTION[error_level], content / 2.0)
    score = min(score, CAP[error_level])
    floor = VAGUE * touched if share == 0.0 and error_level == 0 else 0.0
    return float(round(min(100.0, max(score, floor, SINCERE_FLOOR))))


def weights_of(key_points: Sequence[KeyPoint]) -> dict[str, float]:
    """Return the weight of each key point by its id."""
    return {point["id"]: float(point["weight"]) for point in key_points}


def dimensions(share: float, clarity: float, error_level: int, relevance: float) -> Dimensions:
    """Return the four judgements, each 0 to 2, that stand beside the score.

    Anchors: below 0.5 beside the point, to 1 weak, to 1.5 direct but thin, above full.
    """
    return {
        "relevance": round(2.0 * relevance, 2),
        "coverage": round(2.0 * share, 2),
        "correctness": (2.0, 1.5, 0.8, 0.2)[error_level] if relevance > 0 else 0.0,
        "clarity": round(clarity / 5.0, 2),
    }
