"""Where events are put, and the words of a message laid out: lines, inline code, fences."""

from __future__ import annotations

from tools.base import ToolCall
from tools.wire.events import Event, Malformed, Speech, Thought

MOST_HELD = 64
"""Blank pieces kept back with a fence's first line; more of them are dropped."""


class Outlet:
    """Gathers events; keeps back a fence's first line until something but calls stands in it."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._words: list[str] = []
        self._thoughts: list[str] = []
        self.begun = False
        """Something but blanks was spoken or called, so no bare call can come."""
        self.line_start = True
        self.tick = 0
        """How many backticks opened the inline code under way; 0 for none."""
        self.fence = 0
        """How many backticks opened the fence under way; 0 for none."""
        self.held: list[str] | None = None
        """A fence's text so far while it holds no word of its own."""
        self.calls_in_fence = 0
        self.calls = 0
        self.malformed = 0
        self.repairs = 0
        self.stray_tags = 0

    def say(self, text: str) -> None:
        """Add words; a newline at most at their end."""
        if not text:
            return
        if text.isspace():
            if self.held is not None:
                if len(self.held) < MOST_HELD:
                    self.held.append(text)
                return
        else:
            self.begun = True
            self.line_start = False
            if self.held is not None:
                self._words += self.held
                self.held = None
        if self._thoughts:
            self._flush_thoughts()
        self._words.append(text)

    def new_line(self) -> None:
        """Add a line's end."""
        self.say("\n")
        self.line_start = True
        self.tick = 0

    def open_fence(self, line: str, ticks: int) -> None:
        """Keep back the first line of a fence."""
        self.fence = ticks
        self.held = [line]
        self.calls_in_fence = 0
        self.begun = True
        self.line_start = line.endswith("\n")

    def close_fence(self, line: str) -> None:
        """End a fence: its lines are spoken unless it held nothing but calls."""
        empty = self.held is not None and self.calls_in_fence > 0
        if empty:
            self.held = None
        else:
            self.say(line)
        self.fence = 0
        self.line_start = False

    def think(self, text: str) -> None:
        """Add hidden words."""
        if not text:
            return
        if self._words:
            self._flush_words()
        self._thoughts.append(text)

    def call(self, events: list[ToolCall | Malformed]) -> None:
        """Add what a segment held."""
        self.flush()
        self.begun = True
        if self.held is not None:
            self.calls_in_fence += 1
        for event in events:
            if isinstance(event, ToolCall):
                self.calls += 1
                self.repairs += event.repairs
            else:
                self.malformed += 1
            self.events.append(event)

    def end(self) -> None:
        """End the message: what was kept back is spoken unless only calls followed."""
        if self.held is not None and not self.calls_in_fence:
            self._words += self.held
        self.held = None
        self.flush()

    def flush(self) -> None:
        """Make events of the words gathered."""
        if self._words:
            self._flush_words()
        if self._thoughts:
            self._flush_thoughts()

    def take(self) -> list[Event]:
        """Return the events since the last time."""
        self.flush()
        events, self.events = self.events, []
        return events

    def _flush_words(self) -> None:
        self.events.append(Speech("".join(self._words)))
        self._words = []

    def _flush_thoughts(self) -> None:
        self.events.append(Thought("".join(self._thoughts)))
        self._thoughts = []
