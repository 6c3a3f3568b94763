"""Which question to ask next: a pure function of plan, questions, what is known, what was asked.

Topics first: those the plan must touch; those of which nothing is known, prerequisite topics before
their dependants; then those whose place among the candidate's weakest is least settled. Within the
topic: difficulty near the estimate, due cards as a bonus of at most a third, one of the best few
drawn by seed so that no question is worn out. Nothing is repeated to fill a gap: when nothing of
the bank is open, the choice names a generated question, or what to generate.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Literal

from typing_extensions import TypedDict

from agent.question_pool import Asked, ItemInfo, Pool, free_wording, item_parameters, make_pool
from sessions.mastery import OVERALL_SD, TOPIC_SD, Posterior, weak_odds
from sessions.response import expected_score, information, level_parameters
from sessions.schedule import Due

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

DUE_BONUS = 1 / 3
"""The most that due cards add to a question's worth, and the share of a session they may fill."""
EXPOSURE_CAP = 0.30
"""A question asked in a larger share of the interviews on this bank rests."""
NEAR = 5
AS_GOOD = 0.02
"""One of the best NEAR questions is drawn, or of all within this share of the best."""
AIM = -0.5
"""Questions aim this far below the estimate: there lies the line between weak and middling."""
PRESUMED = 70.0
"""Points expected on a prerequisite that make asking it first unnecessary."""
TOPIC_CAP = 3
"""Questions on one topic in a session before every other topic is preferred."""
BALANCE = 0.3
"""Weight of knowing every topic better beside finding the weakest; tuned in simulation."""
PLACES = 3
"""How many weakest topics the choice aims to find."""

Why = Literal[
    "must_cover", "cover", "weak", "practise", "due", "difficulty", "fresh", "reworded", "relaxed",
    "generate",
]  # fmt: skip
Relaxed = Literal["", "exposure", "prerequisites", "bank"]
RELAXED: tuple[Relaxed, ...] = ("", "exposure", "prerequisites", "bank")
"""Wishes given up one after the other when no question is open; repeating is never one of them."""


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


def choose(
    plan: SelectionPlan,
    candidates: Pool | Sequence[ItemInfo],
    state: KnowledgeState,
    asked: Sequence[str],
) -> Choice:
    """Return the next question for this session, `asked` being those it has had so far."""
    pool = candidates if isinstance(candidates, Pool) else make_pool(candidates)
    view = _View(plan, pool, state, tuple(asked), random.Random(f"{plan.seed}:{len(asked)}"))
    if plan.mode == "practice" and (due := _practice(view)) is not None:
        return due
    ranked = _rank_topics(view)
    for relaxed in RELAXED:
        for reason in ranked:
            topic = reason["numbers"]["topic"]
            open_items = [i for i in pool.by_topic.get(topic, ()) if _is_open(view, i, relaxed)]
            if open_items:
                return _pick(view, reason, open_items, relaxed)
    return _to_generate(view, ranked)


@dataclass(frozen=True)
class _View:
    """Everything one choice looks at."""

    plan: SelectionPlan
    pool: Pool
    state: KnowledgeState
    asked: tuple[str, ...]
    draw: random.Random

    def belief_of(self, topic: str) -> tuple[float, float, int]:
        """Mean, sd and answers of a topic; one never heard of stands at the prior."""
        belief = self.state.belief
        if topic not in belief.topics:
            return 0.0, (OVERALL_SD**2 + TOPIC_SD**2) ** 0.5, 0
        i = belief.topics.index(topic)
        return float(belief.mean[i]), float(belief.sd[i]), belief.answers[i]

    def own_sd(self, topic: str) -> float:
        """What is unsure of a topic beyond the doubt about the overall ability."""
        belief = self.state.belief
        if topic not in belief.topics:
            return TOPIC_SD
        return float(belief.overall @ belief.given_sd[:, belief.topics.index(topic)])

    def touched(self, topic: str) -> int:
        """How many of this session's questions were on the topic."""
        items, index = self.pool.items, self.pool.index
        return sum(items[index[q]].topic == topic for q in self.asked if q in index)


def _bonus(due: Due | None) -> float:
    """Between 0 and DUE_BONUS: the more of a question's cards is due and forgotten, the more."""
    if due is None or not due.due:
        return 0.0
    return DUE_BONUS * min(1.0, due.due / max(due.cards, 1) * 2 * (1 - due.recall))


