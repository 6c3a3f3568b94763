"""Where the calls of Mistral, Llama and DeepSeek end."""

from __future__ import annotations

import re

from tools.dialects import ENDS, MARKER, OPENERS, Kind, kind_of
from tools.wire.gather import blank, body, tail_marker
from tools.wire.json_scan import Found, next_char
from tools.wire.reader import BODY_BATCH, Reader, Wait
from tools.wire.segment import Body, Segment

_SECTION_ENDS = frozenset({Kind.SECTION_CALL_END, Kind.SECTION_END})
_BODY_OR_MARKER = re.compile(r"[<\[{｛［]")
_LINE_OR_MARKER = re.compile(r"[\n<\[]")
_NAME = re.compile(r"[A-Za-z_][\w.:-]{0,127}", re.A)
_NAMED_BODY = re.compile(
    r"[\s,;]*(?:[A-Za-z_][\w.:-]{0,127}\s?(?:\{|\[ARGS\]|\[CALL_ID\])"
    r"|\{\s*\"(?:name|type|function|arguments)\")",
    re.A,
)
_NAMED_BODY_BEGUN = re.compile(
    r"[\s,;]*(?:[A-Za-z_][\w.:-]{0,127}\s?(?:\[(?:[A-Z_]{0,7}\]?)?)?|\{\s*(?:\"[a-z]{0,10})?)?",
    re.A,
)
_NOT_JOINING = re.compile(r"[^\s;]").search
_SEMICOLONS = re.compile(r"\s*;[\s;]*")
_NEXT_OBJECT = re.compile(r"\s*;[\s;]*\{|\s*\{\s*\"(?:name|type|function|parameters|arguments)\"")
_NEXT_OBJECT_BEGUN = re.compile(r"\s*(?:;[\s;]*)?(?:\{\s*(?:\"[a-z]{0,10})?)?")


def mistral(reader: Reader, segment: Segment) -> Wait[None]:
    """`[TOOL_CALLS]`: an array, or names each with its object."""
    while True:
        yield from _commas(reader, segment)
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
        yield from tail_marker(reader, segment, frozenset())
        if segment.closed or not (yield from _name_ahead(reader)):
            return
    yield from _unreadable(reader, segment)


def _commas(reader: Reader, segment: Segment) -> Wait[None]:
    """Move blanks, and what may join one call to the next, into the segment."""
    yield from blank(reader, segment)
    while segment.bodies and reader.rest() and reader.buf[reader.pos] in ",;":
        segment.take(reader, 1)
        yield from blank(reader, segment)


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


def objects(reader: Reader, segment: Segment) -> Wait[None]:
    """Move an object and those joined to it with `;` into the segment."""
    while True:
        found = yield from body(reader, segment)
        if found is not Found.WHOLE:
            return
        if not (yield from _object_ahead(reader)):
            surplus = _SEMICOLONS.match(reader.buf, reader.pos)
            segment.take(reader, surplus.end() - reader.pos if surplus else 0)
            return
        segment.take(reader, reader.buf.index("{", reader.pos) - reader.pos)


def _object_ahead(reader: Reader) -> Wait[bool]:
    while True:
        if _NEXT_OBJECT.match(reader.buf, reader.pos):
            return True
        begun = _NEXT_OBJECT_BEGUN.match(reader.buf, reader.pos)
        if reader.eof or begun is None or begun.end() < len(reader.buf):
            return False
        yield from reader.more(batch=max(1, reader.rest()), waking=_NOT_JOINING)


def python(reader: Reader, segment: Segment) -> Wait[None]:
    """`<|python_tag|>`: objects with `;` between them, or a function tag."""
    yield from blank(reader, segment)
    first = yield from next_char(reader)
    if first in ("{", "｛", "["):
        yield from objects(reader, segment)
        if not segment.cut:
            yield from tail_marker(reader, segment, frozenset({Kind.TURN_END}))
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


def section(reader: Reader, segment: Segment) -> Wait[None]:
    """DeepSeek: the name stands before or after the separator, the object after it."""
    begun = segment.kind is Kind.SECTION_CALL
    while True:
        found = _BODY_OR_MARKER.search(reader.buf, reader.pos)
        segment.take(reader, (found.start() if found else len(reader.buf)) - reader.pos)
        if found is None:
            if reader.eof:
                segment.cut = True
                return
            yield from reader.more(batch=BODY_BATCH)
            continue
        marker = (yield from reader.marker()) if found.group() in "<[" else None
        if marker is None and found.group() in "{｛":
            ended = yield from body(reader, segment)
            segment.bodies[-1].name = _section_name(segment)
            if ended is not Found.ENDED:
                yield from tail_marker(reader, segment, _SECTION_ENDS)
            return
        if marker is None:
            segment.take(reader, 1)
            continue
        kind = kind_of(marker)
        if kind is Kind.SECTION_SEP or (kind is Kind.SECTION_CALL and not begun):
            begun = True
        elif kind in OPENERS | ENDS or (segment.draft and kind is Kind.THINK_END):
            _end_section(reader, segment, marker)
            return
        segment.take(reader, len(marker))


def _end_section(reader: Reader, segment: Segment, marker: str) -> None:
    """End a call that came to its end without an object: it may have no arguments."""
    segment.closed = True
    name = _section_name(segment)
    if name is not None:
        segment.bodies.append(Body(segment.size, segment.size, True, name))
    if kind_of(marker) in _SECTION_ENDS:
        segment.take(reader, len(marker))


def _section_name(segment: Segment) -> str | None:
    """Return the tool's name in a DeepSeek call: before the separator (V3.1) or after it (V3)."""
    head = segment.text()[: segment.bodies[0].start if segment.bodies else None]
    before, after = "", ""
    for found in MARKER.finditer(head):
        if kind_of(found.group()) is Kind.SECTION_SEP:
            before, after = head[: found.start()], head[found.end() :]
    before = MARKER.sub("", before).strip()
    after = re.sub(r"```[a-zA-Z]*", "", after).strip()
    return after or before or None
