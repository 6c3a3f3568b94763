from __future__ import annotations

import pytest
from pypinyin import Style, lazy_pinyin

from tools.knowledge.sound import fold_syllable, han_phones, split_syllable, syllable
from tools.knowledge.terms import repair


@pytest.mark.parametrize(
    ("one", "other"), [("zhi", "zi"), ("nang", "lan"), ("ren", "leng"), ("shing", "sin")]
)
def test_syllables_that_are_confused_fold_alike(one: str, other: str) -> None:
    assert fold_syllable(one) == fold_syllable(other)


@pytest.mark.parametrize(("one", "other"), [("lu", "lv"), ("yu", "wu"), ("zhe", "zhi"), ("n", "l")])
def test_other_syllables_stay_apart(one: str, other: str) -> None:
    assert fold_syllable(one) != fold_syllable(other)


def test_a_syllable_is_its_initial_and_its_rest() -> None:
    assert split_syllable("zhuang") == ("zh", "uang")
    assert split_syllable("yuan") == ("", "yuan")
    assert split_syllable("lü") == ("l", "v")


def test_the_shipped_readings_are_those_of_pypinyin() -> None:
    for char in "梯度召回熵残差蒸馏词元幻觉掩码检索":
        assert fold_syllable(lazy_pinyin(char, style=Style.NORMAL)[0]) == syllable(char)


@pytest.mark.parametrize("char", ["䷀", "㐂", "兙"])
def test_a_character_without_a_reading_does_not_stop_the_repair_around_it(char: str) -> None:
    assert han_phones(char) == ()
    assert repair(char).text == char
    assert repair(f"我们用提督下降{char}训练").text == f"我们用梯度下降{char}训练"


def test_a_character_without_a_reading_sounds_like_nothing_known() -> None:
    assert syllable("\u9fff") not in {syllable(char) for char in "梯度召回"}
    assert han_phones("梯") == ("t", "i")
