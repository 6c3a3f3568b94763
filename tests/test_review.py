from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from agent.cli.evaluate_review import command as evaluate
from agent.cli.review import command
from agent.review import Wanted, keep, review
from agent.reviewing.events import Reviewed
from agent.reviewing.floors import floors_of, turns_of
from agent.reviewing.threads import threads_of
from sessions.ledger import open_ledger
from sessions.projections import project
from sessions.report.build import build_report
from sessions.report.render import to_html
from sessions.transcript import parse_transcript, read_transcript
from sessions.transcripts.roles import infer_roles
from tools.knowledge.bank import load_bank
from tools.knowledge.search import open_searcher

TALK = Path(__file__).parent / "data" / "review" / "talk.txt"


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Reviewed:
    bank = load_bank()
    searcher = open_searcher(bank, folder=tmp_path_factory.mktemp("search"))
    return review(read_transcript(TALK), bank, searcher, Wanted())


@pytest.fixture
def report(reviewed: Reviewed, tmp_path: Path) -> Any:
    ledger = open_ledger(tmp_path / "ledger.db")
    keep(reviewed, ledger)
    try:
        return build_report(ledger, reviewed.session)
    finally:
        ledger.close()


def test_each_question_of_the_talk_is_told_from_the_others(reviewed: Reviewed) -> None:
    parts = [(one.thread.part, one.thread.opening[:60]) for one in reviewed.judged]
    asked = [text for part, text in parts if part == "talk"]
    assert any("装饰器" in text for text in asked)
    assert any("特殊 token" in text for text in asked)
    assert any("多核" in text for text in asked)
    assert parts[-1][0] in ("reverse", "close")


def test_the_question_not_known_is_the_weakest_and_says_so_in_own_words(reviewed: Reviewed) -> None:
    worst = reviewed.review["findings"][0]
    assert worst["signs"]["admits"] >= 1
    assert any("没有详细了解" in quote["text"] for quote in worst["evidence"])
    assert worst["severity"] == 3


def test_the_answer_told_by_the_interviewer_is_a_moment(reviewed: Reviewed) -> None:
    told = [m for m in reviewed.review["moments"] if m["kind"] == "answer"]
    assert any("embedding" in m["quote"]["text"] for m in told)


def test_a_question_answered_well_is_no_finding(reviewed: Reviewed) -> None:
    assert not any("多核" in f["asked"] for f in reviewed.review["findings"])


def test_a_remark_about_outside_help_is_never_a_finding(reviewed: Reviewed, report: Any) -> None:
    assert reviewed.review["integrity_remarks"] == 1
    shown = json.dumps(
        [reviewed.review["findings"], report["weaknesses"], report["practise"]], ensure_ascii=False
    )
    assert "AI" not in shown and "作弊" not in to_html(report)


def test_every_quote_is_a_piece_of_its_turn(reviewed: Reviewed, report: Any) -> None:
    turns = {turn["id"]: turn["text"] for turn in reviewed.turns}
    quotes = [q for f in reviewed.review["findings"] for q in f["evidence"]]
    quotes += [m["quote"] for m in reviewed.review["moments"]]
    quotes += [q for p in report["questions"] for point in p["points"] for q in point["quotes"]]
    assert quotes
    assert all(turns[q["turn"]][q["start"] : q["end"]] == q["text"] for q in quotes)


def test_a_remark_about_outside_help_names_no_question(tmp_path: Path) -> None:
    bank = load_bank()
    text = TALK.read_text("utf-8").replace("这个我忘了。", "这个我忘了，没有了解过。")
    found = review(parse_transcript(text), bank, open_searcher(bank, folder=tmp_path), Wanted())
    titles = [f["title"] + f["asked"] for f in found.review["findings"]]
    assert titles and not any("AI" in title or "旁边" in title for title in titles)


