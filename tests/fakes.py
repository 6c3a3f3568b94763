"""Hand-written stand-ins: each replays a list, records its calls, and minds what is left over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from sessions.records import Message
from tools.base import ModelError


class ScriptedModel:
    """Replays replies; an exception in the list is raised at that point of the stream."""

    name = "scripted"

    def __init__(self, *replies: Sequence[str | Exception] | str) -> None:
        self.replies = [[r] if isinstance(r, str) else list(r) for r in replies]
        self.asked: list[list[Message]] = []

    async def stream(self, messages: Sequence[Message]) -> AsyncIterator[str]:
        self.asked.append(list(messages))
        if not self.replies:
            raise AssertionError("the scripted model was asked more often than it has replies")
        for piece in self.replies.pop(0):
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def finish(self) -> None:
        assert not self.replies, f"{len(self.replies)} scripted replies were never asked for"


class FakeClock:
    """Stands still unless told otherwise."""

    def __init__(self, start: datetime | None = None) -> None:
        self.now = start or datetime(2026, 3, 1, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


__all__ = ["FakeClock", "ModelError", "ScriptedModel"]
