"""Which question comes next when one is left: of this stage, of a later one, or none.

Bridges the plan and the ledger to the pure choice in `selection.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent.choice import Choice
from agent.counting import help_before
from agent.interview import Interview
from agent.past import Past
from agent.plan import Format, Stage, stage_topics
from agent.question_pool import ItemInfo, Pool, free_wording, make_pool
from agent.selection import KnowledgeState, SelectionPlan, choose
from agent.state import InterviewState
from sessions.help_given import unaided
from sessions.mastery import GradedAnswer, posterior
from sessions.records import LANGS, Grade, Question, Wording
from sessions.response import ItemParameters
from sessions.standing import error_sd
from tools.knowledge.topics import load_topics

CLOSING_RESERVE_S = 45.0
"""A stage with less time left than this opens no further question."""


@dataclass(frozen=True)
class Next:
    """The question to ask and why; `stage` is its stage's place in the format."""

    question: Question
    """In the words in which it is to be asked."""
    stage: int
    why: tuple[dict[str, Any], ...]
    wording: int = 0
    """0 is the main wording, n the n-th other phrasing."""


def pool_of(
    questions: Iterable[Question], calibrated: Mapping[str, ItemParameters] | None = None
) -> Pool:
    """Prepare questions for selection."""
    fitted = calibrated or {}
    return make_pool(_item(question, fitted.get(question["id"])) for question in questions)


def _item(question: Question, parameters: ItemParameters | None = None) -> ItemInfo:
    return ItemInfo(
        id=question["id"],
        topic=question["topic"],
        level=question["level"],
        kind=question["kind"],
        scope=question["scope"],
        prerequisites=tuple(question["prerequisites"]),
        wordings=1 + min((len(said) for said in question["spoken"].values()), default=0),
        parameters=parameters,
    )


def in_words(question: Question, wording: int) -> Question:
    """Return the question with the n-th other phrasing as its wording; 0 leaves it as it is."""
    if wording == 0:
        return question
    words: Wording = {**question["wording"]}
    for lang in LANGS:
        said = question["spoken"].get(lang, [])
        if wording <= len(said):
            words[lang] = said[wording - 1]
    return {**question, "wording": words}


def next_question(interview: Interview, state: InterviewState) -> Next | None:
    """Return the next question of this stage or of a later one; None when the interview is over."""
    for place in range(max(state["stage"], 0), len(interview.format.stages)):
        stage = interview.format.stages[place]
        fresh = place != state["stage"]
        if not fresh and _is_over(interview, state, stage):
            continue
        found = _in_stage(interview, state, place)
        if found is not None:
            return found
    return None


def _is_over(interview: Interview, state: InterviewState, stage: Stage) -> bool:
    left = stage.minutes * 60 - interview.stage_seconds(state)
    return state["stage_questions"] >= stage.questions or left < CLOSING_RESERVE_S


def _in_stage(interview: Interview, state: InterviewState, place: int) -> Next | None:
    stage, past, now = interview.format.stages[place], interview.past, interview.now()
    if stage.questions == 0:
        return None
    if stage.first and stage.first not in state["asked"]:
        opening = interview.stage_bank.get(stage.first)
        if opening is not None:
            wording = _turned_wording(opening, past, now)
            why = ({"why": "opens_stage", "numbers": {"stage": stage.id}},)
            return Next(in_words(opening, wording), place, why, wording)
    topics = _topics(interview, stage)
    if not topics:
        return None
    plan = _plan(interview.format, stage, topics, now, interview.seed)
    belief = posterior(so_far(interview, state), now, topics, past.evidence)
    known = KnowledgeState(belief, past.due, past.asked, past.exposure)
    choice = choose(plan, interview.pool, known, state["asked"])
    return _next_of(interview, choice, place)


def _next_of(interview: Interview, choice: Choice, place: int) -> Next | None:
    question = interview.bank.get(choice.question_id) if choice.question_id else None
    if question is None:
        return None
    if interview.format.selection == "practice" and choice.reasons[0]["why"] != "practise":
        return None  # nothing is due any more: practice ends instead of becoming an interview
    why = tuple(dict(reason) for reason in choice.reasons)
    return Next(in_words(question, choice.wording), place, why, choice.wording)


def _plan(
    form: Format, stage: Stage, topics: tuple[str, ...], now: datetime, seed: int
) -> SelectionPlan:
    return SelectionPlan(
        topics=topics,
        now=now,
        kinds=frozenset(stage.kinds),
        scopes=frozenset({"shared", "generated"}),
        needs={name: tuple(topic.needs) for name, topic in load_topics().items()},
        total=sum(s.questions for s in form.stages),
        mode=form.selection,
        seed=seed,
    )


def is_anything_due(
    form: Format, past: Past, pool: Pool, now: datetime, topics: Sequence[str] = ()
) -> bool:
    """Return whether a practice session of this format has a question to ask now."""
    for stage in form.stages:
        having = {item.topic for item in pool.items if item.kind in stage.kinds}
        wanted = tuple(sorted(having & set(topics) if topics else having))
        if not wanted:
            continue
        known = KnowledgeState(posterior([], now, wanted, past.evidence), past.due, past.asked)
        choice = choose(_plan(form, stage, wanted, now, 0), pool, known, ())
        if choice.reasons and choice.reasons[0]["why"] == "practise":
            return True
    return False


def _turned_wording(question: Question, past: Past, now: datetime) -> int:
    """Return a wording not heard lately; an opening is asked though all of them were."""
    asked = past.asked.get(question["id"], ())
    item = _item(question)
    free = free_wording(item, asked, now)
    return len(asked) % item.wordings if free is None else free


def _topics(interview: Interview, stage: Stage) -> tuple[str, ...]:
    """Topics of the stage for which the bank has questions of its kinds, as the candidate asked."""
    having = {item.topic for item in interview.pool.items if item.kind in stage.kinds}
    return stage_topics(interview.format, stage, having, interview.topics)


def so_far(interview: Interview, state: InterviewState) -> Sequence[GradedAnswer]:
    """Evidence of this session: final grades, and drafts where the final one is still being made.

    Read as `sessions/projections.py` reads it: the last grade of a question counts, less what
    help was given.
    """
    found: dict[str, GradedAnswer] = {}
    final: set[str] = set()
    about = state["about"]
    for event in interview.journal.events(["draft_grade", "grade"]):
        body = event["body"]
        name: str = body["question"]
        question = interview.question(name)
        draft = event["kind"] == "draft_grade"
        if question is None or (draft and name in final):
            continue
        help_given: Mapping[str, Any] = body
        if draft and about["question"] == name:
            help_given = help_before(about, body["grade"])
        answer = _evidence(question, body["grade"], help_given, event["at"])
        place = interview.pool.index.get(name)
        fitted = None if place is None else interview.pool.items[place].parameters
        if answer is not None and fitted is not None:
            answer["parameters"] = fitted
        if not draft:
            final.add(name)
            found.pop(name, None)
        if answer is not None:
            found[name] = answer
    return [*found.values()]


def _evidence(
    question: Question, grade: Grade, help_given: Mapping[str, Any], at: str
) -> GradedAnswer | None:
    score = unaided(grade, help_given)
    if grade["status"] != "graded" or score is None:
        return None
    return GradedAnswer(
        question=question["id"],
        topic=question["topic"],
        level=question["level"],
        score=score,
        at=at,
        error_sd=error_sd(grade["confidence"]),
    )
