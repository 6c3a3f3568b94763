from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sessions.mastery import GradedAnswer
from sessions.memory import memory_key
from sessions.overview import history_of, progress_words, topic_views, trend
from sessions.projections import Known, project
from sessions.schedule import review
from tests.memory_script import NAMES
from tests.test_memory_projections import events_of

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def known(scores, topic="rag"):
    answers = [
        GradedAnswer(
            question=f"q{n}", topic=topic, level=3, score=score,
            at=(NOW - timedelta(days=(len(scores) - n) * 10)).isoformat(),
        )
        for n, score in enumerate(scores)
    ]  # fmt: skip
    card = review(None, 1, NOW - timedelta(days=20), ("q0", "k1", topic))
    return Known("me", answers=answers, cards={"q0#k1": card})


def test_a_topic_never_asked_reads_not_covered_with_a_wide_range():
    rag, rl = topic_views(known([0, 0, 0]), NOW, ["rag", "rl"])
    assert (rag["standing"], rl["standing"]) == ("weak", "not_covered")
    assert rl["points"][2] - rl["points"][0] > rag["points"][2] - rag["points"][0]
    assert rl["cards"] == 0 and rl["next_due"] == "" and rl["last_asked"] == ""


def test_a_topic_names_its_due_cards_and_its_proofs():
    events = events_of("c02")
    view = topic_views(project(events[:14], "c02", NAMES), NOW, [])[0]
    assert view["topic"] == "attention" and view["due"] >= 1 and view["weakest"]
    assert len(view["why"]) == 1 and view["points"][0] <= view["points"][1] <= view["points"][2]


def test_the_trend_has_a_point_for_each_day_and_rises_with_the_scores():
    found = trend(known([0, 10, 90, 95, 100, 100, 100]))["rag"]
    assert [p["mastery"]["answers"] for p in found] == [1, 2, 3, 4, 5, 6, 7]
    assert found[-1]["mastery"]["mean"] > found[1]["mastery"]["mean"]
    assert progress_words({"rag": found})["rag"] == "up"


def test_one_good_answer_is_no_proof_of_progress():
    assert progress_words(trend(known([40, 60])))["rag"] == "unclear"


def test_the_history_of_a_memory_shows_what_changed():
    memories = project(events_of("c01"), "c01", NAMES).memories
    found = history_of(memories, memory_key("project_fact", "", "data_size"))
    assert [m["superseded_by"] for m in found] == [found[1]["id"], None]
    assert "三万条" in found[0]["text"] and "五万条" in found[1]["text"]
