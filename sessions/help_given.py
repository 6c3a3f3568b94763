"""What help went before an answer, and how much of its score was earned without."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from sessions.credit import CREDIT
from sessions.records import Grade

Help = Literal["hint", "follow_up"]
"""What a key point's first evidence came after; points made unasked have no entry."""

HINT_COST = 0.2
"""Share that each hint takes away of what was earned after it."""
TOLD_CAP = 20.0
"""A question whose answer had to be told first counts at most this much."""


def helped_of(body: Mapping[str, Any]) -> dict[str, Help]:
    """Return the helped key points of a recorded grade, by the kind of help.

    Records that do not tell points apart count every one as helped once any help was given.
    """
    if "helped" in body:
        return dict(body["helped"])
    points = [point["key_point"] for point in body["grade"]["points"]]
    if body.get("hints") or body.get("told"):
        return dict.fromkeys(points, "hint")
    return {name: "follow_up" for name in body.get("prompted", ()) if name in points}


def unaided(grade: Grade, body: Mapping[str, Any]) -> float | None:
    """Return the score earned without help, 0 to 100; None when there is no score.

    `body` tells the help: `hints`, `told`, and `helped` by key point.
    """
    overall = grade["overall"]
    if overall is None:
        return None
    after = overall * _share_after_hints(grade, helped_of({**body, "grade": grade}))
    own = overall - after
    score = own + after * max(0.0, 1 - HINT_COST * int(body.get("hints", 0)))
    return max(own, min(score, TOLD_CAP)) if body.get("told") else score


def _share_after_hints(grade: Grade, helped: Mapping[str, Help]) -> float:
    """Return the share of the credit whose first evidence came after a hint."""
    credits = {p["key_point"]: CREDIT.get(p["verdict"], 0.0) for p in grade["points"]}
    whole = sum(credits.values())
    if not whole:
        return 1.0 if helped else 0.0
    return sum(credits[name] for name, help_ in helped.items() if help_ == "hint") / whole
