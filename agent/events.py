"""What a face can receive while a turn runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sessions.records import Move


@dataclass(frozen=True)
class Said:
    """A whole sentence of the interviewer, fit to show or speak."""

    text: str


@dataclass(frozen=True)
class Asked:
    """The move that this turn makes, before its first sentence."""

    move: Move
    question: str
    why: tuple[str, ...]


@dataclass(frozen=True)
class StageChanged:
    """A new stage began."""

    stage: str
    title: str
    minutes: float


@dataclass(frozen=True)
class Notice:
    """One calm line about something that did not go as planned: `code` names it, `detail` says."""

    code: str
    detail: str


@dataclass(frozen=True)
class ToolFinished:
    """A tool call was run, refused or failed."""

    name: str
    ok: bool


@dataclass(frozen=True)
class CodeRan:
    """The candidate's code was run: verdict, tests and times, hidden inputs left out."""

    run: Mapping[str, Any]


@dataclass(frozen=True)
class TurnDone:
    """The floor is the candidate's again."""

    turn: str


@dataclass(frozen=True)
class Closed:
    """The interview is over."""

    reason: str


Event = Said | Asked | StageChanged | Notice | ToolFinished | CodeRan | TurnDone | Closed
