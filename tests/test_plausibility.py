from __future__ import annotations

import math

import pytest

from tests.train_terms import count
from tools.knowledge.plausibility import EDGE, load_counts, tokens


def test_words_are_folded_and_numbers_are_one_word() -> None:
    assert tokens("Softmax 的输出 128 维") == ["softmax", "的", "输出", "0", "维"]
    assert tokens("，。") == []


def test_the_chances_after_a_word_sum_to_no_more_than_one() -> None:
    counts = count(["先做分词再做嵌入", "先做召回再做精排", "先做分词"] * 3)
    words = set(counts.words) | {"没有"}
    for before in ("先", "做"):
        assert sum(math.exp(-counts.after(before, word)) for word in words) <= 1.0


def test_a_usual_pair_is_likelier_than_the_same_words_apart() -> None:
    counts = load_counts()
    assert counts.after("交叉", "熵") < counts.after("的", "熵")
    assert counts.after("梯度", "下降") < counts.after("梯度", "下课")


def test_what_was_never_met_is_unlikely_but_not_impossible() -> None:
    counts = load_counts()
    assert counts.after("zzyzx", "qwxy") == pytest.approx(-math.log(counts.word("qwxy")))
    assert counts.word("qwxy") > 0
    assert counts.surprise([EDGE]) == 0


def test_the_shipped_counts_are_of_the_shipped_bank() -> None:
    counts = load_counts()
    assert counts.words["模型"] > 500
    assert counts.words["模型"] == pytest.approx(_in_bank("模型"), rel=0.1)


def _in_bank(word: str) -> int:
    from tests.train_terms import bank_lines

    return sum(tokens(line).count(word) for line in bank_lines())
