"""The situation that a move is decided in, and how a decision about it is written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.plan import Stage
from agent.state import About, Decision
from sessions.records import FollowUpCandidate, Grade, Intent, Lang, Move, Question


@dataclass(frozen=True)
class Situation:
    """All that a decision may depend on."""

    intent: Intent
    text: str
    """The candidate's turn; only ever matched as a whole, never searched for commands."""
    question: Question
    about: About
    stage: Stage
    lang: Lang
    grade: Grade | None
    gained: tuple[str, ...]
    """Key points that this turn covered or half covered for the first time."""
    follow_ups: Sequence[FollowUpCandidate]
    time_up: bool
    unknown_run: int
    ending: bool
    waited: bool
    """The turn before was a request for time as well."""
    turns: int
    """Candidate turns so far: varies what is otherwise even."""
    contradiction: str = ""
    """What to ask where this turn does not fit an earlier claim; empty when it does."""
    run: Mapping[str, Any] | None = None
    """What became of the code in this turn, when it brought some."""
    code: str = ""
    """The code submitted last on this question."""
    growth: Mapping[str, Any] | None = None
    """How the time of that code was measured to grow; None until it was."""
    claim: str = ""
    """The time complexity that the candidate claimed last."""


Rule = Callable[[Situation], Decision | None]
"""Says what to do, or nothing and leaves it to the next rule."""


def act(
    situation: Situation,
    move: Move,
    *,
    why: str,
    key_point: str = "",
    text: str = "",
    leaves: bool = False,
) -> Decision:
    """Return a decision about the question under discussion."""
    question = situation.question["id"]
    return Decision(
        move=move,
        before="",
        question=question,
        key_point=key_point,
        text=text,
        leaves=question if leaves else "",
        why=[why],
    )


def leave(situation: Situation, why: str, before: Move | None = None) -> Decision:
    """Return the decision to ask something else, perhaps after a first act."""
    decision = act(situation, "ask", why=why, leaves=True)
    if before is not None:
        decision["before"] = before
    return decision
