"""What a review says of a place in the talk is about that place, and about the right question."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent.review import Wanted, keep, review
from agent.reviewing import cues
from agent.reviewing.answers import answer_text
from agent.reviewing.events import Reviewed
from agent.reviewing.floors import Floor
from agent.reviewing.quoting import help_quote, quote_of
from agent.reviewing.threads import threads_of
from sessions.ledger import open_ledger
from sessions.records import Speaker
from sessions.transcript import parse_transcript
from tools.grade_answer import shared_grader
from tools.grading.evidence import check_quotes
from tools.knowledge.bank import load_bank
from tools.knowledge.search import open_searcher

LAYER_NORM = (
    ("A", "你好，先问一个问题，Transformer 里面为什么用 layer norm 而不用 batch norm？"),
    ("B", "嗯，这个我不太清楚，可能是因为效果好一些，也可能是习惯。"),
    (
        "A",
        "其实主要是因为句子长度不一样，一批里面的统计量不稳，layer norm 只在单个样本的特征维上算。"
        "好，再问一个别的问题，Python 的多线程为什么用不满多核？",
    ),
    ("B", "因为有全局解释器锁，同一时刻只有一个线程执行字节码，计算密集的任务要用多进程。"),
    ("A", "好，今天就先到这里，再见。"),
)


def _reviewed(said: Any, tmp_path: Path) -> Reviewed:
    text = "\n\n".join(f"{who} 00:{n * 10:02}\n{words}" for n, (who, words) in enumerate(said))
    bank = load_bank()
    return review(parse_transcript(text), bank, open_searcher(bank, folder=tmp_path), Wanted())


def _floor(number: int, role: Speaker, *texts: str) -> Floor:
    turns: Any = [
        {"id": f"t{number}.{place}", "text": text, "speaker": role}
        for place, text in enumerate(texts)
    ]
    return Floor(number, role, turns)


def _places(*floors: Floor) -> tuple[dict[str, int], dict[str, float]]:
    return {turn["id"]: 1 for floor in floors for turn in floor.turns}, {}


@pytest.mark.parametrize(
    "said",
    [
        (("A", "你好，先做个自我介绍。"), ("B", "这个方面我不太清楚。"), ("A", "好，再见。")),
        (("A", "Hello, please introduce yourself."), ("B", "I don't know."), ("A", "Bye.")),
    ],
)
def test_a_talk_that_asks_nothing_is_reviewed(said: Any, tmp_path: Path) -> None:
    found = _reviewed(said, tmp_path)
    assert [f["signs"] for f in found.review["findings"]] == [{"admits": 1}]


def test_an_answer_told_on_leaving_a_question_counts_on_that_question(tmp_path: Path) -> None:
    found = _reviewed(LAYER_NORM, tmp_path / "search")
    [moment] = found.review["moments"]
    norm = next(one for one in found.judged if "layer norm" in one.thread.opening)
    assert moment["kind"] == "answer" and moment["question"] == f"{norm.thread.number}"
    assert norm.counts["answer"] == 1
    ledger = open_ledger(tmp_path / "ledger.db")
    keep(found, ledger)
    told = [e["body"]["told"] for e in ledger.events(session=found.session, kinds=["grade"])]
    ledger.close()
    assert told == [True, False]


def test_help_on_the_way_back_counts_on_the_question_that_is_left() -> None:
    floors = [
        _floor(0, "interviewer", "你觉得词表和 tokenizer 是不是越大越好？说说你的理由。"),
        _floor(1, "candidate", "不一定，词表太大的话参数会变多，训练也会更慢一些。"),
        _floor(2, "interviewer", "另外再问一个问题，Transformer 里面 softmax 的作用是什么？"),
        _floor(3, "candidate", "这个我不太清楚，可能就是做一个变换，让效果更好一点。"),
        _floor(4, "interviewer", "再问一个问题，GIL 是什么？你平时用 Python 多线程多吗？"),
        _floor(5, "candidate", "这个我忘了，多线程我没有用过，平时都是单线程跑的脚本。"),
        _floor(
            6,
            "interviewer",
            "其实它就是一把全局的锁，同一时刻只能有一个线程执行字节码。"
            "我们回到刚刚那个词表和 tokenizer 的问题，你之前说会更慢，为什么？",
        ),
        _floor(7, "candidate", "因为输出层的矩阵会变大，每一步都要算整个词表的概率。"),
    ]
    helps = {
        t.number: [h.kind for e in t.exchanges for _, h in e.helps] for t in threads_of(floors)
    }
    assert helps == {1: [], 2: [], 3: ["answer"]}


def test_a_quote_stands_where_the_cue_was_found() -> None:
    said = "用户不知道该选哪个，所以我们做了推荐。然后冷启动的策略，不知道怎么选。"
    floor = _floor(1, "candidate", said)
    found = cues.find("candidate", "admits", floor.text)
    assert found is not None
    quote = quote_of(floor, found.span(), "admits", *_places(floor))
    assert quote is not None and quote["text"].endswith("不知道怎么选。")


def test_help_over_two_blocks_is_told_and_quoted() -> None:
    floors = [
        _floor(0, "interviewer", "LoRA 的两个矩阵是怎么初始化的？请你讲一讲。"),
        _floor(1, "candidate", "LoRA 就是加两个小矩阵，具体怎么初始化我不太记得了。"),
        _floor(2, "interviewer", "那这两个矩阵里面，有一个初始化的时候要设成全零", "是吧？"),
        _floor(3, "candidate", "对，一个是零。"),
    ]
    [given] = [one for t in threads_of(floors) for e in t.exchanges for one in e.helps]
    quote = help_quote(given, *_places(*floors))
    assert quote is not None
    assert quote["turn"] == "t2.0" and quote["text"].endswith("设成全零")


def test_a_span_finds_its_turn_behind_words_that_were_given_back() -> None:
    floor = _floor(1, "candidate", "吗嗯，我知道。", "然后这个我忘了。")
    floor.lost = 1
    start = floor.text.index("这个我忘了")
    found = floor.turn_at(start, start + 5)
    assert found is not None
    turn, low, high = found
    assert (turn["id"], turn["text"][low:high]) == ("t1.1", "这个我忘了")


def test_a_very_long_turn_is_graded_with_true_quotes() -> None:
    question = load_bank().get("cml-bias-variance")
    assert question is not None
    told = "".join(f"{point['text']['zh']}。" for point in question["key_points"])
    filler = "我们那个项目里面，数据是每天从线上拉下来的，然后清洗一遍再入库。"
    text = filler * 160 + told + filler * 60
    turn: Any = {"id": "t1", "text": text, "repaired": text.replace("清洗", "清晰") + told}
    answer = answer_text(turn)
    assert text.startswith(answer.raw) and len(answer.raw) == 6_000
    assert answer.repaired is None or len(answer.repaired) <= 6_100
    grade = shared_grader().grade(question, [answer], "zh")
    assert check_quotes(grade, {"t1": text}) == []
