"""What a report says beyond its session: delivery against the past, trends, practice to come."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from sessions.delivery import Delivery as SpokenDelivery
from sessions.records import Verdict

Direction = Literal["up", "down", "unclear", "single"]
"""Up and down only where the ranges part; `single` after one day."""


class Spoken(TypedDict):
    """How the candidate spoke, from the times of words; typed turns are left out."""

    now: SpokenDelivery
    against: dict[str, dict[str, float]]
    """By measure: now and usual, once there are enough earlier spoken sessions."""
    past: int


class TopicTrend(TypedDict):
    """Where a topic stood after each day on which it was asked."""

    topic: str
    title: str
    direction: Direction
    days: list[str]
    ranges: list[tuple[int, int, int]]
    """Low, middle and high of the score to expect, 80 in 100 sure; one a day."""


class PointChange(TypedDict):
    """A key point whose verdict changed since it was graded last."""

    question: str
    text: str
    was: Verdict
    now: Verdict
    at: str
    """Day of the earlier verdict."""


class PlanDay(TypedDict):
    """What to practise on one day."""

    day: str
    points: int
    topics: list[str]


class Outlook(TypedDict):
    """The last page: everything known when the session ended, earlier sessions included."""

    sessions: int
    trends: list[TopicTrend]
    mended: list[PointChange]
    slipped: list[PointChange]
    due: int
    """Key points due when the session ended."""
    plan: list[PlanDay]
    """The next two weeks; days with nothing are left out."""
