"""The markers by which models of different families set calls and thoughts apart from speech.

A table only: where a call ends and what it says is decided in `tools.wire`. The forms are those
published in the chat templates of Qwen and Hermes, Mistral, Llama 3, DeepSeek V3 and V3.1, and
Qwen3-Coder.
"""

from __future__ import annotations

import re
from enum import Enum, auto


class Kind(Enum):
    """What a marker does."""

    THINK = auto()
    THINK_END = auto()
    CALL = auto()
    CALLS = auto()
    CALL_END = auto()
    MISTRAL = auto()
    ARGS = auto()
    CALL_ID = auto()
    PYTHON = auto()
    FUNCTION = auto()
    FUNCTION_END = auto()
    PARAMETER = auto()
    PARAMETER_END = auto()
    SECTION = auto()
    SECTION_CALL = auto()
    SECTION_SEP = auto()
    SECTION_CALL_END = auto()
    SECTION_END = auto()
    TURN_END = auto()
    BARE = auto()
    """Not a marker: a message that begins with a call as a plain object."""


OPENERS = frozenset(
    {
        Kind.CALL,
        Kind.CALLS,
        Kind.MISTRAL,
        Kind.PYTHON,
        Kind.FUNCTION,
        Kind.SECTION,
        Kind.SECTION_CALL,
    }
)
"""Markers after which a call is expected."""

ENDS = frozenset(
    {
        Kind.CALL_END,
        Kind.SECTION_CALL_END,
        Kind.SECTION_END,
        Kind.TURN_END,
    }
)
"""Markers that say that a call is over."""

TURN_ENDS = (
    "<|im_end|>",
    "<|eom_id|>",
    "<|eot_id|>",
    "<|end_of_text|>",
    "<|endoftext|>",
    "<|end|>",
    "</s>",
    "<end_of_turn>",
    "<｜end▁of▁sentence｜>",
)


def _deepseek() -> dict[str, Kind]:
    """DeepSeek's markers; servers also send them with plain bars and underscores."""
    words = {
        "tool calls begin": Kind.SECTION,
        "tool call begin": Kind.SECTION_CALL,
        "tool sep": Kind.SECTION_SEP,
        "tool call end": Kind.SECTION_CALL_END,
        "tool calls end": Kind.SECTION_END,
    }
    return {
        f"<{bar}{word.replace(' ', gap)}{bar}>": kind
        for word, kind in words.items()
        for bar in "｜|"
        for gap in "▁_"
    }


MARKERS: dict[str, Kind] = {
    "<think>": Kind.THINK,
    "</think>": Kind.THINK_END,
    "[THINK]": Kind.THINK,
    "[/THINK]": Kind.THINK_END,
    "<tool_call>": Kind.CALL,
    "<tool_calls>": Kind.CALLS,
    "</tool_call>": Kind.CALL_END,
    "</tool_calls>": Kind.CALL_END,
    "[TOOL_CALLS]": Kind.MISTRAL,
    "[/TOOL_CALLS]": Kind.CALL_END,
    "[ARGS]": Kind.ARGS,
    "[CALL_ID]": Kind.CALL_ID,
    "<|python_tag|>": Kind.PYTHON,
    "</function>": Kind.FUNCTION_END,
    "</parameter>": Kind.PARAMETER_END,
    **_deepseek(),
    **dict.fromkeys(TURN_ENDS, Kind.TURN_END),
}
"""Markers that are always spelt the same."""

_NAMED = {"<function=": Kind.FUNCTION, "<parameter=": Kind.PARAMETER}

MARKER = re.compile(
    "|".join(map(re.escape, sorted(MARKERS, key=len, reverse=True)))
    + r"|<(?:function|parameter)= ?[^\s<>]{1,64} ?>"
)
"""One whole marker."""

_BEGUN_NAMED = re.compile(r"<(?:function|parameter)= ?[^\s<>]{0,64} ?")

_PREFIXES = frozenset(
    marker[:size] for marker in [*MARKERS, *_NAMED] for size in range(1, len(marker) + 1)
)


def _cut_short(markers: list[str]) -> str:
    """Return a pattern for what one of these markers begins with, up to the end of the text."""
    branches: dict[str, list[str]] = {}
    for marker in markers:
        if marker:
            branches.setdefault(marker[0], []).append(marker[1:])
    options = [re.escape(char) + _cut_short(rest) for char, rest in branches.items()]
    options.append("(?!)" if "" in markers else r"\Z")
    return f"(?:{'|'.join(options)})"


NOTED = re.compile(
    "[`\\n]|"
    + MARKER.pattern
    + "|(<"
    + _cut_short([m[1:] for m in [*MARKERS, *_NAMED] if m[0] == "<"])
    + r"|<(?:function|parameter)= ?[^\s<>]{0,64} ?\Z"
    + r"|\["
    + _cut_short([m[1:] for m in MARKERS if m[0] == "["])
    + ")"
)
"""A place in speech that needs a look: the first group matches a marker cut short by the text's
end, all else is a whole marker, a backtick or a line's end."""

LONGEST = max(len("<parameter=") + 67, *map(len, MARKERS))
"""Characters in the longest marker."""

PLAIN_PREFIX = 6
"""From so many characters on, a marker cut off by the end of the stream is surely one: `<tool_`
and `<think` are words that prose does not hold, `<to` is not."""


def kind_of(marker: str) -> Kind:
    """Return what a whole marker does."""
    return MARKERS.get(marker) or _NAMED[marker[: marker.index("=") + 1]]


def name_in(marker: str) -> str:
    """Return the name that a `<function=…>` or `<parameter=…>` carries."""
    return marker[marker.index("=") + 1 : -1].strip().strip("\"'")


def may_grow(text: str) -> bool:
    """Return whether more characters could make a marker of this text."""
    return text in _PREFIXES or _BEGUN_NAMED.fullmatch(text) is not None


def begun(text: str, least: int = PLAIN_PREFIX) -> Kind | None:
    """Return the kind of marker that a text cut off by the end of the stream surely begins."""
    if len(text) < least or not may_grow(text):
        return None
    for opening, kind in _NAMED.items():
        if text.startswith(opening):
            return kind
    return next((kind for marker, kind in MARKERS.items() if marker.startswith(text)), None)
