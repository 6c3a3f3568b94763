from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.intents import confirms, nothing_more, recognise

REQUESTS = {
    "dont_know": ["不会", "不太清楚", "这个我不太清楚，没看过", "没有了解过", "对这块了解不多",
                  "想不起来了", "I don't know", "no idea", "Sorry, I don't really know"],
    "skip": ["跳过", "下一题吧", "不会，跳过吧", "换一个问题", "next", "please skip this question"],
    "thinking": ["让我想想", "好的，我想一下", "给我十秒", "嗯", "", "Let me think about it"],
    "ask_for_hint": ["给个提示", "可以给我一点提示吗？", "can you give me a hint?"],
    "ask_to_repeat": ["能再说一遍吗", "没听清", "could you repeat the question?"],
    "ask_to_clarify": ["什么意思", "具体指什么", "你是说训练的时候吗？", "what do you mean"],
    "ask_about_interviewer": ["你是机器人吗", "你是谁", "are you a robot?"],
    "end": ["结束吧", "结束面试", "end the interview"],
    "small_talk": ["你好", "我有点紧张", "hello"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "intent"), [(text, intent) for intent, texts in REQUESTS.items() for text in texts]
)
def test_a_whole_turn_that_asks_for_something_is_recognised(text: str, intent: str) -> None:
    assert recognise(text) == intent


@pytest.mark.parametrize(
    "text",
    [
        "不太清楚，不过我猜是为了稳定",
        "Next, the gradient is scaled",
        "I would go to the next layer",
        "结束之后我们会评测",
        "我用过",
        "知道，就是归一化",
        "跳过连接就是残差连接",
        "提示词里写清楚格式",
        "不会过拟合，因为有正则",
        "I don't know the constant but the variance grows with d",
    ],
)
def test_words_inside_an_answer_never_move_the_interview(text: str) -> None:
    assert recognise(text) == "answer"


def test_a_long_turn_is_an_answer_whatever_it_says() -> None:
    assert recognise("跳过" * 40) == "answer"


def test_yes_and_nothing_more_are_read_from_whole_turns_only() -> None:
    assert confirms("嗯，确定") and not confirms("不") and not confirms("确定性策略")
    assert nothing_more("没有了，谢谢") and not nothing_more("没有用到缓存")


@given(st.text(max_size=80))
def test_any_text_has_an_intent_at_once(text: str) -> None:
    began = time.perf_counter()
    recognise(text)
    assert time.perf_counter() - began < 1.0
