"""A candidate's graded answers, read from the ledger as evidence of ability."""

from __future__ import annotations

from sessions.ledger import Ledger
from sessions.mastery import GradedAnswer
from sessions.standing import error_sd, unaided


def graded_answers(
    ledger: Ledger, candidate: str, *, upto: str = "", without: str = ""
) -> list[GradedAnswer]:
    """Return the newest grade of each question and session, in time order.

    `upto` leaves out sessions begun after that one; `without` leaves out that one.
    """
    found: dict[tuple[str, str], GradedAnswer] = {}
    questions: dict[tuple[str, str], tuple[str, int]] = {}
    seen_last = False
    kinds = ["session_started", "question_asked", "grade"]
    for event in ledger.events(candidate=candidate, kinds=kinds):
        body, session = event["body"], event["session"]
        if event["kind"] == "session_started":
            if seen_last:
                break
            seen_last = bool(upto) and session == upto
            continue
        if session == without or body.get("forgotten"):
            continue
        if event["kind"] == "question_asked":
            question = body["question"]
            questions[session, question["id"]] = (question["topic"], question["level"])
        elif body["grade"]["overall"] is not None and (session, body["question"]) in questions:
            topic, level = questions[session, body["question"]]
            found[session, body["question"]] = GradedAnswer(
                question=body["question"],
                topic=topic,
                level=level,
                score=unaided(body["grade"]["overall"], body["hints"], body["told"]),
                at=event["at"],
                error_sd=error_sd(body["grade"]["confidence"]),
            )
    return list(found.values())
