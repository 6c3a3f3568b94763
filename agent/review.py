"""The review of a recorded interview: transcript in, the events of a session and its report out.

Everything is found by embedded parts: cues, the bank's search and the embedded grader. The words of
the recording stay raw but for personal data, which is masked first; a review enters memory only
when its events are written into the candidate's own ledger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.reviewing import judging
from agent.reviewing.answers import answer_text
from agent.reviewing.crediting import Credit, credit, credited_row
from agent.reviewing.events import Reviewed, write_events
from agent.reviewing.floors import Floor, floors_of, turns_of
from agent.reviewing.masking import masked_blocks, shown_labels
from agent.reviewing.matching import known_question, match_thread
from agent.reviewing.summary import Places, summarise
from agent.reviewing.talk import Thread
from agent.reviewing.tempering import temper
from agent.reviewing.threads import threads_of
from sessions.ledger import Ledger
from sessions.records import Grade, Lang, Question, Turn
from sessions.transcript import Block, Transcript
from sessions.transcripts.roles import infer_roles

if TYPE_CHECKING:
    from tools.grading.evidence import AnswerText
    from tools.knowledge.bank import Bank
    from tools.knowledge.search import Searcher

Progress = Callable[[str, int, int], None]
"""Hears the name of the work, how much of it is done and how much there is."""

GradeAnswers = Callable[[Question, "Sequence[AnswerText]", Lang], Grade]

_UNLIKELY = 30.0
"""Score below which a question that was not clearly asked is taken to be another one."""
_RELEVANT = 0.8
"""Relevance (0 to 2) below which the words do not belong to the matched question: the dimension's
own anchor for an answer beside the point."""


@dataclass(frozen=True)
class Wanted:
    """How a review is wanted."""

    lang: Lang | None = None
    """Language of the report and the grading; that of the talk when None."""
    candidate: str = "me"
    candidate_label: str = ""
    begun: datetime | None = None
    grade: GradeAnswers | None = None
    """Holds answers against a question's rubric; the embedded grader when None."""
    grader: str = "embedded"


def review(
    transcript: Transcript,
    bank: Bank,
    searcher: Searcher,
    wanted: Wanted,
    progress: Progress = lambda what, done, total: None,
) -> Reviewed:
    """Review a transcript.

    Raises:
        ValueError: `candidate_label` is no label of the transcript.
    """
    roles = infer_roles(transcript, wanted.candidate_label)
    blocks, masked = masked_blocks(transcript)
    spoken = language_of(blocks)
    lang = wanted.lang or spoken
    session = f"review-{_digest(transcript)}"
    begun = wanted.begun or datetime(2000, 1, 1, tzinfo=UTC)
    turns = turns_of(blocks, roles.by_label, session, begun)
    _repair(turns, progress)
    floors = floors_of(turns, blocks)
    progress("threads", 0, 1)
    topics = {q["id"]: q["topic"] for q in bank.questions}
    matched = _matched(threads_of(floors, known_question(searcher, topics)), searcher)
    progress("threads", 1, 1)
    credited = _credited(matched, bank, spoken)
    grades = _grades(matched, bank, spoken, progress, wanted.grade)
    credited = _upheld(credited, matched, grades)
    places = _places(turns, blocks)
    judged, graded = _judged(matched, grades, places, (turns, lang))
    questions = [grades[i][0] if i in grades else None for i in range(len(matched))]
    found = summarise(judged, questions, floors, lang, places)
    found["credited"] = [credited_row(q, one, places, lang) for q, one in credited]
    found["source"] = transcript.form
    found["roles_clear"] = roles.clear
    shown = shown_labels(roles.by_label)
    found["labels"] = {shown[label]: role for label, role in roles.by_label.items()}
    found["masked"] = sum(masked.values())
    found["ignored"] = len(transcript.ignored)
    return Reviewed(
        session=session,
        candidate=wanted.candidate,
        lang=lang,
        begun=begun,
        bank=(bank.name, bank.version),
        turns=turns,
        judged=judged,
        questions=questions,
        grades=graded,
        review=found,
        grader=wanted.grader,
    )


def _places(turns: Sequence[Turn], blocks: Sequence[Block]) -> Places:
    paired = list(zip(turns, blocks, strict=True))
    lines = {turn["id"]: block.line for turn, block in paired}
    starts = {turn["id"]: block.start_s for turn, block in paired if block.start_s is not None}
    return lines, starts


def _judged(
    matched: Sequence[tuple[Thread, str]],
    grades: Mapping[int, tuple[Question, Grade]],
    places: Places,
    talk: tuple[Sequence[Turn], Lang],
) -> tuple[list[judging.Judged], list[Grade | None]]:
    """Judge every question by its talk and its grade, and return the grades that stand."""
    turns, lang = talk
    usual = judging.vague_rate("".join(t["text"] for t in turns if t["speaker"] == "candidate"))
    judged, graded = [], []
    for place, (thread, _) in enumerate(matched):
        grade = _tempered(grades.get(place), thread, lang)
        judged.append(judging.judge_thread(thread, grade, places, usual))
        graded.append(grade)
    return judged, graded


