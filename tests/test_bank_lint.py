from __future__ import annotations

import copy
from typing import Any

import pytest

from sessions.records import Question
from tests.bank_fixtures import question
from tools.knowledge.bank import SHIPPED, bank_of, load_bank
from tools.knowledge.lint import Problem, lint
from tools.knowledge.lint_numbers import chinese_numbers, english_numbers


@pytest.fixture(scope="module")
def good() -> Question:
    """A shipped question with nothing to complain of."""
    bank = load_bank()
    return copy.deepcopy(next(q for q in bank.questions if not q["prerequisites"]))


def rules(*questions: Question) -> set[tuple[str, str]]:
    """Field (without language) and rule of each error, topics' own set aside."""
    found = lint(bank_of(SHIPPED, questions))
    return {(p.field.split(".")[0], p.rule) for p in found if p.is_error and p.field != "topic"}


def changed(base: Question, **changes: Any) -> Question:
    return Question(**{**copy.deepcopy(base), **changes})  # type: ignore[typeddict-item]


def test_the_shipped_bank_has_no_errors() -> None:
    errors = [str(problem) for problem in lint(load_bank()) if problem.is_error]
    assert not errors, "\n".join(errors)


def test_a_good_question_alone_raises_nothing(good: Question) -> None:
    assert rules(good) == set()


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("prerequisites", ["no-such-id"], "unknown"),
        ("key_points", [], "count"),
        ("misconceptions", [], "count"),
        ("follow_ups", [], "count"),
        ("hints", [], "count"),
        ("terms", [["只有一种写法的生造词语"]], "alias"),
        ("source", "", "missing"),
        (
            "example",
            {"zh": "这是什么？那又是什么？为什么会这样？", "en": "What? And why so?"},
            "one question",
        ),
        (
            "wording",
            {"zh": "它是什么？有什么用？", "en": "What is it, and for what?"},
            "one question",
        ),
        ("reference", {"zh": "太短。", "en": "Too short."}, "length"),
        ("wording", {"zh": "What is this thing?", "en": "What is this thing?"}, "language"),
        ("wording", {"zh": "什么是它,为什么?", "en": "What is it, and why?"}, "punctuation"),
        ("wording", {"zh": "什么是它呢？", "en": "What is 它 here?"}, "language"),
    ],
)
def test_each_fault_is_found(good: Question, field: str, value: Any, rule: str) -> None:
    assert (field, rule) in rules(changed(good, **{field: value}))


def test_a_weight_outside_one_to_three_is_found(good: Question) -> None:
    bad = changed(good)
    bad["key_points"][0]["weight"] = 5
    assert ("key_points", "weight") in rules(bad)


def test_a_key_point_that_repeats_the_question_is_found(good: Question) -> None:
    bad = changed(
        good, wording={"zh": "注意力为什么除以根号维度？", "en": "Why the scaling factor here?"}
    )
    bad["key_points"][0]["text"] = {
        "zh": "注意力除以根号维度",
        "en": "The dimension is in the root",
    }
    assert ("key_points", "repeats the question") in rules(bad)


def test_a_misconception_that_a_key_point_states_is_found(good: Question) -> None:
    bad = changed(good)
    truth = good["key_points"][0]["text"]
    bad["misconceptions"][0]["text"] = truth
    assert ("misconceptions", "true by a key point") in rules(bad)


def test_the_same_words_the_other_way_round_are_no_agreement(good: Question) -> None:
    ours = changed(good)
    ours["key_points"][0]["text"] = {
        "zh": "L1 对应拉普拉斯先验，L2 对应高斯先验",
        "en": "L1 is Laplace, L2 is Gauss",
    }
    ours["misconceptions"][0]["text"] = {
        "zh": "L1 对应高斯先验，L2 对应拉普拉斯先验",
        "en": "L1 is Gauss, L2 is Laplace",
    }
    assert ("misconceptions", "true by a key point") not in rules(ours)


