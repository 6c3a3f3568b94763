"""The tool that holds an answer against its question's rubric."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sessions.records import Grade
from tools.base import ToolContext, ToolError
from tools.grading.embedded import EmbeddedGrader
from tools.grading.evidence import AnswerText


@cache
def shared_grader() -> EmbeddedGrader:
    """Return the one embedded grader of this process; it keeps the questions it has met ready."""
    return EmbeddedGrader()


async def grade_answer(ctx: ToolContext, question_id: str, answer: str = "") -> Mapping[str, Any]:
    """Grade the candidate's answer to a question against its rubric and record the grade.

    Call it once when the candidate has finished answering. Give the question's id. Leave `answer`
    empty: all of the candidate's words on the question are taken from the transcript; a text given
    here is used only where the transcript has none. The result says which key points were covered,
    partial, missed or wrong. Never tell the candidate a score or a key point that was missed.
    """
    question = ctx.find_question(question_id)
    if question is None and ctx.question is not None and ctx.question["id"] == question_id:
        question = ctx.question
    if question is None:
        raise ToolError(f"no question {question_id!r}: use the id on the question's card")
    prepared = ctx.prepared.get("grade_answer")
    if isinstance(prepared, Mapping) and prepared.get("question") == question_id:
        return dict(prepared)
    said = ctx.answer or answer
    if not said.strip():
        raise ToolError("the candidate has not answered yet: wait for an answer, then call again")
    grade: Grade = shared_grader().grade(question, [AnswerText(ctx.turn, said)], ctx.lang)
    return dict(grade)
