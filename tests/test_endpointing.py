from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.voice.base import Cues
from agent.voice.completeness import completeness
from agent.voice.endpointing import (
    WAITS,
    Habits,
    View,
    asked_time_s,
    decide,
    needed_silence_s,
)

OPEN_ZH = [
    "我们先做了数据清洗，然后",
    "主要的原因是",
    "首先它的复杂度比较低，第一",
    "它有两个部分，就是说",
    "如果数据不够的话",
    "这个方法可以把",
    "我觉得这个问题，嗯",
    "它和普通的",
]
OPEN_EN = [
    "We cleaned the data first, and then",
    "The reason is because",
    "It depends on the",
    "So, um",
]
DONE_ZH = [
    "我们用早停来避免过拟合，大概就是这样",
    "我的回答就这些",
    "这样训练会更稳定",
    "所以梯度不会消失",
]


def sounds_after_s(text: str, cues: Cues) -> float:
    """Silence after which the interviewer is heard: the wait, and the first sound held back."""
    needed, _ = needed_silence_s(text, cues)
    return needed + decide(View(needed, 6.0, text, True), cues).hold_s


@pytest.mark.parametrize("text", OPEN_ZH)
def test_open_chinese_words_are_waited_for_longer_than_eight_seconds(text: str) -> None:
    assert sounds_after_s(text, Cues()) > 8.0


@pytest.mark.parametrize("text", OPEN_EN)
def test_open_english_words_are_waited_for_longer_than_eight_seconds(text: str) -> None:
    assert sounds_after_s(text, Cues(lang="en")) > 8.0


@pytest.mark.parametrize("text", DONE_ZH)
def test_finished_words_are_taken_after_less_than_a_second(text: str) -> None:
    assert 0.7 <= needed_silence_s(text, Cues())[0] < 1.0


@pytest.mark.parametrize(
    "text",
    [
        "最后再把它们求和",
        "这样激活就不容易饱和",
        "输出就是它们的加权和",
        "这一步标注同学也会参与",
        "这一块我们没有涉及",
        "我们给每个租户设了配额",
        "最后检查一下余额",
        "改完之后测试都通过",
        "这种情况可以避免",
        "所以线上就用这个",
    ],
)
def test_a_chinese_answer_that_ends_in_what_could_open_a_clause_is_not_surely_open(
    text: str,
) -> None:
    assert completeness(text, "zh") > 0.02
    assert completeness(f"{text.removesuffix('。')}，和", "zh") == 0.02


@pytest.mark.parametrize(
    "text",
    [
        "It runs on any operating system",
        "That was the main problem",
        "We use stochastic gradient descent with momentum",
        "The output is a weighted sum",
        "So in the end we cache them",
        "We went back to plan A",
    ],
)
def test_an_english_answer_whose_last_word_ends_like_a_hum_is_not_surely_open(text: str) -> None:
    assert completeness(text, "en") > 0.02
    assert completeness(f"{text}, um", "en") == 0.02 == completeness(f"{text} uhh", "en")


@pytest.mark.parametrize("text", ["它们的区别，那个", "先做归一化。通过", "额", "我想想，额"])
def test_a_word_that_opens_a_clause_counts_where_it_stands_alone(text: str) -> None:
    assert completeness(text, "zh") == 0.02


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("让我想想", 20.0),
        ("给我十秒", 15.0),
        ("这个问题我先想一下", 20.0),
        ("给我两分钟", 120.0),
        ("稍等一下", 20.0),
        ("let me think about it", 20.0),
        ("give me a second", 20.0),
    ],
)
def test_a_candidate_who_asked_for_time_gets_it(text: str, least: float) -> None:
    assert asked_time_s(text) >= least


@pytest.mark.parametrize(
    "text", ["我想了一下这个方案，最后选了混合检索", "等待时间会变长", "给模型一些示例"]
)
def test_words_that_only_mention_thinking_ask_for_no_time(text: str) -> None:
    assert asked_time_s(text) == 0.0


def test_a_yes_is_taken_faster_when_a_yes_is_expected() -> None:
    asked = needed_silence_s("对", Cues(answer_kind="yes_no"))[0]
    assert asked < 0.5 < needed_silence_s("对", Cues(answer_kind="open"))[0]


def test_a_code_round_waits_minutes() -> None:
    assert needed_silence_s("好了", Cues(answer_kind="code", patience="code"))[0] > 120


def test_a_slow_speaker_is_given_more_time_but_never_much_more_on_finished_words() -> None:
    slow = Habits(pause_s=9.0)
    assert needed_silence_s("所以梯度不会消失", Cues(), slow)[0] < 1.0


def test_without_words_nothing_is_taken() -> None:
    view = View(silence_s=60.0, speech_s=0.5, text="", text_is_current=True)
    assert decide(view, Cues()).act == "wait"


def test_the_turn_is_taken_even_when_recognition_never_answers() -> None:
    view = View(silence_s=30.0, speech_s=2.0, text="我们用了早停", text_is_current=False)
    assert decide(view, Cues()).act == "end"
    nothing = View(silence_s=30.0, speech_s=2.0, text="", text_is_current=False)
    assert decide(nothing, Cues()).act == "wait"


def test_silence_from_the_start_is_encouraged_once() -> None:
    assert decide(View(30.0, 0.0, "", True), Cues()).act == "nudge"
    assert decide(View(30.0, 0.0, "", True, nudged=True), Cues()).act == "wait"


@settings(deadline=None)  # the dictionary is loaded at the first word
@given(st.text(max_size=60), st.floats(0, 200), st.floats(0.1, 100))
def test_more_silence_never_turns_an_end_back_into_waiting(
    text: str, silence: float, speech: float
) -> None:
    first = decide(View(silence, speech, text, True), Cues())
    later = decide(View(silence + 1.0, speech, text, True), Cues())
    assert not (first.act == "end" and later.act == "wait")
    assert 0.0 <= completeness(text, "zh") <= 1.0
    assert first.needed_s >= min(WAITS.yes_no, WAITS.done)


def test_an_open_word_is_known_by_its_sound_when_it_was_misheard() -> None:
    assert sounds_after_s("我负责的是召回这一块包廓", Cues()) > 7.0


def test_a_particle_neither_closes_a_clause_nor_opens_one() -> None:
    """吧 after half a clause is 把 misheard; after a whole one it changes nothing."""
    assert needed_silence_s("我理解就是先吧", Cues())[0] > 4.0
    done = "这样训练会更稳定"
    assert needed_silence_s(f"{done}吧", Cues()) == needed_silence_s(done, Cues())


def test_a_full_stop_that_the_recogniser_put_into_a_clause_does_not_hide_its_beginning() -> None:
    whole = completeness("这个服务的缺点是需要很多的人来维护", "zh")
    assert completeness("这个服务的缺点是需要。很多的人来维护", "zh") == whole


def test_the_surer_the_words_the_sooner_a_finished_answer_is_taken() -> None:
    closed = needed_silence_s("我的回答就这些", Cues())[0]
    assert closed == pytest.approx(0.7, abs=0.05)


def test_a_clause_that_still_owes_its_verb_is_waited_for() -> None:
    assert sounds_after_s("这样做的作用就是让梯度", Cues()) > 5.5
