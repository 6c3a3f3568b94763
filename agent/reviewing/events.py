"""A review as the events of a session, so that reports and memory read it like any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.nodes.understand import ungraded
from agent.reviewing.judging import Judged, answers_of
from agent.reviewing.naming import own_words
from sessions.journal import Journal, Started
from sessions.ledger import Ledger
from sessions.records import Grade, Lang, Question, Turn, Wording
from sessions.report.review_schema import Review

NO_RUBRIC = {
    "zh": "题库里没有同样的题，只按对话中的迹象判断",
    "en": "the bank has no such question: judged by the signs in the talk alone",
}


@dataclass(frozen=True)
class Reviewed:
    """A finished review, not yet written anywhere."""

    session: str
    candidate: str
    lang: Lang
    begun: datetime
    bank: tuple[str, str]
    turns: list[Turn]
    judged: list[Judged]
    questions: Sequence[Question | None]
    grades: Sequence[Grade | None]
    review: Review
    grader: str = "embedded"


def write_events(reviewed: Reviewed, ledger: Ledger) -> None:
    """Append the session's events; each has a key, so that nothing is recorded twice."""
    from tools.knowledge.topics import load_topics

    journal = Journal(ledger, reviewed.session, reviewed.candidate)
    titles = {q["topic"]: q["topic"] for q in reviewed.questions if q}
    started = Started(
        candidate=reviewed.candidate,
        format="review",
        lang=reviewed.lang,
        mode="review",
        bank=reviewed.bank[0],
        bank_version=reviewed.bank[1],
        topic="",
        topics={t: getattr(load_topics()[t], reviewed.lang) for t in titles},
        interviewer="recorded",
        grader=reviewed.grader,
        job="",
    )
    journal.record("session_started", started, "started")
    _add_turns(reviewed, journal)
    for place, one in enumerate(reviewed.judged):
        if one.thread.part not in ("reverse", "close"):
            _add_question(reviewed, place, journal)
    journal.record("review", reviewed.review, "review")
    journal.record("session_closed", {"reason": "complete"}, "closed")


def question_id(reviewed: Reviewed, place: int) -> str:
    """Return the id of the question at this place: the bank's, or one of the review's own."""
    question = reviewed.questions[place]
    return question["id"] if question else f"{reviewed.session}-{place + 1}"


def _add_turns(reviewed: Reviewed, journal: Journal) -> None:
    about: dict[str, tuple[str, str, str]] = {}
    for place, one in enumerate(reviewed.judged):
        name = question_id(reviewed, place) if one.thread.part not in ("reverse", "close") else ""
        for exchange in one.thread.exchanges:
            for turn in exchange.asked.turns:
                about[turn["id"]] = (name, one.thread.part, exchange.move)
            for turn in exchange.answer.turns if exchange.answer else ():
                about[turn["id"]] = (name, one.thread.part, "")
    for turn in reviewed.turns:
        name, part, move = about.get(turn["id"], ("", "opening", ""))
        turn["question"], turn["stage"] = name, part
        if move and turn["speaker"] == "interviewer":
            turn["move"] = move  # type: ignore[typeddict-item]
        journal.add_turn(turn)


def _add_question(reviewed: Reviewed, place: int, journal: Journal) -> None:
    one, grade = reviewed.judged[place], reviewed.grades[place]
    question = reviewed.questions[place] or _own_question(reviewed, place)
    seconds = sum(
        e.asked.seconds + (e.answer.seconds if e.answer else 0.0) for e in one.thread.exchanges
    )
    first = one.thread.exchanges[0]
    journal.add_question(
        question,
        {
            "number": one.thread.number,
            "stage": one.thread.part,
            "why": [],
            "seconds": round(seconds, 1),
            "at_s": first.asked.start_s,
            "said": own_words(one),
        },
    )
    helps = [helped.kind for e in one.thread.exchanges for _, helped in e.helps]
    body = {
        "question": question["id"],
        "grade": grade or ungraded(question, NO_RUBRIC[reviewed.lang]),
        "turns": [turn["id"] for turn in answers_of(one.thread)],
        "hints": helps.count("hint"),
        "told": "answer" in helps,
        "prompted": [],
        "asked": "",
    }
    journal.record("grade", body, f"grade:{question['id']}")


def _own_question(reviewed: Reviewed, place: int) -> Question:
    """Return the interviewer's question as a record without a rubric."""
    one = reviewed.judged[place]
    wording: Wording = {"zh": own_words(one)} if reviewed.lang == "zh" else {"en": own_words(one)}
    return Question(
        id=question_id(reviewed, place),
        bank="review",
        topic="",
        level=3,
        kind="design" if one.thread.part == "design" else "concept",
        scope="personal",
        wording=wording,
        spoken={},
        example={},
        key_points=[],
        misconceptions=[],
        reference={},
        hints=[],
        follow_ups=[],
        terms=[],
        prerequisites=[],
        source="",
    )
