"""Where Qwen3-Coder's parameters begin and end inside `<function=name>`."""

from __future__ import annotations

import re

from tools.dialects import Kind, kind_of, name_in
from tools.wire.reader import BODY_BATCH, Reader, Wait
from tools.wire.segment import Segment

LOOK_AHEAD = 400
"""How far is looked to tell a closing tag from the same letters inside a value; a guess."""

_STRUCTURE = re.compile(
    r"</parameter>|<parameter=|</function>|</tool_calls?>|<tool_calls?>|<function="
)
_CLOSERS = frozenset({Kind.FUNCTION_END, Kind.CALL_END})


def scan_parameters(reader: Reader, segment: Segment) -> Wait[None]:
    """Move the parameters into the segment, noting where each value lies."""
    name: str | None = None
    start = 0
    while True:
        at = reader.buf.find("<", reader.pos)
        segment.take(reader, (at if at >= 0 else len(reader.buf)) - reader.pos)
        if at < 0:
            if reader.eof:
                segment.cut = True
                return
            yield from reader.more(batch=BODY_BATCH)
            continue
        marker = yield from reader.marker()
        kind = kind_of(marker) if marker is not None else None
        if marker is None or kind is None:
            if name is None and reader.begun(3) in _CLOSERS:
                segment.closed = True
                segment.take_rest(reader)
                return
            segment.take(reader, 1)
            continue
        if kind is Kind.PARAMETER or (kind is Kind.PARAMETER_END and name is not None):
            if name is not None and not segment.too_long:
                segment.parameters.append((name, start, segment.size))
            segment.take(reader, len(marker))
            name = name_in(marker) if kind is Kind.PARAMETER else None
            start = segment.size
        elif (yield from _ends(reader, segment, marker, name is not None)):
            if name is not None:
                segment.parameters.append((name, start, segment.size))
            segment.closed = True
            if kind is Kind.FUNCTION_END:
                segment.take(reader, len(marker))
            return
        else:
            segment.take(reader, len(marker))


def _ends(reader: Reader, segment: Segment, marker: str, inside: bool) -> Wait[bool]:
    """Return whether a marker ends the function; inside a value it may be the value's own."""
    kind = kind_of(marker)
    if segment.draft and kind is Kind.THINK_END:
        return True
    if not inside:
        return kind in _CLOSERS or kind in (Kind.CALL, Kind.CALLS, Kind.FUNCTION, Kind.TURN_END)
    if kind not in _CLOSERS:
        return False
    offset = len(marker)
    while True:
        window = reader.buf[reader.pos + offset : reader.pos + offset + LOOK_AHEAD]
        found = _STRUCTURE.search(window)
        if found:
            return found.group() != "</parameter>"
        if reader.eof or len(window) >= LOOK_AHEAD:
            return True
        yield from reader.more(batch=16)
