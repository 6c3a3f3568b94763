"""The review of a recorded interview: transcript in, the events of a session and its report out.

Everything is found by embedded parts: cues, the bank's search and the embedded grader. The words of
the recording stay raw but for personal data, which is masked first; a review enters memory only
when its events are written into the candidate's own ledger.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.reviewing import judging
from agent.reviewing.events import Reviewed, write_events
from agent.reviewing.floors import Floor, floors_of, turns_of
from agent.reviewing.matching import known_question, match_thread
from agent.reviewing.summary import summarise
from agent.reviewing.tempering import temper
from agent.reviewing.threads import Thread, threads_of
from sessions.ledger import Ledger
from sessions.records import Grade, Lang, Question, Turn, Word
from sessions.transcript import Block, Transcript
from sessions.transcripts.roles import infer_roles

if TYPE_CHECKING:
    from tools.grading.evidence import AnswerText
    from tools.knowledge.bank import Bank
    from tools.knowledge.search import Searcher

Progress = Callable[[str, int, int], None]
"""Hears the name of the work, how much of it is done and how much there is."""

GradeAnswers = Callable[[Question, "Sequence[AnswerText]", Lang], Grade]

_GRADED_CHARS = 6_000
_PLAIN_LABEL = re.compile(
    r"说话人|发言人|面试|候选|应聘|考官|参会|嘉宾|speaker|interview|candidate|spk|guest|host|\d",
    re.I,
)
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
    threads = threads_of(floors, known_question(searcher, topics))
    matched = _matched(threads, searcher)
    progress("threads", 1, 1)
    grades = _grades(matched, bank, spoken, progress, wanted.grade)
    lines = {turn["id"]: block.line for turn, block in zip(turns, blocks, strict=True)}
    starts = {
        turn["id"]: block.start_s
        for turn, block in zip(turns, blocks, strict=True)
        if block.start_s is not None
    }
    usual = judging.vague_rate("".join(t["text"] for t in turns if t["speaker"] == "candidate"))
    judged = []
    for i, (thread, _) in enumerate(matched):
        grade = _tempered(grades.get(i), thread, lang)
        if i in grades and grade is not None:
            grades[i] = (grades[i][0], grade)
        judged.append(judging.judge_thread(thread, grade, (lines, starts), usual))
    questions = [grades[i][0] if i in grades else None for i in range(len(matched))]
    found = summarise(judged, questions, floors, lang, (lines, starts))
    found["source"] = transcript.form
    found["roles_clear"] = roles.clear
    found["labels"] = {_shown(label): role for label, role in roles.by_label.items()}
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
        grades=[grades[i][1] if i in grades else None for i in range(len(matched))],
        review=found,
        grader=wanted.grader,
    )


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


def masked_blocks(transcript: Transcript) -> tuple[list[Block], Counter[str]]:
    """Mask personal data in each block before anything is read or stored.

    A label that is a person's name is masked wherever it is spoken.
    """
    from tools.knowledge.importers.privacy import mask

    counts: Counter[str] = Counter()
    names = [label for label in transcript.labels if _is_name(label)]
    spoken = re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))) or r"(?!)")
    blocks = []
    for block in transcript.blocks:
        text, n = spoken.subn("[name]", block.text)
        counts["masked: name"] += n
        text = mask(text, counts)
        blocks.append(replace(block, text=text, words=_unmasked(block, text)))
    return blocks, counts


def _unmasked(block: Block, masked: str) -> tuple[Word, ...]:
    """Return the words of a block that were not masked: no name stays among the times."""
    from difflib import SequenceMatcher

    from sessions.report.speaking import placed_words

    if not block.words or masked == block.text:
        return block.words
    kept = [
        (row.a, row.a + row.size)
        for row in SequenceMatcher(None, block.text, masked, autojunk=False).get_matching_blocks()
    ]
    return tuple(
        word
        for word, start, end in placed_words(block.text, block.words)
        if any(a <= start and end <= b for a, b in kept)
    )


def _repair(turns: Sequence[Turn], progress: Progress) -> None:
    """Note beside each turn its text with misheard terms put right; the turn's own text stays."""
    from tools.knowledge.terms import repair

    for done, turn in enumerate(turns):
        meant = repair(turn["text"]).text
        if meant != turn["text"]:
            turn["repaired"] = meant
        progress("terms", done + 1, len(turns))


def _is_name(label: str) -> bool:
    return len(label) > 1 and not _PLAIN_LABEL.search(label)


def _shown(label: str) -> str:
    """Return a label as it may be shown: names of people become their first letter and a dot."""
    return f"{label[0]}." if _is_name(label) else label


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


def _grades(
    matched: Sequence[tuple[Thread, str]],
    bank: Bank,
    lang: Lang,
    progress: Progress,
    grade_answers: GradeAnswers | None,
) -> dict[int, tuple[Question, Grade]]:
    """Grade every matched question over all that was said on it, where the words belong to it."""
    from tools.grade_answer import shared_grader
    from tools.grading.evidence import AnswerText

    hold = grade_answers or shared_grader().grade
    wanted = [(i, thread, key) for i, (thread, key) in enumerate(matched) if key]
    found: dict[int, tuple[Question, Grade]] = {}
    for done, (place, thread, key) in enumerate(wanted):
        progress("grading", done, len(wanted))
        question = bank.get(key)
        answers = [
            AnswerText(turn["id"], turn["text"][:_GRADED_CHARS], turn.get("repaired"))
            for turn in judging.answers_of(thread)
        ]
        if question is None or not answers:
            continue
        grade = hold(question, answers, lang)
        if _belongs(grade, thread, key, question["topic"]):
            found[place] = (question, grade)
    progress("grading", len(wanted), len(wanted))
    return found


def _belongs(grade: Grade, thread: Thread, key: str, bank_topic: str) -> bool:
    """Return whether what was said is about the matched question at all."""
    if grade["status"] != "graded":
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
