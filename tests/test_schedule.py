from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from sessions.schedule import due_by_question, practice_plan, rate, recall_chance, review, upcoming

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
ABOUT = ("q1", "k1", "rag")


@pytest.mark.parametrize(
    ("verdict", "overall", "helped", "told", "rating"),
    [
        ("wrong", 95, False, False, 1),
        ("missed", 40, False, False, 1),
        ("partial", 60, False, False, 2),
        ("covered", 70, False, False, 3),
        ("covered", 89.9, False, False, 3),
        ("covered", 90, False, False, 4),
        ("covered", 96, True, False, 2),
        ("partial", 96, True, False, 2),
        ("covered", 96, True, True, 1),
        ("covered", 96, False, True, 1),
        ("not_graded", 80, False, False, None),
        ("covered", None, False, False, None),
    ],
)
def test_the_rating_follows_the_verdict_and_the_help(verdict, overall, helped, told, rating):
    assert rate(verdict, overall, helped=helped, told=told) == rating


def walk(*ratings, gap=timedelta(days=5)):
    card, at = None, NOW - len(ratings) * gap
    for rating in ratings:
        card, at = review(card, rating, at, ABOUT), at + gap
    return card


def test_better_ratings_rest_longer():
    days = [walk(r)["due"] for r in (1, 2, 3, 4)]
    assert days == sorted(days) and days[0] < days[2] < days[3]


def test_what_is_known_again_and_again_rests_longer_and_a_lapse_shortens_it():
    known, lapsed = walk(3, 3, 3, 3), walk(3, 3, 3, 1)
    assert walk(3)["stability"] < walk(3, 3)["stability"] < known["stability"]
    assert lapsed["stability"] < known["stability"]
    assert (lapsed["lapses"], known["lapses"], walk(1, 1)["lapses"]) == (1, 0, 0)
    assert known["reviews"] == 4


def test_recall_falls_with_time_and_is_nine_in_ten_at_the_stability():
    card = walk(3)
    reviewed = datetime.fromisoformat(card["last_review"])
    chances = [recall_chance(card, reviewed + timedelta(days=d)) for d in (0, 1, 10, 100)]
    assert chances == sorted(chances, reverse=True) and chances[0] == 1
    at = reviewed + timedelta(days=card["stability"])
    assert recall_chance(card, at) == pytest.approx(0.9, abs=1e-6)


def test_our_forgetting_curve_is_the_packages():
    from fsrs import Card, Scheduler, State

    card = walk(3, 2)
    theirs = Card(card_id=1, state=State.Review, stability=card["stability"])
    theirs.last_review = datetime.fromisoformat(card["last_review"])
    for days in (1, 7, 30):
        now = theirs.last_review + timedelta(days=days)
        expected = Scheduler().get_card_retrievability(theirs, now)
        assert recall_chance(card, now) == pytest.approx(expected)


def test_the_same_reviews_give_the_same_card_whenever_they_are_replayed():
    assert walk(3, 1, 2, 4) == walk(3, 1, 2, 4)
    card = walk(3, 1)
    assert json.loads(json.dumps(card)) == card


def test_due_cards_are_counted_by_question():
    old = review(None, 3, NOW - timedelta(days=60), ("q1", "k1", "rag"))
    fresh = review(None, 4, NOW, ("q1", "k2", "rag"))
    other = review(None, 4, NOW, ("q2", "k1", "rl"))
    due = due_by_question([old, fresh, other], NOW)
    assert set(due) == {"q1"}
    assert (due["q1"].cards, due["q1"].due) == (2, 1) and due["q1"].recall < 0.8


def test_the_practice_plan_places_every_due_card_once_and_the_forgotten_first():
    cards = [
        review(None, 1 + n % 3, NOW - timedelta(days=30 - n), (f"q{n}", "k1", "rag"))
        for n in range(25)
    ]
    plan = practice_plan(cards, NOW, days=5, per_day=10)
    assert [day["cards"] for day in plan] == [10, 10, 5]
    questions = [q for day in plan for q in day["questions"]]
    assert sorted(questions) == sorted(c["question"] for c in cards)
    chance = {c["question"]: recall_chance(c, NOW) for c in cards}
    assert max(chance[q] for q in plan[0]["questions"]) <= min(
        chance[q] for q in plan[2]["questions"]
    )


def test_a_card_not_yet_due_waits_for_its_day():
    card = review(None, 4, NOW, ABOUT)
    plan = practice_plan([card], NOW, days=30)
    assert [day["day"] for day in plan] == [card["due"][:10]]
    assert practice_plan([card], NOW, days=2) == []
    assert upcoming({"q1#k1": card}, NOW) == {"rag": card["due"]}
