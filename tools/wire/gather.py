"""Steps that every dialect takes: blanks, one JSON body, what may close it."""

from __future__ import annotations

import re

from tools.dialects import ENDS, OPENERS, Kind, kind_of
from tools.wire.json_scan import STOPS, Found, scan_json
from tools.wire.reader import Reader, Wait
from tools.wire.segment import Body, Segment

_BLANK = re.compile(r"[\s\ufeff\u200b\u200c\u200d\u2060]*")
_NOT_SURPLUS = re.compile(r"[^\s}\])]").search
_BRACKETS = re.compile(r"[\s}\])]*")
_BRACKETS_AND_FENCE = re.compile(r"[\s}\])]*(?:```)?")


def blank(reader: Reader, segment: Segment) -> Wait[None]:
    """Move blanks and byte-order marks into the segment."""
    while True:
        found = _BLANK.match(reader.buf, reader.pos)
        if found and found.end() > reader.pos:
            segment.take(reader, found.end() - reader.pos)
        if reader.rest() or reader.eof:
            return
        yield from reader.more(batch=1)


def surplus(segment: Segment) -> re.Pattern[str]:
    """Return what may stand between a body and its end: brackets too many, its fence's end."""
    head = segment.text()[: segment.bodies[0].start] if segment.bodies else ""
    return _BRACKETS_AND_FENCE if "```" in head else _BRACKETS


def body(
    reader: Reader, segment: Segment, stops: frozenset[Kind] = STOPS, depth: str = ""
) -> Wait[Found]:
    """Move one JSON body into the segment and note where it lies."""
    start = segment.size
    found = yield from scan_json(reader, segment, stops, depth)
    if not segment.too_long:
        segment.bodies.append(Body(start, segment.size, found is Found.WHOLE, segment.name))
    segment.body_end = segment.size
    segment.cut = found is Found.ENDED
    return found


def tail_marker(reader: Reader, segment: Segment, wanted: frozenset[Kind]) -> Wait[None]:
    """Take a closing marker that follows a body, surplus brackets and a fence before it."""
    end = segment.size
    pattern = surplus(segment)
    while True:
        found = pattern.match(reader.buf, reader.pos)
        stop = found.end() if found else reader.pos
        if stop < len(reader.buf) and reader.buf[stop] != "`":
            break
        if reader.eof:
            break
        yield from reader.more(batch=max(1, stop - reader.pos), waking=_NOT_SURPLUS)
    segment.take(reader, stop - reader.pos)
    marker = yield from reader.marker()
    if marker is not None and kind_of(marker) in wanted:
        segment.take(reader, len(marker))
        segment.closed = True
    elif marker is not None and kind_of(marker) in ENDS | OPENERS:
        segment.closed = True
    elif segment.text()[end:].isspace():
        segment.give_back(reader, end)
