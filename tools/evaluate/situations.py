"""Labelled situations: what is said in which state, and the calls that are right for it."""

from __future__ import annotations

import ast
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from prompts import render
from sessions.records import Lang, Message
from tools.catalogue import render_tools
from tools.neutralise import neutralise

_FILE = Path(__file__).with_name("situations.toml")

_NAMES = {
    "q": "question_id",
    "next": "next_question_id",
    "missed": "missed_key_points",
    "hints": "hints_given",
    "end": "interview_may_end",
    "code": "code_language",
}


@dataclass(frozen=True)
class AnyOf:
    """Accepts an argument that contains one of these words, case aside."""

    words: tuple[str, ...]


@dataclass(frozen=True)
class Expected:
    """A call that is right; arguments that are not named are free."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Situation:
    """One labelled situation."""

    id: str
    kind: str
    lang: Lang
    state: Mapping[str, Any]
    said: str
    expected: tuple[Expected, ...]
    style: str = "written"


@cache
def load_situations() -> tuple[Situation, ...]:
    """Return all situations, by kind.

    Raises:
        ValueError: A row's calls cannot be read.
    """
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(
        Situation(
            id=f"{kind}-{number:02d}",
            kind=kind,
            lang=lang,
            state=state,
            said=said,
            expected=tuple(read_call(text) for text in calls),
            style="misheard" if kind == "misheard" else "written",
        )
        for kind, table in tables.items()
        for number, (lang, state, said, calls) in enumerate(table["rows"], 1)
    )


def read_call(text: str) -> Expected:
    """Read a call written like Python.

    Raises:
        ValueError: It is none, or an argument is no constant and no any(...).
    """
    try:
        call = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"not a call: {text!r}") from error
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.args:
        raise ValueError(f"not a call with named arguments: {text!r}")
    pairs = {keyword.arg or "": _value(keyword.value) for keyword in call.keywords}
    return Expected(call.func.id, pairs)


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "any":
        return AnyOf(tuple(str(ast.literal_eval(one)) for one in node.args))
    return ast.literal_eval(node)


def messages_for(situation: Situation, tools: Sequence[Mapping[str, Any]]) -> list[Message]:
    """Return what the model is asked: the tools, when to use them, the state and the words."""
    lang = situation.lang
    head = render("evaluate_tools", lang, tools=render_tools(tools, lang))
    state = {_NAMES[key]: value for key, value in situation.state.items()}
    said = neutralise(situation.said).text
    body = f"<state>\n{json.dumps(state)}\n</state>\n<candidate>\n{said}\n</candidate>"
    return [Message(role="system", content=head), Message(role="user", content=body)]
