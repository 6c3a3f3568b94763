"""What a tool is, what it is given and what it returns; and the chat model it may ask.

Knows nothing of the graph: tools reach upward only through the functions in their `ToolContext`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from inspect import Parameter, getdoc, signature
from typing import Any, Literal, Protocol, get_type_hints

from sessions.records import Lang, Message, Question

ToolKind = Literal["record", "need"]
"""`record` runs after the speech and never delays it; `need` ends the stream for one round."""


class ToolError(Exception):
    """A tool could not do its work; the message goes to the model as the tool's result."""


class ModelError(Exception):
    """A model could not reply; the turn goes on with the embedded interviewer."""


class ChatModel(Protocol):
    """Messages in, pieces of text out."""

    @property
    def name(self) -> str:
        """What the ledger and the report call this model."""
        ...

    def stream(self, messages: Sequence[Message]) -> AsyncIterator[str]:
        """Yield the reply in pieces of any size; raise ModelError when the model fails."""
        ...


@dataclass(frozen=True)
class ToolCall:
    """A request for a tool, after parsing and validation."""

    name: str
    arguments: dict[str, Any]
    repairs: int = 0
    """How many repairs the parser made to read it."""


@dataclass(frozen=True)
class ToolResult:
    """What came of a call; `ok` False means `content` says what was wrong and what to do."""

    name: str
    ok: bool
    content: Mapping[str, Any]


@dataclass(frozen=True)
class ToolContext:
    """The world as a tool may see it: the turn under way, and functions that reach further."""

    session: str
    turn: str
    lang: Lang
    question: Question | None
    answer: str
    """All of the candidate's words on the question so far, as typed or heard."""
    now: Callable[[], datetime]
    find_question: Callable[[str], Question | None]
    search: Callable[[str, int], Awaitable[list[dict[str, Any]]]]
    recall: Callable[[str, int], Awaitable[list[dict[str, Any]]]]
    model: ChatModel | None = None
    """The grading model when one is configured."""
    prepared: Mapping[str, Any] = field(default_factory=dict)
    """Results that code computed before the model was asked, by tool name."""


@dataclass(frozen=True)
class Tool:
    """One row of the table of tools."""

    name: str
    kind: ToolKind
    run: Callable[..., Awaitable[Mapping[str, Any]]]
    description: str
    parameters: Mapping[str, Any]
    """JSON schema of the arguments."""
    timeout_s: float = 20.0


_JSON_TYPES: Mapping[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


def make_tool(
    kind: ToolKind, run: Callable[..., Awaitable[Mapping[str, Any]]], timeout_s: float = 20.0
) -> Tool:
    """Make a row of the table from an async function: its name, docstring and type hints.

    The first parameter is the context; parameters with a default are optional.

    Raises:
        TypeError: A parameter has a type that JSON schema has no plain word for.
    """
    hints = get_type_hints(run)
    properties: dict[str, Any] = {}
    required: list[str] = []
    for parameter in list(signature(run).parameters.values())[1:]:
        hint = hints[parameter.name]
        if hint in (list[str], Sequence[str]):
            schema: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
        elif hint in _JSON_TYPES:
            schema = {"type": _JSON_TYPES[hint]}
        else:
            raise TypeError(f"{run.__name__}: parameter {parameter.name} has type {hint!r}")
        properties[parameter.name] = schema
        if parameter.default is Parameter.empty:
            required.append(parameter.name)
    return Tool(
        name=run.__name__,
        kind=kind,
        run=run,
        description=getdoc(run) or "",
        parameters={"type": "object", "properties": properties, "required": required},
        timeout_s=timeout_s,
    )
