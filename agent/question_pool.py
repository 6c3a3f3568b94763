"""The questions that may be asked, prepared for selection, and which of them are open right now.

Pure. A question is closed when it was already asked in this session, when every wording of it was
heard within 90 days, when the stage does not allow it, when its prerequisite should come first, or
when other interviews have worn it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sessions.response import ItemParameters, level_parameters
from sessions.schedule import Due

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = [
    "REST",
    "Asked",
    "Due",
    "ItemInfo",
    "Pool",
    "free_wording",
    "item_parameters",
    "make_pool",
]

REST = timedelta(days=90)
"""How long a wording rests before it may be heard again."""


@dataclass(frozen=True, slots=True)
class ItemInfo:
    """What selection needs to know of a question."""

    id: str
    topic: str
    level: int
    kind: str = "concept"
    scope: str = "shared"
    prerequisites: tuple[str, ...] = ()
    wordings: int = 1
    """How many phrasings it has, the main one included."""
    parameters: ItemParameters | None = None
    """Calibrated slope and thresholds; None stands for the author's level."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One time a candidate was asked a question, before this session."""

    wording: int
    at: datetime


@dataclass(frozen=True)
class Pool:
    """Questions in arrays, prepared once and used for every choice."""

    items: tuple[ItemInfo, ...]
    index: Mapping[str, int]
    by_topic: Mapping[str, tuple[int, ...]]
    distinct: Mapping[str, tuple[int, ...]]
    """Of each topic one question for every way to answer to ability: what topics are judged by."""
    slopes: Array
    """[item]"""
    thresholds: Array
    """[item, 4]"""


def make_pool(items: Iterable[ItemInfo]) -> Pool:
    """Prepare questions for selection."""
    import numpy as np

    kept = tuple(items)
    by_topic: dict[str, list[int]] = {}
    for i, item in enumerate(kept):
        by_topic.setdefault(item.topic, []).append(i)
    parameters = [item.parameters or level_parameters(item.level) for item in kept]
    distinct = {}
    for topic, places in by_topic.items():
        rows = {(p["slope"], *p["thresholds"]): i for i in places for p in (parameters[i],)}
        distinct[topic] = tuple(rows.values())
    return Pool(
        items=kept,
        distinct=distinct,
        index={item.id: i for i, item in enumerate(kept)},
        by_topic={topic: tuple(places) for topic, places in by_topic.items()},
        slopes=np.array([p["slope"] for p in parameters], dtype=float),
        thresholds=np.array([p["thresholds"] for p in parameters], dtype=float).reshape(-1, 4),
    )


def item_parameters(item: ItemInfo) -> ItemParameters:
    """Return how the question answers to ability: calibrated, or assumed from its level."""
    return item.parameters or level_parameters(item.level)


def free_wording(item: ItemInfo, past: tuple[Asked, ...], now: datetime) -> int | None:
    """Return the wording longest unheard, or None while every one still rests."""
    last = dict.fromkeys(range(item.wordings), None) if past else {}
    if not last:
        return 0
    heard: dict[int, datetime | None] = dict(last)
    for asked in past:
        before = heard.get(asked.wording)
        heard[asked.wording] = asked.at if before is None else max(before, asked.at)
    for wording in range(item.wordings):
        if heard[wording] is None:
            return wording
    times = {w: at for w, at in heard.items() if at is not None and w < item.wordings}
    oldest = min(times, key=lambda w: times[w])
    return oldest if now - times[oldest] >= REST else None
