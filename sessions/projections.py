"""Everything known of a candidate, folded from the ledger's events: rebuilt at any time, the same.

Pure. Grades of every session become evidence, cards and history; text memories are drawn only from
sessions that ended properly. Edits are events too, and what was forgotten stays forgotten: a
tombstone drops whatever older events would bring back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from typing_extensions import TypedDict

from sessions.extract import extract
from sessions.help_given import helped_of, unaided
from sessions.mastery import GradedAnswer
from sessions.memory import GradeEvent, Operation, SessionRecord, apply
from sessions.records import Question, TextMemory, Turn
from sessions.schedule import CardState, rate, review
from sessions.standing import error_sd

STANDING_KINDS = (
    "session_started", "question_asked", "grade", "session_closed", "forget", "memory_edit",
)  # fmt: skip
"""Kinds of events that answers, cards and history rest on: all that a report needs of the past."""
KINDS = (*STANDING_KINDS, "turn", "memory_ops")
"""All that `project` reads; the other half of a ledger is how an interview was led."""


class Event(TypedDict):
    """One fact of the ledger, as projections read it."""

    id: int
    session: str
    candidate: str
    at: str
    kind: str
    body: dict[str, Any]


class AskedBefore(TypedDict):
    """One time a question was put to the candidate."""

    session: str
    wording: int
    at: str


@dataclass
class Known:
    """What the ledger says of one candidate; plain values, ready for JSON."""

    candidate: str
    answers: list[GradedAnswer] = field(default_factory=list)
    cards: dict[str, CardState] = field(default_factory=dict)
    """By `question#key point`."""
    asked: dict[str, list[AskedBefore]] = field(default_factory=dict)
    memories: list[TextMemory] = field(default_factory=list)
    """Oldest first, closed ones included."""
    sessions: int = 0
    upto: int = 0
    """Id of the last event read."""


@dataclass
class _Session:
    """A session while its events are read."""

    id: str
    at: str
    lang: str = "zh"
    turns: list[Turn] = field(default_factory=list)
    grades: dict[str, GradeEvent] = field(default_factory=dict)
    topics: dict[str, str] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)
    operations: list[Operation] | None = None
    closed: str = ""


@dataclass
class _Reader:
    """The fold's state."""

    known: Known
    names: Mapping[str, Sequence[str]]
    open: dict[str, _Session] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    edits: list[Event] = field(default_factory=list)


