"""The interviewer can be wrong: the bank's facts decide, and only where both sides are clear."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent.review import Wanted, keep, review
from agent.reviewing.crediting import credit
from agent.reviewing.floors import Floor
from agent.reviewing.talk import Exchange, Thread
from sessions.ledger import open_ledger
from sessions.report.build import build_report
from sessions.report.render import labels, to_html, to_markdown
from sessions.transcript import parse_transcript
from tools.grade_answer import shared_grader
from tools.knowledge.bank import load_bank
from tools.knowledge.search import open_searcher

IDS = ("rl-gae", "cml-bias-variance", "dl-gradient-check")
TALK = """面试官 00:00
你好，先问一个问题，{asked}

候选人 00:12
{claim}

面试官 00:40
{said}

候选人 00:55
对对对，您说得对，是我记错了。

面试官 01:05
好，那再问一个别的问题，Python 的多线程为什么用不满多核？

候选人 01:15
因为有全局解释器锁，同一时刻只有一个线程执行字节码，计算密集的任务要用多进程。

面试官 01:40
好，今天就先到这里，再见。
"""


def _floor(number: int, role: Any, text: str) -> Floor:
    turn: Any = {"id": f"t{number}", "text": text, "speaker": role}
    return Floor(number, role, [turn])


def _talk(question: Any, claim: str, said: str) -> Thread:
    asked = _floor(0, "interviewer", question["wording"]["zh"])
    against = Exchange(_floor(2, "interviewer", said), _floor(3, "candidate", "对对对，是的。"))
    return Thread(1, "talk", [Exchange(asked, _floor(1, "candidate", claim)), against])


@pytest.fixture(params=IDS)
def question(request: pytest.FixtureRequest) -> Any:
    found = load_bank().get(request.param)
    assert found is not None and found["misconceptions"]
    return found


def _false(question: Any) -> str:
    text: str = question["misconceptions"][0]["text"]["zh"]
    return f"不对吧，应该是{text}。"


def _true(question: Any) -> str:
    held = question["misconceptions"][0]["key_point"]
    text: str = next(p["text"]["zh"] for p in question["key_points"] if p["id"] == held)
    return f"我觉得{text}。"


def test_a_wrong_correction_is_credited_with_both_sides_quoted(question: Any) -> None:
    thread = _talk(question, _true(question), _false(question))
    [one] = credit(thread, question, shared_grader().grade, "zh")
    assert one.claim["turn"] == "t1" and one.said["turn"] == "t2"
    text = thread.exchanges[1].asked.turns[0]["text"]
    assert text[one.said["start"] : one.said["end"]] == one.said["text"]
    assert thread.exchanges[1].credited and not thread.exchanges[1].helps


@pytest.mark.parametrize("case", ["right correction", "refuses the error", "other matter"])
def test_a_right_interviewer_is_never_called_wrong(question: Any, case: str) -> None:
    wrong, right = question["misconceptions"][0]["text"]["zh"], _true(question)
    correction = question["misconceptions"][0]["correction"]["zh"]
    claim, said = {
        "right correction": (f"我觉得{wrong}。", f"不对，其实{correction}。"),
        "refuses the error": (right, f"对，其实不是{wrong}，而是{correction}。"),
        "other matter": (right, "不是，其实我想问的是你们项目里的数据是怎么来的。"),
    }[case]
    thread = _talk(question, claim, said)
    assert credit(thread, question, shared_grader().grade, "zh") == []
    assert not any(exchange.credited for exchange in thread.exchanges)


REFUSALS = (
    "其实很多人会觉得{wrong}，这是错的。",
    "你刚才一开始说{wrong}，这个有问题。",
    "其实如果{wrong}，那就矛盾了。",
    "对，没错，{wrong}这种说法是错误的。",
    "不对，有一种说法是{wrong}。",
    "其实{wrong}。这种说法不成立。",
    "其实不是{wrong}。",
    "{wrong}，很多时候应该是会被这样误解的。",
    "Actually, some people think {wrong}.",
    "No, you said {wrong}.",
)


@pytest.mark.parametrize("said", REFUSALS)
def test_who_refuses_attributes_or_supposes_an_error_does_not_state_it(
    question: Any, said: str
) -> None:
    wrong = question["misconceptions"][0]["text"]["zh"]
    thread = _talk(question, _true(question), said.format(wrong=wrong))
    assert credit(thread, question, shared_grader().grade, "zh") == []
    assert not thread.exchanges[1].credited


@pytest.mark.parametrize(
    "opener", ["不对，", "不是吧。", "你记反了，其实", "这个不对，应该是", "No, "]
)
def test_a_contradiction_of_the_speakers_own_is_credited(question: Any, opener: str) -> None:
    wrong = question["misconceptions"][0]["text"]["zh"]
    thread = _talk(question, _true(question), f"{opener}{wrong}。")
    assert len(credit(thread, question, shared_grader().grade, "zh")) == 1


def test_who_agrees_and_still_holds_against_it_does_not_give_in(question: Any) -> None:
    said = {
        "gives in": "对，是我记错了。",
        "holds": "对，不过我还是认为方差大，因为它对样本太敏感。",
    }
    yields = {
        name: Exchange(
            _floor(2, "interviewer", "不对。"), _floor(3, "candidate", text), credited=True
        ).yields
        for name, text in said.items()
    }
    assert yields == {"gives in": True, "holds": False}


def test_a_question_that_was_not_asked_gives_no_credit(
    question: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bank = load_bank()
    said = {"asked": question["wording"]["zh"], "claim": _true(question), "said": _false(question)}
    monkeypatch.setattr("agent.review._belongs", lambda *of: False)
    searcher = open_searcher(bank, folder=tmp_path / "search")
    found = review(parse_transcript(TALK.format(**said)), bank, searcher, Wanted())
    assert found.review["credited"] == []
    assert not any(e.credited for one in found.judged for e in one.thread.exchanges)


def test_in_a_review_the_candidate_is_right_and_loses_nothing(
    question: Any, tmp_path: Path
) -> None:
    bank = load_bank()
    said = {"asked": question["wording"]["zh"], "claim": _true(question), "said": _false(question)}
    text = TALK.format(**said)
    searcher = open_searcher(bank, folder=tmp_path / "search")
    found = review(parse_transcript(text), bank, searcher, Wanted())
    [row] = found.review["credited"]
    assert row["fact"] and row["answer"]["speaker"] == "candidate"
    assert not any(f["question"] == question["id"] for f in found.review["findings"])
    assert not any(m["quote"]["turn"] == row["said"]["turn"] for m in found.review["moments"])
    ledger = open_ledger(tmp_path / "ledger.db")
    keep(found, ledger)
    report = build_report(ledger, found.session)
    ledger.close()
    assert labels("zh")["credited_head"] in to_html(report, "zh")
    assert row["fact"][:12] in to_markdown(report, "zh")
