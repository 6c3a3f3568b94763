from __future__ import annotations

import pytest

from tools.knowledge.term_topics import load_topics


def test_the_topics_of_a_text_are_shares_of_one() -> None:
    shares = load_topics().of(["梯度", "检索", "zzyzx"])
    assert shares.sum() == pytest.approx(1.0)
    assert shares.min() >= 0


def test_a_term_fits_where_its_topic_is_spoken_of() -> None:
    topics = load_topics()
    retrieval = topics.of(["召回", "文档", "检索", "rerank"])
    snakes = topics.of(["gil"])
    assert topics.fit(retrieval, ["bm"]) > 0 > topics.fit(snakes, ["bm"])
    assert topics.fit(snakes, ["生成器"]) > topics.fit(retrieval, ["生成器"])


def test_an_unknown_word_fits_anywhere() -> None:
    topics = load_topics()
    assert topics.fit(topics.of(["梯度"]), ["zzyzx"]) == 0.0


def test_the_question_asked_counts_as_context() -> None:
    topics = load_topics()
    place = topics.topics.index("python")
    assert topics.of([], ["python"])[place] > topics.of([])[place]
    assert topics.of([], ["no such topic"]).tolist() == topics.of([]).tolist()
