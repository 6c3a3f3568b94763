"""What earlier sessions of a candidate say: graded answers and the questions already heard."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from agent.question_pool import Asked
from sessions.evidence import graded_answers
from sessions.ledger import Ledger
from sessions.mastery import GradedAnswer


@dataclass(frozen=True)
class Known:
    """What selection needs of the past."""

    answers: list[GradedAnswer]
    asked: dict[str, tuple[Asked, ...]]


def known_of(ledger: Ledger, candidate: str, session: str) -> Known:
    """Read the candidate's other sessions; `session` itself is left out."""
    asked: dict[str, list[Asked]] = defaultdict(list)
    for event in ledger.events(candidate=candidate, kinds=["question_asked"]):
        if event["session"] == session or event["body"].get("forgotten"):
            continue
        question = event["body"]["question"]
        asked[question["id"]].append(Asked(0, datetime.fromisoformat(event["at"])))
    answers = graded_answers(ledger, candidate, without=session)
    return Known(answers, {question: tuple(times) for question, times in asked.items()})