def _topic_bonuses(view: _View) -> dict[str, float]:
    bonuses: dict[str, float] = {}
    for question, due in view.state.due.items():
        place = view.pool.index.get(question)
        if place is not None:
            topic = view.pool.items[place].topic
            bonuses[topic] = max(bonuses.get(topic, 0.0), _bonus(due))
    return bonuses


def _expected_information(view: _View, places: Sequence[int]) -> Array:
    """[place]: information expected of each question, over what is believed of its topic."""
    import numpy as np

    nodes, weights = _quadrature()
    rows = list(places)
    topics = [view.pool.items[i].topic for i in rows]
    known = {topic: view.belief_of(topic) for topic in set(topics)}
    theta = np.array([known[t][0] + AIM for t in topics])[:, None]
    theta = theta + np.array([known[t][1] for t in topics])[:, None] * nodes
    return information(view.pool.slopes[rows], view.pool.thresholds[rows], theta) @ weights


@lru_cache(maxsize=1)
def _quadrature() -> tuple[Array, Array]:
    """Points and weights that average a function over a standard normal."""
    import numpy as np

    nodes, weights = np.polynomial.hermite_e.hermegauss(7)
    return nodes, weights / weights.sum()


def _best_information(view: _View, topics: Sequence[str]) -> dict[str, float]:
    places = [place for topic in topics for place in view.pool.distinct[topic]]
    best = dict.fromkeys(topics, 1e-9)
    for place, found in zip(places, _expected_information(view, places), strict=True):
        topic = view.pool.items[place].topic
        best[topic] = max(best[topic], float(found))
    return best


def _unit_loss(z: float) -> float:
    """Expected excess of a standard normal over z, the usual measure of a decision's worth."""
    normal = NormalDist()
    return normal.pdf(z) - z * (1 - normal.cdf(z))


def _worth(view: _View, topics: Sequence[str]) -> dict[str, float]:
    """What an answer on each topic is worth: settling who is weakest, and knowing more at all.

    The first part is the expected gain of a subset selection: how likely and how far an answer
    moves the topic across the line between the weakest few and the rest.
    """
    means = sorted(view.belief_of(topic)[0] for topic in topics)
    places = min(PLACES, len(topics) - 1)
    bonuses, best = _topic_bonuses(view), _best_information(view, topics)
    worth = {}
    for topic in topics:
        mean, sd = view.belief_of(topic)[0], view.own_sd(topic)
        gain = sd**2 - 1 / (1 / sd**2 + best[topic])
        value = BALANCE * gain
        if places > 0:
            line = means[places] if mean < means[places] else means[places - 1]
            value += gain**0.5 * _unit_loss(abs(mean - line) / gain**0.5)
        worth[topic] = value * (1 + bonuses.get(topic, 0.0))
    return worth


def _tier(view: _View, topic: str) -> Why:
    if view.touched(topic):
        return "weak"
    if topic in view.plan.must:
        return "must_cover"
    return "cover" if view.belief_of(topic)[2] == 0 else "weak"


def _rank_topics(view: _View) -> list[Reason]:
    """Topics in the order in which to try them, each with the reason for its place."""
    plan = view.plan
    topics = [t for t in dict.fromkeys((*plan.must, *plan.topics)) if t in view.pool.by_topic]
    worth = _worth(view, topics)
    tiers = {topic: _tier(view, topic) for topic in topics}

    def rank(topic: str) -> tuple[int, bool, bool, float]:
        tier = tiers[topic]
        waits = any(tiers.get(need) == tier != "weak" for need in plan.needs.get(topic, ()))
        worn = view.touched(topic) >= TOPIC_CAP
        jitter = 1 + view.draw.random() / 50
        return ("must_cover", "cover", "weak").index(tier), worn, waits, -worth[topic] * jitter

    belief = view.state.belief
    odds = dict(zip(belief.topics, weak_odds(belief, PLACES).tolist(), strict=True))
    left = sum(tier != "weak" for tier in tiers.values())
    reasons = []
    for topic in sorted(topics, key=rank):
        mean, sd, answers = view.belief_of(topic)
        numbers: dict[str, Any] = {"topic": topic, "answers": answers, "mean": round(mean, 2)}
        numbers |= {"sd": round(sd, 2), "worth": round(worth[topic], 3)}
        if tiers[topic] == "weak":
            numbers["odds"] = round(odds.get(topic, 0.0), 2)
        else:
            numbers["uncovered"] = left
        reasons.append(Reason(why=tiers[topic], numbers=numbers))
    return reasons


