"""The grade of record of a question: made once its talk is over, while the interview goes on.

That a question was left is in the ledger before anything is graded, so a grade that a crash or a
pause prevented is made when the interview closes.
"""

from __future__ import annotations

import asyncio
from typing import Any

from agent.code_growth import claim_of
from agent.coding import grade_code, last_run
from agent.counting import help_before
from agent.interview import Interview
from agent.nodes.understand import answers_of, is_graded, ungraded
from agent.state import About
from sessions.records import Grade, Question


def leave_question(interview: Interview, talk: About) -> None:
    """Record that a question was left, and have it graded beside the interview."""
    key = f"left:{talk['question']}:{len(talk['turns'])}:{int(talk['returned'])}"
    interview.journal.record("left", {"question": talk["question"], "talk": talk}, key)
    interview.background(record_grade(interview, talk))


async def record_missing_grades(interview: Interview) -> None:
    """Grade what was left and has no grade yet; what has one is not graded again."""
    talks: dict[str, list[About]] = {}
    for event in interview.journal.events(["left"]):
        talks.setdefault(event["body"]["question"], []).append(event["body"]["talk"])

    async def in_order(same: list[About]) -> None:  # of one question, the newest grade stands
        for talk in same:
            await record_grade(interview, talk)

    await asyncio.gather(*(in_order(same) for same in talks.values()))


async def record_grade(interview: Interview, talk: About) -> None:
    """Grade all answers of a talk and record the result once."""
    journal, question = interview.journal, interview.question(talk["question"])
    if question is None or not is_graded(question):
        return
    key = f"grade:{talk['question']}:{len(talk['turns'])}:{int(talk['returned'])}"
    async with interview.grading.setdefault(key, asyncio.Lock()):
        if journal.find(key) is None:
            journal.record("grade", await _body(interview, question, talk), key)


async def _body(interview: Interview, question: Question, talk: About) -> dict[str, Any]:
    """Return what is recorded of a grade: the grade itself, and what help went before it."""
    answers = answers_of(interview, talk["turns"])
    if not answers:
        grade = ungraded(question, "no answer was given")
    else:
        try:
            grade = await interview.final_grader(question, answers, interview.lang)
        except Exception as error:  # a grader's bug must not end the interview; the report says so
            grade = ungraded(question, f"the grader failed: {type(error).__name__}: {error}")
    if question["kind"] == "code":
        grade = _with_code(interview, question, grade, talk["turns"])
    return {
        "question": talk["question"],
        "grade": grade,
        "turns": talk["turns"],
        "asked": talk["asked"],
        **help_before(talk, grade),
    }


def _with_code(interview: Interview, question: Question, talk: Grade, turns: list[str]) -> Grade:
    """Put the best run's verdict beside what was said."""
    runs = [e["body"] for e in interview.journal.events(["code_run"])]
    best = last_run([run for run in runs if run["question"] == question["id"]])
    if best is None:
        return talk
    graded = talk if talk["status"] == "graded" else None
    turn = interview.journal.turn(best["turn"])
    claim = claim_of(interview, question, turns, best["turn"])
    return grade_code(question, graded, best["run"], turn, claim) or talk
