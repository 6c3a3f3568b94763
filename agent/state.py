"""What a checkpoint holds: ids, counters and the decision under way; never words, clients or audio.

The transcript, grades and model texts live in the ledger. Everything here is plain JSON.
"""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from sessions.records import Intent, Move

STATE_VERSION = 1


class About(TypedDict):
    """Counters of the talk about the question now under discussion."""

    question: str
    follow_ups: int
    """Moves of the follow-up kind spent on it."""
    depth: dict[str, int]
    """Follow-ups that went deeper, by key point."""
    aim: str
    """Key point that the last move aimed at; empty after the question itself."""
    aimed: list[str]
    """Key points that a follow-up, hint or challenge has asked about."""
    challenged: list[str]
    """Key points whose false statement has been challenged."""
    hints: int
    """Rungs of the hint ladder given: 0 to 3."""
    help_from: dict[str, int]
    """How many answers had been given when help first bore on a key point; "" for all."""
    stepped_down: int
    rephrased: int
    paraphrased: bool
    told: bool
    """The answer was revealed."""
    stuck: int
    """Turns in a row without anything new."""
    asked: list[str]
    """Follow-up texts already used on this question."""
    turns: list[str]
    """Ids of the candidate's answers on it."""
    verdicts: dict[str, str]
    """What the answers so far did with each key point."""
    code: str
    """Verdict of the last code run on it; empty before any."""
    gained: list[str]
    """Key points that the last answer covered, or half covered, for the first time."""
    returned: bool
    """The talk came back to it after it had been left."""


class Decision(TypedDict):
    """What the interviewer does next, decided by code before any model is asked."""

    move: Move
    before: Move | Literal[""]
    """A first act in the same turn: let_go, transition, encourage, reveal, or nothing."""
    question: str
    """Id of the question the move is about."""
    key_point: str
    text: str
    """Seed of what to ask: a follow-up, hint or counter-example; empty when the move has none."""
    leaves: str
    """Id of the question that is left with this move; empty when none is."""
    why: list[str]


class InterviewState(TypedDict, total=False):
    """One interview's checkpoint."""

    version: int
    session: str
    turn: str
    """Id of the candidate turn under way; empty before the first."""
    intent: Intent
    stage: int
    stage_started: str
    """UTC time, ISO 8601."""
    stage_questions: int
    asked: list[str]
    """Ids of the questions asked, in order."""
    about: About
    left: About
    """Counters of the question that the decision leaves."""
    decision: Decision
    round: int
    """Model rounds spent on this turn."""
    results: list[dict[str, object]]
    """Results of need tools for the next round of this turn."""
    unknown_run: int
    """Questions in a row that the candidate could not answer at all."""
    misunderstood: int
    returns: int
    ending: bool
    """The candidate asked to end and was asked to confirm."""
    waited: bool
    """The last turn was a request for time."""
    closed: str
    """Reason the interview ended; empty while it runs."""


def about(question: str, *, returned: bool = False) -> About:
    """Return fresh counters for a question."""
    return About(
        question=question,
        follow_ups=0,
        depth={},
        aim="",
        aimed=[],
        challenged=[],
        hints=0,
        help_from={},
        stepped_down=0,
        rephrased=0,
        paraphrased=False,
        told=False,
        stuck=0,
        asked=[],
        turns=[],
        verdicts={},
        code="",
        gained=[],
        returned=returned,
    )


def fresh_state(session: str, now: str) -> InterviewState:
    """Return the state of an interview that has not begun."""
    return InterviewState(
        version=STATE_VERSION,
        session=session,
        turn="",
        intent="small_talk",
        stage=-1,
        stage_started=now,
        stage_questions=0,
        asked=[],
        about=about(""),
        left=about(""),
        round=0,
        results=[],
        unknown_run=0,
        misunderstood=0,
        returns=0,
        ending=False,
        waited=False,
        closed="",
    )
