"""The grade of record of a question: made once its talk is over, off the critical path."""

from __future__ import annotations

import asyncio

from agent.interview import Interview
from agent.nodes.understand import answers_of, is_graded, ungraded
from agent.state import About


async def record_grade(interview: Interview, talk: About) -> None:
    """Grade all answers of a talk and record the result once."""
    journal, question = interview.journal, interview.question(talk["question"])
    if question is None or not is_graded(question):
        return
    key = f"grade:{talk['question']}:{len(talk['turns'])}:{int(talk['returned'])}"
    if journal.find(key) is not None:
        return
    answers = answers_of(interview, talk["turns"])
    if not answers:
        grade = ungraded(question, "no answer was given")
    else:
        try:
            grade = await asyncio.to_thread(
                interview.final_grader, question, answers, interview.lang
            )
        except Exception as error:  # a grader's bug must not end the interview; the report says so
            grade = ungraded(question, f"the grader failed: {type(error).__name__}: {error}")
    body = {
        "question": talk["question"],
        "grade": grade,
        "turns": talk["turns"],
        "hints": talk["hints"],
        "told": talk["told"],
        "prompted": sorted(set(talk["aimed"])),
        "asked": talk["asked"],
    }
    journal.record("grade", body, key)
