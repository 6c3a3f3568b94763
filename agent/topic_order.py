"""The order in which topics come up, and what an answer on each of them would be worth."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from agent.choice import Reason, View, Why
from sessions.mastery import weak_odds
from sessions.response import information
from sessions.schedule import Due

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

DUE_BONUS = 1 / 3
"""The most that due cards add to a question's worth, and the share of a session they may fill."""
AIM = -0.5
"""Questions aim this far below the estimate: there lies the line between weak and middling."""
TOPIC_CAP = 3
"""Questions on one topic in a session before every other topic is preferred."""
BALANCE = 0.3
"""Weight of knowing every topic better beside finding the weakest; tuned in simulation."""
PLACES = 3
"""How many weakest topics the choice aims to find."""


def due_bonus(due: Due | None) -> float:
    """Between 0 and DUE_BONUS: the more of a question's cards is due and forgotten, the more."""
    if due is None or not due.due:
        return 0.0
    return DUE_BONUS * min(1.0, due.due / max(due.cards, 1) * 2 * (1 - due.recall))


def _topic_bonuses(view: View) -> dict[str, float]:
    bonuses: dict[str, float] = {}
    for question, due in view.state.due.items():
        place = view.pool.index.get(question)
        if place is not None:
            topic = view.pool.items[place].topic
            bonuses[topic] = max(bonuses.get(topic, 0.0), due_bonus(due))
    return bonuses


def expected_information(view: View, places: Sequence[int]) -> Array:
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


def _best_information(view: View, topics: Sequence[str]) -> dict[str, float]:
    places = [place for topic in topics for place in view.pool.distinct[topic]]
    best = dict.fromkeys(topics, 1e-9)
    for place, found in zip(places, expected_information(view, places), strict=True):
        topic = view.pool.items[place].topic
        best[topic] = max(best[topic], float(found))
    return best


def _unit_loss(z: float) -> float:
    """Expected excess of a standard normal over z, the usual measure of a decision's worth."""
    normal = NormalDist()
    return normal.pdf(z) - z * (1 - normal.cdf(z))


def _worth(view: View, topics: Sequence[str]) -> dict[str, float]:
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


def _tier(view: View, topic: str) -> Why:
    if view.touched(topic):
        return "weak"
    if topic in view.plan.must:
        return "must_cover"
    return "cover" if view.belief_of(topic)[2] == 0 else "weak"


def rank_topics(view: View) -> list[Reason]:
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
    odds: dict[str, float] = {}
    if "weak" in tiers.values():
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