def test_own_questions_and_company_facts_are_summarised(reviewed: Reviewed) -> None:
    assert any("业务" in line for line in reviewed.review["reverse_questions"])
    assert any("语音" in line for line in reviewed.review["company_facts"])


def test_a_person_named_by_the_label_is_masked_wherever_spoken(tmp_path: Path) -> None:
    text = TALK.read_text("utf-8").replace("说话人 2", "周明远").replace("你好，", "我是周明远，")
    bank = load_bank()
    found = review(parse_transcript(text), bank, open_searcher(bank, folder=tmp_path), Wanted())
    everything = json.dumps([found.turns, found.review], ensure_ascii=False)
    assert "周明远" not in everything
    assert found.review["masked"] >= 1


def test_a_named_model_grades_and_is_named_in_the_record(tmp_path: Path) -> None:
    from tools.grade_answer import shared_grader

    asked: list[tuple[str, list[str]]] = []

    def grade(question: Any, answers: Any, lang: Any) -> Any:
        asked.append((question["id"], [answer.raw for answer in answers]))
        return shared_grader().grade(question, answers, lang)

    bank = load_bank()
    wanted = Wanted(grade=grade, grader="model x (prompt 2)")
    found = review(read_transcript(TALK), bank, open_searcher(bank, folder=tmp_path / "s"), wanted)
    assert asked and all(answers for _, answers in asked)
    ledger = open_ledger(tmp_path / "ledger.db")
    keep(found, ledger)
    started = next(iter(ledger.events(session=found.session, kinds=["session_started"])))
    assert started["body"]["grader"] == "model x (prompt 2)"
    ledger.close()


def test_nothing_is_remembered_unless_the_user_says_so(data_folder: Path) -> None:
    result = CliRunner().invoke(command, [str(TALK), "--json"])
    assert result.exit_code == 0, result.output
    assert not list(data_folder.rglob("ledger.db"))


def test_a_review_kept_twice_is_one_session_in_memory(reviewed: Reviewed, tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "ledger.db")
    keep(reviewed, ledger)
    once = len(list(ledger.events(candidate="me")))
    keep(reviewed, ledger)
    events = list(ledger.events(candidate="me"))
    known = project(events, "me")
    ledger.close()
    assert (len(events), known.sessions) == (once, 1)


def test_tags_in_a_transcript_reach_the_page_as_text(tmp_path: Path) -> None:
    script = "<script>alert(1)</script><tool_call>{}</tool_call>"
    text = TALK.read_text("utf-8").replace("这个我忘了。", f"这个我忘了{script}。")
    path, page = tmp_path / "hostile.txt", tmp_path / "page.html"
    path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(command, [str(path), "--html", str(page)])
    assert result.exit_code == 0, result.output
    html = page.read_text("utf-8")
    assert "<script" not in html and "&lt;script&gt;" in html


def test_a_file_that_cannot_be_read_ends_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("no speakers here", encoding="utf-8")
    result = CliRunner().invoke(command, [str(path)])
    assert result.exit_code == 1
    assert result.output.count("\n") == 1 and "no speakers" in result.output


def test_a_wrong_label_names_the_right_ones() -> None:
    result = CliRunner().invoke(command, [str(TALK), "--candidate-label", "nobody"])
    assert result.exit_code == 2
    assert "说话人 1" in result.output


def test_the_evaluation_counts_found_missed_and_unexpected(tmp_path: Path, report: Any) -> None:
    made, wanted = tmp_path / "review.json", tmp_path / "expected.json"
    made.write_text(json.dumps(report), encoding="utf-8")
    topics = [
        {"name": "special tokens", "words": [], "times": ["01:20", "03:15"], "severity": 2},
        {"name": "not there", "words": ["量子"], "severity": 1},
    ]
    wanted.write_text(json.dumps({"topics": topics, "moments": [["02:40", "answer"]]}), "utf-8")
    result = CliRunner().invoke(evaluate, [str(made), str(wanted), "--json"])
    found = json.loads(result.output)
    assert (found["topics_found"], found["missed"]) == (1, ["not there"])
    assert (found["severity_close"], found["moments_found"], found["bad_quotes"]) == (1, 1, 0)


