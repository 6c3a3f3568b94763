"""A review made fit for other eyes holds no word of the interviewer, and its page no old voice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from agent.cli.report import write_report
from agent.cli.review import command
from agent.review import Wanted, keep, review
from sessions.ledger import open_ledger
from sessions.report.build import build_report
from sessions.report.render import labels, to_html, to_markdown
from sessions.report.share import anonymous
from sessions.transcript import parse_transcript
from tools.knowledge.bank import load_bank
from tools.knowledge.search import open_searcher

TALK = """说话人 2 00:00
你好，我们开始吧。先问一个问题，注意力分数为什么要除以根号 dk？

说话人 1 00:15
嗯，因为点积的方差会随着维度变大，如果不除的话点积会很大，softmax 之后就很尖，梯度会很小，训练不稳。

说话人 2 00:50
我们星河科技的李雷之前那个项目里试过，缩放去掉以后，softmax 的梯度会怎么变？

说话人 1 01:20
嗯，梯度会变得很小，接近零。

说话人 2 01:40
那为什么是除以根号 dk，而不是除以 dk 呢，你知道吗？

说话人 1 02:00
嗯，因为方差是 dk，标准差是根号 dk，除了以后方差是一。

说话人 2 02:20
那我们星河科技的做法里，初始化如果改了，缩放因子应该怎么调整？

说话人 1 02:40
这个我不太清楚，没有了解过，不知道。

说话人 2 03:00
那我再问一下，如果星河科技的李雷把缩放放到 softmax 后面，方差会有什么区别？

说话人 1 03:10
这个也忘了，不太清楚。

说话人 2 04:40
好的。你还有什么问题想问我吗？

说话人 1 04:50
我想了解一下我们团队主要做什么业务？

说话人 2 05:00
我们团队主要做语音方向的大模型应用。好，今天就先这样，再见。

说话人 1 05:20
谢谢您，再见。
"""
RAW = ("星河", "李雷", "怎么调整", "有什么区别", "怎么变", "语音方向", "什么业务")
"""Pieces of what was asked and told in this interview alone."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder, bank = tmp_path_factory.mktemp("review"), load_bank()
    found = review(parse_transcript(TALK), bank, open_searcher(bank, folder=folder), Wanted())
    ledger = open_ledger(folder / "ledger.db")
    keep(found, ledger)
    made = build_report(ledger, found.session)
    ledger.close()
    return made


def test_an_anonymous_review_holds_no_word_of_the_interviewer(report: Any) -> None:
    assert all(piece in json.dumps(report, ensure_ascii=False) for piece in RAW)
    shared = anonymous(report)
    dumped = json.dumps(shared, ensure_ascii=False)
    for text in (to_html(shared), to_markdown(shared), dumped):
        assert not [piece for piece in RAW if piece in text]


def test_an_anonymous_review_keeps_the_banks_question_and_the_candidates_words(report: Any) -> None:
    shared = anonymous(report)
    [finding], [question] = shared["review"]["findings"], shared["questions"][:1]
    assert finding["question"] == question["id"]
    assert finding["title"] == finding["asked"] == question["asked"] and finding["asks"] == []
    assert shared["weaknesses"][0]["text"] == question["asked"]
    assert any("没有了解过" in quote["text"] for quote in finding["evidence"])


def test_a_finding_about_own_work_is_not_shared(report: Any) -> None:
    personal = json.loads(json.dumps(report))
    personal["questions"][0]["stage"] = "project"
    shared = anonymous(personal)
    assert shared["review"]["findings"] == [] and shared["weaknesses"] == []


@pytest.mark.parametrize("option", ["--anonymous", "--no-audio"])
def test_a_page_written_again_without_voices_leaves_none_beside_it(
    report: Any, tmp_path: Path, option: str
) -> None:
    page, beside = tmp_path / "r.html", tmp_path / "r-audio"
    beside.mkdir()
    for name in ("001.mp3", "012.mp3", "my song.mp3", "notes.txt"):
        (beside / name).write_bytes(b"x")
    options: dict[str, Any] = {"html": page, "md": None, "pdf": None, "as_json": True}
    options |= {"anonymous": option == "--anonymous", "audio": option != "--no-audio"}
    write_report(report, options, "zh")
    assert sorted(path.name for path in beside.iterdir()) == ["my song.mp3", "notes.txt"]
    for path in beside.iterdir():
        path.rename(beside / "001.mp3")
    write_report(report, options, "zh")
    assert not beside.exists()


def test_what_is_remembered_is_said_to_be(tmp_path: Path, data_folder: Path) -> None:
    talk = tmp_path / "talk.txt"
    talk.write_text(TALK, encoding="utf-8")
    plain = CliRunner().invoke(command, [str(talk)])
    kept = CliRunner().invoke(command, [str(talk), "--remember"])
    assert (plain.exit_code, kept.exit_code) == (0, 0), plain.output + kept.output
    assert labels("zh")["not_remembered"] in plain.output
    assert labels("zh")["not_remembered"] not in kept.output
    assert labels("zh")["remembered"] in kept.output and list(data_folder.rglob("ledger.db"))


UNCLEAR = "{0} 00:00\n注意力就是加权求和。\n\n{1} 00:10\n注意力也是加权平均。\n"


def test_the_labels_to_choose_from_are_those_of_the_file(tmp_path: Path, data_folder: Path) -> None:
    talk = tmp_path / "talk.txt"
    talk.write_text(UNCLEAR.format("王伟", "王芳"), encoding="utf-8")
    asked = CliRunner().invoke(command, [str(talk)])
    assert asked.exit_code == 0, asked.output
    assert "王伟, 王芳" in asked.output
    named = CliRunner().invoke(command, [str(talk), "--candidate-label", "王芳", "--json"])
    assert named.exit_code == 0, named.output
    shown = json.loads(named.stdout)["review"]["labels"]
    assert shown == {"王.": "interviewer", "王. 2": "candidate"}
    assert not list(data_folder.rglob("ledger.db"))
