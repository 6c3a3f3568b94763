"""Where each dialect's call ends: gathers one segment from its opener on, while it arrives."""

from __future__ import annotations

import re

from tools.dialects import ENDS, MARKER, OPENERS, Kind, kind_of, name_in
from tools.wire.json_scan import STOPS, Found, next_char, scan_json
from tools.wire.reader import BODY_BATCH, SMALL_BATCH, Reader, Wait
from tools.wire.segment import Body, Segment
from tools.wire.xml_scan import scan_parameters

TAIL_CHARS = 400
"""Text after a whole body is held so long for a closing tag to show that it was stray prose;
a guess: longer asides inside a tag were not seen."""

_BLANK = re.compile(r"[\s\ufeff\u200b\u200c\u200d\u2060]*")
_BODY_OR_MARKER = re.compile(r"[<\[{｛［]")
_HEADLESS = re.compile(r"[\"'“‘]?(?:name|arguments|parameters|type|function|id)[\"'”’]?\s*[:：]")
_HEADLESS_BEGUN = re.compile(r"[\"'“‘]?[a-z]{0,10}[\"'”’]?\s{0,4}")
_NAME = re.compile(r"[A-Za-z_][\w.:-]{0,127}", re.A)
_SURPLUS = re.compile(r"[\s}\])]*(?:```)?")
_LINE_OR_MARKER = re.compile(r"[\n<\[]")


def read_segment(
    reader: Reader, kind: Kind, marker: str, cap: int, draft: bool = False
) -> Wait[Segment]:
    """Gather the call that an opener, already passed, announces."""
    segment = Segment(kind, cap, draft)
    if kind in (Kind.CALL, Kind.CALLS):
        yield from _tagged(reader, segment)
    elif kind is Kind.MISTRAL:
        yield from _mistral(reader, segment)
    elif kind is Kind.FUNCTION:
        segment.name = name_in(marker)
        yield from _function(reader, segment)
    elif kind is Kind.PYTHON:
        yield from _python(reader, segment)
    else:
        yield from _section(reader, segment)
    return segment


def blank(reader: Reader, segment: Segment) -> Wait[None]:
    """Move blanks and byte-order marks into the segment."""
    while True:
        found = _BLANK.match(reader.buf, reader.pos)
        if found and found.end() > reader.pos:
            segment.take(reader, found.end() - reader.pos)
        if reader.rest() or reader.eof:
            return
        yield from reader.more(batch=1)


def body(
    reader: Reader, segment: Segment, stops: frozenset[Kind] = STOPS, depth: str = ""
) -> Wait[Found]:
    """Move one JSON body into the segment and note where it lies."""
    start = segment.size
    found = yield from scan_json(reader, segment, stops, depth)
    segment.bodies.append(Body(start, segment.size, found is Found.WHOLE, segment.name))
    segment.cut = found is Found.ENDED
    return found


def _after_bodies(segment: Segment) -> int:
    """Return where speech may begin after the last body, surplus brackets left out."""
    end = segment.bodies[-1].end
    found = _SURPLUS.match(segment.text(), end)
    return found.end() if found else end


def _release(reader: Reader, segment: Segment) -> None:
    """Give back what follows the last whole body: it is speech, or the next call."""
    if segment.bodies and not segment.too_long:
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
        if segment.bodies and segment.size - segment.bodies[-1].end > TAIL_CHARS:
            _release(reader, segment)
            return
        if found is None:
            if reader.eof:
                segment.cut = not segment.bodies
                _release(reader, segment)
                return
            yield from reader.more(batch=SMALL_BATCH if segment.bodies else BODY_BATCH)
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
    if kind is Kind.FUNCTION and not segment.bodies:
        segment.take(reader, len(marker))
        inner = yield from read_segment(reader, kind, marker, segment.cap, segment.draft)
        _adopt(segment, inner)
        return segment.cut
    if kind in (Kind.CALL, Kind.CALLS):
        if not segment.bodies and not segment.text().strip():
            segment.take(reader, len(marker))
            segment.parts = [" " * segment.size]
            return False
        segment.closed = True
        _release(reader, segment)
        return True
    if segment.bodies and (kind in OPENERS or kind in (Kind.THINK, Kind.TURN_END)):
        segment.closed = kind is Kind.TURN_END
        _release(reader, segment)
        return True
    if kind is Kind.TURN_END:
        segment.closed = True
        return True
    segment.take(reader, len(marker))
    return False


