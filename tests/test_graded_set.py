"""Our own graded answers: what is published about them holds."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.graded_set import FOLDER, QUESTIONS, load_answers, target, twice_read
from tools.evaluate.graded_rows import is_held_out
from tools.evaluate.grading_metrics import level, qwk


def bands_agreement(pairs):
    first, second = (
        [target(a, QUESTIONS()[a.question]) for a in side] for side in zip(*pairs, strict=True)
    )
    return qwk(level(first), level(second))


def points_agreement(pairs):
    both = only = 0
    for first, second in pairs:
        for point in QUESTIONS()[first.question]["key_points"]:
            name = point["id"]
            if name not in first.partial and name not in second.partial:
                made = (name in first.covered) + (name in second.covered)
                both += made == 2
                only += made == 1
    return 2 * both / (2 * both + only)


def published(name):
    text = (FOLDER / "README.md").read_text("utf-8")
    return float(re.search(rf"{name} \| ([0-9.]+)", text)[1])


@pytest.mark.parametrize(
    ("name", "measure"), [("QWK of the score", bands_agreement), ("Key-point F1", points_agreement)]
)
def test_the_published_agreement_is_what_the_two_readings_give(name, measure):
    pairs = twice_read()
    assert len(pairs) == published("Answers read twice")
    assert measure(pairs) == pytest.approx(published(name), abs=0.0006)


def test_kinds_agree_as_published():
    pairs = twice_read()
    assert sum(a.kind == b.kind for a, b in pairs) == published("Same kind")


def test_no_answer_is_there_twice_and_every_label_names_a_point():
    seen = Counter((a.question, a.text) for a in load_answers())
    assert max(seen.values()) == 1
    for a in load_answers():
        points = {p["id"] for p in QUESTIONS()[a.question]["key_points"]}
        assert set(a.covered) | set(a.partial) <= points and not set(a.covered) & set(a.partial)
        assert a.error_level in (0, 1, 2, 3)


def test_there_are_enough_answers_of_every_kind_on_measured_questions():
    kinds = Counter(a.kind for a in load_answers() if is_held_out(a.question))
    assert sum(kinds.values()) >= 150 and len(kinds) == 8
    assert len({a.question for a in load_answers()}) >= 100
