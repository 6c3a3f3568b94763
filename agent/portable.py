"""Writes imported events and whole sessions into the ledger, each at the time it happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sessions.bundle import Bundle, BundleError
from sessions.ledger import Event as LedgerEvent
from sessions.ledger import open_ledger
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

    Raises:
        BundleError: The events make no session.
    """
    from agent.interviewer import LEDGER_FILE

    rows = [(event, event["key"]) for event in bundle.events]
    with TemporaryDirectory(prefix="kaoguan-import-") as apart:
        _append(Path(apart) / LEDGER_FILE, rows)
        _try_out(Path(apart) / LEDGER_FILE, bundle)
    ledger = open_ledger(folder / LEDGER_FILE)
    try:
        ledger.delete_session(bundle.session)
        _append(folder / LEDGER_FILE, rows)
    except BaseException:
        ledger.delete_session(bundle.session)  # a half-written session is worse than none
        raise
    finally:
        ledger.close()


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


def _append(path: Path, rows: Sequence[tuple[Past, str | None]]) -> None:
    clock = _PastClock()
    ledger = open_ledger(path, clock)
    try:
        for event, key in rows:
            clock.at = datetime.fromisoformat(event["at"])
            ledger.append(
                event["kind"],
                event["body"],
                session=event["session"],
                candidate=event["candidate"],
                key=key,
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
