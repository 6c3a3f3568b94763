"""What is known of a candidate, arranged for people: topics, trends, what to practise, and why.

Pure. Every topic carries its range and its word; figures come from the projection alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from typing_extensions import TypedDict

from sessions.mastery import Evidence, estimate, gather, posterior
from sessions.memory import in_force
from sessions.projections import Known
from sessions.records import TextMemory, TopicMastery
from sessions.response import expected_score, level_parameters
from sessions.schedule import recall_chance, upcoming
from sessions.standing import Standing, likely_range, standing


class TopicView(TypedDict):
    """One topic as every face shows it."""

    topic: str
    standing: Standing
    mastery: TopicMastery
    points: tuple[int, int, int]
    """Low, middle and high of the score to expect on a middling question, 80 in 100 sure."""
    cards: int
    due: int
    next_due: str
    """UTC time, ISO 8601; empty when the topic has no card."""
    weakest: list[str]
    """Key points nearest to forgotten, as `question#key point`, at most three."""
    why: list[str]
    """Ids of the memories in force that are about the topic."""
    last_asked: str


class TrendPoint(TypedDict):
    """Where a topic stood after a session."""

    at: str
    mastery: TopicMastery
    points: tuple[int, int, int]
    standing: Standing


def points_of(mastery: TopicMastery) -> tuple[int, int, int]:
    """Return low, middle and high of the score to expect on a question of middling difficulty."""
    low, high = likely_range(mastery)
    middling = level_parameters(3)
    found = [round(expected_score(mean, middling)) for mean in (low, mastery["mean"], high)]
    return found[0], found[1], found[2]


def topic_views(known: Known, now: datetime, topics: Sequence[str]) -> list[TopicView]:
    """Return every topic, those named and those met, in that order."""
    belief = estimate(known.answers, now, topics)
    next_due = upcoming(known.cards, now)
    held = in_force(known.memories)
    moment = now.isoformat()
    views = []
    for topic, mastery in belief.items():
        cards = {name: card for name, card in known.cards.items() if card["topic"] == topic}
        fading = sorted(cards, key=lambda name: recall_chance(cards[name], now))
        views.append(
            TopicView(
                topic=topic,
                standing=standing(mastery),
                mastery=mastery,
                points=points_of(mastery),
                cards=len(cards),
                due=sum(card["due"] <= moment for card in cards.values()),
                next_due=next_due.get(topic, ""),
                weakest=fading[:3],
                why=[memory["id"] for memory in held.values() if memory["topic"] == topic],
                last_asked=max((a["at"] for a in known.answers if a["topic"] == topic), default=""),
            )
        )
    return views


def trend(known: Known, topics: Sequence[str] = ()) -> dict[str, list[TrendPoint]]:
    """Return for each topic met where it stood after each day on which it was asked."""
    found: dict[str, list[TrendPoint]] = {}
    before: dict[str, Evidence] = {}
    days: dict[str, list[int]] = {}
    for i, answer in enumerate(known.answers):
        days.setdefault(answer["at"][:10], []).append(i)
    for day in sorted(days):
        answers = [known.answers[i] for i in days[day]]
        at = datetime.fromisoformat(max(answer["at"] for answer in answers))
        before = gather(answers, before)
        belief = posterior([], at, topics, before).mastery()
        for topic in dict.fromkeys(answer["topic"] for answer in answers):
            point = TrendPoint(
                at=at.isoformat(),
                mastery=belief[topic],
                points=points_of(belief[topic]),
                standing=standing(belief[topic]),
            )
            found.setdefault(topic, []).append(point)
    return found


def history_of(memories: Sequence[TextMemory], key: str) -> list[TextMemory]:
    """Return all that was ever held under a key, oldest first: what changed and when."""
    return sorted((m for m in memories if m["key"] == key), key=lambda m: m["observed_at"])


def progress_words(points: Mapping[str, Sequence[TrendPoint]]) -> dict[str, str]:
    """Say of each topic whether it rose, fell or stayed, only where the ranges part."""
    words = {}
    for topic, found in points.items():
        first, last = found[0]["mastery"], found[-1]["mastery"]
        gap = last["mean"] - first["mean"]
        spread = (first["sd"] ** 2 + last["sd"] ** 2) ** 0.5
        words[topic] = "up" if gap > spread else "down" if gap < -spread else "unclear"
    return words
