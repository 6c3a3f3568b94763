"""Where each dialect's call ends: gathers one segment from its opener on, while it arrives."""

from __future__ import annotations

import re

from tools.dialects import OPENERS, Kind, kind_of, name_in
from tools.wire.families import mistral, python, section
from tools.wire.gather import blank, body, surplus, tail_marker
from tools.wire.json_scan import STOPS, Found, next_char
from tools.wire.reader import BODY_BATCH, SMALL_BATCH, Reader, Wait
from tools.wire.segment import Body, Segment
from tools.wire.xml_scan import scan_parameters

TAIL_CHARS = 400
"""Text after a whole body is held so long for a closing tag to show that it was stray prose;
a guess: longer asides inside a tag were not seen."""

_BODY_OR_MARKER = re.compile(r"[<\[{｛［]")
_WRONG_CLOSER = re.compile(r"</[A-Za-z_]{2,20}>|</tool_calls?\b")
_HEADLESS = re.compile(r"[\"'“‘]?(?:name|arguments|parameters|type|function|id)[\"'”’]?\s*[:：]")
_HEADLESS_BEGUN = re.compile(r"[\"'“‘]?[a-z]{0,10}[\"'”’]?\s{0,4}")


def read_segment(
    reader: Reader, kind: Kind, marker: str, cap: int, draft: bool = False
) -> Wait[Segment]:
    """Gather the call that an opener, already passed, announces."""
    segment = Segment(kind, cap, draft)
    if kind in (Kind.CALL, Kind.CALLS):
        yield from _tagged(reader, segment)
    elif kind is Kind.MISTRAL:
        yield from mistral(reader, segment)
    elif kind is Kind.FUNCTION:
        segment.name = name_in(marker)
        yield from _function(reader, segment)
    elif kind is Kind.PYTHON:
        yield from python(reader, segment)
    else:
        yield from section(reader, segment)
    return segment


def _after_bodies(segment: Segment) -> int:
    """Return where speech may begin after the last body, surplus brackets left out."""
    end = segment.body_end or 0
    found = surplus(segment).match(segment.text(), end)
    end = found.end() if found else end
    wrong = _WRONG_CLOSER.match(segment.text(), end)
    return wrong.end() if wrong else end


def _release(reader: Reader, segment: Segment) -> None:
    """Give back what follows the last whole body: it is speech, or the next call."""
    if segment.body_end is not None and not segment.too_long:
        segment.give_back(reader, _after_bodies(segment))


def _tagged(reader: Reader, segment: Segment) -> Wait[None]:
    """`<tool_call>`: JSON bodies or XML up to the closing tag, prose and stray tags around."""
    yield from blank(reader, segment)
    if (yield from _headless(reader)):
        yield from body(reader, segment, depth="}")
    while not segment.cut:
        found = _BODY_OR_MARKER.search(reader.buf, reader.pos)
        held = found.start() if found else len(reader.buf)
        if held > reader.pos:
            segment.take(reader, held - reader.pos)
        if segment.body_end is not None and segment.size - segment.body_end > TAIL_CHARS:
            _release(reader, segment)
            return
        if found is None:
            if reader.eof:
                segment.cut = segment.body_end is None
                _release(reader, segment)
                return
            yield from reader.more(batch=BODY_BATCH if segment.body_end is None else SMALL_BATCH)
            continue
        marker = (yield from reader.marker()) if found.group() in "<[" else None
        if marker is not None:
            if (yield from _marker_inside(reader, segment, marker)):
                return
        elif found.group() == "<":
            segment.take(reader, 1)
        else:
            yield from body(reader, segment)


def _headless(reader: Reader) -> Wait[bool]:
    """Return whether the body begins with a key: its first brace is missing."""
    while True:
        if _HEADLESS.match(reader.buf, reader.pos):
            return True
        begun = _HEADLESS_BEGUN.match(reader.buf, reader.pos)
        if reader.eof or begun is None or begun.end() < len(reader.buf):
            return False
        yield from reader.more(batch=1)


def _marker_inside(reader: Reader, segment: Segment, marker: str) -> Wait[bool]:
    """Deal with a marker between the bodies of a tagged call; True when it ends the call."""
    kind = kind_of(marker)
    if kind is Kind.CALL_END:
        segment.take(reader, len(marker))
        segment.closed = True
        return True
    if kind is Kind.THINK_END and segment.draft:
        return True
    if kind is Kind.FUNCTION and segment.body_end is None:
        segment.take(reader, len(marker))
        inner = yield from read_segment(reader, kind, marker, segment.cap, segment.draft)
        _adopt(segment, inner)
        return segment.cut
    if kind in (Kind.CALL, Kind.CALLS):
        if segment.body_end is None and not segment.text().strip():
            # Begun anew: a repeated opener is one opener.
            reader.pos += len(marker)
            segment.parts, segment.size = [], 0
            return False
        segment.closed = True
        if not (yield from _closes_by_mistake(reader, segment, marker)):
            _release(reader, segment)
        return True
    if segment.body_end is not None and (kind in OPENERS or kind in (Kind.THINK, Kind.TURN_END)):
        segment.closed = kind is Kind.TURN_END
        _release(reader, segment)
        return True
    if kind is Kind.TURN_END:
        segment.closed = True
        return True
    segment.take(reader, len(marker))
    return False


def _closes_by_mistake(reader: Reader, segment: Segment, marker: str) -> Wait[bool]:
    """Return whether an opener after a body, with nothing behind it, was meant as the closer."""
    if segment.body_end is None or segment.text()[_after_bodies(segment) :].strip():
        return False
    segment.take(reader, len(marker))
    yield from blank(reader, segment)
    return not reader.rest()


def _adopt(segment: Segment, inner: Segment) -> None:
    """Take over a function that stands inside a tagged call."""
    shift = segment.size
    segment.parts += inner.parts
    segment.size += inner.size
    segment.name = inner.name
    segment.kind = inner.kind
    segment.body_end = segment.size
    segment.closed, segment.cut = inner.closed, inner.cut
    segment.parameters = [(k, a + shift, b + shift) for k, a, b in inner.parameters]
    segment.bodies = [Body(b.start + shift, b.end + shift, b.whole, b.name) for b in inner.bodies]


def _function(reader: Reader, segment: Segment) -> Wait[None]:
    """`<function=name>`: a JSON body (Llama) or XML parameters (Qwen3-Coder)."""
    yield from blank(reader, segment)
    first = yield from next_char(reader)
    if first not in ("{", "｛"):
        yield from scan_parameters(reader, segment)
        return
    found = yield from body(reader, segment, STOPS | {Kind.FUNCTION_END})
    if found is Found.ENDED:
        return
    yield from tail_marker(reader, segment, frozenset({Kind.FUNCTION_END}))
