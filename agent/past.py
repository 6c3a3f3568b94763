"""What earlier sessions of a candidate say, as selection and recall need it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from agent.question_pool import Asked
from sessions.ledger import Ledger
from sessions.mastery import GradedAnswer
from sessions.projections import Known, project
from sessions.records import TextMemory
from sessions.schedule import Due, due_by_question
from tools.knowledge.topics import load_topics

STORE_FILE = "projections.db"


@dataclass(frozen=True)
class Past:
    """A candidate's history before the session under way."""

    answers: list[GradedAnswer] = field(default_factory=list)
    asked: dict[str, tuple[Asked, ...]] = field(default_factory=dict)
    due: dict[str, Due] = field(default_factory=dict)
    memories: list[TextMemory] = field(default_factory=list)


def known_of(ledger: Ledger, folder: Path, candidate: str) -> Known:
    """Return all that the ledger says of a candidate: from the store when it is up to date."""
    from sessions.memory_store import load, open_store, save

    upto = ledger.last_id(candidate)
    if upto == 0:
        return Known(candidate)
    store = open_store(folder / STORE_FILE)
    try:
        known = load(store, candidate, upto)
        if known is None:
            known = project(ledger.events(candidate=candidate), candidate, topic_names())
            save(store, known)
        return known
    finally:
        store.dispose()


def topic_names() -> dict[str, tuple[str, ...]]:
    """Return the titles of every topic, by id: how candidates name them."""
    return {topic.id: (topic.zh, topic.en) for topic in load_topics().values()}


def past_of(ledger: Ledger, folder: Path, candidate: str, session: str, now: datetime) -> Past:
    """Return the history without `session`, which may have begun already."""
    if ledger.find(session, "started") is None:
        known = known_of(ledger, folder, candidate)
    else:
        others = (e for e in ledger.events(candidate=candidate) if e["session"] != session)
        known = project(others, candidate, topic_names())
    asked = {
        question: tuple(Asked(one["wording"], datetime.fromisoformat(one["at"])) for one in times)
        for question, times in known.asked.items()
    }
    due = due_by_question(known.cards.values(), now)
    return Past(known.answers, asked, due, known.memories)
