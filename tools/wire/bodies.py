"""From a gathered segment to the calls it holds, or to the reason why it holds none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tools.base import ToolCall
from tools.dialects import MARKER, Kind
from tools.wire.check import Refused, Schemas, clean_name, decode_arguments, fit, types_of
from tools.wire.events import Malformed
from tools.wire.repair import Unreadable, read_json
from tools.wire.segment import Body, Segment


@dataclass(frozen=True)
class _Wanted:
    """A call as it was read, not yet checked."""

    name: Any
    arguments: Any
    repairs: int


def read_calls(segment: Segment, schemas: Schemas) -> list[ToolCall | Malformed]:
    """Return the calls of a segment and one error for each that cannot be made."""
    if segment.ignored:
        return []
    raw = segment.text()
    if segment.too_long:
        reason = f"the call is longer than {segment.cap} characters; make it shorter"
        return [Malformed(reason, raw)]
    try:
        if segment.kind is Kind.FUNCTION and not segment.bodies:
            return [_checked(_from_xml(segment, raw, schemas), schemas, raw)]
        found = list(_all_bodies(segment, raw, schemas))
    except Unreadable as error:
        return [Malformed(str(error), raw)]
    except Refused as error:
        return [Malformed(str(error), raw)]
    if _empty_list(segment, raw):
        return []
    wrapper = segment.kind in (Kind.CALLS, Kind.SECTION)
    if not found and wrapper and segment.closed and not _inside(raw):
        return []
    if not found:
        return [Malformed(_nothing_read(segment), raw)]
    return found


def _inside(raw: str) -> str:
    return MARKER.sub("", raw).strip()


def _empty_list(segment: Segment, raw: str) -> bool:
    """Return whether a list of calls was announced and is empty: no call, and no error."""
    if segment.kind not in (Kind.CALLS, Kind.MISTRAL) or len(segment.bodies) != 1:
        return False
    body = segment.bodies[0]
    return body.whole and raw[body.start : body.end].replace(" ", "") == "[]"


def _nothing_read(segment: Segment) -> str:
    if segment.cut:
        return "the call was cut off before it said anything"
    return "no JSON object with a name and arguments in the call"


def _all_bodies(segment: Segment, raw: str, schemas: Schemas) -> Iterator[ToolCall | Malformed]:
    bodies = _joined(segment, raw)
    several = len(bodies) > 1
    for body in bodies:
        text = raw[body.start : body.end]
        if several and body.name is None and not _names_call(text):
            continue
        yield from _from_body(segment, body, text, schemas)


def _names_call(text: str) -> bool:
    return re.search(r"name|function", text) is not None


_SPLIT = re.compile(r"\s*[,，]\s*[\"'“]?(?:arguments|parameters)[\"'”]?\s*[:：]\s*")


def _joined(segment: Segment, raw: str) -> list[Body]:
    """Join the two halves of a call that a surplus bracket in its middle tore apart."""
    bodies = segment.bodies
    if len(bodies) == 2 and _SPLIT.fullmatch(raw, bodies[0].end, bodies[1].start):
        return [Body(bodies[0].start, bodies[1].end, False, bodies[0].name)]
    return bodies


def _from_body(
    segment: Segment, body: Body, text: str, schemas: Schemas
) -> Iterator[ToolCall | Malformed]:
    """Read one body: an object, an array of calls, or bare arguments after a name."""
    if not body.whole and segment.cut and not segment.closed:
        yield from _cut_body(text, schemas)
        return
    if body.name is not None and not text:
        yield _checked(_Wanted(body.name, None, 1), schemas, text)
        return
    try:
        value, repairs = _read_torn(text) if _is_torn(text, body) else read_json(text)
    except Unreadable as error:
        yield Malformed(f"the call is no JSON: {error}", text)
        return
    repairs += _around(segment, body)
    if body.name is not None:
        yield _checked(_Wanted(body.name, value, repairs), schemas, text)
    elif isinstance(value, list):
        if not any(isinstance(item, dict) for item in value):
            yield Malformed("the list holds no calls", text)
            return
        for item in value:
            yield _from_value(item, repairs, schemas, text)
    else:
        yield _from_value(value, repairs, schemas, text)


def _is_torn(text: str, body: Body) -> bool:
    return not body.whole and _TORN.match(text) is not None


_TORN = re.compile(r"(\{[^{}]*)\}(\s*[,，]\s*[\"'“]?(?:arguments|parameters)\b)", re.S)


def _read_torn(text: str) -> tuple[Any, int]:
    value, repairs = read_json(_TORN.sub(r"\1\2", text, count=1))
    return value, repairs + 1


def _cut_body(text: str, schemas: Schemas) -> Iterator[ToolCall | Malformed]:
    """Read an array cut off by the end of the stream: the calls that were whole stay."""
    stripped = text.lstrip()
    if not stripped.startswith("["):
        yield Malformed("the call was cut off", text)
        return
    position = len(text) - len(stripped) + 1
    while True:
        end = whole_object_end(text, position)
        if end is None:
            break
        start = text.index("{", position)
        try:
            value, repairs = read_json(text[start:end])
        except Unreadable as error:
            yield Malformed(f"the call is no JSON: {error}", text[start:end])
        else:
            yield _from_value(value, repairs + 1, schemas, text[start:end])
        position = end
    if text[position:].strip():
        yield Malformed("the call was cut off", text[position:])


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}]', re.S)


def whole_object_end(text: str, start: int) -> int | None:
    """Return where the next object from `start` on ends; None when it does not."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        if token.group() == "{":
            depth += 1
        elif token.group() == "}":
            depth -= 1
            if depth <= 0:
                return token.end() if depth == 0 else None
    return None


def _around(segment: Segment, body: Body) -> int:
    """Count as one repair whatever stands around the bodies, and a missing end marker."""
    text = segment.text()
    before = text[: segment.bodies[0].start].strip()
    after = MARKER.sub("", text[segment.bodies[-1].end :]).strip()
    count = 0
    if segment.kind in (Kind.CALL, Kind.CALLS):
        count += bool(before) + bool(after) + (len(segment.bodies) > 1)
        count += not text.rstrip().endswith(("</tool_call>", "</tool_calls>"))
    return count


def _from_value(value: Any, repairs: int, schemas: Schemas, raw: str) -> ToolCall | Malformed:
    if not isinstance(value, dict):
        return Malformed("a call must be an object with a name and arguments", raw)
    inner = value.get("function")
    if isinstance(inner, Mapping) and "name" not in value:
        value = dict(inner)
    arguments = value.get("arguments")
    if arguments in (None, "", {}) and "parameters" in value:
        arguments = value["parameters"]
    return _checked(_Wanted(value.get("name"), arguments, repairs), schemas, raw)


def _checked(wanted: _Wanted, schemas: Schemas, raw: str) -> ToolCall | Malformed:
    if not isinstance(wanted.name, str) or not clean_name(wanted.name):
        return Malformed("name: the call names no tool (rule: required)", raw)
    name = schemas.clean(wanted.name)
    try:
        arguments, repairs = decode_arguments(wanted.arguments)
        checked = schemas.check(name, arguments)
    except Refused as error:
        return Malformed(str(error), raw)
    renamed = name != wanted.name
    total = wanted.repairs + repairs + checked.conversions + renamed
    return ToolCall(name, checked.arguments, total)


def _from_xml(segment: Segment, raw: str, schemas: Schemas) -> _Wanted:
    """Read Qwen3-Coder's parameters, each by its schema's type."""
    name = schemas.clean(segment.name or "")
    if segment.cut and not segment.closed:
        raise Refused(f"{name}: the call was cut off")
    if not segment.parameters and MARKER.sub("", raw).strip():
        raise Refused(f"{name}: neither parameters nor a JSON object in the call")
    arguments: dict[str, Any] = {}
    for key, start, end in segment.parameters:
        text = _one_newline_off(raw[start:end])
        schema = schemas.property_type(name, key)
        arguments[key] = text if _takes_text(schema) else fit(text, schema)[0]
    unended = not re.search(r"</function>\s*\Z|</function>\s*</tool_calls?>\s*\Z", raw)
    return _Wanted(segment.name, arguments, int(unended))


def _takes_text(schema: Mapping[str, Any]) -> bool:
    types = types_of(schema)
    return not types or "string" in types


def _one_newline_off(text: str) -> str:
    """Take one newline off either end; the rest, indentation included, is value."""
    if text.startswith("\r\n"):
        text = text[2:]
    elif text.startswith("\n"):
        text = text[1:]
    if text.endswith("\r\n"):
        return text[:-2]
    return text.removesuffix("\n")


def readable(segment: Segment) -> bool:
    """Return whether a draft inside a thought is a complete call, whatever it asks for."""
    if segment.cut or segment.too_long or segment.ignored:
        return False
    if segment.kind is Kind.FUNCTION and not segment.bodies:
        return segment.closed
    return bool(segment.bodies) and all(body.whole or segment.closed for body in segment.bodies)
