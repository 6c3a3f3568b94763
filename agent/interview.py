"""What one running interview has at hand: LangGraph's runtime context, never checkpointed."""

from __future__ import annotations

from asyncio import Lock
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agent.model_grading.grader import JsonModel
from agent.past import Past
from agent.plan import Format, Stage
from agent.question_pool import Pool
from agent.state import InterviewState
from sessions.journal import Journal
from sessions.records import Grade, Lang, Question
from tools.base import ChatModel
from tools.grading.evidence import AnswerText
from tools.knowledge.bank import Bank

GradeAnswers = Callable[[Question, Sequence[AnswerText], Lang], Grade]
"""Grades all answers given to one question so far."""

GradeForRecord = Callable[[Question, Sequence[AnswerText], Lang], Awaitable[Grade]]
"""Grades all answers given to one question, once and for the record; may wait for a model."""


def run_nowhere(work: Coroutine[Any, Any, None]) -> None:
    """Drop the work: what stands in the ledger is caught up with at the close."""
    work.close()


@dataclass(frozen=True)
class Interview:
    """Ids, settings and open parts of one interview."""

    journal: Journal
    candidate: str
    lang: Lang
    format: Format
    practice: bool
    bank: Bank
    stage_bank: Bank
    """The shipped bank: opening and closing questions come from it whatever bank is chosen."""
    topics: tuple[str, ...]
    """Topics the candidate asked for; empty means all."""
    job: str
    speaker: ChatModel
    fallback: ChatModel
    draft_grader: GradeAnswers
    """For the critical path: fast, steers the moves, is not kept as the result."""
    final_grader: GradeForRecord
    """For the record, off the critical path."""
    memory_model: JsonModel | None
    """Proposes at the close what to remember; rules do it when None."""
    now: Callable[[], datetime]
    pool: Pool
    search: Callable[[str, int], Sequence[Question]]
    """Finds questions of the bank by words."""
    past: Past = field(default_factory=Past)
    background: Callable[[Coroutine[Any, Any, None]], None] = run_nowhere
    """Runs work beside the interview; the open interviewer sets it."""
    grading: dict[str, Lock] = field(default_factory=dict)
    """One lock for each grade that is being made: the close waits for it and asks nobody twice."""
    topic_titles: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0

    def question(self, question_id: str) -> Question | None:
        """Return a question: the copy in the ledger first, then the banks."""
        return (
            self.journal.question(question_id)
            or self.bank.get(question_id)
            or self.stage_bank.get(question_id)
        )

    def stage(self, state: InterviewState) -> Stage:
        """Return the stage under way."""
        return self.format.stages[max(state["stage"], 0)]

    def stage_seconds(self, state: InterviewState) -> float:
        """Return how long the stage has run."""
        return (self.now() - datetime.fromisoformat(state["stage_started"])).total_seconds()
