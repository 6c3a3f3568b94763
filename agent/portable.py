"""Write imported events into the ledger, at the times at which they happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sessions.ledger import open_ledger
from sessions.projections import Event


class _PastClock:
    """Tells the time of the event that is being written."""

    def __init__(self) -> None:
        self.at = datetime.min.replace(tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return that time."""
        return self.at


def import_events(folder: Path, events: Sequence[Event]) -> None:
    """Append the events, with the keys by which a session finds its own."""
    from agent.interviewer import LEDGER_FILE

    clock = _PastClock()
    ledger = open_ledger(folder / LEDGER_FILE, clock)
    try:
        for event in events:
            clock.at = datetime.fromisoformat(event["at"])
            ledger.append(
                event["kind"],
                event["body"],
                session=event["session"],
                candidate=event["candidate"],
                key=_key(event),
            )
    finally:
        ledger.close()


def _key(event: Event) -> str | None:
    body = event["body"]
    match event["kind"]:
        case "session_started":
            return "started"
        case "session_closed":
            return "closed"
        case "turn":
            return f"turn:{body.get('id', '')}"
        case "question_asked":
            return f"question:{body.get('question', {}).get('id', '')}"
        case _:
            return None
