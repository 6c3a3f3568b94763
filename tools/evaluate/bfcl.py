"""Read the single-turn files of the Berkeley Function Calling Leaderboard, and match its answers.

The files come from the `bfcl-eval` package (Apache-2.0): a folder, or its wheel as it was fetched;
only its data is read. Java and JavaScript items state their types in those languages; the type of
such a parameter is taken from the ground truth's own value.
"""

from __future__ import annotations

import json
import random
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sessions.records import Message
from tools.evaluate.forms import FORMS, Call
from tools.evaluate.score import plain
from tools.evaluate.situations import Expected
from tools.protocol import Parser, ToolCall

CATEGORIES = (
    "simple_python",
    "simple_java",
    "simple_javascript",
    "multiple",
    "parallel",
    "parallel_multiple",
    "live_simple",
    "live_multiple",
    "live_parallel",
    "live_parallel_multiple",
)
_TYPES = {
    "dict": "object",
    "float": "number",
    "tuple": "array",
    "list": "array",
    "int": "integer",
    "bool": "boolean",
    "str": "string",
}
_KNOWN = frozenset({"object", "number", "array", "integer", "boolean", "string"})


@dataclass(frozen=True)
class Alternatives:
    """The values that the answer key accepts; an empty string among them: may be left out."""

    values: tuple[Any, ...]

    @property
    def optional(self) -> bool:
        """Whether the argument may be left out."""
        return not self.values or any(value == "" for value in self.values)


@dataclass(frozen=True)
class Item:
    """One question with its tools and its answer key."""

    id: str
    category: str
    messages: tuple[Message, ...]
    tools: tuple[dict[str, Any], ...]
    key: tuple[Expected, ...]
    truth: tuple[Call, ...]
    """One way of being right: the first value of each argument, optional ones left out."""


def read_bfcl(place: Path) -> Iterator[Item]:
    """Yield the items of all single-turn categories.

    Raises:
        FileNotFoundError: The folder or wheel does not hold the files.
    """
    for category in CATEGORIES:
        name = f"BFCL_v4_{category}.json"
        keys = {row["id"]: row["ground_truth"] for row in _rows(place, f"possible_answer/{name}")}
        for row in _rows(place, name):
            yield _item(category, row, keys[row["id"]])


def _rows(place: Path, name: str) -> list[dict[str, Any]]:
    if place.suffix == ".whl":
        with zipfile.ZipFile(place) as wheel:
            text = wheel.read(f"bfcl_eval/data/{name}").decode("utf-8")
    else:
        text = (place / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _item(category: str, row: Mapping[str, Any], truth: Sequence[Mapping[str, Any]]) -> Item:
    key, calls = [], []
    for one in truth:
        (name, arguments), *_ = one.items()
        key.append(Expected(name, {n: Alternatives(tuple(v)) for n, v in arguments.items()}))
        first = {n: _first(v) for n, v in arguments.items() if v and v[0] != ""}
        calls.append((name, first))
    loose = category in ("simple_java", "simple_javascript")
    tools = tuple(_tool(function, dict(calls) if loose else None) for function in row["function"])
    turns = row["question"][0]
    messages = tuple(Message(role=turn["role"], content=turn["content"]) for turn in turns)
    return Item(row["id"], category, messages, tools, tuple(key), tuple(calls))


def _first(values: Any) -> Any:
    """Return the first accepted value; inside an object each member has its own list."""
    value = values[0] if values else None
    return _inside(value)


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        members = {k: _first(v) if isinstance(v, list) else _inside(v) for k, v in value.items()}
        return {k: v for k, v in members.items() if v != ""}
    if isinstance(value, list):
        return [_inside(one) for one in value]
    return value


def _tool(function: Mapping[str, Any], truth: Mapping[str, Any] | None) -> dict[str, Any]:
    parameters = _schema(function["parameters"])
    if truth is not None:
        given = truth.get(function["name"], {})
        names = parameters.get("properties", {})
        parameters["properties"] = {n: _loose(given[n]) if n in given else {} for n in names}
    return {
        "name": function["name"],
        "description": function.get("description", ""),
        "parameters": parameters,
    }


def _loose(value: Any) -> dict[str, Any]:
    """Return the type that a value has itself."""
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "boolean"),
        (int, "integer"),
        (float, "number"),
        (str, "string"),
        (list, "array"),
        (dict, "object"),
        (type(None), "null"),
    )
    return next(({"type": name} for kind, name in kinds if isinstance(value, kind)), {})


