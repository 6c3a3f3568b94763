"""Takes what is known of a candidate out of one ledger and into another, as one JSON document.

The document holds the events themselves, so everything can be rebuilt from it. Pure: reading and
writing ledgers and files is the caller's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from typing_extensions import TypedDict

from sessions.projections import Event
from sessions.records import SCHEMA_VERSION

FORMAT = "kaoguan-memory"
KINDS = frozenset(
    "session_started question_asked turn grade hint_given session_closed".split()
    + "memory_edit memory_ops forget".split()
)
"""What memory, mastery and cards are folded from; raw model text and audio stay behind."""


class Portable(TypedDict):
    """An exported candidate."""

    format: str
    version: int
    candidate: str
    events: list[Event]


class PortableError(Exception):
    """A document cannot be imported; the message says why."""


def export(events: Iterable[Event], candidate: str) -> Portable:
    """Return everything of one candidate that memory rests on, forgotten rows left out."""
    kept = [
        Event(
            id=event["id"],
            session=event["session"],
            candidate=candidate,
            at=event["at"],
            kind=event["kind"],
            body=event["body"],
        )
        for event in sorted(events, key=lambda e: e["id"])
        if event["candidate"] == candidate
        and event["kind"] in KINDS
        and not event["body"].get("forgotten")
    ]
    return Portable(format=FORMAT, version=SCHEMA_VERSION, candidate=candidate, events=kept)


def read_export(document: Any, candidate: str, known_sessions: Iterable[str]) -> list[Event]:
    """Return the events to append under this candidate's name, oldest first.

    Sessions already in the ledger are left out, so importing twice changes nothing. Raises
    PortableError when the document is not an export or is newer than this program.
    """
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise PortableError(f"this is no export of memory: its format is not {FORMAT!r}")
    if not isinstance(document.get("version"), int) or document["version"] > SCHEMA_VERSION:
        raise PortableError(
            f"the export has version {document.get('version')!r}, this program reads up to "
            f"{SCHEMA_VERSION}: update Kaoguan"
        )
    there = set(known_sessions)
    events = [_event(row, candidate) for row in document.get("events", [])]
    if there:
        events = [event for event in events if event["session"] and event["session"] not in there]
    return sorted(events, key=lambda event: event["id"])


def _event(row: Any, candidate: str) -> Event:
    wanted = {"id": int, "session": str, "at": str, "kind": str, "body": dict}
    if not isinstance(row, dict):
        raise PortableError(f"an event is no object: {row!r}")
    for name, sort in wanted.items():
        if not isinstance(row.get(name), sort):
            raise PortableError(f"an event's {name!r} is missing or no {sort.__name__}")
    if row["kind"] not in KINDS:
        raise PortableError(f"an event of kind {row['kind']!r} does not belong into an export")
    return cast("Event", {name: row[name] for name in wanted} | {"candidate": candidate})
