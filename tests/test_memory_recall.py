from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sessions.memory import memory_key
from sessions.recall import MOST, MOST_TOKENS, Situation, as_history, recall, tokens
from sessions.records import Quote, TextMemory

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def memory(n, kind="misconception", topic="rag", point=None, text="切块越大越好", days=10, **more):
    at = (NOW - timedelta(days=days)).isoformat()
    return TextMemory(
        **{
            "id": f"m{n}", "candidate": "me", "kind": kind,
            "key": memory_key(kind, topic, point or f"q{n}#k1"), "text": text,
            "quote": Quote(turn="t1", start=0, end=len(text), text=text), "topic": topic,
            "observed_at": at, "valid_from": at, "invalid_at": None, "superseded_by": None, **more,
        }
    )  # fmt: skip


def about(purpose="ask", topic="rag", words="", candidate="me"):
    return Situation(candidate, purpose, NOW, topic, words)


def ids(found):
    return [one["memory"]["id"] for one in found]


def test_only_what_is_in_force_is_recalled():
    stale = memory(1, invalid_at=NOW.isoformat(), superseded_by="m2")
    assert ids(recall([stale, memory(2)], about())) == ["m2"]


def test_nothing_of_another_candidate_is_recalled():
    assert recall([memory(1, candidate="you")], about()) == []
    assert ids(recall([memory(1, candidate="you"), memory(2)], about())) == ["m2"]


def test_intent_chooses_the_categories():
    held = [
        memory(1),
        memory(2, "project_fact", "", "data_size", "三万条数据"),
        memory(3, "goal", "", "post", "算法岗"),
        memory(4, "habit", "", "filler", "口头禅多"),
    ]
    assert set(ids(recall(held, about("ask")))) == {"m1"}
    assert set(ids(recall(held, about("project", "")))) == {"m2", "m3"}
    assert "m4" in ids(recall(held, about("answer")))


def test_the_topic_and_the_words_bring_the_likely_ones_first():
    held = [
        memory(1, topic="rl", text="Q-learning是同策略的"),
        memory(2, topic="rag", text="切块越大越好"),
        memory(3, topic="nlp", text="CRF每个位置取最大"),
    ]
    assert ids(recall(held, about("ask", "rag")))[0] == "m2"
    assert ids(recall(held, about("query", "", "CRF解码每个位置")))[0] == "m3"


def test_fresh_memories_come_before_old_ones():
    held = [memory(1, days=700), memory(2, days=3), memory(3, days=200)]
    assert ids(recall(held, about())) == ["m2", "m3", "m1"]


def test_at_most_ten_and_six_hundred_tokens_enter_a_prompt():
    short = recall([memory(n) for n in range(50)], about())
    long = recall([memory(n, text="很长的话" * 45) for n in range(50)], about())
    assert len(short) == MOST
    assert 1 <= len(long) < MOST
    assert sum(tokens(line) for line in as_history(long, "zh").splitlines()[1:]) <= MOST_TOKENS


def test_the_greeting_mentions_at_most_one_thing_and_no_fault():
    held = [memory(1), memory(2, "goal", "", "post", "算法岗"), memory(3, "preference", "", "pace")]
    assert ids(recall(held, about("greeting"))) == ["m2"]
    assert recall([memory(1), memory(2, "habit", "", "filler")], about("greeting")) == []


def test_every_recall_gives_its_reason_and_is_marked_as_history():
    found = recall([memory(1, days=40)], about())
    assert found[0]["reason"] == "ask > misconception > same topic, 40 days old"
    assert "不是本次回答的证据" in as_history(found, "zh")
    assert "no evidence" in as_history(found, "en")
    assert as_history([], "zh") == ""


def test_an_embedder_may_stand_for_the_bigrams():
    vectors = {"问": (1.0, 0.0), "近": (0.9, 0.1), "远": (0.0, 1.0), "中": (0.5, 0.5)}
    held = [memory(n, topic="nlp", text=word) for n, word in enumerate(("远", "近", "中"))]
    found = recall(held, about("query", "", "问"), lambda texts: [vectors[text] for text in texts])
    assert ids(found) == ["m1", "m2"]
