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
    assert thread.exchanges[1].credited and not thread.exchanges[1].help


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
