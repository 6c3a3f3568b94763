from __future__ import annotations

import importlib.util
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.heard_terms import BY_EAR, TALK, hearings, lines_of, plain
from tests.misheard_sentences import loosen
from tools.knowledge.bank import load_bank
from tools.knowledge.sound import distance, phones
from tools.knowledge.term_evidence import NAMES
from tools.knowledge.term_scan import MOST_HEARD
from tools.knowledge.term_stretch import stretches
from tools.knowledge.term_weights import load_weights
from tools.knowledge.terms import HINT, SURE, repair


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("这里查的是一张到派所迎", "倒排索引"),
        ("那么惨车链接和层归一化有什么区别", "残差连接"),
        ("这道题我先写了一个龟平排序", "归并排序"),
        ("然后我们用 s f d 的方式去训练", "SFT"),
        ("每一步先算一遍 soft macs 再乘上去", "softmax"),
    ],
)
def test_a_term_written_with_other_characters_of_its_sound_is_repaired(
    heard: str, meant: str
) -> None:
    assert meant in repair(heard).text


@pytest.mark.parametrize(
    "right",
    [
        "反向传播的时候梯度会逐层变小，所以要用残差连接。",
        "今天下午我们先去吃饭，然后再讨论这个方案是否可行。",
        "正向传播和反向传播各走一遍，参数更新一次。",
        "这个方向我们看过，范围太大，换了一种方式来做。",
        "变量名叫 hidden_size，文件在 src/model.py 里。",
        "I would start with the loss function and then look at the gradients.",
        "",
    ],
)
def test_right_text_stays_as_it_is(right: str) -> None:
    assert repair(right).text == right


def test_right_answers_said_loosely_are_hardly_touched() -> None:
    import random

    rng = random.Random(3)
    answers = [loosen(q["reference"]["zh"], rng) for q in load_bank().questions[::8]]
    wrong = sum(len(repair(answer).changes) for answer in answers)
    assert 1000 * wrong / sum(map(len, answers)) <= 0.3


def test_most_hearings_that_the_weights_were_fitted_on_are_repaired() -> None:
    rows = list(hearings(BY_EAR))[::3]
    good = sum(
        plain(spot.meant) in plain(repair(row.text).text)
        and plain(row.text[spot.start : spot.end]) != plain(spot.meant)
        for row in rows
        for spot in row.spots
    )
    assert good / sum(len(row.spots) for row in rows) >= 0.6


def test_of_a_hundred_sentences_of_ordinary_talk_at_most_five_are_touched() -> None:
    assert sum(bool(repair(line).changes) for line in lines_of(TALK)) <= 5


def test_english_alone_between_marks_is_left_as_it_stands() -> None:
    assert (
        repair("字段有 difficulty, key points, soft macs，其余的都是中文").text.count("soft macs")
        == 1
    )
    assert "softmax" in repair("每一步先算一遍 soft macs 再乘上去").text


def test_hints_are_what_lies_between_the_two_chances() -> None:
    hints = [hint for row in list(hearings(BY_EAR))[::3] for hint in repair(row.text).hints]
    assert all(HINT <= hint.chance < SURE for hint in hints)
    assert len(hints) > 10


def test_changes_keep_their_place_in_the_raw_text() -> None:
    raw = "然后，训练里用了提督猜奖，对吧"
    result = repair(raw)
    assert result.changes
    for change in result.changes:
        assert raw[change.start : change.end] == change.heard
        assert change.term in result.text


def test_what_is_not_sure_enough_is_a_hint_and_changes_nothing() -> None:
    raw = "训练里用了提督猜奖"
    result = repair(raw, sure=1.01)
    assert result.text == raw
    assert not result.changes
    assert result.hints


def test_the_topic_of_the_question_makes_its_terms_likelier() -> None:
    raw = "我觉得是蒸流的问题"

    def chance(topic: str) -> float:
        result = repair(raw, topic, sure=1.01)
        return max((hint.chance for hint in result.hints), default=0.0)

    assert chance("compression") > chance("") > 0


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet="提督猜奖的 promptsfd到派所迎，。1 _.\n嗯", max_size=40))
def test_any_text_gives_changes_that_lie_in_it_in_order(raw: str) -> None:
    result = repair(raw, sure=0.05)
    end = 0
    for change in result.changes:
        assert end <= change.start < change.end <= len(raw)
        assert 0 <= change.chance <= 1
        end = change.end


@pytest.mark.parametrize(
    "piece", ["我们先把数据清洗一遍，然后看看结果怎么样", "我们先把数据清洗一遍然后看看结果怎么样"]
)
def test_time_grows_linearly_with_the_text_marks_or_none(piece: str) -> None:
    text = piece * 220
    repair(text[:1000])

    def seconds(characters: int) -> float:
        start = time.process_time()
        repair(text[:characters])
        return time.process_time() - start

    assert min(seconds(4000) for _ in range(2)) <= 6 * min(seconds(1000) for _ in range(2))


@pytest.mark.parametrize(
    "text",
    ["我们先把数据清洗一遍然后看看结果怎么样" * 200, "数据 optimization " * 400, "长长长" * 700],
)
def test_long_text_without_marks_is_cut_between_words_and_nothing_is_lost(text: str) -> None:
    parts = list(stretches(text))
    assert len(parts) > 1
    assert all(len(part.phones) <= MOST_HEARD for part in parts)
    words = [word for part in parts for word in part.words]
    assert "".join(text[word.start : word.end] for word in words) == text.replace(" ", "")


@pytest.mark.parametrize("giant", ["bcdf" * 500, "7" * 2000])
def test_a_word_too_long_to_have_been_said_ends_a_stretch(giant: str) -> None:
    parts = list(stretches(f"数据{giant}模型"))
    assert [[word.text for word in part.words] for part in parts] == [["数据"], ["模型"]]


def test_a_term_is_repaired_at_its_place_late_in_text_without_marks() -> None:
    before = "我们先把数据清洗一遍然后看看结果怎么样" * 160
    (change,) = repair(before + "这里查的是一张到派所迎").changes
    assert (change.start, change.term) == (len(before) + 7, "倒排索引")


def test_english_spelled_by_ear_lies_near_its_chinese_transliteration() -> None:
    near = distance(phones("雷尔诺姆"), phones("layer norm"), 9)
    far = distance(phones("火车票价"), phones("layer norm"), 9)
    assert near < far / 2


def test_words_whose_spelling_misleads_have_a_sound_of_their_own() -> None:
    assert phones("schema")[:2] == ("s", "k")
    assert phones("cache") != phones("cach e")


def test_the_weights_are_of_the_evidence_there_is() -> None:
    rows = load_weights()
    assert tuple(rows["evidence"]) == NAMES
    assert all(len(rows[kind]) == len(NAMES) for kind in ("hh", "hl", "lh", "ll"))


def test_the_sample_of_misheard_terms_is_repaired_at_few_wrong_changes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = os.environ.get("KAOGUAN_SAMPLES")
    if not samples:
        pytest.skip("KAOGUAN_SAMPLES is not set")
    runner = _runner(Path(samples) / "asr_terms" / "run.py")
    bars = ["--bar", "repaired=0.2", "--bar", "wrong=0.3"]
    monkeypatch.setattr("sys.argv", ["run", "--adapter", "tests.adapters:repair_terms", *bars])
    assert runner.main() == 0, capsys.readouterr().out


def _runner(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("term_runner", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
