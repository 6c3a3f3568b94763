"""Keeps each candidate's projection on disk, so that a turn does not fold the whole ledger again.

A cache and nothing more: losing the file loses nothing, all can be rebuilt. A candidate's rows
are found by index and never mixed with another's. Journal mode is DELETE with secure_delete on, so
what was forgotten leaves no byte behind in the file or beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sessions.projections import Known
from sessions.records import MemoryKind, TextMemory

STORE_VERSION = 2

_METADATA = sa.MetaData()
_KNOWN = sa.Table(
    "known",
    _METADATA,
    sa.Column("candidate", sa.String(200), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("upto", sa.BigInteger, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)
_MEMORIES = sa.Table(
    "memories",
    _METADATA,
    sa.Column("candidate", sa.String(200), nullable=False),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("held", sa.Boolean, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("candidate", "place"),
)


def open_store(path: Path) -> sa.Engine:
    """Open or make the file that holds the projections."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = sa.create_engine(f"sqlite:///{path}")

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA secure_delete=ON")

    _METADATA.create_all(engine)
    return engine


def save(store: sa.Engine, known: Known) -> None:
    """Replace what the store holds of a candidate."""
    save_all(store, [known])


def save_all(store: sa.Engine, projections: Iterable[Known]) -> None:
    """Replace what the store holds of these candidates, in one transaction."""
    with store.begin() as connection:
        for known in projections:
            body = asdict(known)
            memories: list[TextMemory] = body.pop("memories")
            _delete(connection, known.candidate)
            row = {"candidate": known.candidate, "version": STORE_VERSION, "upto": known.upto}
            connection.execute(_KNOWN.insert(), row | {"body": _dump(body)})
            rows = list(_rows(known.candidate, memories))
            if rows:
                connection.execute(_MEMORIES.insert(), rows)


def load(store: sa.Engine, candidate: str, upto: int) -> Known | None:
    """Return the projection if it is of this version and has read the ledger up to `upto`."""
    with store.connect() as connection:
        row = connection.execute(
            sa.select(_KNOWN).where(_KNOWN.c.candidate == candidate)
        ).one_or_none()
        if row is None or row.version != STORE_VERSION or row.upto != upto:
            return None
        return Known(**json.loads(row.body), memories=_load(connection, candidate, (), False))


def held_memories(
    store: sa.Engine, candidate: str, kinds: Sequence[MemoryKind] = ()
) -> list[TextMemory]:
    """Return a candidate's memories in force, of these kinds or of all."""
    with store.connect() as connection:
        return _load(connection, candidate, kinds, True)


def forget(store: sa.Engine, candidate: str) -> None:
    """Remove every byte kept of a candidate; the next reader folds the ledger anew."""
    with store.begin() as connection:
        _delete(connection, candidate)
    with store.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text("VACUUM"))


def _delete(connection: sa.Connection, candidate: str) -> None:
    for table in (_KNOWN, _MEMORIES):
        connection.execute(table.delete().where(table.c.candidate == candidate))


def _rows(candidate: str, memories: Iterable[TextMemory]) -> Iterator[dict[str, Any]]:
    for place, memory in enumerate(memories):
        yield {
            "candidate": candidate,
            "place": place,
            "kind": memory["kind"],
            "held": memory["invalid_at"] is None,
            "body": _dump(memory),
        }


def _load(
    connection: sa.Connection, candidate: str, kinds: Sequence[MemoryKind], held: bool
) -> list[TextMemory]:
    query = sa.select(_MEMORIES.c.body).where(_MEMORIES.c.candidate == candidate)
    if held:
        query = query.where(_MEMORIES.c.held)
    if kinds:
        query = query.where(_MEMORIES.c.kind.in_(kinds))
    return [json.loads(row.body) for row in connection.execute(query.order_by(_MEMORIES.c.place))]


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
