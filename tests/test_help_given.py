from __future__ import annotations

import pytest

from agent.counting import help_before, note_move
from agent.situation import Decision
from agent.state import about
from sessions.help_given import helped_of, unaided


def grade(overall: float = 90, **turns: str):
    """A grade in which each point's evidence stands in the turn named; "" is missed."""
    points = [
        {"key_point": name, "verdict": "covered" if turn else "missed",
         "quotes": [{"turn": turn, "start": 0, "end": 1, "text": "x"}] if turn else []}
        for name, turn in turns.items()
    ]  # fmt: skip
    return {"status": "graded", "overall": overall, "points": points}


def after(talk, move: str, key_point: str = ""):
    decision = Decision(
        move=move, before="", question="q", key_point=key_point, text="t", leaves="", why=[]
    )  # type: ignore[typeddict-item]
    return note_move(talk, decision)


def said(talk, turn: str):
    return {**talk, "turns": [*talk["turns"], turn]}


def test_what_was_said_before_a_hint_keeps_its_worth() -> None:
    talk = said(after(said(about("q"), "t1"), "hint"), "t2")
    alone, half, late = grade(k1="t1", k2="t1"), grade(k1="t1", k2="t2"), grade(k1="t2", k2="t2")
    scores = [unaided(g, help_before(talk, g)) for g in (alone, half, late)]
    assert scores == pytest.approx([90, 81, 72])


def test_every_further_hint_costs_and_an_answer_told_first_counts_little() -> None:
    points = grade(k1="t2")
    by_hints = [unaided(points, {"hints": n, "helped": {"k1": "hint"}}) for n in (0, 1, 2, 3)]
    assert by_hints == sorted(by_hints, reverse=True) and by_hints[3] == pytest.approx(36)
    assert unaided(points, {"hints": 1, "told": True, "helped": {"k1": "hint"}}) == 20
    assert unaided(points, {"hints": 1, "told": True, "helped": {}}) == 90


def test_a_follow_up_costs_nothing_and_marks_only_the_point_it_asked_about() -> None:
    talk = said(after(said(about("q"), "t1"), "follow_up", "k2"), "t2")
    points = grade(k1="t1", k2="t2", k3="t2")
    given = help_before(talk, points)
    assert given["helped"] == {"k2": "follow_up"} and unaided(points, given) == 90


def test_a_point_made_before_it_was_asked_deeper_is_the_candidates_own() -> None:
    talk = said(after(said(about("q"), "t1"), "follow_up", "k1"), "t2")
    assert help_before(talk, grade(k1="t1"))["helped"] == {}


def test_the_first_help_counts_and_a_paraphrase_is_none() -> None:
    talk = said(after(said(about("q"), "t1"), "paraphrase", "k1"), "t2")
    assert help_before(talk, grade(k1="t2"))["helped"] == {}
    talk = after(after(talk, "hint"), "step_down")
    assert talk["help_from"] == {"": 2}


def test_records_that_do_not_tell_points_apart_count_all_as_helped() -> None:
    body = {"grade": grade(k1="t1", k2="t2"), "hints": 1}
    assert helped_of(body) == {"k1": "hint", "k2": "hint"}
    assert helped_of(body | {"hints": 0, "prompted": ["k2", "gone"]}) == {"k2": "follow_up"}
    assert unaided(grade(k1=""), {"hints": 2, "helped": {}}) == 90  # nothing came after help


def test_without_a_score_there_is_nothing_to_lower() -> None:
    assert unaided({**grade(k1="t1"), "overall": None}, {"hints": 1}) is None