def _adopt(segment: Segment, inner: Segment) -> None:
    """Take over a function that stands inside a tagged call."""
    shift = segment.size
    segment.parts += inner.parts
    segment.size += inner.size
    segment.name = inner.name
    segment.outer, segment.kind = segment.kind, inner.kind
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
    yield from _tail_marker(reader, segment, frozenset({Kind.FUNCTION_END}))


def _tail_marker(reader: Reader, segment: Segment, wanted: frozenset[Kind]) -> Wait[None]:
    """Take a closing marker that follows a body, surplus brackets and a fence before it."""
    end = segment.size
    while True:
        found = _SURPLUS.match(reader.buf, reader.pos)
        stop = found.end() if found else reader.pos
        if stop < len(reader.buf) and reader.buf[stop] != "`":
            break
        if reader.eof:
            break
        yield from reader.more(batch=max(1, stop - reader.pos))
    segment.take(reader, stop - reader.pos)
    marker = yield from reader.marker()
    if marker is not None and kind_of(marker) in wanted:
        segment.take(reader, len(marker))
        segment.closed = True
    elif marker is not None and kind_of(marker) in ENDS | OPENERS:
        segment.closed = True
    elif segment.text()[end:].isspace():
        segment.give_back(reader, end)


def _mistral(reader: Reader, segment: Segment) -> Wait[None]:
    """`[TOOL_CALLS]`: an array, or names each with its object."""
    while True:
        yield from blank(reader, segment)
        first = yield from next_char(reader)
        if first in ("{", "[", "［", "｛") and (yield from reader.marker()) is None:
            segment.name = None
            found = yield from body(reader, segment)
        elif (yield from _mistral_name(reader, segment)):
            found = yield from body(reader, segment)
        else:
            break
        if found is Found.ENDED:
            return
        yield from _tail_marker(reader, segment, frozenset())
        if segment.closed or not (yield from _name_ahead(reader)):
            return
    yield from _unreadable(reader, segment)


_NAMED_BODY = re.compile(r"[\s,;]*[A-Za-z_][\w.:-]{0,127}\s?(?:\{|\[ARGS\]|\[CALL_ID\])", re.A)
_NAMED_BODY_BEGUN = re.compile(
    r"[\s,;]*(?:[A-Za-z_][\w.:-]{0,127}\s?(?:\[(?:[A-Z_]{0,7}\]?)?)?)?", re.A
)


def _name_ahead(reader: Reader) -> Wait[bool]:
    """Return whether another name with its object follows without a marker of its own."""
    while True:
        if _NAMED_BODY.match(reader.buf, reader.pos):
            return True
        begun = _NAMED_BODY_BEGUN.match(reader.buf, reader.pos)
        if reader.eof or begun is None or begun.end() < len(reader.buf) or reader.rest() > 160:
            return False
        yield from reader.more(batch=1)


def _mistral_name(reader: Reader, segment: Segment) -> Wait[bool]:
    """Move a name and its `[CALL_ID]…[ARGS]` into the segment; False when no object follows."""
    while True:
        found = _NAME.match(reader.buf, reader.pos)
        if found and (found.end() < len(reader.buf) or reader.eof):
            break
        if reader.eof or (reader.rest() and not found):
            return False
        yield from reader.more(batch=1)
    segment.name = found.group()
    segment.take(reader, found.end() - reader.pos)
    while True:
        yield from blank(reader, segment)
        first = yield from next_char(reader)
        if first in ("{", "｛"):
            return True
        marker = (yield from reader.marker()) if first == "[" else None
        if marker is None or kind_of(marker) not in (Kind.ARGS, Kind.CALL_ID):
            return False
        segment.take(reader, len(marker))
        if kind_of(marker) is Kind.CALL_ID:
            yield from _call_id(reader, segment)


def _call_id(reader: Reader, segment: Segment) -> Wait[None]:
    while True:
        found = _NAME.match("x" + reader.buf[reader.pos :])
        stop = reader.pos + (found.end() - 1 if found else 0)
        if stop < len(reader.buf) or reader.eof:
            segment.take(reader, stop - reader.pos)
            return
        yield from reader.more(batch=1)


