from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from agent.assembly import Setup
from agent.company import answer_from_job
from agent.simulation import simulate
from sessions.ledger import open_ledger
from sessions.report.build import build_report

JOB = "岗位：大模型算法工程师。团队负责搜索问答方向。入职后先做检索召回的评测。每周有一次论文分享。"


def test_a_question_is_answered_with_the_sentence_that_speaks_of_it() -> None:
    assert answer_from_job(JOB, "论文分享多久一次？", "zh") == "每周有一次论文分享。"
    assert "检索召回" in answer_from_job(JOB, "进来之后先做什么，是检索召回吗？", "zh")


def test_what_the_job_text_does_not_say_is_not_answered() -> None:
    assert answer_from_job(JOB, "加班多吗，有没有期权？", "zh") == ""
    assert answer_from_job("", "团队多少人？", "zh") == ""


async def test_unanswered_questions_are_kept_to_be_learnt(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "ledger.db")
    session = await simulate("strong", replace(Setup(), format="hr"), ledger, tmp_path)
    report = build_report(ledger, session)
    assert report["to_learn"] and "？" in report["to_learn"][0]