def fitted(item: Item) -> tuple[tuple[dict[str, Any], ...], bool]:
    """Return tools that the ground truth fits, and whether it fitted the item's own.

    Some answer keys leave out what their schema requires, or give a value outside of its type or
    list: for reading back what was written, the value's own type then stands in for the schema.
    """
    import jsonschema

    truth, made, fits = dict(item.truth), [], True
    for tool in item.tools:
        calls = [arguments for name, arguments in item.truth if name == tool["name"]]
        checker = jsonschema.Draft202012Validator(tool["parameters"])
        if all(checker.is_valid(dict(arguments)) for arguments in calls):
            made.append(tool)
            continue
        fits = False
        given = truth[tool["name"]]
        properties = {name: _loose(value) for name, value in given.items()}
        made.append({**tool, "parameters": {"type": "object", "properties": properties}})
    return tuple(made), fits


def _schema(node: Any) -> Any:
    """Return the schema with the types in JSON schema's own words; `any` says nothing."""
    if isinstance(node, list):
        return [_schema(one) for one in node]
    if not isinstance(node, dict):
        return node
    made: dict[str, Any] = {}
    for name, value in node.items():
        if name == "type" and isinstance(value, str):
            kind = _TYPES.get(value.lower(), value.lower())
            if kind in _KNOWN:
                made[name] = kind
        elif name == "properties" and isinstance(value, dict):
            made[name] = {key: _schema(one) for key, one in value.items()}
        elif name in ("items", "required", "enum", "description"):
            made[name] = _schema(value) if name == "items" else value
    return made


# ---- the benchmark's own comparison


def matches(key: Any, given: Any) -> bool:
    """Compare an argument with the values that the key accepts."""
    if not isinstance(key, Alternatives):
        return _equal(key, given)
    return any(_equal(value, given) for value in key.values)


def _equal(value: Any, given: Any) -> bool:
    if isinstance(value, dict) and isinstance(given, dict):
        members = {name: Alternatives(tuple(v) if isinstance(v, list) else (v,))
                   for name, v in value.items()}  # fmt: skip
        return set(given) <= set(members) and all(
            matches(member, given[name]) if name in given else member.optional
            for name, member in members.items()
        )
    if isinstance(value, list) and isinstance(given, list):
        return len(value) == len(given) and all(map(_equal, value, given))
    if isinstance(value, str) and isinstance(given, str):
        return plain(value) == plain(given)
    if isinstance(value, bool) != isinstance(given, bool):
        return False
    return bool(value == given)


def ast_match(key: Sequence[Expected], called: Sequence[ToolCall]) -> bool:
    """Return whether the calls are those of the key, in any order, and no others."""
    if len(key) != len(called):
        return False
    left = list(called)
    for wanted in key:
        found = next((call for call in left if _fits(wanted, call)), None)
        if found is None:
            return False
        left.remove(found)
    return True


def _fits(wanted: Expected, call: ToolCall) -> bool:
    if call.name != wanted.name or not set(call.arguments) <= set(wanted.arguments):
        return False
    return all(
        matches(value, call.arguments[name]) if name in call.arguments else value.optional
        for name, value in wanted.arguments.items()
    )


# ---- the self-test of the parser


def parses_back(item: Item, form: str, seed: int) -> bool:
    """Write the ground truth in this form, stream it in random pieces, and read it back."""
    text, rng = FORMS[form](item.truth), random.Random(f"{item.id}:{form}:{seed}")
    parser = Parser(fitted(item)[0])
    events, start = [], 0
    while start < len(text):
        size = rng.randint(1, 9)
        events += parser.feed(text[start : start + size])
        start += size
    events += parser.close()
    found = [(e.name, e.arguments) for e in events if isinstance(e, ToolCall)]
    spoken = "".join(getattr(e, "text", "") for e in events)
    return found == [(name, dict(args)) for name, args in item.truth] and not spoken.strip()
