"""Reading a thought: hidden to its end tag, its calls drafts unless they end the stream."""

from __future__ import annotations

import re
from typing import Protocol

from tools.base import ToolCall
from tools.dialects import ENDS, MARKERS, OPENERS, Kind, kind_of
from tools.wire.bodies import read_calls, readable
from tools.wire.check import Schemas
from tools.wire.events import Malformed
from tools.wire.extents import read_segment
from tools.wire.outlet import Outlet
from tools.wire.reader import Mode, Reader, Wait

_NOTED = re.compile(r"[<\[`\n]")
NESTED_CHARS = 400
"""How far behind a nested thought the end of the outer one is sought; a guess."""

_CALL_OPENERS = tuple(marker for marker, kind in MARKERS.items() if kind in OPENERS)
_NOT_BLANK = re.compile(r"\S").search
_BLANK = re.compile(r"\s*")
_NO_JSON_NEEDED = frozenset({Kind.MISTRAL, Kind.FUNCTION, Kind.SECTION, Kind.SECTION_CALL})
_DRAFT = re.compile(r"\s*(?:```[a-z]*\s*)?(?:[\[{\"'｛“]|<(?:function=|tool_call>))")
_DRAFT_BEGUN = re.compile(r"\s*(?:`{1,3}[a-z]*\s*)?(?:<[a-z_=]*)?")


class _Reading(Protocol):
    reader: Reader
    outlet: Outlet
    schemas: Schemas
    cap: int


def read_thought(message: _Reading, opener: str) -> Wait[None]:
    """Read from behind the opening tag to behind the closing one, or to the stream's end."""
    reader, outlet = message.reader, message.outlet
    closer = "</think>" if opener == "<think>" else "[/THINK]"
    ticks, last, nested = 0, "", 0
    while True:
        found = _NOTED.search(reader.buf, reader.pos)
        stop = found.start() if found else len(reader.buf)
        if stop > reader.pos:
            last = ""
            outlet.think(reader.buf[reader.pos : stop])
            reader.pos = stop
        if found is None:
            if reader.eof:
                return
            yield from reader.more(Mode.HELD if last else Mode.THOUGHT, 1)
            continue
        char = found.group()
        marker = (yield from reader.marker()) if char in "<[" else None
        nested += marker == opener
        if marker == closer and not (yield from _quoted(reader, closer, ticks % 2 == 1, last)):
            if not nested or not (yield from _closes_again(reader, opener, closer)):
                reader.pos += len(closer)
                return
            nested -= 1
        if marker is not None and kind_of(marker) in OPENERS | {Kind.TURN_END}:
            yield from _drafts(message)
            last = ""
            continue
        if marker is None and reader.begun() is not None:
            reader.pos = len(reader.buf)
            return
        text = marker or char
        outlet.think(text)
        reader.pos += len(text)
        ticks = 0 if text == "\n" else ticks + (text == "`")
        last = text


def _closes_again(reader: Reader, opener: str, closer: str) -> Wait[bool]:
    """Return whether a nested thought ends here and the outer one further on."""
    noted = re.compile("|".join(map(re.escape, (closer, opener, *_CALL_OPENERS))))
    offset = len(closer)
    while True:
        window = reader.buf[reader.pos + offset : reader.pos + offset + NESTED_CHARS]
        found = noted.search(window)
        if found:
            return found.group() == closer
        if reader.eof or len(window) == NESTED_CHARS:
            return False
        yield from reader.more(batch=max(1, len(window) // 4))


def _quoted(reader: Reader, closer: str, open_code: bool, last: str) -> Wait[bool]:
    """Return whether a closing tag stands between backticks, as when a thought is about tags."""
    if not open_code or last != "`":
        return False
    yield from reader.ensure(len(closer) + 1)
    after = reader.pos + len(closer)
    return reader.buf[after : after + 1] == "`"


def _drafts(message: _Reading) -> Wait[None]:
    """Read calls that follow each other: thoughts, or calls when the stream ends with them."""
    reader, outlet = message.reader, message.outlet
    raw: list[str] = []
    events: list[ToolCall | Malformed] = []
    while True:
        gap = yield from _gap(reader)
        if not reader.rest():
            if events:
                outlet.call(events)
            elif raw:
                outlet.think("".join(raw).rstrip())
            return
        marker = (yield from reader.marker()) if reader.buf[reader.pos] in "<[" else None
        kind = kind_of(marker) if marker is not None else None
        if marker is None or kind not in OPENERS | ENDS:
            outlet.think("".join(raw) + gap)
            return
        raw += [gap, marker]
        reader.pos += len(marker)
        if kind in ENDS:
            if not events:
                raw.pop()
            continue
        if not (yield from _looks_like_call(reader, kind)):
            outlet.think("".join(raw))
            return
        segment = yield from read_segment(reader, kind, marker, message.cap, draft=True)
        if not readable(segment):
            again = segment.give_back(reader, 0)
            outlet.think("".join(raw) + ("" if again else segment.text()))
            return
        raw.append(segment.text())
        if sum(map(len, raw)) > message.cap:
            outlet.think("".join(raw))
            return
        events += read_calls(segment, message.schemas)


def _gap(reader: Reader) -> Wait[str]:
    """Pass over blanks and return them."""
    parts: list[str] = []
    while True:
        found = _BLANK.match(reader.buf, reader.pos)
        stop = found.end() if found else reader.pos
        parts.append(reader.buf[reader.pos : stop])
        reader.pos = stop
        if reader.rest() or reader.eof:
            return "".join(parts)
        yield from reader.more(batch=1)


def _looks_like_call(reader: Reader, kind: Kind | None) -> Wait[bool]:
    """Return whether a call begins here; in a thought an opener is often only talked about."""
    if kind in _NO_JSON_NEEDED:
        return True
    while True:
        if _DRAFT.match(reader.buf, reader.pos):
            return True
        found = _DRAFT_BEGUN.match(reader.buf, reader.pos)
        if reader.eof or found is None or found.end() < len(reader.buf):
            return False
        yield from reader.more(batch=max(1, reader.rest()), waking=_NOT_BLANK)
