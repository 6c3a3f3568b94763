"""The unread text of a stream, and the waiting for more of it.

The scanners are generators that yield when they need more text; so they are written as if the
whole text lay before them, and where the pieces were cut can make no difference to them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from enum import Enum, auto
from typing import TypeVar

from tools.dialects import LONGEST, MARKER, PLAIN_PREFIX, Kind, begun, may_grow

T = TypeVar("T")
Wait = Generator[None, None, T]
"""A scanner: yields when it needs more text, returns what it found."""


class Mode(Enum):
    """What the scanner that waits would do with a piece that holds nothing of note."""

    SPEECH = auto()
    THOUGHT = auto()
    HELD = auto()
    """Neither; it wants `batch` characters, or one that may end something."""


SMALL_BATCH = 8
"""Characters gathered before a possible marker is looked at again: a third of what may be held."""

BODY_BATCH = 512
"""Characters gathered inside a call, where nothing is spoken anyway."""


WAKING = re.compile(r"[>\]}`\n]").search
"""Finds what may end something, so that it is looked at at once."""

WAKING_IN_STRING = re.compile(r'(?<!\\)"').search


class Reader:
    """Unread text: `buf` from `pos` on. A position must not be kept over a wait."""

    __slots__ = ("base", "batch", "buf", "eof", "mode", "pos", "reread", "waking")

    def __init__(self) -> None:
        self.buf = ""
        self.pos = 0
        self.base = 0
        self.eof = False
        self.mode = Mode.HELD
        self.batch = 1
        self.reread = 0
        self.waking: Callable[[str], object] = WAKING

    def more(
        self,
        mode: Mode = Mode.HELD,
        batch: int = SMALL_BATCH,
        waking: Callable[[str], object] = WAKING,
    ) -> Wait[None]:
        """Wait for more text; afterwards `pos` is 0 unless the stream has ended."""
        self.base += self.pos
        self.buf = self.buf[self.pos :]
        self.pos = 0
        self.mode = mode
        self.batch = batch
        self.waking = waking
        yield

    def rest(self) -> int:
        """Return how many characters are at hand."""
        return len(self.buf) - self.pos

    def begun(self, least: int = PLAIN_PREFIX) -> Kind | None:
        """Return the kind of marker that the end of the stream cut off here, if one surely was."""
        if not self.eof or self.rest() > LONGEST:
            return None
        return begun(self.buf[self.pos :], least)

    def ensure(self, count: int, batch: int = SMALL_BATCH) -> Wait[bool]:
        """Wait until `count` characters are at hand; False when the stream ends before."""
        while self.rest() < count and not self.eof:
            yield from self.more(batch=min(batch, count - self.rest()))
        return self.rest() >= count

    def marker(self) -> Wait[str | None]:
        """Return the marker that begins here, once it is known whether one does."""
        while True:
            found = MARKER.match(self.buf, self.pos)
            if found:
                return found.group()
            if self.eof or self.rest() > LONGEST or not may_grow(self.buf[self.pos :]):
                return None
            room = 22 - self.rest()
            yield from self.more(batch=max(1, min(SMALL_BATCH, room)))

    def push_back(self, text: str) -> bool:
        """Make text unread again; False when too much has been read twice already.

        The bound keeps the whole in linear time whatever the text: at most twice its length is
        read again, counted by place in the stream and so the same for every cutting of it.
        """
        place = self.base + self.pos
        if self.reread + len(text) > 2 * place + 65_536:
            return False
        self.reread += len(text)
        start = self.pos - len(text)
        if start >= 0 and self.buf.startswith(text, start):
            self.pos = start
            return True
        self.base += start
        self.buf = text + self.buf[self.pos :]
        self.pos = 0
        return True
