"""The raw text of one call as it is gathered: from its opening marker to where it ends."""

from __future__ import annotations

from dataclasses import dataclass, field

from tools.dialects import Kind
from tools.wire.reader import Reader

SAMPLE_CHARS = 2_000
"""How much is kept of a call that grew longer than allowed, for the error."""


@dataclass(slots=True)
class Body:
    """Where in a segment's text one object or list of arguments lies."""

    start: int
    end: int
    whole: bool
    """Its brackets match; False when a marker or the end of the stream came first."""
    name: str | None = None
    """The tool's name when it stands outside the object."""


@dataclass(slots=True)
class Segment:
    """One opener and what follows it, while it is read."""

    kind: Kind
    cap: int
    draft: bool = False
    """It stands inside a thought, so the end of the thought ends it."""
    parts: list[str] = field(default_factory=list)
    size: int = 0
    """Characters read so far: of `parts`, and of what was left out beyond the cap."""
    bodies: list[Body] = field(default_factory=list)
    parameters: list[tuple[str, int, int]] = field(default_factory=list)
    """Name, start and end of each XML parameter's value."""
    name: str | None = None
    body_end: int | None = None
    """Where the last body or XML function ended; None while there is none."""
    closed: bool = False
    """The dialect's end marker, or the next call's opener, was seen."""
    cut: bool = False
    """The stream ended inside it."""
    ignored: bool = False
    """An opener that stood where a closer belongs: no call, no error."""

    def take(self, reader: Reader, count: int) -> None:
        """Move characters from the unread text into the segment."""
        text = reader.buf[reader.pos : reader.pos + count]
        reader.pos += count
        if self.size <= self.cap:
            self.parts.append(text)
        elif len(self.parts) > 1:
            self.parts = ["".join(self.parts)[:SAMPLE_CHARS]]
        self.size += count

    def take_rest(self, reader: Reader) -> None:
        """Move all that is at hand into the segment."""
        self.take(reader, reader.rest())

    @property
    def too_long(self) -> bool:
        """Return whether it grew beyond the cap; its text is then only a sample."""
        return self.size > self.cap

    def text(self) -> str:
        """Return all of the segment's text."""
        if len(self.parts) > 1:
            self.parts = ["".join(self.parts)]
        return self.parts[0] if self.parts else ""

    def give_back(self, reader: Reader, start: int) -> bool:
        """Make the text from `start` on unread again; False when that cannot be done."""
        if self.too_long:
            return False
        text = self.text()
        if not reader.push_back(text[start:]):
            return False
        self.parts = [text[:start]]
        self.size = start
        return True
