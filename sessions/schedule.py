"""When to come back to what: one FSRS card per key point, rated by what an answer did with it.

Pure: clocks are passed in and fuzzing is off, so rebuilding from the same grades gives the same
cards. FSRS-6 with its published default parameters (package `fsrs`, MIT); its minute-long learning
steps are left out because sessions lie days apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from typing_extensions import TypedDict

from sessions.records import Verdict

if TYPE_CHECKING:
    from fsrs import Scheduler

EASY_FROM = 90.0
"""Points of an answer from which a key point covered unprompted is Easy."""

Rating = Literal[1, 2, 3, 4]
"""FSRS: 1 Again, 2 Hard, 3 Good, 4 Easy."""


class CardState(TypedDict):
    """One key point's memory as FSRS models it."""

    question: str
    key_point: str
    topic: str
    stability: float
    """Days after which nine in ten would still remember."""
    difficulty: float
    """1 to 10."""
    due: str
    """UTC time, ISO 8601."""
    last_review: str
    reviews: int
    lapses: int
    """How often it was missed after having been known."""
    last_rating: Rating


@dataclass(frozen=True, slots=True)
class Due:
    """How much of a question's cards is due for review."""

    cards: int
    """Key points of the question that have a card."""
    due: int
    recall: float
    """Lowest chance that one of the due key points is still remembered; 1 when none is due."""


class PracticeDay(TypedDict):
    """What to practise on one day."""

    day: str
    """ISO date."""
    cards: int
    questions: list[str]
    """The most forgotten first."""
    topics: dict[str, int]
    """Cards of each topic."""


@lru_cache(maxsize=1)
def _scheduler() -> Scheduler:
    from fsrs import Scheduler

    return Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)


def rate(verdict: Verdict, overall: float | None, *, helped: bool, told: bool) -> Rating | None:
    """Return the rating of a key point, or None when the answer says nothing about it.

    `helped`: a hint or a follow-up on this key point came first; `told`: the answer was given away.
    """
    if verdict == "not_graded" or overall is None:
        return None
    if told or verdict in ("missed", "wrong"):
        return 1
    if helped or verdict == "partial":
        return 2
    return 4 if overall >= EASY_FROM else 3


def review(
    card: CardState | None, rating: Rating, at: datetime, about: tuple[str, str, str]
) -> CardState:
    """Return the card after a review; `about` is question, key point and topic."""
    from fsrs import Card, State
    from fsrs import Rating as FsrsRating

    before = Card(card_id=1, due=at)
    if card is not None:
        before.state, before.step = State.Review, None
        before.stability, before.difficulty = card["stability"], card["difficulty"]
        before.last_review = datetime.fromisoformat(card["last_review"])
    after, _ = _scheduler().review_card(before, FsrsRating(rating), at)
    question, key_point, topic = about
    lapsed = card is not None and card["last_rating"] > 1 and rating == 1
    return CardState(
        question=question,
        key_point=key_point,
        topic=topic,
        stability=round(float(after.stability or 0.0), 6),
        difficulty=round(float(after.difficulty or 0.0), 6),
        due=after.due.isoformat(),
        last_review=at.isoformat(),
        reviews=1 + (card["reviews"] if card else 0),
        lapses=int(lapsed) + (card["lapses"] if card else 0),
        last_rating=rating,
    )


def recall_chance(card: CardState, now: datetime) -> float:
    """Return the chance that the key point is still remembered (FSRS-6 forgetting curve)."""
    days = max((now - datetime.fromisoformat(card["last_review"])).total_seconds() / 86400, 0.0)
    return _recall(card["stability"], days)


def _recall(stability: float, days: float) -> float:
    decay = -_scheduler().parameters[20]
    factor = 0.9 ** (1 / decay) - 1
    return float((1 + factor * days / max(stability, 1e-3)) ** decay)


def due_by_question(cards: Iterable[CardState], now: datetime) -> dict[str, Due]:
    """Count the due cards of every question that has one."""
    moment = now.isoformat()
    totals: dict[str, int] = {}
    due: dict[str, int] = {}
    worst: dict[str, float] = {}
    for card in cards:
        question = card["question"]
        totals[question] = totals.get(question, 0) + 1
        if card["due"] <= moment:  # same zone and format, so text order is time order
            due[question] = due.get(question, 0) + 1
            # Recall depends on nothing but days over stability: one power a question is enough.
            reviewed = datetime.fromisoformat(card["last_review"])
            share = (now - reviewed).total_seconds() / max(card["stability"], 1e-3)
            worst[question] = max(worst.get(question, 0.0), share)
    return {
        question: Due(totals[question], count, _recall(1.0, worst[question] / 86400))
        for question, count in due.items()
    }


def practice_plan(
    cards: Sequence[CardState], now: datetime, days: int = 14, per_day: int = 20
) -> list[PracticeDay]:
    """Spread the cards that fall due over the coming days, the most forgotten first.

    What does not fit on a day moves to the next; days without cards are left out.
    """
    last = now.date() + timedelta(days=days - 1)
    waiting = [c for c in cards if datetime.fromisoformat(c["due"]).date() <= last]
    waiting.sort(key=lambda card: (max(_due_day(card), now.date()), recall_chance(card, now)))
    plan: list[PracticeDay] = []
    for offset in range(days):
        day = now.date() + timedelta(days=offset)
        today = [card for card in waiting if _due_day(card) <= day][:per_day]
        if today:
            chosen = {(card["question"], card["key_point"]) for card in today}
            waiting = [c for c in waiting if (c["question"], c["key_point"]) not in chosen]
            plan.append(_practice_day(day, today))
    return plan


def _due_day(card: CardState) -> date:
    return datetime.fromisoformat(card["due"]).date()


def _practice_day(day: date, cards: Sequence[CardState]) -> PracticeDay:
    topics: dict[str, int] = {}
    for card in cards:
        topics[card["topic"]] = topics.get(card["topic"], 0) + 1
    return PracticeDay(
        day=day.isoformat(),
        cards=len(cards),
        questions=list(dict.fromkeys(card["question"] for card in cards)),
        topics=topics,
    )


def upcoming(cards: Mapping[str, CardState], now: datetime) -> dict[str, str]:
    """Return for each topic when its next card falls due, as an ISO time."""
    nearest: dict[str, str] = {}
    for card in cards.values():
        known = nearest.get(card["topic"])
        nearest[card["topic"]] = card["due"] if known is None else min(known, card["due"])
    return {topic: max(due, now.isoformat()) for topic, due in nearest.items()}
