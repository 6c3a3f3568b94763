"""Build a session's report from its ledger alone: no bank, no model, no grader is asked again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sessions.credit import content_share
from sessions.ledger import Event, Ledger
from sessions.projections import STANDING_KINDS, project
from sessions.records import Grade, Lang, Question, Turn
from sessions.report.conduct import measure_conduct
from sessions.report.extras import add_extras
from sessions.report.findings import practise, strengths, weaknesses
from sessions.report.outlook import outlook_of, verdicts_before
from sessions.report.schema import (
    REPORT_VERSION,
    Exchange,
    Opinion,
    PointReport,
    QuestionReport,
    Reckoning,
    Report,
)
from sessions.report.topics import topic_reports
from sessions.wording import say

_NOT_ENDED: dict[Lang, str] = {
    "zh": "这一题还没有谈完",
    "en": "the talk had not ended",
}
_BAND = 20.0
"""The band of records that do not name theirs: what the setting was when they were written."""


class ReportError(Exception):
    """There is no such session, or it holds nothing to report."""


def build_report(ledger: Ledger, session: str) -> Report:
    """Return the report of a session.

    Raises:
        ReportError: The ledger holds no such session.
    """
    events = list(ledger.events(session=session))
    start = next((e for e in events if e["kind"] == "session_started"), None)
    if start is None:
        raise ReportError(f"there is no session {session!r}: see `kaoguan sessions list`")
    setup = start["body"]
    lang: Lang = setup["lang"]
    turns = [cast(Turn, e["body"]) for e in events if e["kind"] == "turn"]
    questions = _questions(events, turns, lang)
    graded = [q["score"] for q in questions if q["score"] is not None]
    candidate, last_id = setup["candidate"], events[-1]["id"]
    past = ledger.events(candidate=candidate, kinds=STANDING_KINDS)
    known = project((e for e in past if e["id"] <= last_id), candidate)
    closed = next((e for e in events if e["kind"] == "session_closed"), None)
    ended = (closed or events[-1])["at"]
    report = Report(
        version=REPORT_VERSION,
        session=session,
        candidate=setup["candidate"],
        format=setup["format"],
        lang=lang,
        mode=setup["mode"],
        bank=setup["bank"],
        status=_status(closed),
        started_at=start["at"],
        ended_at=ended,
        minutes=round(_seconds(start["at"], ended) / 60, 1),
        score=round(sum(graded) / len(graded), 1) if graded else None,
        graded=len(graded),
        not_graded=len(questions) - len(graded),
        questions=questions,
        topics=topic_reports(known, setup, questions),
        strengths=strengths(questions),
        weaknesses=weaknesses(questions),
        practise=practise(questions, lang),
        to_learn=[e["body"]["text"] for e in events if e["kind"] == "to_learn"],
        conduct=measure_conduct(events, turns),
    )
    add_extras(report, ledger, events, turns)
    titles = {topic["id"]: topic["title"] for topic in report["topics"]}
    before = verdicts_before(ledger, candidate, last_id, session)
    report["outlook"] = outlook_of(known, titles, questions, before)
    return report


def _status(closed: Event | None) -> Any:
    if closed is None:
        return "open"
    return "complete" if closed["body"].get("reason") == "complete" else "interrupted"


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def _questions(events: Sequence[Event], turns: Sequence[Turn], lang: Lang) -> list[QuestionReport]:
    grades = {e["body"]["question"]: e["body"] for e in events if e["kind"] == "grade"}
    talks = _talks(events, turns)
    reports = []
    for event in events:
        if event["kind"] != "question_asked" or "question" not in event["body"]:
            continue
        question: Question = event["body"]["question"]
        talk = talks.get(question["id"], [])
        if question["kind"] == "reverse":
            continue
        reports.append(_question(event["body"], question, grades.get(question["id"]), talk, lang))
    return reports


def _talks(events: Sequence[Event], turns: Sequence[Turn]) -> dict[str, list[Exchange]]:
    """Return the exchanges by question: each interviewer turn with the answer that follows it."""
    talks: dict[str, list[Exchange]] = {}
    for place, turn in enumerate(turns):
        if turn["speaker"] != "interviewer" or not turn["question"]:
            continue
        after = turns[place + 1] if place + 1 < len(turns) else None
        answer = after["text"] if after and after["speaker"] == "candidate" else ""
        talks.setdefault(turn["question"], []).append(
            Exchange(
                move=str(turn.get("move", "")),
                said=turn["text"],
                answer=answer,
                answered_by=turn.get("answered_by", ""),
            )
        )
    return talks


def _question(
    asked: Mapping[str, Any],
    question: Question,
    grade_body: Mapping[str, Any] | None,
    talk: list[Exchange],
    lang: Lang,
) -> QuestionReport:
    grade = cast(Grade, grade_body["grade"]) if grade_body else None
    graded = grade is not None and grade["status"] == "graded"
    report = QuestionReport(
        number=asked["number"],
        id=question["id"],
        topic=question["topic"],
        stage=asked.get("stage", ""),
        level=question["level"],
        asked=say(question.get("problem", {}).get("title") or question["wording"], lang),
        why=asked["why"],
        because=list(asked.get("because", [])),
        graded=graded,
        reason="" if graded else (grade["reason"] if grade else _NOT_ENDED[lang]),
        kind=grade["kind"] if grade else "empty",
        score=grade["overall"] if grade and graded else None,
        confidence=grade["confidence"] if grade else 0.0,
        dimensions=grade["dimensions"] if grade else None,
        points=_points(question, grade, lang),
        model_answer=say(question["reference"], lang),
        hints=int(grade_body["hints"]) if grade_body else 0,
        told=bool(grade_body and grade_body["told"]),
        seconds=asked.get("seconds", 0.0),
        exchanges=talk,
        source=question["source"],
        at_s=asked.get("at_s"),
        reckoning=_reckoning(question, grade) if grade and graded else None,
    )
    if grade and grade.get("fallback"):
        report["fallback"] = grade["fallback"]
    if grade and grade.get("opinions"):
        report["opinions"] = [_opinion(other, grade) for other in grade["opinions"]]
    return report


def _opinion(other: Grade, stands: Grade) -> Opinion:
    one, two = other["overall"], stands["overall"]
    if one is None or two is None:
        disagrees = one is not two
    else:
        disagrees = abs(one - two) > stands.get("band", _BAND)
    return Opinion(
        grader=other["grader"],
        score=one,
        verdicts={point["key_point"]: point["verdict"] for point in other["points"]},
        disagrees=disagrees,
    )


def _reckoning(question: Question, grade: Grade) -> Reckoning:
    weights = {point["id"]: point["weight"] for point in question["key_points"]}
    share = content_share(grade["points"], weights)
    return Reckoning(
        content=round(share, 3), clarity=grade["clarity"], error_level=grade["error_level"]
    )


def _points(question: Question, grade: Grade | None, lang: Lang) -> list[PointReport]:
    found = {point["key_point"]: point for point in grade["points"]} if grade else {}
    met = {m["key_point"]: m for m in grade["misconceptions"]} if grade else {}
    rows = []
    for point in question["key_points"]:
        judged = found.get(point["id"])
        misconception = met.get(point["id"])
        rows.append(
            PointReport(
                key_point=point["id"],
                text=say(point["text"], lang),
                weight=point["weight"],
                verdict=judged["verdict"] if judged else "not_graded",
                quotes=[dict(q) for q in judged["quotes"]] if judged else [],  # type: ignore[misc]
                correction=say(misconception["correction"], lang) if misconception else "",
                note=judged.get("note", "") if judged else "",
            )
        )
    return rows