def _is_open(view: _View, place: int, relaxed: Relaxed) -> bool:
    """Whether a question may be asked now; each step of `relaxed` gives up one more wish."""
    plan, state, item = view.plan, view.state, view.pool.items[place]
    step = RELAXED.index(relaxed)
    if item.id in view.asked or (plan.kinds and item.kind not in plan.kinds):
        return False
    if item.scope == "generated":
        if relaxed != "bank":
            return False
    elif item.scope not in plan.scopes:
        return False
    past = state.past.get(item.id, ())
    if past:
        again = sum(question in state.past for question in view.asked)
        due = state.due.get(item.id)
        room = plan.mode == "practice" or again < plan.total * DUE_BONUS
        if due is None or not due.due or not room:
            return False
        if free_wording(item, past, plan.now) is None:
            return False
    if step < 1 and state.exposure.get(item.id, 0.0) > EXPOSURE_CAP:
        return False
    return step >= 2 or not any(_comes_first(view, other) for other in item.prerequisites)


def _comes_first(view: _View, question: str) -> bool:
    """Whether a prerequisite is still to be asked: neither asked ever nor surely known."""
    place = view.pool.index.get(question)
    if place is None or question in view.asked or question in view.state.past:
        return False
    item = view.pool.items[place]
    return expected_score(view.belief_of(item.topic)[0], item_parameters(item)) < PRESUMED


def _pick(view: _View, reason: Reason, places: Sequence[int], relaxed: Relaxed) -> Choice:
    """Draw one of the best open questions of a topic, and say why."""
    found = _expected_information(view, places)
    due = [view.state.due.get(view.pool.items[place].id) for place in places]
    scores = [float(f) * (1 + _bonus(d)) for f, d in zip(found, due, strict=True)]
    order = sorted(range(len(places)), key=lambda i: (-scores[i], view.draw.random()))
    good = sum(score >= (1 - AS_GOOD) * scores[order[0]] for score in scores)
    item = view.pool.items[places[view.draw.choice(order[: max(NEAR, good)])]]
    return _choice_of(view, item, reason, relaxed)


def _choice_of(view: _View, item: ItemInfo, reason: Reason, relaxed: Relaxed) -> Choice:
    state = view.state
    expected = expected_score(view.belief_of(item.topic)[0], item_parameters(item))
    reasons = [reason]
    due = state.due.get(item.id)
    if due is not None and due.due and reason["why"] != "practise":
        numbers = {"cards": due.cards, "due": due.due, "recall": round(due.recall, 2)}
        reasons.append(Reason(why="due", numbers=numbers | {"bonus": round(_bonus(due), 2)}))
    reasons.append(
        Reason(why="difficulty", numbers={"level": item.level, "expected": round(expected)})
    )
    past = state.past.get(item.id, ())
    wording = free_wording(item, past, view.plan.now) or 0
    if past:
        days = (view.plan.now - max(asked.at for asked in past)).days
        reasons.append(Reason(why="reworded", numbers={"wording": wording, "days": days}))
    else:
        reasons.append(Reason(why="fresh", numbers={"share": state.exposure.get(item.id, 0.0)}))
    if relaxed:
        reasons.append(Reason(why="relaxed", numbers={"wish": relaxed}))
    made = item.scope == "generated"
    return Choice(item.id, item.topic, item.level, wording, tuple(reasons), generated=made)


def _to_generate(view: _View, ranked: Sequence[Reason]) -> Choice:
    """Say what to generate when nothing of the bank is open."""
    topics = (*view.plan.must, *view.plan.topics)
    topic = str(ranked[0]["numbers"]["topic"]) if ranked else topics[0] if topics else ""
    mean = view.belief_of(topic)[0]
    level = min(
        (1, 2, 3, 4, 5), key=lambda n: abs(expected_score(mean, level_parameters(n)) - 50.0)
    )
    why = Reason(why="generate", numbers={"topic": topic, "level": level})
    return Choice(None, topic, level, 0, (*ranked[:1], why), generated=True)


def _practice(view: _View) -> Choice | None:
    """Return the due question whose weakest card is nearest to forgotten."""
    due = sorted((item.recall, question) for question, item in view.state.due.items() if item.due)
    topics = {*view.plan.must, *view.plan.topics}
    for recall, question in due:
        place = view.pool.index.get(question)
        if place is None or not _is_open(view, place, "exposure"):
            continue
        item = view.pool.items[place]
        if not topics or item.topic in topics:
            cards = view.state.due[question]
            numbers = {"topic": item.topic, "due": cards.due, "recall": round(recall, 2)}
            return _choice_of(view, item, Reason(why="practise", numbers=numbers), "")
    return None
