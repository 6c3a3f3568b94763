"""Which question to ask next: a pure function of plan, questions, what is known, what was asked.

Topics first: those the plan must touch; those of which nothing is known, prerequisite topics before
their dependants; then those whose place among the candidate's weakest is least settled. Within the
topic: difficulty near the estimate, due cards as a bonus of at most a third, one of the best few
drawn by seed so that no question is worn out. Nothing is repeated to fill a gap: when nothing of
the bank is open, the choice names a generated question, or what to generate.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Literal

from agent.choice import Choice, KnowledgeState, Reason, SelectionPlan, View
from agent.question_pool import ItemInfo, Pool, free_wording, item_parameters, make_pool
from agent.topic_order import DUE_BONUS, due_bonus, expected_information, rank_topics
from sessions.response import expected_score, level_parameters

__all__ = ["DUE_BONUS", "Choice", "KnowledgeState", "Reason", "SelectionPlan", "choose"]

EXPOSURE_CAP = 0.30
"""A question asked in a larger share of the interviews on this bank rests."""
NEAR = 5
AS_GOOD = 0.02
"""One of the best NEAR questions is drawn, or of all within this share of the best."""
PRESUMED = 70.0
"""Points expected on a prerequisite that make asking it first unnecessary."""

Relaxed = Literal["", "exposure", "prerequisites", "bank"]
RELAXED: tuple[Relaxed, ...] = ("", "exposure", "prerequisites", "bank")
"""Wishes given up one after the other when no question is open; repeating is never one of them."""


def choose(
    plan: SelectionPlan,
    candidates: Pool | Sequence[ItemInfo],
    state: KnowledgeState,
    asked: Sequence[str],
) -> Choice:
    """Return the next question for this session, `asked` being those it has had so far."""
    pool = candidates if isinstance(candidates, Pool) else make_pool(candidates)
    view = View(plan, pool, state, tuple(asked), random.Random(f"{plan.seed}:{len(asked)}"))
    if plan.mode == "practice" and (due := _practice(view)) is not None:
        return due
    ranked = rank_topics(view)
    for relaxed in RELAXED:
        for reason in ranked:
            topic = reason["numbers"]["topic"]
            open_items = [i for i in pool.by_topic.get(topic, ()) if _is_open(view, i, relaxed)]
            if open_items:
                return _pick(view, reason, open_items, relaxed)
    return _to_generate(view, ranked)


def _is_open(view: View, place: int, relaxed: Relaxed) -> bool:
    """Whether a question may be asked now; each step of `relaxed` gives up one more wish."""
    plan, state, item = view.plan, view.state, view.pool.items[place]
    step = RELAXED.index(relaxed)
    if item.id in view.asked or (plan.kinds and item.kind not in plan.kinds):
        return False
    if item.scope == "generated":
        if relaxed != "bank":
            return False
    elif item.scope not in plan.scopes:
        return False
    past = state.past.get(item.id, ())
    if past:
        again = sum(question in state.past for question in view.asked)
        due = state.due.get(item.id)
        room = plan.mode == "practice" or again + 1 <= plan.total * DUE_BONUS
        if due is None or not due.due or not room:
            return False
        if free_wording(item, past, plan.now) is None:
            return False
    if step < 1 and state.exposure.get(item.id, 0.0) > EXPOSURE_CAP:
        return False
    if step >= 2 or (past and plan.mode == "practice"):
        return True  # what was asked once is practised whatever else is still open
    return not any(_comes_first(view, other) for other in item.prerequisites)


def _comes_first(view: View, question: str) -> bool:
    """Whether a prerequisite is still to be asked: neither asked ever nor surely known."""
    place = view.pool.index.get(question)
    if place is None or question in view.asked or question in view.state.past:
        return False
    item = view.pool.items[place]
    return expected_score(view.belief_of(item.topic)[0], item_parameters(item)) < PRESUMED


def _pick(view: View, reason: Reason, places: Sequence[int], relaxed: Relaxed) -> Choice:
    """Draw one of the best open questions of a topic, and say why."""
    found = expected_information(view, places)
    due = [view.state.due.get(view.pool.items[place].id) for place in places]
    scores = [float(f) * (1 + due_bonus(d)) for f, d in zip(found, due, strict=True)]
    order = sorted(range(len(places)), key=lambda i: (-scores[i], view.draw.random()))
    good = sum(score >= (1 - AS_GOOD) * scores[order[0]] for score in scores)
    item = view.pool.items[places[view.draw.choice(order[: max(NEAR, good)])]]
    return _choice_of(view, item, reason, relaxed)


def _choice_of(view: View, item: ItemInfo, reason: Reason, relaxed: Relaxed) -> Choice:
    state = view.state
    expected = expected_score(view.belief_of(item.topic)[0], item_parameters(item))
    reasons = [reason]
    due = state.due.get(item.id)
    if due is not None and due.due and reason["why"] != "practise":
        numbers = {"cards": due.cards, "due": due.due, "recall": round(due.recall, 2)}
        reasons.append(Reason(why="due", numbers=numbers | {"bonus": round(due_bonus(due), 2)}))
    reasons.append(
        Reason(why="difficulty", numbers={"level": item.level, "expected": round(expected)})
    )
    past = state.past.get(item.id, ())
    wording = free_wording(item, past, view.plan.now) or 0
    if past:
        days = (view.plan.now - max(asked.at for asked in past)).days
        reasons.append(Reason(why="reworded", numbers={"wording": wording, "days": days}))
    else:
        reasons.append(Reason(why="fresh", numbers={"share": state.exposure.get(item.id, 0.0)}))
    if relaxed:
        reasons.append(Reason(why="relaxed", numbers={"wish": relaxed}))
    made = item.scope == "generated"
    return Choice(item.id, item.topic, item.level, wording, tuple(reasons), generated=made)


def _to_generate(view: View, ranked: Sequence[Reason]) -> Choice:
    """Say what to generate when nothing of the bank is open."""
    topics = (*view.plan.must, *view.plan.topics)
    topic = str(ranked[0]["numbers"]["topic"]) if ranked else topics[0] if topics else ""
    mean = view.belief_of(topic)[0]
    level = min(
        (1, 2, 3, 4, 5), key=lambda n: abs(expected_score(mean, level_parameters(n)) - 50.0)
    )
    why = Reason(why="generate", numbers={"topic": topic, "level": level})
    return Choice(None, topic, level, 0, (*ranked[:1], why), generated=True)


def _practice(view: View) -> Choice | None:
    """Return the due question whose weakest card is nearest to forgotten."""
    due = sorted((item.recall, question) for question, item in view.state.due.items() if item.due)
    topics = {*view.plan.must, *view.plan.topics}
    for recall, question in due:
        place = view.pool.index.get(question)
        if place is None or not _is_open(view, place, "exposure"):
            continue
        item = view.pool.items[place]
        if not topics or item.topic in topics:
            cards = view.state.due[question]
            numbers = {"topic": item.topic, "due": cards.due, "recall": round(recall, 2)}
            return _choice_of(view, item, Reason(why="practise", numbers=numbers), "")
    return None
