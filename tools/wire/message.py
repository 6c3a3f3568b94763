"""Reading a whole message: speech, inline code and fences, thoughts, and the calls between."""

from __future__ import annotations

import re

from tools.dialects import OPENERS, Kind, kind_of
from tools.wire.bare import bare_call
from tools.wire.bodies import read_calls
from tools.wire.check import Schemas
from tools.wire.events import Malformed
from tools.wire.extents import read_segment
from tools.wire.inline import code_end
from tools.wire.outlet import Outlet
from tools.wire.reader import Mode, Reader, Wait
from tools.wire.thoughts import read_thought

INFO_CHARS = 20
"""A fence's first line is held so long; one that goes on longer is words in code."""

_NOTED = re.compile(r"[<\[`\n]")
_TICKS = re.compile(r"`+")
_NO_TICK = re.compile(r"[^`]").search
_LINE_END = re.compile(r"[ \t]*(?:\r?\n)?")


class Message:
    """One message of a model, read from a stream."""

    def __init__(self, schemas: Schemas, cap: int) -> None:
        self.reader = Reader()
        self.outlet = Outlet()
        self.schemas = schemas
        self.cap = cap

    def read(self) -> Wait[None]:
        """Read to the end of the stream; events gather in the outlet."""
        reader, outlet = self.reader, self.outlet
        while True:
            if not reader.rest():
                if reader.eof:
                    break
                quiet = outlet.begun and not outlet.line_start and outlet.held is None
                yield from reader.more(Mode.SPEECH if quiet else Mode.HELD, 1)
                continue
            if not outlet.begun and (yield from bare_call(self)):
                continue
            yield from self._words()
        outlet.end()

    def _words(self) -> Wait[None]:
        """Speak up to the next noted character and deal with that."""
        reader, outlet = self.reader, self.outlet
        found = _NOTED.search(reader.buf, reader.pos)
        stop = found.start() if found else len(reader.buf)
        if stop > reader.pos:
            outlet.say(reader.buf[reader.pos : stop])
            reader.pos = stop
        if found is None:
            return
        if found.group() == "\n":
            reader.pos += 1
            outlet.new_line()
        elif found.group() == "`":
            yield from self._ticks()
        else:
            yield from self._marker()

    def _marker(self) -> Wait[None]:
        reader, outlet = self.reader, self.outlet
        marker = yield from reader.marker()
        if marker is None:
            if self._begun_at_end():
                return
            outlet.say(reader.buf[reader.pos])
            reader.pos += 1
            return
        if outlet.tick and (yield from self._in_inline_code(marker)):
            return
        outlet.tick = 0
        reader.pos += len(marker)
        kind = kind_of(marker)
        if kind is Kind.THINK:
            yield from read_thought(self, marker)
        elif kind in OPENERS:
            segment = yield from read_segment(reader, kind, marker, self.cap)
            outlet.call(read_calls(segment, self.schemas))
        else:
            outlet.stray_tags += 1

    def _begun_at_end(self) -> bool:
        """Drop a marker that the end of the stream cut; an opener's is an error."""
        reader, outlet = self.reader, self.outlet
        kind = reader.begun()
        if kind is None or outlet.tick:
            return False
        text = reader.buf[reader.pos :]
        reader.pos = len(reader.buf)
        outlet.stray_tags += 1
        if kind in OPENERS:
            outlet.call([Malformed("the call was cut off before it said anything", text)])
        return True

    def _in_inline_code(self, marker: str, before: str = "") -> Wait[bool]:
        """Speak a marker that stands in inline code, to the code's end; False when it does not."""
        reader, outlet = self.reader, self.outlet
        end = yield from code_end(reader, outlet.tick, len(marker))
        if end:
            outlet.say(before + reader.buf[reader.pos : reader.pos + end])
            reader.pos += end
            outlet.tick = 0
        return end > 0

    def _ticks(self) -> Wait[None]:
        """Deal with a run of backticks: a fence, or inline code beginning or ending."""
        reader, outlet = self.reader, self.outlet
        while True:
            run = _TICKS.match(reader.buf, reader.pos)
            if run and (run.end() < len(reader.buf) or reader.eof):
                break
            yield from reader.more(batch=max(1, reader.rest()), waking=_NO_TICK)
        ticks = run.end() - run.start()
        if ticks >= 3 and outlet.fence and (outlet.line_start or outlet.calls_in_fence):
            if ticks >= outlet.fence and (yield from self._closes_fence(ticks)):
                return
        if ticks >= 3 and not outlet.tick and not outlet.fence:
            if (yield from self._opens_fence(ticks)):
                return
        outlet.say("`" * ticks)
        reader.pos += ticks
        if outlet.tick == 0:
            outlet.tick = ticks
        elif outlet.tick == ticks:
            outlet.tick = 0

    def _closes_fence(self, ticks: int) -> Wait[bool]:
        reader = self.reader
        yield from reader.ensure(ticks + 1)
        rest = reader.buf[reader.pos + ticks : reader.pos + ticks + 1]
        if rest.strip():
            return False
        reader.pos += ticks
        self.outlet.close_fence("`" * ticks)
        return True

    def _opens_fence(self, ticks: int) -> Wait[bool]:
        """Hold the first line of a fence; False when it is inline code with many backticks."""
        reader, outlet = self.reader, self.outlet
        pattern = re.compile(rf"`+[^`\n<\[]{{0,{INFO_CHARS}}}")
        while True:
            found = pattern.match(reader.buf, reader.pos)
            stop = found.end() if found else reader.pos
            if stop < len(reader.buf) or reader.eof:
                break
            yield from reader.more(batch=1)
        after = reader.buf[stop : stop + 1]
        line = reader.buf[reader.pos : stop]
        if after == "\n":
            reader.pos = stop + 1
            outlet.open_fence(line + "\n", ticks)
            return True
        if after not in ("<", "["):
            return False
        reader.pos = stop
        outlet.tick = ticks
        marker = yield from reader.marker()
        if marker is None:
            outlet.say(line)
        elif not (yield from self._in_inline_code(marker, line)):
            outlet.tick = 0
            outlet.open_fence(line, ticks)
        return True
