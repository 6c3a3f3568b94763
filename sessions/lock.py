"""One process at a time in one session: two would both believe that they took the answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class SessionBusy(Exception):
    """Another process holds the session."""


@contextmanager
def session_lock(folder: Path, session: str) -> Iterator[None]:
    """Hold the session for this process alone.

    Raises:
        SessionBusy: Another process holds it.
    """
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{session}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise SessionBusy(
            f"session {session} is open in another terminal: finish or pause it there first"
        ) from error
    try:
        yield
    finally:
        lock.release()
