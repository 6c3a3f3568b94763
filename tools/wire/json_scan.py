"""Finding where a JSON body ends, while it arrives and however badly it is written.

A body ends at its own matching bracket. Strings are skipped whole, so that tags, fences and
brackets inside them count for nothing; single and typographic quotes open strings as well, and
comments are skipped. A marker outside a string ends a body that lacks its brackets.
"""

from __future__ import annotations

import re
from enum import Enum, auto

from tools.dialects import ENDS, OPENERS, Kind, kind_of
from tools.wire.reader import BODY_BATCH, WAKING, WAKING_IN_STRING, Reader, Wait
from tools.wire.segment import Segment

PAIRS = {"{": "}", "｛": "}", "[": "]", "［": "]", "【": "]", "(": ")", "（": ")"}
CLOSERS = {"}": "}", "｝": "}", "]": "]", "］": "]", "】": "]", ")": ")", "）": ")"}
QUOTES = {
    '"': '"',
    "'": "'",
    **dict.fromkeys("“”„‟＂", "“”„‟＂"),
    **dict.fromkeys("‘’‚‛", "‘’‚‛'"),
}
"""What opens a string, and what may close it."""

STOPS = OPENERS | ENDS | {Kind.THINK}
"""Markers that end a body when they stand outside a string."""

_NOTED = re.compile(r"[\"'“”„‟＂‘’‚‛{}\[\]()｛｝［］【】（）/#<]")
_PLAIN = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+', re.S)
_NOT_BLANK = re.compile(r"\S").search
_BLANK = re.compile(r"[\s\ufeff\u200b\u200c\u200d\u2060]*")
_AFTER_STRING = frozenset(",:}]，：｝］】、;；/#<`")
_AFTER_STRING_IN_TUPLE = _AFTER_STRING | frozenset(")）")
"""What may follow a string, outside it; a quote may too, where a comma was forgotten."""

_CLOSING = r"</tool_calls?>|</function>|<｜tool▁calls?▁end｜>|<\|e(?:om|ot)_id\|>"
_REAL_END = re.compile(rf"(?:(?<=[}}\]])\s*|\n\s*)(?={_CLOSING})")
"""A closing tag in what was taken for a string, where no JSON string would hold it: behind a
bracket or at a line's start."""

_THOUGHT_END = re.compile(r"(?=</think>|\[/THINK\])")


class Found(Enum):
    """How the search for a body's end came out."""

    WHOLE = auto()
    STOPPED = auto()
    """At a marker outside a string."""
    ENDED = auto()
    """The stream is over."""


def scan_json(
    reader: Reader, segment: Segment, stops: frozenset[Kind] = STOPS, depth: str = ""
) -> Wait[Found]:
    """Move one body into the segment; `depth` holds closers of brackets already open."""
    stack = _Brackets(depth)
    while True:
        found = _NOTED.search(reader.buf, reader.pos)
        if found is None:
            segment.take_rest(reader)
            if reader.eof:
                return Found.ENDED
            yield from reader.more(batch=BODY_BATCH)
            continue
        if found.start() > reader.pos:
            segment.take(reader, found.start() - reader.pos)
        char = found.group()
        if char in "<[":
            marker = yield from reader.marker()
            if marker is not None and _stops(marker, segment, stops):
                return Found.STOPPED
            if marker is not None:
                segment.take(reader, len(marker))
                continue
        if char in QUOTES:
            if (yield from _string(reader, segment, char, stack.after_string())):
                return Found.STOPPED
        elif char in "/#":
            yield from _comment(reader, segment, char)
        else:
            segment.take(reader, 1)
            if stack.count(char):
                return Found.WHOLE


def _stops(marker: str, segment: Segment, stops: frozenset[Kind]) -> bool:
    kind = kind_of(marker)
    return kind in stops or (segment.draft and kind is Kind.THINK_END)


class _Brackets:
    """The brackets open at a place, kept as the closers they wait for."""

    def __init__(self, waiting: str) -> None:
        self._stack = list(waiting)
        self._open = {"}": waiting.count("}"), "]": 0, ")": 0}

    def after_string(self) -> frozenset[str]:
        """Return what may follow a string here."""
        return _AFTER_STRING_IN_TUPLE if self._open[")"] else _AFTER_STRING

    def count(self, char: str) -> bool:
        """Take a bracket in; True when it closed the last one open."""
        if char in PAIRS:
            self._stack.append(PAIRS[char])
            self._open[PAIRS[char]] += 1
        elif self._open.get(CLOSERS.get(char, ""), 0):
            closer = ""
            # One that closes an outer bracket closes the forgotten inner ones with it.
            while closer != CLOSERS[char]:
                closer = self._stack.pop()
                self._open[closer] -= 1
        return not self._stack


