"""What a verdict is worth, and how much of a rubric a grade earned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sessions.records import PointGrade, Verdict

CREDIT: Mapping[Verdict, float] = {"covered": 1.0, "partial": 0.5, "missed": 0.0, "wrong": 0.0}


def content_share(points: Sequence[PointGrade], weights: Mapping[str, float]) -> float:
    """Return the weighted mean credit of the points that were graded, 0 to 1."""
    graded = [p for p in points if p["verdict"] in CREDIT]
    total = sum(weights.get(p["key_point"], 1.0) for p in graded)
    if total <= 0:
        return 0.0
    earned = sum(weights.get(p["key_point"], 1.0) * CREDIT[p["verdict"]] for p in graded)
    return earned / total
