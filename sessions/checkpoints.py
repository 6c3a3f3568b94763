"""Opens the LangGraph checkpointer; the thread id is the session id.

The saver keeps every checkpoint it ever wrote, and each repeats the state: after a turn all but the
newest of the thread are pruned, so that the file does not grow with the length of a session.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

_PRUNE = (
    "DELETE FROM {table} WHERE thread_id = ? AND checkpoint_id < "
    "(SELECT MAX(checkpoint_id) FROM checkpoints WHERE thread_id = ?)"
)


@asynccontextmanager
async def open_checkpoints(path: Path) -> AsyncIterator[AsyncSqliteSaver]:
    """Open (or make) the SQLite checkpoint file at `path`."""
    import aiosqlite
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    async with aiosqlite.connect(path) as connection:
        await connection.execute("PRAGMA secure_delete=ON")
        await connection.execute("PRAGMA busy_timeout=5000")
        saver = AsyncSqliteSaver(connection)
        await saver.setup()
        yield saver


async def prune(saver: AsyncSqliteSaver, session: str) -> None:
    """Keep only the newest checkpoint of the session, with its pending writes."""
    async with saver.lock:
        for table in ("writes", "checkpoints"):
            await saver.conn.execute(_PRUNE.format(table=table), (session, session))
        await saver.conn.commit()


async def forget(saver: AsyncSqliteSaver, session: str) -> None:
    """Remove everything stored of the session and fold the log, so that no byte survives."""
    await saver.adelete_thread(session)
    async with saver.lock:
        await saver.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        await saver.conn.commit()
