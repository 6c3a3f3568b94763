"""Caution with grades of recognised speech.

What the talk itself does not bear out is not held against the candidate, nor for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import cast

from agent.reviewing import cues
from agent.reviewing.talk import Thread
from sessions.credit import content_share
from sessions.records import Grade, Lang, PointGrade

_GOOD = 60.0
_AGAIN = 2
"""Times a question is put anew from which a good score needs more than the grader's word."""
NOTES: Mapping[Lang, Mapping[str, str]] = {
    "zh": {
        "wrong": "自动评分认为这里可能说错，但考官没有指出，识别文字也可能有误，所以不算",
        "clash": "自动评分与对话里的迹象（说过不了解、考官给过答案等）不一致，所以不给分。"
        "下面的要点请自己对照",
    },
    "en": {
        "wrong": "The grader thought this might be wrong; the interviewer did not say so and the "
        "recogniser may have misheard, so it does not count",
        "clash": "The grader's score disagrees with the talk (not knowing was admitted, or the "
        "answer was told), so no score is given; hold the points below against your answer "
        "yourself",
    },
}


def temper(
    grade: Grade, thread: Thread, weights: Mapping[str, float] | None = None, lang: Lang = "zh"
) -> Grade:
    """Return the grade with unsupported accusations and unsupported praise taken back."""
    from tools.grading import score

    if grade["status"] != "graded":
        return grade
    doubted = _disputed_turns(thread)
    points = [_point(point, doubted, lang) for point in grade["points"]]
    still = any(point["verdict"] == "wrong" for point in points)
    level = grade["error_level"] if still else 0
    overall = score.overall(points, grade["clarity"], level, grade["kind"], weights)
    fresh = cast("Grade", {**grade, "points": points, "error_level": level, "overall": overall})
    if not still:
        fresh["misconceptions"] = []
    if overall >= _GOOD and _struggled(thread):
        fresh["status"], fresh["overall"], fresh["dimensions"] = "not_graded", None, None
        fresh["reason"] = NOTES[lang]["clash"]
        fresh["points"] = [_undecided(point) for point in points]
    elif fresh["dimensions"] is not None:
        share, relevance = content_share(points, weights or {}), grade["dimensions"]
        near = relevance["relevance"] / 2 if relevance else 0.0
        fresh["dimensions"] = score.dimensions(share, grade["clarity"], level, near)
    return fresh


def _point(point: PointGrade, doubted: set[str], lang: Lang) -> PointGrade:
    turns = {quote["turn"] for quote in point["quotes"]}
    if point["verdict"] != "wrong" or turns & doubted:
        return point
    return PointGrade(
        key_point=point["key_point"], verdict="not_graded", quotes=[], note=NOTES[lang]["wrong"]
    )


def _undecided(point: PointGrade) -> PointGrade:
    """Return a point without verdict: where talk and score disagree, neither is proof."""
    return PointGrade(key_point=point["key_point"], verdict="not_graded", quotes=[], note="")


def _disputed_turns(thread: Thread) -> set[str]:
    """Return the candidate's turns that the interviewer challenged or put right at once."""
    found: set[str] = set()
    for before, after in zip_longest(thread.exchanges, thread.exchanges[1:]):
        against = any(helped.kind == "answer" for _, helped in before.parting)
        if after is not None and not after.credited:
            against |= after.helped.kind == "answer" or (
                after.move in ("challenge", "clarify", "return_to_earlier")
                and cues.shows("interviewer", "challenge", after.asked.text)
            )
        if against and before.answer is not None:
            found.update(turn["id"] for turn in before.answer.turns)
    return found


def _struggled(thread: Thread) -> bool:
    if thread.approved:
        return False
    told = any(e.helps for e in thread.exchanges)
    again = sum(e.move in ("rephrase", "example") for e in thread.exchanges) >= _AGAIN
    admitted = any(
        e.answer is not None and cues.shows("candidate", "admits", e.answer.text)
        for e in thread.exchanges
    )
    unclear = any(
        cues.shows("interviewer", "unclear_answer", e.asked.text) for e in thread.exchanges[1:]
    )
    return told or again or admitted or unclear