def _string(reader: Reader, segment: Segment, quote: str, ends: frozenset[str]) -> Wait[bool]:
    """Move a string into the segment; True when it turned out that a marker inside ended all."""
    start, first_part = segment.size, len(segment.parts)
    yield from reader.ensure(3)
    if quote in "\"'" and reader.buf.startswith(quote * 3, reader.pos):
        yield from _triple_quoted(reader, segment, quote * 3)
        return False
    segment.take(reader, 1)
    if quote == '"':
        tagged = yield from _double_quoted(reader, segment)
    else:
        tagged = yield from _other_quoted(reader, segment, QUOTES[quote], ends)
    if not tagged and not segment.draft:
        return False
    if reader.eof and not reader.rest():
        return _fall_back(reader, segment, start, first_part)
    after = yield from next_char(reader)
    if after is None or after in ends or after in QUOTES:
        return False
    # A draft that is no good JSON is not read on: in a thought it counts for nothing.
    return _fall_back(reader, segment, start, first_part) or segment.draft


def _double_quoted(reader: Reader, segment: Segment) -> Wait[bool]:
    """Move the rest of a string and its closing quote; True when it holds what may be a tag."""
    tagged, waits = False, 0
    while True:
        found = _PLAIN.match(reader.buf, reader.pos)
        stop = found.end() if found else reader.pos
        tagged = tagged or reader.buf.find("<", reader.pos, stop) >= 0
        segment.take(reader, stop - reader.pos)
        if reader.rest() and reader.buf[reader.pos] == '"':
            segment.take(reader, 1)
            return tagged
        if reader.eof:
            segment.take_rest(reader)
            return tagged
        batch = 1 if reader.rest() else BODY_BATCH
        # Most strings are short and end before a bracket; in a long one brackets are words.
        yield from reader.more(batch=batch, waking=WAKING if waits < 2 else WAKING_IN_STRING)
        waits += 1


def _other_quoted(
    reader: Reader, segment: Segment, closing: str, ends: frozenset[str]
) -> Wait[bool]:
    """The same for other quotes, which also stand inside words: only a fitting one closes."""
    tagged = False
    noted = re.compile(f"[\\\\{closing}]")
    while True:
        found = noted.search(reader.buf, reader.pos)
        stop = found.start() if found else len(reader.buf)
        tagged = tagged or reader.buf.find("<", reader.pos, stop) >= 0
        segment.take(reader, stop - reader.pos)
        if found is None:
            if reader.eof:
                return tagged
            yield from reader.more(batch=BODY_BATCH)
        elif found.group() == "\\":
            yield from reader.ensure(2)
            segment.take(reader, min(2, reader.rest()))
        else:
            segment.take(reader, 1)
            after = yield from next_char(reader)
            if after is None or after in ends:
                return tagged


def _triple_quoted(reader: Reader, segment: Segment, quotes: str) -> Wait[None]:
    """Move a string in three quotes, as Python has them, into the segment."""
    noted = re.compile(rf"\\|{quotes[0]}")
    segment.take(reader, 3)
    while True:
        found = noted.search(reader.buf, reader.pos)
        segment.take(reader, (found.start() if found else len(reader.buf)) - reader.pos)
        if found is None and reader.eof:
            return
        if found is None:
            yield from reader.more(batch=BODY_BATCH)
            continue
        yield from reader.ensure(3)
        if reader.buf.startswith(quotes, reader.pos):
            segment.take(reader, 3)
            return
        segment.take(reader, min(reader.rest(), 2 if found.group() == "\\" else 1))


def next_char(reader: Reader) -> Wait[str | None]:
    """Return the next character that is not blank, without moving; None at the end."""
    offset = 0
    while True:
        found = _BLANK.match(reader.buf, reader.pos + offset)
        stop = found.end() if found else reader.pos
        if stop < len(reader.buf):
            return reader.buf[stop]
        if reader.eof:
            return None
        offset = stop - reader.pos
        yield from reader.more(batch=max(1, offset), waking=_NOT_BLANK)


def _fall_back(reader: Reader, segment: Segment, start: int, first_part: int) -> bool:
    """Give back what follows a closing tag inside a string that was never a proper string."""
    if segment.too_long:
        return False
    pattern = _THOUGHT_END if segment.draft else _REAL_END
    found = pattern.search("".join(segment.parts[first_part:]))
    return found is not None and segment.give_back(reader, start + found.end())


def _comment(reader: Reader, segment: Segment, char: str) -> Wait[None]:
    """Move a comment into the segment; a lone slash is moved as it is."""
    yield from reader.ensure(2)
    two = reader.buf[reader.pos : reader.pos + 2]
    if two == "/*":
        end = "*/"
    elif two == "//" or char == "#":
        end = "\n"
    else:
        segment.take(reader, 1)
        return
    segment.take(reader, len(two) if char == "/" else 1)
    while True:
        at = reader.buf.find(end, reader.pos)
        tag = reader.buf.find("<", reader.pos, at if at >= 0 else len(reader.buf))
        if end == "\n" and tag >= 0:
            segment.take(reader, tag - reader.pos)
            marker = yield from reader.marker()
            if marker is not None:
                return
            segment.take(reader, 1)
        elif at >= 0:
            segment.take(reader, at + len(end) - reader.pos)
            return
        elif reader.eof:
            segment.take_rest(reader)
            return
        else:
            segment.take(reader, max(0, reader.rest() - 1))
            yield from reader.more(batch=1)
