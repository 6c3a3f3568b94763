"""Return to an earlier claim: which half-answered point of an earlier question is worth it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from typing_extensions import TypedDict

from agent.counting import help_from
from agent.interview import Interview
from agent.nodes.understand import answers_of
from agent.state import About, InterviewState, about
from sessions.records import Move
from tools.generate_followup import followups

MOST = 2
"""Returns in one session: the two real interviewers made two and three."""
_VERDICTS = ("wrong", "partial", "missed")


class _Change(TypedDict):
    move: Move
    before: Literal[""]
    question: str
    key_point: str
    text: str
    why: list[str]


@dataclass(frozen=True)
class Return:
    """The change to the decision, and what is known of the question gone back to."""

    decision: _Change
    known: About
    """Counters to go on with: the answers so far, their verdicts and the help given."""


def earlier_point(interview: Interview, state: InterviewState) -> Return | None:
    """Return the most telling open point of the stage's earlier questions, if there is one."""
    if state["returns"] >= MOST or state["stage_questions"] < 2 or state["unknown_run"]:
        return None
    here = state["about"]["question"]
    recent = [q for q in state["asked"][-state["stage_questions"] :] if q != here]
    for verdict in _VERDICTS:
        for question_id in recent:
            found = _open_point(interview, question_id, verdict)
            if found is not None:
                return found
    return None


def _open_point(interview: Interview, question_id: str, verdict: str) -> Return | None:
    body, question = interview.journal.grade(question_id), interview.question(question_id)
    if body is None or question is None or body["grade"]["overall"] is None:
        return None
    grade, asked = body["grade"], body["asked"]
    verdicts = {point["key_point"]: point["verdict"] for point in grade["points"]}
    if "covered" not in verdicts.values() or body["hints"] > 1:  # help was given; let it rest
        return None
    answers = answers_of(interview, body["turns"])
    for candidate in followups(question, answers, grade, asked, interview.lang):
        if verdicts.get(candidate["key_point"]) == verdict and candidate["text"] not in asked:
            change = _Change(
                move="return_to_earlier",
                before="",
                question=question_id,
                key_point=candidate["key_point"],
                text=candidate["text"],
                why=["earlier_" + verdict],
            )
            return Return(change, _resumed(question_id, body, verdicts))
    return None


def _resumed(question_id: str, body: Mapping[str, Any], verdicts: dict[str, str]) -> About:
    return {
        **about(question_id, returned=True),
        "turns": list(body["turns"]),
        "verdicts": verdicts,
        "hints": body["hints"],
        "help_from": help_from(body),
    }
