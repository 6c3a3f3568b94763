from __future__ import annotations

import pytest

from sessions.credit import content_share
from tools.grading import score


def point(verdict, name="k1"):
    return {"key_point": name, "verdict": verdict, "quotes": []}


def four(*verdicts):
    return [point(v, f"k{i}") for i, v in enumerate(verdicts, 1)]


@pytest.mark.parametrize(
    ("points", "clarity", "level", "expected"),
    [
        (four("covered", "covered", "covered", "covered"), 9.0, 0, 98),  # 85 + 13.5, half to even
        (four("covered", "covered", "missed", "missed"), 8.0, 0, 54),  # 42.5 + 12 = 54.5
        (four("covered", "missed", "missed", "missed"), 8.0, 0, 29),  # 21.25 + 12 × .25/.4
        (four("partial", "partial", "partial", "partial"), 10.0, 0, 57),  # 42.5 + 15 = 57.5
        (four("covered", "covered", "covered", "covered"), 10.0, 1, 92),  # a side remark: minus 8
        (four("covered", "covered", "covered", "wrong"), 10.0, 2, 50),  # 58.75, capped
        (four("covered", "covered", "wrong", "wrong"), 10.0, 2, 38),  # 57.5 - 20
        (four("covered", "covered", "covered", "covered"), 10.0, 3, 30),
        (four("covered", "wrong", "wrong", "wrong"), 8.0, 3, 18),  # at most half of 21.25 is taken
        (four("wrong", "wrong", "missed", "missed"), 8.0, 3, 5),  # a sincere answer gets 5
    ],
)
def test_the_arithmetic_is_the_rule(points, clarity, level, expected):
    assert score.overall(points, clarity, level, "content") == pytest.approx(expected, abs=1)


def test_weights_count_as_ratios():
    points = four("covered", "missed")
    light = score.overall(points, 8, 0, "content", {"k1": 1, "k2": 3})
    assert light == score.overall(points, 8, 0, "content", {"k1": 2, "k2": 6})
    assert light < score.overall(points, 8, 0, "content", {"k1": 3, "k2": 1})


def test_what_was_not_graded_is_left_out_of_the_mean():
    assert content_share(four("covered", "not_graded"), {}) == 1.0


@pytest.mark.parametrize("touched", [0.0, 0.5, 1.0])
def test_caps_hold_whatever_the_points_say(touched):
    full = four("covered", "covered", "covered", "covered")
    assert score.overall(full, 10, 0, "evasive", touched=touched) <= 10
    assert score.overall(full, 10, 0, "stuffing", touched=touched) <= 25
    assert score.overall(full, 10, 0, "addressed_to_grader", touched=touched) == 0
    assert score.overall(full, 10, 0, "gibberish", touched=touched) == 0


def test_vague_but_on_the_subject_lies_between_ten_and_fifteen():
    assert 10 <= score.overall(four("missed", "missed"), 8, 0, "content", touched=1.0) <= 15
