"""The parts of a report beyond grades: time line, delivery, code, what was not covered, review."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sessions.ledger import Event, Ledger
from sessions.records import Turn, Verdict
from sessions.report.code import code_runs
from sessions.report.contradictions import contradictions
from sessions.report.findings import MOST, practise_review, review_strengths, review_weaknesses
from sessions.report.review_schema import Review
from sessions.report.schema import PastDelivery, QuestionReport, Report, Span
from sessions.report.speaking import place_quotes, spoken_part
from sessions.transcripts.speech import measure_speech

_MOST_PAST = 5
_COVERED, _PARTIAL = 75.0, 45.0


def add_extras(
    report: Report, ledger: Ledger, events: Sequence[Event], turns: Sequence[Turn]
) -> None:
    """Add to a report what its session holds of these parts."""
    report["delivery"] = measure_speech(turns, report["lang"])
    report["past_delivery"] = _past(report, ledger)
    report["spoken"] = spoken_part(report, ledger, events)
    report["timeline"] = _timeline(report, events)
    titles = {question["id"]: question["asked"] for question in report["questions"]}
    report["code"] = code_runs(events, titles)
    report["contradictions"] = contradictions(report, events, turns)
    report["not_covered"] = [
        topic["title"] for topic in report["topics"] if topic["standing"] == "not_covered"
    ]
    found = next((e["body"] for e in events if e["kind"] == "review"), None)
    if found is not None:
        _as_review(report, cast("Review", found), turns)
    place_quotes(report, events)


def _as_review(report: Report, review: Review, turns: Sequence[Turn]) -> None:
    """Turn the report of a recorded interview around its findings; it has no score of its own."""
    report["review"] = review
    report["score"] = None
    report["minutes"] = round(sum(turn.get("seconds", 0.0) for turn in turns) / 60, 1)
    report["weaknesses"] = review_weaknesses(review)
    report["practise"] = practise_review(review, report["questions"], report["lang"])
    weak = {f["question"] for f in review["findings"] if f["severity"] > 1}
    graded = [f for f in report["strengths"] if f["question"] not in weak]
    report["strengths"] = (graded + review_strengths(review))[:MOST]


def _past(report: Report, ledger: Ledger) -> PastDelivery | None:
    """Return the mean delivery of the candidate's sessions before this one, when there are any."""
    earlier = [
        e["session"]
        for e in ledger.events(candidate=report["candidate"], kinds=["session_started"])
        if e["at"] < report["started_at"] and e["session"] != report["session"]
    ][-_MOST_PAST:]
    found = []
    for session in earlier:
        turns = [cast("Turn", e["body"]) for e in ledger.events(session=session, kinds=["turn"])]
        turns = [turn for turn in turns if "text" in turn]
        if any(turn["speaker"] == "candidate" for turn in turns):
            found.append(measure_speech(turns, report["lang"]))
    if not found:
        return None
    paces = [d["characters_per_minute"] for d in found if d["characters_per_minute"]]
    return PastDelivery(
        sessions=len(found),
        characters_per_minute=round(sum(paces) / len(paces), 1) if paces else None,
        vague_per_100=round(sum(d["vague_per_100"] for d in found) / len(found), 2),
        talk_share=round(sum(d["talk_share"] for d in found) / len(found), 3),
    )


def _timeline(report: Report, events: Sequence[Event]) -> list[Span]:
    """Return the questions along the session; times of a live one come from the clock."""
    begun = datetime.fromisoformat(report["started_at"])
    asked = {
        e["body"]["question"]["id"]: (datetime.fromisoformat(e["at"]) - begun).total_seconds()
        for e in events
        if e["kind"] == "question_asked" and "question" in e["body"]
    }
    recorded = report["mode"] == "review"
    starts: list[tuple[float, QuestionReport]] = []
    for question in report["questions"]:
        start = question.get("at_s") if recorded else asked.get(question["id"])
        if start is not None:
            starts.append((start, question))
    starts.sort(key=lambda pair: pair[0])
    spans = []
    for place, (start, question) in enumerate(starts):
        following = starts[place + 1][0] if place + 1 < len(starts) else None
        seconds = question["seconds"] or (following - start if following is not None else 60.0)
        spans.append(
            Span(
                number=question["number"],
                start_s=round(start, 1),
                seconds=round(max(1.0, seconds), 1),
                stage=question["stage"],
                label=question["asked"],
                mark=_mark(question),
            )
        )
    return spans


def _mark(question: QuestionReport) -> Verdict:
    score = question["score"]
    if score is None:
        return "not_graded"
    return "covered" if score >= _COVERED else "partial" if score >= _PARTIAL else "missed"
