"""What a choice of question is made from, and what it comes to. Values only, nothing computed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from typing_extensions import TypedDict

from agent.question_pool import Asked, Pool
from sessions.mastery import OVERALL_SD, TOPIC_SD, Posterior
from sessions.schedule import Due

Why = Literal[
    "must_cover", "cover", "weak", "practise", "due", "difficulty", "fresh", "reworded", "relaxed",
    "generate",
]  # fmt: skip


class Reason(TypedDict):
    """One reason for a choice, with the numbers behind it."""

    why: Why
    numbers: dict[str, Any]


@dataclass(frozen=True)
class SelectionPlan:
    """What the stage under way wants of the next question."""

    topics: tuple[str, ...]
    now: datetime
    must: tuple[str, ...] = ()
    """Topics that this session has to touch, whatever is known of them."""
    kinds: frozenset[str] = frozenset()
    """Kinds of question allowed; empty allows all."""
    scopes: frozenset[str] = frozenset({"shared"})
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Prerequisite topics of a topic."""
    total: int = 12
    """Questions of the whole session."""
    mode: Literal["interview", "practice"] = "interview"
    seed: int = 0


@dataclass(frozen=True)
class KnowledgeState:
    """What is known of the candidate, and how worn the questions are."""

    belief: Posterior
    due: Mapping[str, Due] = field(default_factory=dict)
    past: Mapping[str, tuple[Asked, ...]] = field(default_factory=dict)
    exposure: Mapping[str, float] = field(default_factory=dict)
    """Share of the interviews on this bank in which a question was asked."""


@dataclass(frozen=True)
class Choice:
    """The next question; without an id it says what to generate, since the bank has none."""

    question_id: str | None
    topic: str
    level: int
    wording: int
    """0 is the main wording, n the n-th other phrasing."""
    reasons: tuple[Reason, ...]
    generated: bool = False


@dataclass(frozen=True)
class View:
    """Everything one choice looks at: made anew for each."""

    plan: SelectionPlan
    pool: Pool
    state: KnowledgeState
    asked: tuple[str, ...]
    draw: random.Random

    def belief_of(self, topic: str) -> tuple[float, float, int]:
        """Mean, sd and answers of a topic; one never heard of stands at the prior."""
        belief = self.state.belief
        place = belief.place.get(topic)
        if place is None:
            return 0.0, (OVERALL_SD**2 + TOPIC_SD**2) ** 0.5, 0
        return float(belief.mean[place]), float(belief.sd[place]), belief.answers[place]

    def own_sd(self, topic: str) -> float:
        """What is unsure of a topic beyond the doubt about the overall ability."""
        place = self.state.belief.place.get(topic)
        return TOPIC_SD if place is None else float(self.state.belief.own_sd[place])

    @cached_property
    def session_topics(self) -> Counter[str]:
        """How many of this session's questions were on each topic."""
        items, index = self.pool.items, self.pool.index
        return Counter(items[index[q]].topic for q in self.asked if q in index)

    def touched(self, topic: str) -> int:
        """How many of this session's questions were on the topic."""
        return self.session_topics[topic]