def _unreadable(reader: Reader, segment: Segment) -> Wait[None]:
    """Move the rest of a line that should have held a call; a marker ends it too."""
    while True:
        found = _LINE_OR_MARKER.search(reader.buf, reader.pos)
        segment.take(reader, (found.start() if found else len(reader.buf)) - reader.pos)
        if found is None:
            if reader.eof:
                segment.cut = not segment.bodies
                return
            yield from reader.more(batch=BODY_BATCH)
        elif found.group() == "\n" or (yield from reader.marker()) is not None:
            return
        else:
            segment.take(reader, 1)


_NEXT_OBJECT = re.compile(r"\s*;[\s;]*\{|\s*\{\s*\"(?:name|type|function|parameters|arguments)\"")
_NEXT_OBJECT_BEGUN = re.compile(r"\s*(?:;[\s;]*)?(?:\{\s*(?:\"[a-z]{0,10})?)?")


def objects(reader: Reader, segment: Segment) -> Wait[None]:
    """Move an object and those joined to it with `;` into the segment."""
    while True:
        found = yield from body(reader, segment)
        if found is not Found.WHOLE or not (yield from _object_ahead(reader)):
            return
        segment.take(reader, reader.buf.index("{", reader.pos) - reader.pos)


def _object_ahead(reader: Reader) -> Wait[bool]:
    while True:
        if _NEXT_OBJECT.match(reader.buf, reader.pos):
            return True
        begun = _NEXT_OBJECT_BEGUN.match(reader.buf, reader.pos)
        if reader.eof or begun is None or begun.end() < len(reader.buf):
            return False
        yield from reader.more(batch=max(1, reader.rest()))


def _python(reader: Reader, segment: Segment) -> Wait[None]:
    """`<|python_tag|>`: objects with `;` between them, or a function tag."""
    yield from blank(reader, segment)
    first = yield from next_char(reader)
    if first in ("{", "｛", "["):
        yield from objects(reader, segment)
        if not segment.cut:
            yield from _tail_marker(reader, segment, frozenset({Kind.TURN_END}))
        return
    marker = (yield from reader.marker()) if first == "<" else None
    if marker is not None and kind_of(marker) is Kind.FUNCTION:
        segment.ignored = True
        return
    while True:
        found = reader.buf.find("<", reader.pos)
        segment.take(reader, (found if found >= 0 else len(reader.buf)) - reader.pos)
        if found < 0:
            if reader.eof:
                segment.cut = True
                return
            yield from reader.more(batch=BODY_BATCH)
            continue
        marker = yield from reader.marker()
        if marker is not None and (kind_of(marker) in OPENERS | ENDS or segment.draft):
            return
        segment.take(reader, 1)


def _section(reader: Reader, segment: Segment) -> Wait[None]:
    """DeepSeek: the name stands before or after the separator, the object after it."""
    ends = frozenset({Kind.SECTION_CALL, Kind.SECTION_CALL_END, Kind.SECTION_END, Kind.TURN_END})
    begun = segment.kind is Kind.SECTION_CALL
    while not segment.cut:
        found = _BODY_OR_MARKER.search(reader.buf, reader.pos)
        segment.take(reader, (found.start() if found else len(reader.buf)) - reader.pos)
        if found is None:
            if reader.eof:
                segment.cut = not segment.bodies
                return
            yield from reader.more(batch=BODY_BATCH)
            continue
        marker = (yield from reader.marker()) if found.group() in "<[" else None
        if marker is None and found.group() == "{" and not segment.bodies:
            yield from body(reader, segment, STOPS)
            segment.bodies[-1].name = _section_name(segment)
        elif marker is None:
            segment.take(reader, 1)
        elif kind_of(marker) is Kind.SECTION_CALL and not begun:
            segment.take(reader, len(marker))
            begun = True
        elif kind_of(marker) in ends or (segment.draft and kind_of(marker) is Kind.THINK_END):
            segment.closed = True
            if kind_of(marker) is not Kind.SECTION_CALL:
                segment.take(reader, len(marker))
            return
        else:
            segment.take(reader, len(marker))


def _section_name(segment: Segment) -> str | None:
    """Return the tool's name in a DeepSeek call: before the separator (V3.1) or after it (V3)."""
    if not segment.bodies:
        return None
    head = segment.text()[: segment.bodies[0].start]
    before, after = "", ""
    for found in MARKER.finditer(head):
        if kind_of(found.group()) is Kind.SECTION_SEP:
            before, after = head[: found.start()], head[found.end() :]
    before = MARKER.sub("", before).strip()
    after = re.sub(r"```[a-zA-Z]*", "", after).strip()
    return after or before or None
