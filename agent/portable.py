"""Writes imported events and whole sessions into the ledger, each at the time it happened."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from agent.forgetting import forget_checkpoints, forget_projections
from sessions.bundle import Bundle, BundleError
from sessions.ledger import Event as LedgerEvent
from sessions.ledger import Ledger, open_ledger
from sessions.lock import session_lock
from sessions.projections import Event

Past = Event | LedgerEvent


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

    _append(folder / LEDGER_FILE, [(event, _key(event)) for event in events])


def import_session(folder: Path, bundle: Bundle) -> None:
    """Put a session that was read out of a file in place of what there is of it.

    It is first rebuilt apart, so that what cannot be read as a session never reaches the ledger.
    One that was still under way is closed: its checkpoint stayed on the other machine.

    Raises:
        BundleError: The events make no session.
        SessionBusy: The session is open in another terminal; nothing was changed.
    """
    from agent.interviewer import LEDGER_FILE

    bundle = ended(bundle)
    with TemporaryDirectory(prefix="kaoguan-import-") as apart:
        if _append(Path(apart) / LEDGER_FILE, _keyed(bundle.events)) < len(bundle.events):
            raise BundleError("the events make no session: two have the same key")
        _try_out(Path(apart) / LEDGER_FILE, bundle)
    ledger = open_ledger(folder / LEDGER_FILE)
    try:
        with session_lock(folder / "locks", bundle.session):
            old = list(ledger.events(session=bundle.session))
            _replace(ledger, folder / LEDGER_FILE, old, bundle)
            asyncio.run(forget_checkpoints(folder, [bundle.session]))
            forget_projections(folder, {bundle.candidate, *(e["candidate"] for e in old)})
    finally:
        ledger.close()


def ended(bundle: Bundle) -> Bundle:
    """Return the session as it is taken in: closed at its last event when nothing closes it."""
    if not bundle.events or any(event["kind"] == "session_closed" for event in bundle.events):
        return bundle
    last = bundle.events[-1]
    closing: LedgerEvent = {
        **last,
        "id": last["id"] + 1,
        "kind": "session_closed",
        "key": "closed",
        "body": {"reason": "interrupted"},
    }
    return replace(bundle, events=[*bundle.events, closing])


def _replace(ledger: Ledger, path: Path, old: Sequence[LedgerEvent], bundle: Bundle) -> None:
    """Write the session in place of its old events, which are put back when that fails."""
    try:
        ledger.delete_session(bundle.session)
        _append(path, _keyed(bundle.events))
    except BaseException:
        ledger.delete_session(bundle.session)
        _append(path, _keyed(old))
        raise


def _keyed(events: Sequence[LedgerEvent]) -> list[tuple[Past, str | None]]:
    return [(event, event["key"]) for event in events]


def _try_out(path: Path, bundle: Bundle) -> None:
    from sessions.projections import project
    from sessions.report.build import ReportError, build_report
    from sessions.report.render import to_html

    ledger = open_ledger(path)
    try:
        to_html(build_report(ledger, bundle.session))
        project(ledger.events(candidate=bundle.candidate), bundle.candidate)
    except ReportError as error:
        raise BundleError(f"the events make no session: {error}") from error
    except Exception as error:
        # whatever a made-up event breaks, the ledger must not come to hold it
        raise BundleError(f"the events make no session: {type(error).__name__} {error}") from error
    finally:
        ledger.close()


def _append(path: Path, rows: Sequence[tuple[Past, str | None]]) -> int:
    """Append the rows and return how many were new."""
    written = 0
    clock = _PastClock()
    ledger = open_ledger(path, clock)
    try:
        for event, key in rows:
            clock.at = datetime.fromisoformat(event["at"])
            written += ledger.append(
                event["kind"],
                event["body"],
                session=event["session"],
                candidate=event["candidate"],
                key=key,
            )
    finally:
        ledger.close()
    return written


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
