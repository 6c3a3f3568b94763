from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agent.counting import note_move
from agent.moves import DEEPEST, LONG_ANSWER_CHARS, decide_move
from agent.plan import load_format
from agent.situation import Situation
from agent.state import about
from sessions.records import Grade, PointGrade, Question, Verdict
from tests.samples import a_question


def a_grade(*verdicts: Verdict, kind: str = "content") -> Grade:
    points = [
        PointGrade(key_point=f"k{i}", verdict=v, quotes=[]) for i, v in enumerate(verdicts, 1)
    ]
    grade: Any = {
        "question": "q", "status": "graded", "reason": "", "kind": kind, "points": points,
        "misconceptions": [], "error_level": 0, "clarity": 8.0, "overall": 50.0,
        "dimensions": None, "confidence": 0.8, "grader": "test",
    }  # fmt: skip
    return grade  # type: ignore[no-any-return]


def follow(key_point: str, kind: str = "deeper") -> Any:
    return {"kind": kind, "key_point": key_point, "text": f"追问 {key_point}？", "starts_from": ""}


QUESTION: Question = a_question()
BASE = Situation(
    intent="answer",
    text="一个普通长度的回答，说到了一部分。",
    question=QUESTION,
    about=about("q"),
    stage=load_format("standard").stages[2],
    lang="zh",
    grade=a_grade("covered", "missed", "missed"),
    gained=("k1",),
    follow_ups=[follow("k2"), follow("k3")],
    time_up=False,
    unknown_run=0,
    ending=False,
    waited=False,
    turns=1,
)


def test_a_missing_point_is_followed_up() -> None:
    decision = decide_move(BASE)
    assert (decision["move"], decision["key_point"]) == ("follow_up", "k2")
    assert decision["text"] == "追问 k2？" and not decision["leaves"]


def test_a_half_made_point_comes_before_a_missing_one() -> None:
    decision = decide_move(replace(BASE, grade=a_grade("covered", "missed", "partial")))
    assert (decision["move"], decision["key_point"]) == ("clarify", "k3")


def test_a_false_statement_is_challenged_once_and_then_helped() -> None:
    wrong = replace(BASE, grade=a_grade("wrong", "missed", "missed"), follow_ups=[follow("k1")])
    first = decide_move(wrong)
    assert first["move"] == "challenge" and first["key_point"] == "k1"
    talk = {**note_move(wrong.about, first), "stuck": 1}
    second = decide_move(replace(wrong, about=talk, gained=()))  # type: ignore[arg-type]
    assert second["move"] == "hint"


def test_the_ladder_goes_hint_leading_question_answer() -> None:
    lost = replace(BASE, intent="dont_know", text="不知道")
    moves = []
    for _ in range(3):
        decision = decide_move(lost)
        moves.append((decision["move"], decision["before"], decision["text"]))
        lost = replace(lost, about=note_move(lost.about, decision))
    hints = [hint["zh"] for hint in QUESTION["hints"]]
    assert moves == [
        ("hint", "", hints[0]),
        ("step_down", "", hints[1]),
        ("ask", "reveal", hints[2]),
    ]


def test_the_answer_is_never_revealed_before_a_hint_and_a_step_down() -> None:
    for hints in (0, 1):
        talk = {**about("q"), "hints": hints}
        for intent in ("dont_know", "ask_for_hint", "thinking"):
            decision = decide_move(
                replace(BASE, intent=intent, about=talk, waited=True)  # type: ignore[arg-type]
            )
            assert decision["before"] != "reveal"


def test_no_point_is_asked_about_more_than_three_times() -> None:
    talk = {**about("q"), "depth": {"k2": DEEPEST, "k3": DEEPEST}}
    decision = decide_move(replace(BASE, about=talk, gained=("k1",)))  # type: ignore[arg-type]
    assert decision["key_point"] not in ("k2",) or decision["why"] == ["go_deeper"]