def keep(reviewed: Reviewed, ledger: Ledger) -> str:
    """Write a review into a ledger and return its session's id; a second time changes nothing."""
    write_events(reviewed, ledger)
    return reviewed.session


def language_of(blocks: Sequence[Block]) -> Lang:
    """Return the language that most of the talk is in."""
    text = "".join(block.text for block in blocks)
    han = sum("\u4e00" <= char <= "\u9fff" for char in text)
    return "zh" if han * 4 >= len(text) else "en"


def _digest(transcript: Transcript) -> str:
    told = hashlib.sha256()
    for block in transcript.blocks:
        told.update(f"{block.label}\0{block.start_s}\0{block.text}\0".encode())
    return told.hexdigest()[:12]


def _repair(turns: Sequence[Turn], progress: Progress) -> None:
    """Note beside each turn its text with misheard terms put right; the turn's own text stays."""
    from tools.knowledge.terms import repair

    for done, turn in enumerate(turns):
        meant = repair(turn["text"]).text
        if meant != turn["text"]:
            turn["repaired"] = meant
        progress("terms", done + 1, len(turns))


def _matched(threads: Sequence[Thread], searcher: Searcher) -> list[tuple[Thread, str]]:
    """Pair each question of the talk with the bank's, joining those that clearly ask the same."""
    found: list[tuple[Thread, str]] = []
    for thread in threads:
        silent = thread.part in ("reverse", "close", "opening")
        match = "" if silent else match_thread(thread, searcher)
        place = next((i for i, (_, m) in enumerate(found) if match and m == match), None)
        if place is None:
            found.append((thread, match))
        elif match in thread.matches & found[place][0].matches:
            found[place][0].exchanges.extend(thread.exchanges)
            found[place][0].terms |= thread.terms
        elif match in thread.matches:  # the one that clearly asks it keeps it
            found[place] = (found[place][0], "")
            found.append((thread, match))
        else:
            found.append((thread, ""))
    return found


def _credited(
    matched: Sequence[tuple[Thread, str]], bank: Bank, lang: Lang
) -> list[tuple[Question, Credit]]:
    """Find where the interviewer was wrong, by the embedded grader and the bank's facts."""
    from tools.grade_answer import shared_grader

    found = []
    for thread, key in matched:
        question = bank.get(key) if key else None
        if question is not None and question["misconceptions"]:
            rows = credit(thread, question, shared_grader().grade, lang)
            found += [(question, one) for one in rows]
    return found


def _upheld(
    credited: Sequence[tuple[Question, Credit]],
    matched: Sequence[tuple[Thread, str]],
    grades: Mapping[int, tuple[Question, Grade]],
) -> list[tuple[Question, Credit]]:
    """Return the credits of questions that were truly asked, and take the others back."""
    for place, (thread, _) in enumerate(matched):
        if place not in grades:
            for exchange in thread.exchanges:
                exchange.credited = False
    asked = {question["id"] for question, _ in grades.values()}
    return [(question, one) for question, one in credited if question["id"] in asked]


def _grades(
    matched: Sequence[tuple[Thread, str]],
    bank: Bank,
    lang: Lang,
    progress: Progress,
    grade_answers: GradeAnswers | None,
) -> dict[int, tuple[Question, Grade]]:
    """Grade every matched question over all that was said on it, where the words belong to it."""
    from tools.grade_answer import shared_grader

    hold = grade_answers or shared_grader().grade
    wanted = [(i, thread, key) for i, (thread, key) in enumerate(matched) if key]
    found: dict[int, tuple[Question, Grade]] = {}
    for done, (place, thread, key) in enumerate(wanted):
        progress("grading", done, len(wanted))
        question = bank.get(key)
        answers = [answer_text(turn) for turn in judging.answers_of(thread)]
        if question is None or not answers:
            continue
        grade = hold(question, answers, lang)
        if _belongs(grade, thread, key, question["topic"]):
            found[place] = (question, grade)
    progress("grading", len(wanted), len(wanted))
    return found


def _belongs(grade: Grade, thread: Thread, key: str, bank_topic: str) -> bool:
    """Return whether what was said is about the matched question at all."""
    if grade["status"] != "graded" or grade["overall"] is None:
        return False
    if key not in thread.matches and grade["overall"] < _UNLIKELY:
        return False
    hit = any(point["verdict"] in ("covered", "partial", "wrong") for point in grade["points"])
    relevant = grade["dimensions"] is not None and grade["dimensions"]["relevance"] >= _RELEVANT
    clear = key in thread.matches or bank_topic in thread.topics
    return hit and clear and (relevant or key in thread.matches)


def _tempered(found: tuple[Question, Grade] | None, thread: Thread, lang: Lang) -> Grade | None:
    from tools.grading.score import weights_of

    if found is None:
        return None
    question, grade = found
    return temper(grade, thread, weights_of(question["key_points"]), lang)


__all__ = ["Floor", "Reviewed", "Wanted", "keep", "language_of", "review"]
