"""The store of bad cases: replies that went wrong, kept with their cause, and read again later.

A reply is stored as the model wrote it, so that a better parser or a new rule of repair is tried on
it without asking the model again. One JSON line a case; a case met twice is stored once.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from typing_extensions import TypedDict

from tools.base import ToolCall
from tools.evaluate.score import Outcome, Score, add, pair, read_reply
from tools.evaluate.situations import Situation

Cause = Literal["missed_call", "false_call", "wrong_tool", "wrong_argument", "malformed"]
_FILE = Path(__file__).with_name("repairs.toml")


class BadCase(TypedDict):
    """One reply that was not an exact match."""

    key: str
    situation: str
    model: str
    reply: str
    cause: Cause
    called: list[dict[str, Any]]


def cause_of(outcome: Outcome) -> Cause:
    """Return why the outcome is no exact match: the first cause that explains it."""
    _, missed, surplus = pair(outcome)
    if outcome.malformed and len(missed) >= len(surplus):
        return "malformed"
    if missed and surplus:
        return "wrong_tool"
    if missed:
        return "missed_call"
    return "false_call" if surplus else "wrong_argument"


def bad_case(outcome: Outcome, model: str, reply: str) -> BadCase:
    """Return the record of an outcome that was not exact."""
    text = json.dumps([outcome.id, model, reply], ensure_ascii=False)
    return BadCase(
        key=hashlib.sha256(text.encode()).hexdigest()[:16],
        situation=outcome.id,
        model=model,
        reply=reply,
        cause=cause_of(outcome),
        called=[{"name": c.name, "arguments": c.arguments} for c in outcome.called],
    )


def store(path: Path, cases: Iterable[BadCase]) -> int:
    """Append the cases that are not stored yet; return how many there were."""
    known = {case["key"] for case in load(path)}
    fresh = [case for case in cases if case["key"] not in known]
    if fresh:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(case, ensure_ascii=False) + "\n" for case in fresh)
    return len(fresh)


def load(path: Path) -> list[BadCase]:
    """Return the stored cases; a line that a crash cut short is left out."""
    if not path.exists():
        return []
    cases: list[BadCase] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            cases.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return cases


# ---- repair by rules


@cache
def _rules() -> Mapping[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def repaired(call: ToolCall, tools: Mapping[str, Mapping[str, Any]]) -> ToolCall:
    """Return the call with the names of tool, arguments and things put right by rule."""
    rules = _rules()
    name = rules["tools"].get(call.name.casefold(), call.name)
    schema = tools.get(name, {}).get("parameters", {})
    known = schema.get("properties", {})
    arguments: dict[str, Any] = {}
    for key, value in call.arguments.items():
        target = key if key in known else rules["arguments"].get(key.casefold(), key)
        text = rules["values"].get(value.casefold(), value) if isinstance(value, str) else value
        arguments.setdefault(target, text)
    return replace(call, name=name, arguments=arguments)


def replay(
    cases: Sequence[BadCase],
    situations: Sequence[Situation],
    tools: Sequence[Mapping[str, Any]],
    *,
    rules: bool = True,
) -> tuple[Score, list[str]]:
    """Read the stored replies again with today's parser and rules; return score and mended keys."""
    by_id = {situation.id: situation for situation in situations}
    by_name = {str(tool["name"]): tool for tool in tools}
    score, mended = Score(), []
    for case in cases:
        situation = by_id.get(case["situation"])
        if situation is None:
            continue
        outcome = outcome_of(situation, case["reply"], tools)
        if rules and (outcome.malformed or case["cause"] in ("wrong_tool", "malformed")):
            # Without schemas: what the validation refused is just what the rules may put right.
            calls, broken, repairs = read_reply(case["reply"], None)
            calls = [repaired(call, by_name) for call in calls]
            outcome = replace(outcome, called=tuple(calls), malformed=broken, repairs=repairs)
        if add(score, outcome):
            mended.append(case["key"])
    return score, mended


def outcome_of(situation: Situation, reply: str, tools: Sequence[Mapping[str, Any]]) -> Outcome:
    """Return what came of a situation when this was the reply."""
    calls, malformed, repairs = read_reply(reply, tools)
    return Outcome(
        id=situation.id,
        kind=situation.kind,
        expected=situation.expected,
        called=tuple(calls),
        malformed=malformed,
        repairs=repairs,
    )
