"""Put an interview together from its settings and the parts of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from agent.coding import code_questions
from agent.interview import GradeAnswers, GradeForRecord, Interview
from agent.model_grading.grader import ModelGrader
from agent.models.embedded import EmbeddedInterviewer
from agent.next_question import pool_of
from agent.past import calibrated, past_of
from agent.plan import load_format, stage_topics
from agent.spending import record_model_usage
from sessions.journal import Journal, Started
from sessions.ledger import Ledger, utc_now
from sessions.records import Grade, Lang, Question
from tools.base import ChatModel
from tools.grade_answer import shared_grader
from tools.grading.evidence import AnswerText
from tools.knowledge.bank import SHIPPED, Bank, load_bank
from tools.knowledge.topics import load_topics

GRADED_CHARS = 3_000
"""Of one turn: what stands behind it is kept in the ledger and not graded."""


class SetupError(Exception):
    """An interview cannot be set up as asked; the message says what to choose instead."""


@dataclass(frozen=True)
class Setup:
    """How an interview is wanted."""

    candidate: str = "me"
    format: str = "standard"
    lang: Lang = "zh"
    practice: bool = False
    bank: str = SHIPPED
    topics: tuple[str, ...] = ()
    job: str = ""
    seed: int = 0
    model: ChatModel | None = None
    """Who speaks; the embedded interviewer when None."""
    grader: ModelGrader | None = None
    """Who grades for the record; the embedded grader when None."""
    clock: Callable[[], datetime] = field(default=utc_now)
    wait_for_embeddings: bool = False
    """Grade drafts with embeddings from the first turn on, for repeatable runs."""


def check_topics(topics: Sequence[str]) -> tuple[str, ...]:
    """Return the topics' ids, found by id or by title in either language.

    Raises:
        SetupError: A topic is unknown.
    """
    known = load_topics()
    by_name = {n.casefold(): t.id for t in known.values() for n in (t.id, t.zh, t.en)}
    found = []
    for topic in topics:
        topic_id = by_name.get(topic.strip().casefold())
        if topic_id is None:
            raise SetupError(f"unknown topic {topic!r}; choose from {', '.join(known)}")
        found.append(topic_id)
    return tuple(found)


def started(setup: Setup, bank: Bank) -> Started:
    """Return the first event of a session set up like this."""
    return Started(
        candidate=setup.candidate,
        format=setup.format,
        lang=setup.lang,
        mode="practice" if setup.practice else "mock",
        bank=bank.name,
        bank_version=bank.version,
        topic=" ".join(setup.topics),
        topics=_plan_topics(setup, bank),
        interviewer=(setup.model or EmbeddedInterviewer()).name,
        grader=setup.grader.name if setup.grader else "embedded",
        job=setup.job,
    )


def _plan_topics(setup: Setup, bank: Bank) -> dict[str, str]:
    form, found = load_format(setup.format), set[str]()
    for stage in form.stages:
        kinds = {*stage.kinds} - {"reverse"}
        having = {q["topic"] for q in bank.questions if q["kind"] in kinds}
        found.update(stage_topics(form, stage, having, setup.topics))
    known = load_topics()
    return {name: getattr(known[name], setup.lang) for name in known if name in found}


def setup_of(body: Started, setup: Setup) -> Setup:
    """Return the setup of a session begun earlier, keeping this process's model and clock."""
    return Setup(
        candidate=body["candidate"],
        format=body["format"],
        lang=body["lang"],
        practice=body["mode"] == "practice",
        bank=body["bank"],
        topics=tuple(body["topic"].split()),
        job=body["job"],
        seed=setup.seed,
        model=setup.model,
        grader=setup.grader,
        clock=setup.clock,
        wait_for_embeddings=setup.wait_for_embeddings,
    )


