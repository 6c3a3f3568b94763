"""Forget what a candidate names: a topic, a session, a question, a memory or everything.

What is found is emptied or removed wherever it lies under the data folder: the ledger and its log,
checkpoints with their resume values, the projections, kept audio, copies of the ledger set aside.
A tombstone in the ledger keeps projections from bringing it back. Files saved elsewhere are out of
reach: those that are known are named. What a remote model was sent is out of reach as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from agent.forgotten_rows import Target, rows_to_empty
from agent.past import STORE_FILE, known_of
from sessions.ledger import Event, Ledger
from sessions.lock import session_lock
from sessions.projections import Known
from sessions.records import TextMemory
from tools.knowledge.topics import load_topics

ALL = "all"
EXPORT_KIND = "memory_export"
"""Says where a file about the candidate was saved: exports of memory, reports, whole sessions."""


class ForgetError(Exception):
    """Nothing is known under the name given; the message says what could be meant."""


@dataclass(frozen=True)
class Forgetting:
    """What will be erased, to be shown before it is."""

    candidate: str
    what: str
    """As the tombstone says it: `all`, or an id."""
    rows: tuple[int, ...]
    """Ledger rows that are emptied."""
    whole: tuple[str, ...]
    """Sessions of which nothing is left."""
    touched: tuple[str, ...]
    """Sessions that lose a part; checkpoints and audio of these go as well."""
    files: tuple[Path, ...] = ()
    """Kept audio, and copies of the ledger set aside."""
    exports: tuple[str, ...] = ()
    """Files saved elsewhere, which are not erased."""


def note_saved(ledger: Ledger, candidate: str, path: Path) -> None:
    """Record that a file about the candidate was saved, so that forgetting can name it."""
    ledger.append(EXPORT_KIND, {"path": str(path.resolve())}, candidate=candidate)


def plan_forgetting(ledger: Ledger, folder: Path, candidate: str, what: str) -> Forgetting:
    """Return all that `what` names: `all`, or a topic, session, question or memory.

    Raises:
        ForgetError: It names nothing that is known of the candidate.
    """
    events = list(ledger.events(candidate=candidate))
    exports = [e["body"].get("path") for e in events if e["kind"] == EXPORT_KIND]
    held = dict.fromkeys(e["session"] for e in events if e["session"])
    touched: tuple[str, ...] = ()
    if what == ALL:
        rows = [e["id"] for e in events if not e["session"]]
        name, whole = ALL, tuple(held)
    else:
        name, target = _resolve(events, known_of(ledger, folder, candidate), what)
        whole = tuple(target.sessions)
        rows, touched = rows_to_empty(events, target)
    return Forgetting(
        candidate=candidate,
        what=name,
        rows=tuple(rows),
        whole=whole,
        touched=touched,
        files=tuple(_files(folder, (*whole, *touched))),
        exports=tuple(dict.fromkeys(str(path) for path in exports if path)),
    )


async def carry_out(ledger: Ledger, folder: Path, plan: Forgetting) -> None:
    """Erase everything the plan names.

    Raises:
        SessionBusy: One of the sessions is open in another terminal; nothing was erased.
    """
    sessions = (*plan.whole, *plan.touched)
    with ExitStack() as locks:
        for session in sessions:
            locks.enter_context(session_lock(folder / "locks", session))
        for session in plan.whole:
            ledger.delete_session(session)
        ledger.erase(plan.rows)
        for session in plan.touched:  # a part is missing: it cannot be taken up again
            closing = {"reason": "interrupted"}
            ledger.append(
                "session_closed", closing, session=session, candidate=plan.candidate, key="closed"
            )
        ledger.append("forget", {"what": plan.what}, candidate=plan.candidate)
        await forget_checkpoints(folder, sessions)
        forget_projections(folder, [plan.candidate])
        for path in plan.files:
            path.unlink(missing_ok=True)
    for session in plan.whole:
        (folder / "locks" / f"{session}.lock").unlink(missing_ok=True)


async def forget_checkpoints(folder: Path, sessions: Iterable[str]) -> None:
    """Drop the checkpoints of these sessions, the resume values in them too."""
    from agent.interviewer import CHECKPOINT_FILE
    from sessions.checkpoints import forget, open_checkpoints

    path = folder / CHECKPOINT_FILE
    if not path.exists():
        return
    async with open_checkpoints(path) as saver:
        for session in sessions:
            await forget(saver, session)


def forget_projections(folder: Path, candidates: Iterable[str]) -> None:
    """Drop what is kept of these candidates beside the ledger; it is folded anew when needed."""
    from sessions.memory_store import forget, open_store

    if (folder / STORE_FILE).exists():
        store = open_store(folder / STORE_FILE)
        for candidate in candidates:
            forget(store, candidate)
        store.dispose()


def _files(folder: Path, sessions: Iterable[str]) -> Iterable[Path]:
    """Audio of the sessions, and whole copies of the ledger: they hold what it held."""
    for session in sessions:
        yield from sorted((folder / "audio").glob(f"{session}*"))
    for pattern in ("ledger.corrupt-*.db*", "ledger.schema*.db*"):
        yield from sorted(folder.glob(pattern))


def _resolve(events: Sequence[Event], known: Known, what: str) -> tuple[str, Target]:
    """Return the tombstone's name and what to look for."""
    if any(e["session"] == what for e in events):
        mine = {e["body"]["id"] for e in events if e["session"] == what and e["kind"] == "turn"}
        said = [m for m in known.memories if m["quote"]["turn"] in mine and _is_in(m, events, what)]
        return what, Target(sessions={what}, memories=said)
    for memory in known.memories:
        if memory["id"] == what:
            return what, _quoted(Target(memories=[memory]), events)
    topics = _topics_of(events)
    name = _topic_named(what)
    if name in topics.values() or any(m["topic"] == name for m in known.memories):
        target = Target(
            questions={q for q, topic in topics.items() if topic == name},
            memories=[m for m in known.memories if m["topic"] == name],
        )
        return name, _quoted(target, events)
    if what in topics:
        about = [m for m in known.memories if f"/{what}#" in m["key"]]
        return what, _quoted(Target(questions={what}, memories=about), events)
    raise ForgetError(
        f"nothing is known of {known.candidate!r} under {what!r}: give a topic, a session, "
        "a question or the id of a memory, as `kaoguan memory show` prints them, or --all"
    )


def _topic_named(what: str) -> str:
    """Return the topic's id when `what` is its id or one of its titles, else `what`."""
    names = {n.casefold(): t.id for t in load_topics().values() for n in (t.id, t.zh, t.en)}
    return names.get(what.strip().casefold(), what)


def _topics_of(events: Sequence[Event]) -> dict[str, str]:
    asked = (e["body"]["question"] for e in events if e["kind"] == "question_asked")
    return {question["id"]: question["topic"] for question in asked}


def _is_in(memory: TextMemory, events: Sequence[Event], session: str) -> bool:
    return any(_says(event, memory) for event in events if event["session"] == session)


def _says(event: Event, memory: TextMemory) -> bool:
    """Whether the event is the very turn that a memory quotes."""
    quote, body = memory["quote"], event["body"]
    return (
        event["kind"] == "turn"
        and body["id"] == quote["turn"]
        and body["text"][quote["start"] : quote["end"]] == quote["text"]
    )


def _quoted(target: Target, events: Sequence[Event]) -> Target:
    """Add the turns in which the memories were said."""
    for event in events:
        if any(_says(event, memory) for memory in target.memories):
            target.turns.setdefault(event["session"], set()).add(event["body"]["id"])
    return target
