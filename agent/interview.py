"""What one running interview has at hand: LangGraph's runtime context, never checkpointed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from agent.plan import Format, Stage
from agent.selection import Pool
from agent.state import InterviewState
from sessions.journal import Journal
from sessions.records import Grade, Lang, Question, TextMemory
from sessions.mastery import GradedAnswer
from tools.base import ChatModel
from tools.grading.evidence import AnswerText
from tools.knowledge.bank import Bank


class Grader(Protocol):
    """Grades all answers given to one question so far."""

    def grade(self, question: Question, answers: Sequence[AnswerText], lang: Lang) -> Grade:
        """Grade with everything the grader has; may take half a second."""
        ...

    def quick(self, question: Question, answers: Sequence[AnswerText], lang: Lang) -> Grade:
        """Grade without embeddings, for the critical path."""
        ...


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
    grader: Grader
    now: Callable[[], datetime]
    pool: Pool
    past_answers: Sequence[GradedAnswer] = ()
    memories: Sequence[TextMemory] = ()
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