def assemble(setup: Setup, ledger: Ledger, session: str, folder: Path) -> Interview:
    """Return everything the graph's nodes need.

    Raises:
        PlanError: The format is unknown.
        BankError: The bank is unknown or damaged.
        SetupError: A topic is unknown, or the bank has no question to ask.
    """
    plan = load_format(setup.format)
    stage_bank = load_bank(SHIPPED, folder)
    bank = stage_bank if setup.bank == SHIPPED else load_bank(setup.bank, folder)
    if any("code" in stage.kinds for stage in plan.stages):
        bank = Bank(bank.name, bank.version, (*bank.questions, *code_questions()))
    topics = check_topics(setup.topics)
    embedded, journal = EmbeddedInterviewer(), Journal(ledger, session, setup.candidate)
    titles = {t.id: getattr(t, setup.lang) for t in load_topics().values()}
    interview = Interview(
        journal=journal,
        candidate=setup.candidate,
        lang=setup.lang,
        format=plan,
        practice=setup.practice,
        bank=bank,
        stage_bank=stage_bank,
        topics=topics,
        job=setup.job,
        speaker=setup.model or embedded,
        fallback=embedded,
        draft_grader=_grader(_draft(setup.wait_for_embeddings)),
        final_grader=_for_record(setup.grader, journal),
        memory_model=setup.grader.panel.usual if setup.grader else None,
        now=setup.clock,
        pool=pool_of(bank.questions, calibrated(folder, bank.name)),
        search=_search(bank, folder),
        past=past_of(ledger, folder, setup.candidate, session, setup.clock(), bank.name),
        topic_titles=titles,
        seed=setup.seed,
    )
    _check_askable(interview)
    return interview


def _check_askable(interview: Interview) -> None:
    kinds = {kind for stage in interview.format.stages for kind in stage.kinds}
    askable = [q for q in interview.bank.questions if q["scope"] == "shared" and q["kind"] in kinds]
    if interview.topics:
        askable = [q for q in askable if q["topic"] in interview.topics]
    if not askable:
        wanted = f" on {', '.join(interview.topics)}" if interview.topics else ""
        raise SetupError(
            f"bank {interview.bank.name!r} has no question{wanted} for format "
            f"{interview.format.id!r}: choose another bank, topic or format"
        )


def _draft(wait: bool) -> GradeAnswers:
    """With embeddings once they are in memory; before that by words, so that no turn waits."""

    def draft(question: Question, answers: Sequence[AnswerText], lang: Lang) -> Grade:
        grader = shared_grader()
        grade = grader.grade if wait or grader.is_loaded else grader.quick
        return grade(question, answers, lang)

    return draft


def _grader(grade: GradeAnswers) -> GradeAnswers:
    def bounded(question: Question, answers: Sequence[AnswerText], lang: Lang) -> Grade:
        return grade(question, _bounded(answers), lang)

    return bounded


def _for_record(grader: ModelGrader | None, journal: Journal) -> GradeForRecord:
    """With the model that was chosen, its use recorded; else embedded, in a thread of its own."""

    async def grade(question: Question, answers: Sequence[AnswerText], lang: Lang) -> Grade:
        cut = _bounded(answers)
        if grader is None:
            return await asyncio.to_thread(shared_grader().grade, question, cut, lang)
        try:
            return await grader.grade(question, cut, lang)
        finally:
            record_model_usage(journal, grader.take_usage(), "grading")

    return grade


def _bounded(answers: Sequence[AnswerText]) -> list[AnswerText]:
    """Bound what is graded of each turn; the offsets of a shortened turn stay true."""
    return [
        replace(a, raw=a.raw[:GRADED_CHARS], repaired=a.repaired and a.repaired[:GRADED_CHARS])
        for a in answers
    ]


def _search(bank: Bank, folder: Path) -> Callable[[str, int], Sequence[Question]]:
    def search(query: str, most: int) -> Sequence[Question]:
        from tools.knowledge.search import open_searcher

        hits = open_searcher(bank, folder=folder).search(query, most)
        return [q for hit in hits if (q := bank.get(hit.key))]

    return search