def project(
    events: Iterable[Event],
    candidate: str,
    topic_names: Mapping[str, Sequence[str]] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Known:
    """Fold one candidate's events; `progress` hears the number of sessions folded so far."""
    reader = _Reader(Known(candidate), topic_names or {})
    for event in sorted(events, key=lambda e: e["id"]):
        if event["candidate"] == candidate:
            reader.known.upto = event["id"]
            if not event["body"].get("forgotten"):
                _read(reader, event)
    for done, session_id in enumerate(reader.order, 1):
        _conclude(reader, reader.open[session_id])
        if progress is not None:
            progress(done)
    for event in reader.edits:
        _edit(reader.known, event)
    reader.known.sessions = len(reader.order)
    return reader.known


def session_record(events: Iterable[Event], candidate: str) -> SessionRecord:
    """Return one session as memory reads it, from that session's own events."""
    reader = _Reader(Known(candidate), {})
    for event in events:
        _read(reader, event)
    return _record(next(iter(reader.open.values())), candidate)


def _read(reader: _Reader, event: Event) -> None:
    body, kind = event["body"], event["kind"]
    if kind == "forget":
        _forget(reader, event)
        return
    if kind == "memory_edit":
        reader.edits.append(event)
        return
    if not event["session"]:
        return
    if event["session"] not in reader.open:
        reader.open[event["session"]] = _Session(event["session"], event["at"])
        reader.order.append(event["session"])
    session = reader.open[event["session"]]
    if kind == "session_started":
        session.lang, session.at = body.get("lang", "zh"), event["at"]
    elif kind == "question_asked":
        _asked(reader.known, session, event)
    elif kind == "turn":
        session.turns.append(cast("Turn", body.get("turn", body)))
    elif kind == "grade":
        _graded(session, event)
    elif kind == "memory_ops":
        session.operations = [*(session.operations or []), *body["operations"]]
    elif kind == "session_closed":
        session.closed = str(body.get("reason", ""))


def _asked(known: Known, session: _Session, event: Event) -> None:
    question = cast("Question", event["body"]["question"])
    session.topics[question["id"]] = question["topic"]
    session.levels[question["id"]] = question["level"]
    known.asked.setdefault(question["id"], []).append(
        AskedBefore(
            session=session.id, wording=int(event["body"].get("wording", 0)), at=event["at"]
        )
    )


def _graded(session: _Session, event: Event) -> None:
    """Keep the grade; a later one of the same question in the session replaces it."""
    body = event["body"]
    question = str(body["question"])
    session.grades[question] = GradeEvent(
        question=question,
        topic=session.topics.get(question, ""),
        level=session.levels.get(question, 3),
        grade=body["grade"],
        hints=int(body.get("hints", 0)),
        told=bool(body.get("told", False)),
        helped=helped_of(body),
        turns=list(body.get("turns", [])),
        at=event["at"],
    )


def _conclude(reader: _Reader, session: _Session) -> None:
    known = reader.known
    for event in session.grades.values():
        if event["grade"]["status"] == "graded" and event["topic"]:
            _answer(known, event)
            _review(known, event)
    record = _record(session, known.candidate)
    if not record.allows_conclusions:
        return
    found = session.operations
    if found is None:
        found = extract(record, known.memories, reader.names)
    known.memories = apply(known.memories, found, known.candidate)


def _record(session: _Session, candidate: str) -> SessionRecord:
    return SessionRecord(
        id=session.id,
        candidate=candidate,
        lang=session.lang,
        closed=session.closed,
        turns=tuple(session.turns),
        grades=tuple(session.grades.values()),
        topics=session.topics,
    )


def _answer(known: Known, event: GradeEvent) -> None:
    score = unaided(event["grade"], event)
    if score is not None:
        known.answers.append(
            GradedAnswer(
                question=event["question"],
                topic=event["topic"],
                level=event["level"],
                score=score,
                at=event["at"],
                error_sd=error_sd(event["grade"]["confidence"]),
            )
        )


def _review(known: Known, event: GradeEvent) -> None:
    for point in event["grade"]["points"]:
        name = point["key_point"]
        helped = name in event["helped"]
        rating = rate(
            point["verdict"], event["grade"]["overall"], helped=helped, told=event["told"]
        )
        if rating is not None:
            card = f"{event['question']}#{name}"
            about = (event["question"], name, event["topic"])
            at = datetime.fromisoformat(event["at"])
            known.cards[card] = review(known.cards.get(card), rating, at, about)


def _forget(reader: _Reader, event: Event) -> None:
    """Drop what earlier events told: everything, a session, a topic, a question or a memory."""
    what = str(event["body"].get("what", "all"))
    if what == "all":
        reader.known = Known(reader.known.candidate, upto=reader.known.upto)
        reader.open, reader.order, reader.edits = {}, [], []
        return
    if what in reader.open:
        _drop_session(reader, what)
        return
    for session in reader.open.values():
        dropped = [q for q, topic in session.topics.items() if what in (topic, q)]
        for question in dropped:
            session.grades.pop(question, None)
            reader.known.asked.pop(question, None)
        session.turns = [turn for turn in session.turns if turn["question"] not in dropped]
    reader.edits.append(event)


def _drop_session(reader: _Reader, session_id: str) -> None:
    del reader.open[session_id]
    reader.order.remove(session_id)
    for question, times in list(reader.known.asked.items()):
        kept = [asked for asked in times if asked["session"] != session_id]
        if kept:
            reader.known.asked[question] = kept
        else:
            del reader.known.asked[question]


def _edit(known: Known, event: Event) -> None:
    """Carry out an edit by hand, or the tombstone of a memory or topic."""
    body = event["body"]
    if event["kind"] == "forget":
        what, at = body.get("what"), event["at"]
        known.memories = [
            m
            for m in known.memories
            if m["id"] != what and not (what == m["topic"] and m["observed_at"] <= at)
        ]
        return
    for memory in known.memories:
        if memory["id"] == body.get("id"):
            if body.get("text"):
                memory["text"] = str(body["text"])
            if body.get("wrong"):
                memory["invalid_at"] = memory["invalid_at"] or event["at"]
