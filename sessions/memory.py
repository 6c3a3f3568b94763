"""Text memories: what they are about, the operations on them, and the check of their quotes.

A memory is never overwritten: an update closes the old one (`invalid_at`, `superseded_by`) and adds
the new, so both stay with their words and times. What a model proposes passes `check_operations`
first; a quote that is not the candidate's own words in that very turn is refused.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

from typing_extensions import TypedDict

from sessions.help_given import Help
from sessions.records import Grade, MemoryKind, Quote, TextMemory, Turn

KINDS: tuple[MemoryKind, ...] = get_args(MemoryKind)
SLOTS: Mapping[MemoryKind, frozenset[str]] = {
    "misconception": frozenset(),
    "habit": frozenset({"nervous", "rambling", "filler", "fast", "slow_start"}),
    "project_fact": frozenset(
        "role model data_size method metric hardware team_size duration stack".split()
    ),
    "preference": frozenset(
        "language pace feedback difficulty order answer_style coding_language".split()
    ),
    "goal": frozenset({"post", "date", "topic"}),
    "claim": frozenset(),
}
"""Categories that exist from the start. A misconception's is a key point, a claim's its topic."""
MOST_SLOTS = 24
"""A kind's categories may grow to this many and no further."""
LONGEST_TEXT = 200
ECHO_LENGTH = 6
"""Words that repeat this much of the interviewer's last turn are the interviewer's."""

_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+\.\w+|(?<!\d)1[3-9]\d{9}(?!\d)|\d{17}[\dXx]|(?:身份证|手机号|电话|微信号?|邮箱)"
    r"|我(?:叫|的名字|姓)[^，。]|名字是|\bmy name is\b|\bphone number\b|\be-?mail\b",
    re.IGNORECASE,
)

Op = Literal["add", "update", "delete", "none"]


class Operation(TypedDict):
    """One change to what is remembered."""

    op: Op
    key: str
    """See `memory_key`."""
    text: str
    quote: Quote | None
    """Absent only for `delete` and `none`."""
    at: str
    """UTC time of the turn it rests on, ISO 8601."""


class GradeEvent(TypedDict):
    """A grade with what the ledger knows around it."""

    question: str
    topic: str
    level: int
    grade: Grade
    hints: int
    told: bool
    helped: dict[str, Help]
    """Key points whose first evidence came after a hint, or a follow-up about them."""
    turns: list[str]
    at: str


@dataclass(frozen=True)
class SessionRecord:
    """One session as memory reads it."""

    id: str
    candidate: str
    lang: str = "zh"
    closed: str = ""
    """Reason it ended; empty while it has not."""
    turns: tuple[Turn, ...] = ()
    grades: tuple[GradeEvent, ...] = ()
    topics: Mapping[str, str] = field(default_factory=dict)
    """Topic of each question asked."""

    @property
    def allows_conclusions(self) -> bool:
        """Whether text memories may be drawn from it: ended properly, and something was graded."""
        graded = any(event["grade"]["status"] == "graded" for event in self.grades)
        return self.closed == "complete" and graded


def memory_key(kind: MemoryKind, topic: str, point: str) -> str:
    """Return the key under which memories supersede each other."""
    return f"{kind}/{topic}/{point}"


def split_key(key: str) -> tuple[MemoryKind, str, str]:
    """Return kind, topic and point of a key; raise ValueError when it is none."""
    kind, topic, point = key.split("/", 2)
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of memory: use one of {', '.join(KINDS)}")
    return kind, topic, point


def memory_id(candidate: str, operation: Operation) -> str:
    """Return an id that is the same on every rebuild."""
    quote = operation["quote"]
    turn = quote["turn"] if quote else ""
    place = f"{turn}|{quote['start'] if quote else 0}|{operation['at']}"
    words = f"{candidate}|{operation['key']}|{place}"  # turn ids repeat between sessions
    return "m" + hashlib.sha256(words.encode()).hexdigest()[:12]


def in_force(memories: Iterable[TextMemory]) -> dict[str, TextMemory]:
    """Return the memories that hold now, by key."""
    return {memory["key"]: memory for memory in memories if memory["invalid_at"] is None}


def apply(
    memories: Sequence[TextMemory], operations: Iterable[Operation], candidate: str
) -> list[TextMemory]:
    """Return the memories after the operations; nothing is dropped, closed ones stay as history."""
    kept = list(memories)
    held = {m["key"]: i for i, m in enumerate(kept) if m["invalid_at"] is None}
    for operation in operations:
        if operation["op"] == "none":
            continue
        new = _memory(operation, candidate) if operation["op"] in ("add", "update") else None
        place = held.pop(operation["key"], None)
        if place is not None:
            closed = kept[place].copy()
            closed["invalid_at"] = operation["at"]
            closed["superseded_by"] = new["id"] if new else None
            kept[place] = closed
        if new is not None:
            held[operation["key"]] = len(kept)
            kept.append(new)
    return kept


