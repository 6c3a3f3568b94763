from __future__ import annotations

import re

import pytest

from tests.graded_set import QUESTIONS, load_answers
from tests.train_grader import plain
from tools.generate_followup import followups
from tools.grading import probe
from tools.grading.evidence import AnswerText
from tools.grading.units import coverage, units


def labelled(answer, question):
    """The grade by the labels, so that only the generator is on trial."""
    verdicts = {p["id"]: "missed" for p in question["key_points"]}
    verdicts |= dict.fromkeys(answer.partial, "partial") | dict.fromkeys(answer.covered, "covered")
    wrong = [k for k, v in verdicts.items() if v == "missed"] if answer.error_level >= 2 else []
    verdicts |= dict.fromkeys(wrong[:1], "wrong")
    end = re.search(r"[，。；,;]|$", answer.text).start()
    quote = {"turn": "t", "start": 0, "end": end, "text": answer.text[:end]}
    points = [
        {"key_point": k, "verdict": v, "quotes": [] if v == "missed" else [quote]}
        for k, v in verdicts.items()
    ]
    return {"question": question["id"], "kind": "content", "points": points}


def forty():
    kinds = ("partial", "spoken-style", "thin", "wrong-but-fluent", "english-mixed")
    rows = [a for a in load_answers() if a.kind in kinds]
    rows = [a for a in rows if len(a.covered) < len(QUESTIONS()[a.question]["key_points"])]
    return rows[:: len(rows) // 40][:40]


def ask(answer, bare, asked=()):
    question = plain(QUESTIONS()[answer.question]) if bare else QUESTIONS()[answer.question]
    if bare:
        question["follow_ups"], question["hints"] = [], []
    grade = labelled(answer, question)
    return question, followups(question, [AnswerText("t", answer.text)], grade, asked, "zh")


@pytest.mark.parametrize("bare", [True, False])
def test_nine_of_ten_answers_get_a_follow_up_at_an_open_point(bare):
    aimed = 0
    for answer in forty():
        _, found = ask(answer, bare)
        assert len(found) <= 3
        aimed += bool(found) and all(f["key_point"] not in answer.covered for f in found)
    assert aimed >= 36


@pytest.mark.parametrize("bare", [True, False])
def test_no_follow_up_gives_its_point_away(bare):
    for answer in forty():
        question, found = ask(answer, bare)
        known = units(question["wording"]["zh"]).keys() | units(answer.text).keys()
        for follow_up in found:
            for point in question["key_points"]:
                own = {u: w for u, w in units(point["text"]["zh"]).items() if u not in known}
                if len([w for w in own.values() if w >= 1]) >= 3:
                    assert coverage(own, units(follow_up["text"]).keys()) <= 0.4


@pytest.mark.parametrize("bare", [True, False])
def test_nothing_asked_before_comes_again(bare):
    for answer in forty()[:15]:
        asked: list[str] = []
        for _ in range(3):
            _, found = ask(answer, bare, asked)
            texts = [f["text"] for f in found]
            assert not any(probe.already_asked(t, asked) for t in texts)
            asked += texts


@pytest.mark.parametrize("bare", [True, False])
def test_each_is_one_question_and_starts_from_the_candidates_own_words(bare):
    for answer in forty():
        for follow_up in ask(answer, bare)[1]:
            assert sum(follow_up["text"].count(c) for c in "？?") == 1
            assert follow_up["starts_from"] in answer.text


def test_a_wrong_point_comes_first_and_is_met_with_a_counter_example():
    answer = next(a for a in load_answers() if a.kind == "wrong-but-fluent" and a.error_level == 3)
    question, found = ask(answer, True)
    wrong = [
        p["key_point"] for p in labelled(answer, question)["points"] if p["verdict"] == "wrong"
    ]
    assert found[0]["key_point"] in wrong and found[0]["kind"] == "counter_example"


def test_when_all_is_covered_it_asks_deeper_instead_of_nothing():
    answer = next(
        a
        for a in load_answers()
        if a.kind == "full-paraphrase"
        and len(a.covered) == len(QUESTIONS()[a.question]["key_points"])
    )
    assert ask(answer, False)[1]


async def test_the_tool_grades_for_itself_when_no_grade_is_prepared():
    from datetime import UTC, datetime

    from tools.base import ToolContext
    from tools.generate_followup import generate_followup

    async def nothing(query, count):
        return []

    answer = forty()[0]
    question = QUESTIONS()[answer.question]
    ctx = ToolContext(
        session="s",
        turn="t",
        lang="zh",
        question=question,
        answer=answer.text,
        now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        find_question=lambda name: question,
        search=nothing,
        recall=nothing,
    )
    result = await generate_followup(ctx)
    assert result["candidates"] and result["question"] == question["id"]
