"""What earlier sessions of a candidate say, as selection and recall need it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from agent.question_pool import Asked
from sessions.ledger import Ledger
from sessions.mastery import Evidence, GradedAnswer, gather
from sessions.projections import KINDS, Known, project
from sessions.records import TextMemory
from sessions.response import ItemParameters
from sessions.schedule import Due, due_by_question
from tools.knowledge.topics import load_topics

STORE_FILE = "projections.db"
LATEST = 500
"""Interviews that the wear of questions is counted over."""
FEWEST = 20
"""Shares are taken of at least so many interviews: two on a laptop wear nothing out."""


@dataclass(frozen=True)
class Past:
    """A candidate's history before the session under way."""

    answers: list[GradedAnswer] = field(default_factory=list)
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    """The answers summed up by topic, so that a turn does not read them again."""
    asked: dict[str, tuple[Asked, ...]] = field(default_factory=dict)
    due: dict[str, Due] = field(default_factory=dict)
    memories: list[TextMemory] = field(default_factory=list)
    exposure: Mapping[str, float] = field(default_factory=dict)


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
            events = ledger.events(candidate=candidate, kinds=KINDS)
            known = project(events, candidate, topic_names())
            known.upto = upto
            save(store, known)
        return known
    finally:
        store.dispose()


def topic_names() -> dict[str, tuple[str, ...]]:
    """Return the titles of every topic, by id: how candidates name them."""
    return {topic.id: (topic.zh, topic.en) for topic in load_topics().values()}


def past_of(
    ledger: Ledger, folder: Path, candidate: str, session: str, now: datetime, bank: str = ""
) -> Past:
    """Return the history without `session`, which may have begun already.

    With `bank`, how worn its questions are and how they were calibrated count as well.
    """
    if ledger.find(session, "started") is None:
        known = known_of(ledger, folder, candidate)
    else:
        others = (e for e in ledger.events(candidate=candidate) if e["session"] != session)
        known = project(others, candidate, topic_names())
    answers = _with_parameters(known.answers, calibrated(folder, bank))
    return Past(
        answers=answers,
        evidence=gather(answers) if answers else {},
        asked=asked_before(known),
        due=due_by_question(known.cards.values(), now),
        memories=known.memories,
        exposure=exposure(ledger, bank, session) if bank else {},
    )


def asked_before(known: Known) -> dict[str, tuple[Asked, ...]]:
    """Return when each question was put to the candidate, and in which wording."""
    return {
        question: tuple(Asked(one["wording"], datetime.fromisoformat(one["at"])) for one in times)
        for question, times in known.asked.items()
    }


def exposure(ledger: Ledger, bank: str, without: str = "") -> dict[str, float]:
    """Return the share of the bank's latest interviews, of all candidates, with each question.

    Only ids are read: nothing of one candidate's answers reaches another.
    """
    started = ledger.events(kinds=["session_started"])
    held = [e["session"] for e in started if e["body"].get("bank") == bank]
    latest = [session for session in held if session != without][-LATEST:]
    keys = Counter(key for _, key in ledger.keys("question_asked", latest))
    total = max(len(latest), FEWEST)
    return {key.removeprefix("question:"): n / total for key, n in keys.items() if key}


def calibration_file(folder: Path, bank: str) -> Path:
    """Return where a bank's calibrated parameters lie: one JSON object, by question id."""
    return folder / "calibration" / f"{bank}.json"


def calibrated(folder: Path, bank: str) -> dict[str, ItemParameters]:
    """Return the parameters fitted for a bank's questions; none when it was never calibrated."""
    try:
        found: dict[str, ItemParameters] = json.loads(
            calibration_file(folder, bank).read_text("utf-8")
        )
    except (FileNotFoundError, ValueError):
        return {}
    return found


def _with_parameters(
    answers: list[GradedAnswer], parameters: Mapping[str, ItemParameters]
) -> list[GradedAnswer]:
    """Read the answers to calibrated questions by what calibration found."""
    return [
        GradedAnswer(**{**answer, "parameters": parameters[answer["question"]]})
        if answer["question"] in parameters
        else answer
        for answer in answers
    ]
