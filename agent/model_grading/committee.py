"""When a second opinion is wanted, and which of several grades stands.

Grades are never averaged: one of them stands whole, with its evidence; the others are kept beside
it where they disagree or a second look was taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sessions.records import Grade

UNSURE = 0.6
"""Below this confidence of the first grader a second is asked (a guess)."""
TORN = 0.4
"""Highest confidence in a grade that another grader disagrees with by more than the band."""
AGREED = 0.95
"""Confidence in a grade that two models gave independently, within the band."""


def disagree(one: Grade, other: Grade, band: float) -> bool:
    """Say whether two grades differ by more than `band` points, or only one gives a number."""
    if one["overall"] is None or other["overall"] is None:
        return one["overall"] is not other["overall"]
    return abs(one["overall"] - other["overall"]) > band


def wants_second(first: Grade, embedded: Grade, band: float) -> bool:
    """Say whether another model should look: the first is unsure, or the embedded one differs."""
    return first["confidence"] < UNSURE or disagree(first, embedded, band)


def settle(first: Grade, second: Grade | None, embedded: Grade, band: float) -> Grade:
    """Return the grade that stands, with the opinions that were heard.

    Two models that agree outweigh the embedded grader. Where they do not, the grade in the middle
    of the three stands: no single grader can pull the result to its own end.
    """
    if second is None:
        if not disagree(first, embedded, band):
            return first
        return with_opinions(_doubted(first), [embedded], band)
    if not disagree(first, second, band):
        agreed: Grade = {**first, "confidence": max(first["confidence"], AGREED)}
        others = [second, embedded] if disagree(first, embedded, band) else [second]
        return with_opinions(agreed, others, band)
    numbered = [g for g in (first, second, embedded) if g["overall"] is not None]
    middle = sorted(numbered, key=lambda g: cast(float, g["overall"]))[len(numbered) // 2]
    return with_opinions(
        _doubted(middle), [g for g in (first, second, embedded) if g is not middle], band
    )


def with_opinions(grade: Grade, others: Sequence[Grade], band: float) -> Grade:
    """Return the grade with other graders' grades beside it, and the band they were held to."""
    return {**grade, "opinions": list(others), "band": band}


def _doubted(grade: Grade) -> Grade:
    return {**grade, "confidence": min(grade["confidence"], TORN)}
