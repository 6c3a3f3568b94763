from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bank_fixtures import question
from tools.knowledge.asking import strip_number, take_apart
from tools.knowledge.dedupe import asks_same, find_duplicates, likely_pairs

ROOT = Path(__file__).parents[1]
PAIRS = Path(__file__).with_name("data") / "duplicates" / "pairs.tsv"
SAME = [
    ("什么是 KV Cache？", "3. KV缓存的原理"),
    ("RAG 是什么", "介绍一下检索增强生成"),
    ("RoPE和ALiBi的区别", "对比一下旋转位置编码与线性偏置位置编码"),
    ("12.GPTQ", "gptq量化"),
    ("Why use RMSNorm instead of LayerNorm?", "为什么大模型用RMSNorm而不用层归一化"),
    ("batch norm和layer norm的区别", "7.LN与BN对比"),
    ("如何防止模型过拟合", "过拟合怎么解决"),
    ("softmax 为什么减最大值", "为什么 softmax 要先减去 max"),
    ("逻辑回归", "说一下逻辑回归"),
    ("分组查询注意力介绍", "GQA 是什么？"),
]
ALIKE = [
    ("学习率太大会怎样", "学习率太小会怎样"),
    ("什么是PPO", "什么是DPO"),
    ("BERT和GPT的区别", "BERT和RoBERTa的区别"),
    ("奖励模型怎么训练", "奖励模型的数据格式"),
    ("为什么需要位置编码", "位置编码有哪些类型"),
    ("HMM是什么", "CRF是什么"),
    ("幻觉有哪些类型", "如何缓解幻觉"),
    ("GELU公式", "ReLU公式"),
    ("LoRA的原理", "LoRA和QLoRA的区别"),
    ("有监督SimCSE怎么训练", "无监督SimCSE怎么训练"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_question_in_two_wordings_is_recognised(one: str, other: str) -> None:
    assert asks_same(one, other).same


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_questions_that_only_look_alike_are_told_apart(one: str, other: str) -> None:
    assert not asks_same(one, other).same


@pytest.mark.parametrize(("one", "other"), SAME + ALIKE)
def test_the_order_of_the_two_does_not_matter(one: str, other: str) -> None:
    assert asks_same(one, other) == asks_same(other, one)


def test_questions_of_one_sense_and_look_alikes_are_told_apart_in_numbers() -> None:
    met = missed = wrong = 0
    for line in PAIRS.read_text(encoding="utf-8").splitlines()[1:]:
        kind, *sides = line.split("\t")
        (one, _, above), (other, _, other_above) = (side.partition(" < ") for side in sides)
        same = asks_same(one, other, above, other_above).same
        met += same and kind == "same"
        missed += not same and kind == "same"
        wrong += same and kind == "other"
    assert 2 * met / (2 * met + missed + wrong) >= 0.88


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("大模型 batch size 太小", "大模型 batch size 太大"),
        ("第一阶段的数据格式", "第二阶段的数据格式"),
    ],
)
def test_a_word_that_takes_no_side_hides_no_opposites(one: str, other: str) -> None:
    assert asks_same(one, other).why == ("opposites",)


def test_headings_of_one_name_under_different_projects_are_two_questions() -> None:
    assert not asks_same("项目背景", "项目背景", "法律大模型", "病历系统").same


def test_a_heading_without_a_subject_takes_it_from_the_one_above() -> None:
    assert asks_same("1. 定义", "什么是注意力机制", "三. 注意力机制", "").same
    assert not asks_same("1. 结构", "1. 结构", "一.BERT", "二.GPT").same


def test_a_judgement_says_what_weighed() -> None:
    assert asks_same("学习率太大会怎样", "学习率太小会怎样").why == ("opposites",)
    assert "overlap" in asks_same("什么是LoRA", "LoRA是什么").why


@pytest.mark.parametrize(
    ("heading", "plain"),
    [
        ("12.GPTQ", "GPTQ"),
        ("3、流水线并行", "流水线并行"),
        ("（4）实体链接", "实体链接"),
        ("1.3 激活函数", "激活函数"),
        ("Q3：为什么", "为什么"),
        ("三.BERT", "BERT"),
        ("第2章 微调", "微调"),
        ("3D并行", "3D并行"),
        ("2:4 稀疏", "2:4 稀疏"),
        ("7B 是什么意思", "7B 是什么意思"),
    ],
)
def test_numbers_of_headings_go_and_numbers_of_names_stay(heading: str, plain: str) -> None:
    assert strip_number(heading) == plain


def test_a_term_hides_the_words_it_is_made_of() -> None:
    assert take_apart("什么是数据并行").terms == {"Data parallelism"}
    assert "compare" not in take_apart("对比学习是什么").aspects


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_any_two_texts_get_a_chance_between_nought_and_one(one: str, other: str) -> None:
    assert 0 <= asks_same(one, other).chance <= 1


def test_duplicates_are_found_across_questions_surest_first() -> None:
    texts = [
        "LoRA 的原理是什么？",
        "什么是分词？",
        "讲一下低秩适配的原理",
        "GPTQ",
        "什么是 GPTQ 量化？",
    ]
    questions = [question(f"q{n}", text) for n, text in enumerate(texts)]
    found = find_duplicates(questions, likely_pairs(texts))
    assert {(d.first, d.second) for d in found} == {("q0", "q2"), ("q3", "q4")}
    chances = [duplicate.judgement.chance for duplicate in found]
    assert chances == sorted(chances, reverse=True)


def test_pairs_to_look_at_stay_few() -> None:
    names = ("LoRA", "RAG", "BERT", "GPTQ", "MoE", "CRF", "HMM", "DPO")
    texts = [f"{name} 的{what}" for name in names for what in ("原理", "公式", "优点", "缺点")]
    assert len(likely_pairs(texts)) <= len(names) * 6


def test_the_sample_of_pairs_is_told_apart() -> None:
    samples = os.environ.get("KAOGUAN_SAMPLES")
    if not samples:
        pytest.skip("KAOGUAN_SAMPLES is not set: the sample pairs are not here")
    script = Path(samples) / "duplicates" / "run.py"
    arguments = ["--adapter", "tests.adapters:same_question", "--bar", "f1=0.85"]
    done = subprocess.run(
        [sys.executable, str(script), *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
