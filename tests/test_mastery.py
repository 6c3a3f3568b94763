from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sessions.mastery import GradedAnswer, estimate, gather, overall_ability, posterior, weak_odds
from sessions.records import TopicMastery
from sessions.response import expected_score, information, level_parameters
from sessions.standing import by_standing, error_sd, standing

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SPREAD = (("a", 0), ("b", 10), ("c", 50), ("d", 70), ("e", 90), ("f", 100))


def answer(topic: str, score: float, level: int = 3, days_ago: float = 0, n: int = 0):
    at = (NOW - timedelta(days=days_ago)).isoformat()
    return GradedAnswer(question=f"{topic}-{n}", topic=topic, level=level, score=score, at=at)


def test_better_scores_and_harder_questions_raise_the_estimate():
    means = [estimate([answer("rag", s)], NOW)["rag"]["mean"] for s in (0, 25, 50, 75, 100)]
    assert means == sorted(means) and len(set(means)) == 5
    levels = [estimate([answer("rag", 60, level)], NOW)["rag"]["mean"] for level in range(1, 6)]
    assert levels == sorted(levels) and len(set(levels)) == 5


def test_answers_narrow_a_topic_and_pull_the_topics_never_asked_less():
    one = estimate([answer("rag", 90)], NOW, ["rl"])
    three = estimate([answer("rag", 90, n=n) for n in range(3)], NOW, ["rl"])
    assert three["rag"]["sd"] < one["rag"]["sd"] < one["rl"]["sd"]
    assert 0 < three["rl"]["mean"] < three["rag"]["mean"]
    assert three["rl"]["answers"] == 0 and three["rag"]["answers"] == 3


def test_what_was_learnt_of_a_topic_blurs_with_time():
    sds, means = [], []
    for days in (0, 60, 365, 3650):
        record = estimate([answer("rag", 95, days_ago=days, n=n) for n in range(4)], NOW)["rag"]
        sds.append(record["sd"])
        means.append(record["mean"])
    assert sds == sorted(sds) and means == sorted(means, reverse=True)
    assert means[-1] < 0.5 * means[0]


def test_a_newer_answer_counts_more_than_an_old_contrary_one():
    mended = estimate([answer("rag", 5, days_ago=300), answer("rag", 95)], NOW)["rag"]
    spoilt = estimate([answer("rag", 95, days_ago=300), answer("rag", 5)], NOW)["rag"]
    assert mended["mean"] > 0.05 and spoilt["mean"] < -0.05


def test_an_unsure_grader_moves_the_estimate_less():
    sure, unsure = answer("rag", 100), answer("rag", 100)
    sure["error_sd"], unsure["error_sd"] = error_sd(0.95), error_sd(0.3)
    assert estimate([unsure], NOW)["rag"]["mean"] < estimate([sure], NOW)["rag"]["mean"]
    assert [error_sd(c) for c in (0.2, 0.5, 0.9)] == sorted(
        (error_sd(c) for c in (0.2, 0.5, 0.9)), reverse=True
    )


def test_order_of_the_records_does_not_matter():
    history = [answer("rag", s, n=n, days_ago=n * 30) for n, s in enumerate((10, 60, 90))]
    assert estimate(history, NOW) == estimate(history[::-1], NOW)


def test_an_empty_history_is_the_prior():
    belief = posterior([], NOW, ["a", "b"])
    assert overall_ability(belief) == pytest.approx((0.0, 1.0), abs=0.02)
    assert belief.mastery()["a"]["sd"] == pytest.approx(1.22, abs=0.03)
    assert estimate([], NOW) == {}


def test_the_odds_of_the_weakest_places_add_up_and_follow_the_scores():
    history = [answer(t, s, n=n) for t, s in SPREAD for n in (0, 1)]
    odds = weak_odds(posterior(history, NOW), 2)
    assert odds.sum() == pytest.approx(2.0)
    assert odds[0] > 0.5 and odds[1] > 0.4 and odds[5] < 0.1


def test_information_peaks_where_the_difficulty_lies():
    import numpy as np

    theta = np.linspace(-4, 4, 81)
    for level in (1, 3, 5):
        p = level_parameters(level)
        info = information(np.array([p["slope"]]), np.array([p["thresholds"]]), theta)[0]
        assert abs(theta[info.argmax()] - np.mean(p["thresholds"])) < 0.7
    assert expected_score(0.0, level_parameters(3)) == pytest.approx(50, abs=0.5)


@pytest.mark.parametrize(
    ("answers", "mean", "sd", "word"),
    [
        (0, -2.0, 0.3, "not_covered"),
        (1, -3.0, 0.2, "not_enough_evidence"),
        (5, -2.0, 1.3, "not_enough_evidence"),
        (2, -1.6, 0.9, "weak"),
        (3, -0.7, 0.9, "not_enough_evidence"),
        (4, 0.0, 0.6, "fair"),
        (4, 1.4, 0.6, "strong"),
        (3, -0.35, 0.67, "not_enough_evidence"),
        (9, -0.55, 0.4, "weak"),
        (9, -0.4, 0.4, "fair"),
        (9, 0.6, 0.4, "strong"),
    ],
)
def test_the_word_for_a_topic_follows_the_evidence(answers, mean, sd, word):
    record = TopicMastery(topic="rag", mean=mean, sd=sd, answers=answers)
    assert standing(record) == word
    assert by_standing({"rag": record}) == {word: ["rag"]}


def test_older_answers_summed_up_beforehand_give_the_same():
    old = [answer("rag", s, n=n, days_ago=90 - n) for n, s in enumerate((10, 60, 90))]
    new = [answer("rag", 80), answer("rl", 20)]
    whole = posterior([*old, *new], NOW, ["nlp", "rag"])
    split = posterior(new, NOW, ["nlp", "rag"], before=gather(old))
    assert whole.mastery() == split.mastery()