def test_the_follow_up_budget_of_the_stage_holds() -> None:
    talk = {**about("q"), "follow_ups": BASE.stage.follow_ups}
    decision = decide_move(replace(BASE, about=talk))  # type: ignore[arg-type]
    assert decision["leaves"] == QUESTION["id"]


def test_a_rephrasing_always_carries_an_example() -> None:
    decision = decide_move(replace(BASE, intent="ask_to_clarify", text="什么意思"))
    assert decision["move"] == "rephrase" and decision["text"] == QUESTION["example"]["zh"]


def test_a_third_request_to_clarify_gets_help_instead_of_a_third_rephrasing() -> None:
    talk = {**about("q"), "rephrased": 2}
    decision = decide_move(replace(BASE, intent="ask_to_clarify", about=talk))  # type: ignore[arg-type]
    assert decision["move"] == "hint"


def test_skipping_lets_go_kindly() -> None:
    decision = decide_move(replace(BASE, intent="skip", text="跳过"))
    assert decision["before"] == "let_go" and decision["leaves"]


def test_ending_is_confirmed_before_anything_closes() -> None:
    first = decide_move(replace(BASE, intent="end", text="结束吧"))
    assert first["move"] == "logistics" and first["why"] == ["confirm_end"]
    assert (
        decide_move(replace(BASE, intent="answer", text="嗯，确定", ending=True))["move"] == "close"
    )
    assert decide_move(replace(BASE, text="不，继续", ending=True))["move"] != "close"


def test_time_to_think_is_given_once_and_then_help() -> None:
    first = decide_move(replace(BASE, intent="thinking", text="让我想想"))
    second = decide_move(replace(BASE, intent="thinking", text="嗯", waited=True))
    assert first["move"] == "backchannel" and second["move"] == "hint"


def test_a_long_thin_answer_is_asked_for_again_shorter_and_only_once() -> None:
    long = replace(BASE, text="啊" * (LONG_ANSWER_CHARS + 1))
    first = decide_move(long)
    assert first["why"] == ["long_and_thin"]
    again = decide_move(replace(long, about=note_move(long.about, first)))
    assert again["why"] != ["long_and_thin"]


@pytest.mark.parametrize("kind", ["evasive", "gibberish", "addressed_to_grader"])
def test_talk_beside_the_point_is_led_back_and_never_moves_on_by_itself(kind: str) -> None:
    beside = replace(BASE, grade=a_grade("missed", "missed", kind=kind), gained=())
    decision = decide_move(beside)
    assert decision["move"] == "redirect" and not decision["leaves"]


def test_a_good_answer_is_taken_deeper_before_the_next_question() -> None:
    good = replace(BASE, grade=a_grade("covered", "covered", "covered"), follow_ups=[])
    decision = decide_move(good)
    assert decision["move"] in ("follow_up", "challenge") and decision["why"] == ["go_deeper"]


def test_when_time_is_up_the_question_is_left() -> None:
    assert decide_move(replace(BASE, time_up=True))["leaves"] == QUESTION["id"]


def test_three_unknown_questions_in_a_row_are_not_drilled() -> None:
    decision = decide_move(replace(BASE, intent="dont_know", unknown_run=3))
    assert decision["leaves"] and decision["before"] == "let_go"


def test_a_deeper_question_on_a_point_already_made_ends_without_help() -> None:
    grade = a_grade("covered", "covered", "covered")
    talk = {**about("q"), "aim": "k1", "stuck": 1, "verdicts": {"k1": "covered"}}
    for intent, text in (("answer", "还是那句话。"), ("dont_know", "不知道")):
        decision = decide_move(
            replace(BASE, intent=intent, text=text, grade=grade, about=talk, gained=())  # type: ignore[arg-type]
        )
        assert decision["leaves"] and decision["before"] == "let_go"
    asked = decide_move(replace(BASE, intent="ask_for_hint", text="给个提示", about=talk))  # type: ignore[arg-type]
    assert asked["move"] == "hint"
