from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.knowledge.glossary import Glossary, Term, load_glossary
from tools.knowledge.text import squeeze
from tools.knowledge.topics import load_topics


def names(text: str) -> list[str]:
    return [match.name for match in load_glossary().find(text)]


def test_it_holds_at_least_six_hundred_terms_each_with_another_spelling_or_a_topic() -> None:
    terms = load_glossary().terms.values()
    assert len(terms) >= 600
    assert all(term.topic in load_topics() for term in terms)
    assert sum(len(term.spellings) > 1 for term in terms) > 0.9 * len(terms)


def test_every_spelling_belongs_to_one_term_only() -> None:
    owner: dict[str, str] = {}
    for term in load_glossary().terms.values():
        for spelling in term.spellings:
            key = squeeze(spelling)[0]
            assert owner.setdefault(key, term.name) == term.name, spelling


def test_sounds_are_written_as_plain_syllables_or_letters() -> None:
    for term in load_glossary().terms.values():
        for said in term.say:
            assert all(part.isascii() and part.isalpha() for part in said.split()), said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("为什么要做层归一化", ["LayerNorm"]),
        ("LN 和 BN 的区别", ["LayerNorm", "Batch normalization"]),
        ("layer-norm放哪", ["LayerNorm"]),
        ("嗯 sim CSE 怎么训", ["SimCSE"]),
        ("s f t 的数据", ["SFT"]),
        ("LLaMA2 跟 chatglm3", ["LLaMA", "ChatGLM"]),
        ("RLHFs", ["RLHF"]),
        ("混合精度训练", ["Mixed precision training"]),
        ("ＬｏＲＡ微调", ["LoRA", "Fine-tuning"]),
        ("in a lnx file", []),
        ("the flora of it", []),
        ("", []),
    ],
)
def test_terms_are_found_however_they_are_written(text: str, expected: list[str]) -> None:
    assert names(text) == expected


def test_a_match_says_where_it_stands() -> None:
    text = "先讲 KV  cache，再讲量化"
    found = load_glossary().find(text)
    assert [text[m.start : m.end] for m in found] == ["KV  cache", "量化"]


def test_a_term_that_was_only_heard_is_found_by_its_sound() -> None:
    (match,) = load_glossary().heard("维特必算法的复杂度")
    assert (match.name, match.heard) == ("Viterbi algorithm", True)


def test_rows_of_a_question_widen_a_copy_and_leave_the_shared_one() -> None:
    wider = load_glossary().with_terms([["LoRA", "小旁路"], ["生造词", "coined word"]])
    assert [m.name for m in wider.find("小旁路和 coined word")] == ["LoRA", "生造词"]
    assert names("小旁路") == []


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="LoRA微调的 bert-GPT3.5，注意力kv\n", max_size=60))
def test_matches_lie_in_the_text_in_order_and_never_overlap(text: str) -> None:
    end = 0
    for match in load_glossary().find(text):
        assert end <= match.start < match.end <= len(text)
        assert match.name in load_glossary().terms
        end = match.end


def test_matching_takes_time_in_proportion_to_the_text() -> None:
    text = "大模型的KV cache为什么占显存，LoRA和全参数微调各要多少；" * 100

    def seconds(times: int) -> float:
        start = time.perf_counter()
        load_glossary().find(text * times)
        return time.perf_counter() - start

    seconds(1)
    short, long = min(seconds(1) for _ in range(3)), min(seconds(8) for _ in range(3))
    assert long < 8 * short * 3


def test_a_glossary_of_nothing_finds_nothing() -> None:
    assert Glossary([]).find("注意力") == []
    assert Glossary([Term("x", (), (), "rag")]).find("x") != []
