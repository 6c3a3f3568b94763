"""Recognise what the turn is meant to do and hold an answer against the rubric, quickly."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from agent.code_growth import measure_beside
from agent.code_words import CODE_WORDS
from agent.coding import CODE_POINT, has_code, run_turn, without_code
from agent.contradictions import note_claims
from agent.events import CodeRan
from agent.intents import recognise
from agent.interview import Interview
from agent.state import About, InterviewState
from sessions.records import Grade, Question, Turn
from tools.grading.evidence import AnswerText

_WORTH = {"missed": 0, "not_graded": 0, "wrong": 0, "partial": 1, "covered": 2}


async def understand(state: InterviewState, runtime: Runtime[Interview]) -> dict[str, Any]:
    """Return the intent, and the counters of the question after this answer."""
    interview, journal = runtime.context, runtime.context.journal
    turn = journal.turn(state["turn"])
    intent = recognise(turn["text"])
    about = state["about"]
    question = interview.question(about["question"])
    journal.record("understood", {"turn": turn["id"], "intent": intent}, f"understood:{turn['id']}")
    if intent != "answer" or question is None:
        return {"intent": intent, "about": {**about, "gained": []}}
    about = {**about, "turns": [*about["turns"], turn["id"]]}
    if question["kind"] == "code" and has_code(turn["text"]):
        ran = await _run_code(interview, question, about, turn, runtime)
        if ran is not None:
            return {"intent": intent, "about": ran}
    if is_graded(question):
        grade = journal.draft_grade(turn["id"]) or _grade(interview, question, about, turn)
        about = _with_grade(about, grade)
    note_claims(interview, turn, question, about, journal.draft_grade(turn["id"]))
    return {"intent": intent, "about": about}


async def _run_code(
    interview: Interview, question: Question, about: About, turn: Turn, runtime: Any
) -> About | None:
    """Run the code of this turn once and note its verdict; None for agreed pseudocode."""
    key = f"code:{turn['id']}"
    stored = interview.journal.find(key)
    if stored is None:
        run = await run_turn(question, turn["text"], submit=True)
        if run["verdict"] == "CE" and CODE_WORDS[interview.lang]["pseudocode"] in about["asked"]:
            return None
        stored = {"turn": turn["id"], "question": question["id"], "run": run}
        interview.journal.record("code_run", stored, key)
    verdict = stored["run"]["verdict"]
    runtime.stream_writer(CodeRan(stored["run"]))
    measure_beside(interview, question, turn, verdict)
    passed = verdict == "AC"
    return {
        **about,
        "gained": [CODE_POINT] if passed else [],
        "code": verdict,
        "stuck": 0 if passed else about["stuck"] + 1,
    }


def is_graded(question: Question) -> bool:
    """Return whether answers to it are held against a rubric."""
    return bool(question["key_points"]) and question["kind"] != "reverse"


def answers_of(interview: Interview, turn_ids: list[str]) -> list[AnswerText]:
    """Return the candidate's turns as the grader reads them."""
    turns = [interview.journal.turn(turn_id) for turn_id in turn_ids]
    coded = {t["id"] for t in turns if interview.journal.find(f"code:{t['id']}") is not None}
    return [
        AnswerText(
            turn=turn["id"],
            raw=without_code(turn["text"]) if turn["id"] in coded else turn["text"],
            repaired=turn.get("repaired"),
            words=tuple(turn["words"]) if "words" in turn else None,
            hints=tuple(turn.get("hints", ())),
        )
        for turn in turns
    ]


def ungraded(question: Question, reason: str) -> Grade:
    """Return the grade that says no grade could be made."""
    return Grade(
        question=question["id"],
        status="not_graded",
        reason=reason,
        kind="content",
        points=[],
        misconceptions=[],
        error_level=0,
        clarity=0.0,
        overall=None,
        dimensions=None,
        confidence=0.0,
        grader="none",
    )


def _grade(interview: Interview, question: Question, about: About, turn: Turn) -> Grade:
    answers = answers_of(interview, about["turns"])
    try:
        grade = interview.draft_grader(question, answers, interview.lang)
    except Exception as error:  # a grader's bug must not end the interview; the report says so
        grade = ungraded(question, f"the grader failed: {type(error).__name__}: {error}")
    body = {"turn": turn["id"], "question": question["id"], "grade": grade}
    interview.journal.record("draft_grade", body, f"draft:{turn['id']}")
    return grade


def _with_grade(about: About, grade: Grade) -> About:
    verdicts = {point["key_point"]: point["verdict"] for point in grade["points"]}
    before = about["verdicts"]
    gained = [
        key
        for key, verdict in verdicts.items()
        if _WORTH[verdict] > _WORTH[before.get(key, "missed")]
    ]
    confirmed = about["paraphrased"] and not about["aim"]
    stuck = 0 if gained or confirmed else about["stuck"] + 1
    return {**about, "verdicts": dict(verdicts), "gained": gained, "stuck": stuck}
