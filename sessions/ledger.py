"""The ledger: an append-only list of events that is the truth about every session.

Reports, memory, mastery and cards are projections of it and can be rebuilt. Rows are never changed,
with one exception: *forget* empties the rows it names and appends a tombstone, so that projections
built later honour it. One SQLAlchemy code path; the address decides between SQLite and PostgreSQL.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from typing_extensions import TypedDict

from sessions.records import SCHEMA_VERSION

ERASED = "erased"
BUSY_TIMEOUT_MS = 5_000
"""How long a write waits for another process's write before it fails."""


class LedgerError(Exception):
    """The ledger cannot be opened, read or written; the message says what to do."""


class Event(TypedDict):
    """One fact, in the order in which it was recorded."""

    id: int
    session: str
    """Session id; empty for facts about a candidate outside of any session."""
    candidate: str
    at: str
    """UTC time, ISO 8601."""
    kind: str
    key: str | None
    """Names the fact within its session: a second event of the same key is not recorded."""
    body: dict[str, Any]


_METADATA = sa.MetaData()
_META = sa.Table(
    "meta",
    _METADATA,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.String(200), nullable=False),
)
_EVENTS = sa.Table(
    "events",
    _METADATA,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
    sa.Column("session", sa.String(80), nullable=False),
    sa.Column("candidate", sa.String(200), nullable=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("key", sa.String(200), nullable=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.UniqueConstraint("session", "key", name="once"),
    sa.Index("by_session", "session", "id"),
    sa.Index("by_candidate", "candidate", "kind", "id"),
    sqlite_autoincrement=True,
)


def utc_now() -> datetime:
    """Return the present time, in UTC."""
    return datetime.now(UTC)


class Ledger:
    """An open ledger; safe to use from several threads, one connection each."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    def close(self) -> None:
        """Release the connections."""
        self._engine.dispose()

    def append(
        self,
        kind: str,
        body: dict[str, Any],
        *,
        session: str = "",
        candidate: str,
        key: str | None = None,
    ) -> bool:
        """Record one event; return False when an event of this session and key already stands."""
        row = {
            "session": session,
            "candidate": candidate,
            "at": self._clock().isoformat(),
            "kind": kind,
            "key": key,
            "body": json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(_EVENTS.insert(), row)
        except sa.exc.IntegrityError:
            return False
        except sa.exc.OperationalError as error:
            raise LedgerError(_explain(error)) from error
        return True

    def events(
        self,
        *,
        session: str | None = None,
        candidate: str | None = None,
        kinds: Sequence[str] = (),
        after: int = 0,
    ) -> Iterator[Event]:
        """Yield events oldest first, of one session or candidate and of the kinds named."""
        query = sa.select(_EVENTS).where(_EVENTS.c.id > after).order_by(_EVENTS.c.id)
        if session is not None:
            query = query.where(_EVENTS.c.session == session)
        if candidate is not None:
            query = query.where(_EVENTS.c.candidate == candidate)
        if kinds:
            query = query.where(_EVENTS.c.kind.in_(kinds))
        try:
            with self._engine.connect() as connection:
                for row in connection.execute(query):
                    yield _event(row._mapping)
        except sa.exc.DatabaseError as error:
            raise LedgerError(_explain(error)) from error

    def find(self, session: str, key: str) -> Event | None:
        """Return the event of this session and key, or None."""
        query = sa.select(_EVENTS).where(_EVENTS.c.session == session, _EVENTS.c.key == key)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else _event(row._mapping)

    def tail(self, session: str, kind: str, count: int) -> list[Event]:
        """Return the newest `count` events of this kind in the session, oldest first."""
        query = (
            sa.select(_EVENTS)
            .where(_EVENTS.c.session == session, _EVENTS.c.kind == kind)
            .order_by(_EVENTS.c.id.desc())
            .limit(count)
        )
        with self._engine.connect() as connection:
            rows = [_event(row._mapping) for row in connection.execute(query)]
        return rows[::-1]

    def last(self, session: str, kind: str) -> Event | None:
        """Return the newest event of this kind in the session, or None."""
        return next(iter(self.tail(session, kind, 1)), None)

    def count(self, session: str, kind: str) -> int:
        """Return how many events of this kind the session holds."""
        query = (
            sa.select(sa.func.count())
            .select_from(_EVENTS)
            .where(_EVENTS.c.session == session, _EVENTS.c.kind == kind)
        )
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def last_id(self, candidate: str) -> int:
        """Return the id of the newest event of a candidate, 0 when there is none."""
        query = sa.select(sa.func.max(_EVENTS.c.id)).where(_EVENTS.c.candidate == candidate)
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one() or 0)

    def erase(self, ids: Iterable[int]) -> int:
        """Empty these rows for good, body, key and kind: what is left is a hole with a time."""
        blank = {"body": json.dumps({"forgotten": True}), "key": None, "kind": ERASED}
        wanted = [{"row": row_id} for row_id in ids]
        named = _EVENTS.update().where(_EVENTS.c.id == sa.bindparam("row")).values(blank)
        with self._engine.begin() as connection:
            if wanted:
                connection.execute(named, wanted)
        self._truncate_log()
        return len(wanted)

    def keys(self, kind: str, sessions: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield session and key of the events of this kind in these sessions, without bodies."""
        columns = (_EVENTS.c.session, _EVENTS.c.key)
        query = sa.select(*columns).where(_EVENTS.c.kind == kind, _EVENTS.c.session.in_(sessions))
        with self._engine.connect() as connection:
            for session, key in connection.execute(query):
                yield session, key or ""

    def delete_session(self, session: str) -> int:
        """Remove every row of a session; return how many there were."""
        with self._engine.begin() as connection:
            result = connection.execute(_EVENTS.delete().where(_EVENTS.c.session == session))
        self._truncate_log()
        return int(result.rowcount)

    def _truncate_log(self) -> None:
        """Fold SQLite's log into the file, so that erased bytes do not survive in it."""
        if self._engine.dialect.name == "sqlite":
            with self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _event(row: Any) -> Event:
    return cast(Event, {**dict(row), "body": json.loads(row["body"])})


def _explain(error: sa.exc.DatabaseError) -> str:
    text = str(error.orig)
    if "readonly" in text or "read-only" in text:
        return "the data folder is read-only: make it writable or set KAOGUAN_DATA_DIR to another"
    if "full" in text:
        return "the disk is full: free some space, then go on with `kaoguan chat --continue`"
    if "locked" in text:
        return "another process is writing to the ledger: wait a moment and try again"
    return f"the ledger cannot be used: {text}"


def open_ledger(path: Path, clock: Callable[[], datetime] = utc_now) -> Ledger:
    """Open (or make) the SQLite ledger at `path`; a corrupt file is kept aside and named.

    Raises:
        LedgerError: The folder cannot be written, or the file was written by a newer version.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise LedgerError(
            f"cannot make the data folder {path.parent}: {error.strerror}; "
            "set KAOGUAN_DATA_DIR to a folder you can write to"
        ) from error
    engine = sa.create_engine(f"sqlite:///{path}")
    sa.event.listen(engine, "connect", _prepare_sqlite)
    try:
        _migrate(engine, path)
    except sa.exc.DatabaseError as error:
        engine.dispose()
        if "malformed" in str(error.orig) or "not a database" in str(error.orig):
            raise LedgerError(_set_aside(path)) from error
        raise LedgerError(_explain(error)) from error
    return Ledger(engine, clock)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    # Every commit survives the death of the process; the last ones may not survive a power cut.
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _set_aside(path: Path) -> str:
    kept = path.with_suffix(f".corrupt-{int(time.time())}.db")
    path.rename(kept)
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    return (
        f"the ledger was damaged and has been kept aside as {kept.name}; "
        "start again for an empty one, or put a backup in its place"
    )


_MIGRATIONS: dict[int, Callable[[sa.Connection], None]] = {}
"""From schema version n to n + 1; version 1 is the first."""


def _migrate(engine: sa.Engine, path: Path) -> None:
    """Bring the file to this version, after copying it when anything has to change."""
    fresh = not path.exists() or path.stat().st_size == 0
    with engine.begin() as connection:
        if fresh:
            _METADATA.create_all(connection)
            connection.execute(_META.insert(), {"name": "schema", "value": str(SCHEMA_VERSION)})
            return
        found = int(
            connection.execute(
                sa.select(_META.c.value).where(_META.c.name == "schema")
            ).scalar_one()
        )
    if found > SCHEMA_VERSION:
        raise LedgerError(
            f"{path.name} was written by a newer Kaoguan (schema {found}, this one knows "
            f"{SCHEMA_VERSION}): update Kaoguan, or set KAOGUAN_DATA_DIR to another folder"
        )
    if found == SCHEMA_VERSION:
        return
    shutil.copy2(path, path.with_suffix(f".schema{found}.db"))
    with engine.begin() as connection:
        for version in range(found, SCHEMA_VERSION):
            _MIGRATIONS[version](connection)
        connection.execute(
            _META.update().where(_META.c.name == "schema").values(value=str(SCHEMA_VERSION))
        )