def _memory(operation: Operation, candidate: str) -> TextMemory:
    quote = operation["quote"]
    if quote is None:
        raise ValueError(f"{operation['op']} of {operation['key']} has no quote")
    kind, topic, _ = split_key(operation["key"])
    return TextMemory(
        id=memory_id(candidate, operation),
        candidate=candidate,
        kind=kind,
        key=operation["key"],
        text=operation["text"][:LONGEST_TEXT],
        quote=quote,
        topic=topic,
        observed_at=operation["at"],
        valid_from=operation["at"],
        invalid_at=None,
        superseded_by=None,
    )


def is_personal(text: str) -> bool:
    """Whether words hold a name, an address or a number that is nobody's business."""
    return _PERSONAL.search(text) is not None


def is_echo(text: str, before: str) -> bool:
    """Whether words only repeat what the interviewer has just said."""
    bare = re.sub(r"[\s，。,.!！?？]+$", "", text.strip())
    return len(bare) >= ECHO_LENGTH and bare in before


def words_before(turns: Sequence[Turn], turn_id: str) -> str:
    """Return the interviewer's last words before a turn."""
    before = ""
    for turn in turns:
        if turn["id"] == turn_id:
            break
        if turn["speaker"] == "interviewer":
            before = turn["text"]
    return before


def find_quote(text: str, turns: Sequence[Turn], turn_id: str = "") -> Quote | None:
    """Return where the candidate said exactly this, in the turn named or in any of the session."""
    for turn in turns:
        if turn["speaker"] != "candidate" or (turn_id and turn["id"] != turn_id):
            continue
        start = turn["text"].find(text) if text.strip() else -1
        if start >= 0:
            return Quote(turn=turn["id"], start=start, end=start + len(text), text=text)
    return None


def quote_holds(quote: Quote, turns: Sequence[Turn]) -> bool:
    """Whether the quote stands in the candidate's own turn at its offsets, and is no echo."""
    for turn in turns:
        if turn["id"] == quote["turn"]:
            said = turn["text"][quote["start"] : quote["end"]]
            own = turn["speaker"] == "candidate" and said == quote["text"] and bool(said.strip())
            return own and not is_echo(said, words_before(turns, turn["id"]))
    return False


def check_operations(
    proposed: Sequence[Mapping[str, Any]],
    session: SessionRecord,
    memories: Sequence[TextMemory],
) -> tuple[list[Operation], list[str]]:
    """Return the operations that hold of those a model proposed, and why the others do not.

    A proposal has `op`, `kind`, `topic`, `point`, `text`, `quote` (words) and perhaps `turn`.
    `add` of a key in force becomes `update`; `update` of an unknown one becomes `add`.
    """
    good: list[Operation] = []
    refused: list[str] = []
    if not session.allows_conclusions:
        return [], ["the session was interrupted or not graded: it supports no conclusions"]
    now = apply(memories, [], session.candidate)
    for proposal in proposed:
        checked = _check(proposal, session, now)
        if isinstance(checked, str):
            refused.append(checked)
        elif checked["op"] != "none":
            good.append(checked)
            now = apply(now, [checked], session.candidate)
    return good, refused


def _check(
    proposal: Mapping[str, Any], session: SessionRecord, memories: Sequence[TextMemory]
) -> Operation | str:
    op, kind, point = proposal.get("op"), proposal.get("kind"), str(proposal.get("point", ""))
    if op not in get_args(Op) or kind not in KINDS:
        return f"unknown operation or kind: {op!r}, {kind!r}"
    key = memory_key(cast("MemoryKind", kind), str(proposal.get("topic", "")), point)
    held = in_force(memories)
    if op == "none":
        return Operation(op="none", key=key, text="", quote=None, at="")
    if op == "delete" and key not in held:
        return f"nothing is remembered under {key}"
    text = str(proposal.get("text", "")).strip()
    quote = find_quote(str(proposal.get("quote", "")), session.turns, str(proposal.get("turn", "")))
    if quote is None or not quote_holds(quote, session.turns):
        return f"{key}: the quote is not the candidate's own words in this session"
    if is_personal(text) or is_personal(quote["text"]):
        return f"{key}: holds personal data"
    if op != "delete" and not _has_room(cast("MemoryKind", kind), point, memories):
        return f"{key}: {kind} has {MOST_SLOTS} categories already, use one of them"
    right: Op = "delete" if op == "delete" else "update" if key in held else "add"
    at = next(turn["at"] for turn in session.turns if turn["id"] == quote["turn"])
    return Operation(op=right, key=key, text=text or quote["text"], quote=quote, at=at)


def _has_room(kind: MemoryKind, point: str, memories: Sequence[TextMemory]) -> bool:
    if kind in ("misconception", "claim"):  # bounded by the key points and topics themselves
        return True
    used = {split_key(m["key"])[2] for m in memories if m["kind"] == kind} | SLOTS[kind]
    return point in used or (bool(point) and len(used) < MOST_SLOTS)