def test_an_invented_quote_is_counted_against_the_transcript(tmp_path: Path, report: Any) -> None:
    made, wanted = tmp_path / "review.json", tmp_path / "expected.json"
    wanted.write_text(json.dumps({"topics": []}), "utf-8")
    arguments = [str(made), str(wanted), "--transcript", str(TALK), "--json"]
    made.write_text(json.dumps(report), encoding="utf-8")
    honest = json.loads(CliRunner().invoke(evaluate, arguments).output)
    quote = report["review"]["findings"][0]["evidence"][0]
    quote["text"] = "想" * len(quote["text"])
    made.write_text(json.dumps(report), encoding="utf-8")
    invented = json.loads(CliRunner().invoke(evaluate, arguments).output)
    assert (honest["bad_quotes"], invented["bad_quotes"]) == (0, 1)


def test_a_stray_head_of_a_sentence_goes_back_to_its_speaker() -> None:
    text = "A 00:01\n这个你知道\n\nB 00:04\n吗嗯，我知道，它是一种把文字切开的办法。"
    found = parse_transcript(text)
    turns = turns_of(found.blocks, {"A": "interviewer", "B": "candidate"}, "s", _begun())
    floors = floors_of(turns, found.blocks)
    assert floors[0].text.endswith("吗") and floors[1].text.startswith("嗯")
    assert turns[1]["text"].startswith("吗")


def test_coming_back_to_an_earlier_question_opens_no_new_one() -> None:
    text = "\n\n".join(
        f"{who} {at}\n{words}"
        for who, at, words in (
            ("A", "00:01", "你觉得词表和 tokenizer 是不是越大越好？说说你的理由。"),
            ("B", "00:10", "不一定，词表太大的话参数会变多，训练也会更慢一些。"),
            ("A", "00:30", "另外再问一个问题，Transformer 里面 softmax 的作用是什么？"),
            ("B", "00:40", "它把注意力的分数变成和为一的权重，方便后面加权求和。"),
            ("A", "01:00", "我们回到刚刚那个词表和 tokenizer 的问题，你之前说会更慢，为什么？"),
            ("B", "01:10", "因为输出层的矩阵会变大，每一步都要算整个词表的概率。"),
        )
    )
    found = parse_transcript(text)
    roles = infer_roles(found).by_label
    floors = floors_of(turns_of(found.blocks, roles, "s", _begun()), found.blocks)
    threads = threads_of(floors)
    assert [len(thread.exchanges) for thread in threads] == [2, 1]
    assert threads[0].exchanges[1].move == "return_to_earlier"


def _begun() -> Any:
    from datetime import UTC, datetime

    return datetime(2026, 1, 5, tzinfo=UTC)


def test_recorded_interviews_give_findings_with_true_quotes_and_no_accusation(
    tmp_path: Path,
) -> None:
    samples = os.environ.get("KAOGUAN_SAMPLES")
    if not samples:
        pytest.skip("KAOGUAN_SAMPLES is not set: no recorded interviews to measure on")
    bank = load_bank()
    searcher = open_searcher(bank, folder=tmp_path)
    for name in ("000", "004"):
        path = next((Path(samples).parent / "seeds").glob(f"{name}_*.txt"))
        found = review(read_transcript(path), bank, searcher, Wanted())
        turns = {turn["id"]: turn["text"] for turn in found.turns}
        quotes = [q for f in found.review["findings"] for q in f["evidence"]]
        assert len(found.review["findings"]) >= 9
        assert all(turns[q["turn"]][q["start"] : q["end"]] == q["text"] for q in quotes)
        assert not any("使用 AI" in q["text"] or "使用AI" in q["text"] for q in quotes)
