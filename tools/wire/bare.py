"""Llama's bare call: a message that begins with an object naming a known tool."""

from __future__ import annotations

import re
from typing import Protocol

from tools.dialects import Kind
from tools.wire.bodies import read_calls
from tools.wire.check import Schemas, clean_name
from tools.wire.families import objects
from tools.wire.outlet import Outlet
from tools.wire.reader import Reader, Wait
from tools.wire.segment import Segment

_HEADS = ("name", "parameters", "arguments", "type", "function")
_HEAD = re.compile(r"\{\s*[\"'“](name|parameters|arguments|type|function)[\"'”]\s*[:：]\s*")
_HEAD_BEGUN = re.compile(r"\{\s*(?:[\"'“]([a-z]*)([\"'”]\s*([:：]\s*)?)?)?")
_TEXT = re.compile(r"[\"'“]([^\"'”\\]{0,100})([\"'”])?")
_NAME = re.compile(r"[\"'“]name[\"'”]\s*[:：]\s*[\"'“]([^\"'”\\]{1,100})[\"'”]")
_HOLDS = re.compile(r"[\"'“](?:parameters|arguments)[\"'”]\s*[:：]")
_LEAD = re.compile(r"[\s\ufeff\u200b]*")


class _Reading(Protocol):
    reader: Reader
    outlet: Outlet
    schemas: Schemas
    cap: int


def bare_call(message: _Reading) -> Wait[bool]:
    """Read a bare call if the message begins with one; False when words begin it."""
    reader, outlet = message.reader, message.outlet
    lead = _LEAD.match(reader.buf, reader.pos)
    start = lead.end() if lead else reader.pos
    if start > reader.pos:
        for line in reader.buf[reader.pos : start].splitlines(keepends=True):
            outlet.say(line.rstrip("\n").strip("\ufeff\u200b"))
            if line.endswith("\n"):
                outlet.new_line()
        reader.pos = start
        return True
    if reader.buf[start] != "{":
        return False
    if not (yield from _may_be_call(reader, message.schemas)):
        outlet.say("{")
        reader.pos += 1
        return True
    segment = Segment(Kind.BARE, message.cap)
    yield from objects(reader, segment)
    text = segment.text()
    if _names_tool(text, segment.cut, message.schemas):
        outlet.call(read_calls(segment, message.schemas))
        return True
    if segment.too_long or not segment.give_back(reader, 1):
        outlet.say(text)
    else:
        outlet.say("{")
    return True


def _may_be_call(reader: Reader, schemas: Schemas) -> Wait[bool]:
    """Return, as early as it shows, whether the object that begins here can be a call."""
    while True:
        text = reader.buf[reader.pos : reader.pos + 400]
        head = _HEAD.match(text)
        if head is None:
            begun = _HEAD_BEGUN.fullmatch(text)
            if begun is None or reader.eof:
                return False
            word = begun.group(1) or ""
            whole = begun.group(2) is not None
            if not any(h == word if whole else h.startswith(word) for h in _HEADS):
                return False
        elif head.group(1) not in ("name", "type"):
            return True
        elif head.end() < len(text):
            value = _TEXT.match(text, head.end())
            if value is None:
                return False
            known = schemas.may_begin if value.group(2) is None else schemas.knows
            if head.group(1) == "type":
                if not "function".startswith(value.group(1)):
                    return False
            elif not any(map(known, (value.group(1).strip(), clean_name(value.group(1))))):
                return "functions.".startswith(value.group(1)) and value.group(2) is None
            if value.group(2) is not None or reader.eof:
                return True
        if reader.eof:
            return False
        yield from reader.more(batch=1)


def _names_tool(text: str, cut: bool, schemas: Schemas) -> bool:
    """Return whether an object names a known tool and holds arguments, or was cut before."""
    found = _NAME.search(text)
    if found is None or not schemas.knows(schemas.clean(found.group(1))):
        return False
    return cut or _HOLDS.search(text) is not None
