"""What earlier sessions of a candidate say: graded answers and the questions already heard."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from agent.question_pool import Asked
from sessions.ledger import Ledger
from sessions.mastery import GradedAnswer


@dataclass(frozen=True)
class Known:
    """What selection needs of the past."""

    answers: list[GradedAnswer]
    asked: dict[str, tuple[Asked, ...]]


def known_of(ledger: Ledger, candidate: str, session: str) -> Known:
    """Read the candidate's other sessions; `session` itself is left out."""
    answers: dict[tuple[str, str], GradedAnswer] = {}
    asked: dict[str, list[Asked]] = defaultdict(list)
    levels: dict[str, tuple[str, int]] = {}
    for event in ledger.events(candidate=candidate, kinds=["question_asked", "grade"]):
        body = event["body"]
        if event["session"] == session or body.get("forgotten"):
            continue
        if event["kind"] == "question_asked":
            question = body["question"]
            levels[question["id"]] = (question["topic"], question["level"])
            asked[question["id"]].append(Asked(0, datetime.fromisoformat(event["at"])))
        elif body["grade"]["overall"] is not None and body["question"] in levels:
            topic, level = levels[body["question"]]
            answers[event["session"], body["question"]] = GradedAnswer(
                question=body["question"],
                topic=topic,
                level=level,
                score=body["grade"]["overall"],
                at=event["at"],
            )
    return Known(list(answers.values()), {q: tuple(times) for q, times in asked.items()})
