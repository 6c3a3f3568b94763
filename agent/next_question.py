"""Which question comes next when one is left: of this stage, of a later one, or none.

Bridges the plan and the ledger to the pure choice in `selection.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from agent.interview import Interview
from agent.plan import Stage
from agent.question_pool import ItemInfo, Pool, make_pool
from agent.selection import KnowledgeState, SelectionPlan, choose
from agent.state import InterviewState
from sessions.mastery import GradedAnswer, posterior
from sessions.records import Question
from tools.knowledge.topics import load_topics

CLOSING_RESERVE_S = 45.0
"""A stage with less time left than this opens no further question."""


@dataclass(frozen=True)
class Next:
    """The question to ask and why; `stage` is its stage's place in the format."""

    question: Question
    stage: int
    why: tuple[dict[str, Any], ...]


def pool_of(questions: Iterable[Question]) -> Pool:
    """Prepare questions for selection."""
    return make_pool(
        ItemInfo(
            id=q["id"],
            topic=q["topic"],
            level=q["level"],
            kind=q["kind"],
            scope=q["scope"],
            prerequisites=tuple(q["prerequisites"]),
            wordings=1 + min((len(said) for said in q["spoken"].values()), default=0),
        )
        for q in questions
    )


def next_question(interview: Interview, state: InterviewState) -> Next | None:
    """Return the next question of this stage or of a later one; None when the interview is over."""
    for place in range(max(state["stage"], 0), len(interview.format.stages)):
        stage = interview.format.stages[place]
        fresh = place != state["stage"]
        if not fresh and _is_over(interview, state, stage):
            continue
        found = _in_stage(interview, state, stage)
        if found is not None:
            question, why = found
            return Next(question, place, why)
    return None


def _is_over(interview: Interview, state: InterviewState, stage: Stage) -> bool:
    left = stage.minutes * 60 - interview.stage_seconds(state)
    return state["stage_questions"] >= stage.questions or left < CLOSING_RESERVE_S


def _in_stage(
    interview: Interview, state: InterviewState, stage: Stage
) -> tuple[Question, tuple[dict[str, Any], ...]] | None:
    if stage.questions == 0:
        return None
    if stage.first and stage.first not in state["asked"]:
        opening = interview.stage_bank.get(stage.first)
        if opening is not None:
            return opening, ({"why": "opens_stage", "numbers": {"stage": stage.id}},)
    topics = _topics(interview, stage)
    if not topics:
        return None
    now = interview.now()
    plan = SelectionPlan(
        topics=topics,
        now=now,
        kinds=frozenset(stage.kinds),
        scopes=frozenset({"shared", "generated"}),
        needs={name: tuple(topic.needs) for name, topic in load_topics().items()},
        total=sum(s.questions for s in interview.format.stages),
        seed=interview.seed,
    )
    belief = posterior([*interview.past.answers, *_so_far(interview)], now, topics)
    state_of = KnowledgeState(belief=belief, due=interview.past.due, past=interview.past.asked)
    choice = choose(plan, interview.pool, state_of, state["asked"])
    question = interview.bank.get(choice.question_id) if choice.question_id else None
    if question is None:
        return None
    return question, tuple(dict(reason) for reason in choice.reasons)


def _topics(interview: Interview, stage: Stage) -> tuple[str, ...]:
    """Topics of the stage for which the bank has questions of its kinds, as the candidate asked."""
    wanted = interview.topics if "concept" in stage.kinds else ()
    items = interview.pool.items
    having = {item.topic for item in items if item.kind in stage.kinds}
    allowed = stage.topics or tuple(sorted(having))
    chosen = tuple(t for t in allowed if t in having and (not wanted or t in wanted))
    return chosen


def _so_far(interview: Interview) -> Sequence[GradedAnswer]:
    """Evidence of this session: the grades of the questions already left."""
    answers = []
    for event in interview.journal.events(["grade"]):
        body = event["body"]
        overall = body["grade"]["overall"]
        question = interview.question(body["question"])
        if overall is None or question is None:
            continue
        answers.append(
            GradedAnswer(
                question=question["id"],
                topic=question["topic"],
                level=question["level"],
                score=overall,
                at=event["at"],
            )
        )
    return answers
