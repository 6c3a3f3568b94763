from __future__ import annotations

from dataclasses import replace

import pytest

from agent.models.conduct import Gate, Rule, Rules

RULES = Rules(
    lang="zh",
    max_chars=170,
    asks="饱和之后训练会出什么现象？",
    forbidden=("方差过大使 softmax 进入饱和区，梯度很小",),
    wrong=True,
)
BROKEN: list[tuple[Rule, str]] = [
    ("gives_answer", "其实就是方差过大，softmax 进入饱和区，所以梯度很小。"),
    ("praises_wrong", "非常正确！"),
    ("talks_of_score", "这一题我给你打 80 分。"),
    ("wrong_language", "Please tell me more about the training dynamics here."),
    ("invents_company", "我们团队现在有二十个人。"),
    ("markup", "**重点**是什么"),
]
GOOD = [
    "嗯，我听到了。",
    "饱和之后训练会出什么现象？",
    "给你一分钟想想。",
    "先把分数的分布说清楚。",
]


@pytest.mark.parametrize(("rule", "sentence"), BROKEN)
def test_a_sentence_that_breaks_a_rule_is_dropped_and_counted(rule: Rule, sentence: str) -> None:
    gate = Gate(RULES)
    assert not gate.passes(sentence)
    assert gate.dropped == [(rule, sentence)]


@pytest.mark.parametrize("sentence", GOOD[:3])
def test_ordinary_sentences_pass(sentence: str) -> None:
    assert Gate(RULES).passes(sentence)


def test_only_one_question_a_turn() -> None:
    gate = Gate(RULES)
    assert gate.passes("你再想想梯度会怎样？")
    assert not gate.passes("还有学习率呢？")
    assert gate.dropped[0][0] == "second_question"


def test_a_question_of_two_sentences_is_one_question_when_code_wrote_it() -> None:
    gate = Gate(replace(RULES, asks="流程是什么？它为什么收敛？"))
    assert gate.passes("流程是什么？") and gate.passes("它为什么收敛？")
    assert not gate.passes("那复杂度呢？")


def test_the_candidates_own_words_are_no_give_away() -> None:
    said = "方差过大使 softmax 进入饱和区，梯度很小"
    assert Gate(replace(RULES, allowed=said)).passes(f"你是说「{said}」，")


def test_what_is_added_to_our_question_is_judged_too() -> None:
    gate = Gate(RULES)
    told = "因为方差过大使 softmax 进入饱和区梯度很小，所以饱和之后训练会出什么现象？"
    assert not gate.passes(told) and gate.dropped[0][0] == "gives_answer"
    assert Gate(RULES).passes("那我接着问，饱和之后训练会出什么现象？")


def test_an_answer_told_in_two_sentences_is_told_all_the_same() -> None:
    gate = Gate(replace(RULES, wrong=False))
    assert gate.passes("这里方差过大。")
    assert not gate.passes("于是 softmax 进入饱和区，梯度很小。")


@pytest.mark.parametrize(
    "sentence", ["这里不太正确。", "不够准确，再想想。", "准确率是多少先不管。", "你觉得这样对吗？"]
)
def test_denied_praise_is_no_praise(sentence: str) -> None:
    assert Gate(replace(RULES, asks="")).passes(sentence)


def test_praise_in_the_candidates_own_words_is_theirs() -> None:
    rules = replace(RULES, allowed="我觉得这个完全正确")
    assert Gate(rules).passes("你说「这个完全正确」，我想再看看。")
    assert not Gate(rules).passes("你说「别的词」，完全正确。")


def test_the_job_description_may_be_told_but_not_added_to() -> None:
    rules = Rules(lang="zh", max_chars=170, company="团队 12 人，做搜索。")
    assert Gate(rules).passes("我们团队 12 人，做搜索。")
    assert not Gate(rules).passes("我们团队有 30 人。")


def test_a_nod_is_no_question_of_its_own_when_the_real_one_is_to_come() -> None:
    gate = Gate(RULES)
    assert not gate.passes("你是说数值变大，对吧？")
    assert gate.passes("饱和之后训练会出什么现象？") and gate.questions == 1
