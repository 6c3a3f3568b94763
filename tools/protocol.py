"""The tagged protocol: text from a model in any pieces, events out as early as they are known.

`<think>hidden</think>`, `<tool_call>{"name": …, "arguments": {…}}</tool_call>`, and everything
else is speech. The markers of other model families are found without being told. Nothing raises,
whatever the text; the time is linear and the memory that of the longest open call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tools.base import ToolCall
from tools.dialects import NOTED
from tools.wire.check import Schemas
from tools.wire.events import Event, Malformed, Speech, Thought
from tools.wire.message import Message
from tools.wire.reader import Mode

__all__ = [
    "Event",
    "Malformed",
    "Parser",
    "Speech",
    "Thought",
    "ToolCall",
    "parse_text",
    "render_call",
    "render_result",
]

MAX_CALL_CHARS = 8_000_000
"""A call longer than this is refused; far beyond any real one, and bounded in memory."""

_SLICE_CHARS = 65_536
"""Longer pieces are taken in slices, so that no step copies more than this."""

_NOTED_IN_SPEECH = NOTED.search
_NOTED_IN_THOUGHT = re.compile(r"[<\[`\n]").search


class Parser:
    """Reads one message of a model as it streams in."""

    def __init__(
        self,
        tools: Sequence[Mapping[str, Any]] | None = None,
        max_call_chars: int = MAX_CALL_CHARS,
    ) -> None:
        self._message = Message(Schemas(tools), max_call_chars)
        self._reader = self._message.reader
        self._reading = self._message.read()
        self._pending: list[str] = []
        self._waiting = 0
        self._held = ""
        self._closed = False
        next(self._reading)

    def feed(self, piece: str) -> list[Event]:
        """Take the next piece and return the events it made certain."""
        reader = self._reader
        if len(piece) > _SLICE_CHARS:
            return self._feed_long(piece)
        if reader.mode is Mode.SPEECH:
            if self._held:
                piece = self._held + piece
                self._held = ""
            found = _NOTED_IN_SPEECH(piece)
            if found is None:
                return [Speech(piece)] if piece else []
            if found.lastindex:
                start = found.start()
                self._held = piece[start:]
                return [Speech(piece[:start])] if start else []
            self._pending.append(piece)
            return self._run()
        if reader.mode is Mode.THOUGHT and _NOTED_IN_THOUGHT(piece) is None:
            return [Thought(piece)] if piece else []
        self._pending.append(piece)
        self._waiting += len(piece)
        if self._waiting < reader.batch and reader.waking(piece) is None:
            return []
        return self._run()

    def close(self) -> list[Event]:
        """End the message and return what was still open."""
        if self._closed:
            return []
        self._closed = True
        self._reader.eof = True
        self._pending.append(self._held)
        return self._run()

    @property
    def calls(self) -> int:
        """How many calls were read."""
        return self._message.outlet.calls

    @property
    def repairs(self) -> int:
        """How many repairs the calls needed."""
        return self._message.outlet.repairs

    @property
    def refusals(self) -> int:
        """How many calls could not be made."""
        return self._message.outlet.malformed

    @property
    def stray_tags(self) -> int:
        """How many tags without a partner were kept out of the speech."""
        return self._message.outlet.stray_tags

    def _feed_long(self, piece: str) -> list[Event]:
        events: list[Event] = []
        for start in range(0, len(piece), _SLICE_CHARS):
            events += self.feed(piece[start : start + _SLICE_CHARS])
        return events

    def _run(self) -> list[Event]:
        self._reader.buf += "".join(self._pending)
        self._pending = []
        self._waiting = 0
        if next(self._reading, self) is not self and self._closed:
            raise AssertionError("the reading of an ended stream waits for more")
        return self._message.outlet.take()


def parse_text(text: str, tools: Sequence[Mapping[str, Any]] | None = None) -> list[Event]:
    """Return the events of a whole message."""
    parser = Parser(tools)
    return parser.feed(text) + parser.close()


def render_call(name: str, arguments: Mapping[str, Any]) -> str:
    """Return a call as the product's own models are asked to write it."""
    body = json.dumps({"name": name, "arguments": arguments}, ensure_ascii=False)
    return f"<tool_call>{body}</tool_call>"


def render_result(name: str, content: Mapping[str, Any]) -> str:
    """Return a tool's result as the model reads it; nothing in it can end the block early."""
    body = json.dumps(content, ensure_ascii=False).replace("<", "\\u003c")
    quoted = name.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return f'<tool_result name="{quoted}">{body}</tool_result>'
