"""What the voice loop tells a face: one small record for each thing that can happen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

State = Literal["listening", "thinking", "speaking"]


@dataclass(frozen=True)
class StateChanged:
    """Who has the floor now."""

    state: State


@dataclass(frozen=True)
class Partial:
    """The candidate's words so far."""

    text: str


@dataclass(frozen=True)
class TurnTaken:
    """The candidate's turn was taken, for now."""

    text: str
    waited_s: float
    """From the last sound to the decision."""
    why: str


@dataclass(frozen=True)
class TurnReopened:
    """The candidate went on before the interviewer was heard: the turn is open again."""


@dataclass(frozen=True)
class Saying:
    """Words of the interviewer, when they become known."""

    text: str


@dataclass(frozen=True)
class Interrupted:
    """The candidate spoke over the interviewer; `unsaid` was not heard."""

    unsaid: str


@dataclass(frozen=True)
class FalseAlarm:
    """A cough or a hum: the interviewer goes on at the clause."""


@dataclass(frozen=True)
class Nudged:
    """A long silence got its one encouragement."""


@dataclass(frozen=True)
class Level:
    """How loud the microphone is, in dB below full scale."""

    db: float
    clipping: bool


@dataclass(frozen=True)
class Trouble:
    """A speech part failed; the interview goes on without it."""

    message: str


@dataclass(frozen=True)
class Passed:
    """An event of the interviewer that is only shown."""

    event: Any


Signal = (
    StateChanged
    | Partial
    | TurnTaken
    | TurnReopened
    | Saying
    | Interrupted
    | FalseAlarm
    | Nudged
    | Level
    | Trouble
    | Passed
)
