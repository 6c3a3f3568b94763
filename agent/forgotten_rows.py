"""Which rows of the ledger hold what is to be forgotten: about it, said in it, or repeating it.

Pure. Rather a row too many than a word too few: an interviewer's turn that answers forgotten words
goes with them, since it picks them up.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sessions.ledger import Event
from sessions.records import TextMemory

_KEPT = frozenset({"session_started", "session_closed", "forget", "erased"})
"""Kinds without a word of the candidate's: only forgetting the session itself removes them."""
_SPOKEN_KINDS = frozenset({"raw", "sentence", "reply", "tool_call", "decision"})
"""What the interviewer did in a turn, under the id of the candidate turn before it."""
_SHORT = 4
"""Words shorter than this are not searched for: they prove nothing."""


@dataclass
class Target:
    """What to look for in the ledger."""

    sessions: set[str] = field(default_factory=set)
    questions: set[str] = field(default_factory=set)
    memories: list[TextMemory] = field(default_factory=list)
    turns: dict[str, set[str]] = field(default_factory=dict)
    """Candidate turns, by session."""


def rows_to_empty(events: Sequence[Event], target: Target) -> tuple[list[int], tuple[str, ...]]:
    """Return the rows to empty outside of the sessions that go whole, and their sessions."""
    rows: list[int] = []
    touched: dict[str, None] = {}
    by_session: dict[str, list[Event]] = {}
    for event in events:
        by_session.setdefault(event["session"], []).append(event)
    words = _words(target.memories)
    ids = {memory["id"] for memory in target.memories}
    for session, own in by_session.items():
        if session in target.sessions:
            continue
        if not session:
            rows += [e["id"] for e in own if e["body"].get("id") in ids or _holds(e, words)]
            continue
        found = _rows_of_session(own, target, words)
        if found:
            rows += found
            touched[session] = None
    return rows, tuple(touched)


def _rows_of_session(events: Sequence[Event], target: Target, words: Sequence[str]) -> list[int]:
    turns = [e["body"] for e in events if e["kind"] == "turn"]
    gone = set(target.turns.get(events[0]["session"], ()))
    for turn in turns:
        about = turn["question"] in target.questions
        if turn["speaker"] == "candidate" and (about or any(w in turn["text"] for w in words)):
            gone.add(turn["id"])
    words = [*words, *_shown_later(events, gone)]
    places = _places(turns, target.questions, gone)
    return [
        event["id"]
        for event in events
        if event["kind"] not in _KEPT
        and (
            _is_about(event, target.questions)
            or _mentions(event, gone)
            or _is_spoken_at(event, places)
            or _holds(event, words)
        )
    ]


def _shown_later(events: Sequence[Event], gone: set[str]) -> list[str]:
    """Return the words of erased turns that a challenge of a contradiction repeated."""
    found = [
        e["body"] for e in events if e["kind"] == "contradiction" and not e["body"].get("forgotten")
    ]
    return [
        shown.rstrip("…")
        for body in found
        for name, shown in zip(("earlier", "now"), body.get("shown", ()), strict=False)
        if body[name]["turn"] in gone and len(shown) >= _SHORT
    ]


def _places(
    turns: Sequence[Mapping[str, Any]], questions: set[str], gone: set[str]
) -> dict[str, str]:
    """Return the interviewer's turns to erase, each with the place its records stand under.

    Those about the questions, and those that answer a turn which goes: they pick up its words.
    """
    found: dict[str, str] = {}
    before = "opening"
    for turn in turns:
        if turn["speaker"] == "candidate":
            before = turn["id"]
        elif turn["question"] in questions or before in gone:
            found[turn["id"]] = before
    return found


def _is_spoken_at(event: Event, places: Mapping[str, str]) -> bool:
    if event["kind"] == "turn":
        return event["body"]["id"] in places
    parts = (event["key"] or "").split(":")
    return event["kind"] in _SPOKEN_KINDS and bool({*parts} & {*places.values()})


def _is_about(event: Event, questions: set[str]) -> bool:
    """Whether the event is about one of the questions; naming one as a prerequisite is not."""
    if event["kind"] == "question_asked":
        return event["body"]["question"]["id"] in questions
    text = json.dumps(event["body"], ensure_ascii=False)
    return any(f'"{question}"' in text for question in questions)


def _mentions(event: Event, turns: set[str]) -> bool:
    """Whether the event belongs to, or quotes, one of the session's candidate turns."""
    if not turns:
        return False
    if {*(event["key"] or "").split(":")} & turns:
        return True
    text = json.dumps(event["body"], ensure_ascii=False)
    return any(f'"{turn}"' in text for turn in turns)


def _words(memories: Iterable[TextMemory]) -> list[str]:
    found = {text for m in memories for text in (m["text"], m["quote"]["text"])}
    return [text for text in found if len(text) >= _SHORT]


def _holds(event: Event, words: Sequence[str]) -> bool:
    """Whether the event repeats the words of a memory, wherever in it."""
    text = json.dumps(event["body"], ensure_ascii=False)
    return any(json.dumps(word, ensure_ascii=False)[1:-1] in text for word in words)
