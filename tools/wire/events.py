"""What leaves the parser: speech, thoughts and calls that cannot be made."""

from __future__ import annotations

from dataclasses import dataclass

from tools.base import ToolCall


@dataclass(frozen=True, slots=True)
class Speech:
    """Words for the candidate, safe to show and to speak."""

    text: str


@dataclass(frozen=True, slots=True)
class Thought:
    """Hidden words of the model."""

    text: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """A call that cannot be made; `reason` is worded for the model that wrote it."""

    reason: str
    raw: str


Event = Speech | Thought | ToolCall | Malformed
