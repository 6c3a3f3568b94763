from __future__ import annotations

import random
from datetime import UTC, datetime

import numpy as np
import pytest

from sessions.mastery import GradedAnswer
from sessions.response import OFFSETS
from tools.knowledge.calibrate import calibrate

NOW = datetime(2026, 6, 1, tzinfo=UTC).isoformat()


def people(count, truth, seed=1, noise_question=""):
    """Simulated candidates who each answer every question; truth: {question: (level, b, slope)}."""
    rng = random.Random(seed)
    histories = {}
    for n in range(count):
        ability = rng.gauss(0, 1)
        answers = []
        for question, (level, b, slope) in truth.items():
            steps = [1 / (1 + np.exp(-slope * (ability - b - offset))) for offset in OFFSETS]
            draw = rng.random()
            score = 25 * sum(step > draw for step in steps) + rng.gauss(0, 8)
            if question == noise_question:
                score = rng.choice((0, 100))
            answers.append(
                GradedAnswer(
                    question=question,
                    topic="rag",
                    level=level,
                    score=min(max(score, 0), 100),
                    at=NOW,
                )
            )
        histories[f"p{n}"] = answers
    return histories


TRUTH = {
    "plain": (3, 0.0, 1.15),
    "harder": (2, 0.9, 1.3),
    "easier": (4, -0.6, 1.3),
    "sharp": (3, 0.1, 2.4),
    "flat": (3, 0.0, 0.3),
} | {f"fill{n}": (3, 0.3 * (n - 4), 1.3) for n in range(8)}


@pytest.fixture(scope="module")
def fits():
    return {fit["question"]: fit for fit in calibrate(people(90, TRUTH))}


def test_difficulty_is_found_where_the_author_was_off(fits):
    assert fits["harder"]["difficulty"] == pytest.approx(0.9, abs=0.35)
    assert fits["easier"]["difficulty"] == pytest.approx(-0.6, abs=0.35)
    assert "harder_than_level" in fits["harder"]["misfits"]
    assert "easier_than_level" in fits["easier"]["misfits"]
    assert fits["plain"]["misfits"] == []


def test_slopes_are_told_apart(fits):
    slopes = [fits[q]["parameters"]["slope"] for q in ("flat", "plain", "sharp")]
    assert slopes == sorted(slopes) and slopes[2] > 1.4 * slopes[1] > 1.4 * slopes[0]


def test_the_authors_level_is_reported_and_left_alone(fits):
    assert fits["harder"]["level"] == 2 and fits["harder"]["suggested_level"] >= 4


def test_too_few_answers_give_no_fit_and_few_stay_near_the_level():
    few = people(8, TRUTH)
    assert calibrate(few) == []
    near = {f["question"]: f for f in calibrate(few, rounds=1, enough=5)}
    assert abs(near["harder"]["difficulty"] + 0.7) < abs(0.9 + 0.7)
    assert near["harder"]["difficulty_sd"] > 0.2


def test_answers_that_follow_no_ability_are_reported():
    fits = calibrate(people(60, {"a": (3, 0, 1.3), "b": (3, 0, 1.3)}, noise_question="a"), rounds=1)
    by_name = {fit["question"]: fit for fit in fits}
    assert by_name["a"]["misfits"] and by_name["b"]["misfits"] == []