def test_an_early_hint_or_a_follow_up_that_gives_a_key_point_away_is_found(good: Question) -> None:
    bad = changed(good)
    truth = good["key_points"][0]["text"]
    bad["hints"][1] = truth
    bad["follow_ups"][0]["text"] = truth
    assert {("hints", "gives the answer"), ("follow_ups", "gives the answer")} <= rules(bad)


def test_an_example_that_states_a_key_point_is_found(good: Question) -> None:
    bad = changed(good)
    bad["example"] = bad["key_points"][0]["text"]
    assert ("example", "gives the answer") in rules(bad)


def test_a_point_without_a_follow_up_is_found(good: Question) -> None:
    point = good["key_points"][0]["id"]
    others = [f for f in good["follow_ups"] if f["key_point"] != point]
    assert ("follow_ups", "aim") in rules(changed(good, follow_ups=others))


def test_a_point_whose_only_follow_up_says_it_is_found(good: Question) -> None:
    bad = changed(good)
    point = bad["key_points"][0]
    bad["follow_ups"] = [f for f in bad["follow_ups"] if f["key_point"] != point["id"]]
    bad["follow_ups"].append({"key_point": point["id"], "kind": "why", "text": point["text"]})
    assert ("follow_ups", "aim") in rules(bad)


def test_a_number_that_only_the_english_of_a_point_holds_is_found(good: Question) -> None:
    bad = changed(good)
    bad["key_points"][0]["text"] = {
        "zh": "每个 token 的缓存约 128KB，一共一百二十层",
        "en": "The cache of a token is about 182 KB over 120 layers",
    }
    found = [p for p in lint(bank_of(SHIPPED, [bad])) if p.rule == "numbers"]
    assert len(found) == 1 and found[0].text.startswith("182")


@pytest.mark.parametrize(
    ("zh", "numbers"),
    [
        ("三万多个数", {30_000}),
        ("一千零二十四维", {1024}),
        ("四百亿 token，约 1.4 万亿", {4e10, 1.4e12}),
        ("九成五的准确率，比八成高", {95, 80}),
        ("70B 的模型训 2,000 步", {7e10, 2000}),
    ],
)
def test_chinese_numbers_are_read_in_digits_numerals_and_tenths(
    zh: str, numbers: set[float]
) -> None:
    assert numbers <= chinese_numbers(zh)


@pytest.mark.parametrize(
    ("en", "numbers"),
    [
        ("over 32 thousand numbers", {32_000}),
        ("1.4T tokens for 70B parameters", {1.4e12, 7e10}),
        ("2,048 tokens, 20.4 percent, k-means", {2048, 20.4}),
        ("4K text and 12288-wide", {4000, 12288}),
    ],
)
def test_english_numbers_are_read_with_their_units(en: str, numbers: set[float]) -> None:
    assert english_numbers(en) == numbers


def test_a_question_worded_like_another_is_found(good: Question) -> None:
    twin = changed(good, id="twin-of-it")
    assert ("wording", "duplicate") in rules(good, twin)


def test_a_question_asked_again_in_other_words_is_advised() -> None:
    ours = [question("a", "LoRA 的原理是什么？"), question("b", "讲一下低秩适配的原理")]
    found = lint(bank_of("mine", ours))
    assert any(p.rule == "near-duplicate" and not p.is_error for p in found), found


def test_prerequisites_that_lead_back_are_found() -> None:
    ours = [question("a", prerequisites=["b"]), question("b", "什么是门？", prerequisites=["a"])]
    assert {p.question for p in lint(bank_of("mine", ours)) if p.rule == "cycle"} == {"a", "b"}


def test_a_prerequisite_harder_than_its_question_is_found() -> None:
    ours = [question("a", prerequisites=["b"]), question("b", "什么是门？", level=5)]
    assert ("prerequisites", "level") in {(p.field, p.rule) for p in lint(bank_of("mine", ours))}


def test_an_imported_bank_is_not_held_to_what_its_material_lacks() -> None:
    assert lint(bank_of("mine", [question("a")])) == []


def test_a_problem_reads_as_one_line() -> None:
    assert str(Problem("q", "level", "rule", "text")) == "q: level: rule: text"
