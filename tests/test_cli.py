"""The command line as a stranger meets it: output, exit codes, one clear line for what is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.cli.main import cli

ROOT = Path(__file__).parent.parent


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, list(arguments), input=stdin)


def script(tmp_path: Path, *answers: str) -> str:
    path = tmp_path / "answers.txt"
    path.write_text("\n\n".join(answers), encoding="utf-8")
    return str(path)


def test_help_is_quick_and_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom agent.cli.main import cli\n"
        "try:\n cli(['--help'], prog_name='kaoguan')\nexcept SystemExit: pass\n"
        "heavy = {'langgraph', 'openai', 'jieba', 'numpy', 'sqlalchemy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "chat" in done.stdout
    bare = time.perf_counter() - began
    assert bare < 5


@pytest.mark.parametrize(
    "command",
    ["chat", "demo", "report", "bank", "grade", "sessions", "doctor"],
)
def test_every_command_has_help(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0 and "Usage" in result.output


def test_a_scripted_interview_pauses_is_taken_up_and_ends_with_a_report(tmp_path: Path) -> None:
    first = run(
        "chat", "--format", "quick", "--plain", "--script", script(tmp_path, "不太清楚", "/why")
    )
    assert first.exit_code == 0 and "--continue" in first.output and "为什么问" in first.output
    end = run("chat", "--continue", "--plain", "--script", script(tmp_path, "给个提示", "/end"))
    assert end.exit_code == 0 and "面试报告" in end.output
    listed = json.loads(run("sessions", "list", "--json").output)
    assert [row["status"] for row in listed] == ["complete"]
    report = json.loads(run("report", "--json").output)
    assert report["session"] == listed[0]["session"] and report["questions"]
    page = tmp_path / "report.html"
    assert run("report", "--html", str(page)).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert "default-src 'none'" in text and "<script" not in text


def test_json_of_a_scripted_chat_is_one_document(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        cli,
        ["chat", "--format", "quick", "--json", "--script", script(tmp_path, "不会", "/end")],
    )
    assert result.exit_code == 0
    assert json.loads(result.stdout)["status"] == "complete"


def test_english_interviews_are_in_english(tmp_path: Path) -> None:
    answers = script(tmp_path, "I don't know", "give me a hint", "/end")
    result = run("chat", "--lang", "en", "--format", "quick", "--plain", "--script", answers)
    session = json.loads(run("sessions", "list", "--json").output)[0]["session"]
    events = json.loads(run("sessions", "show", session, "--json").output)
    ours = "".join(e["body"]["text"] for e in events if e["body"]["speaker"] == "interviewer")
    chinese = sum("\u4e00" <= ch <= "\u9fff" for ch in ours)
    assert result.exit_code == 0 and ours and chinese == 0


def test_demo_prints_one_json_document_with_the_report() -> None:
    document = json.loads(run("demo", "--json", "--kind", "weak").stdout)
    assert document["report"]["status"] == "complete" and document["report"]["questions"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["chat", "--format", "nonsense"], 2, "unknown format 'nonsense'; choose one of"),
        (["chat", "--topic", "火星"], 2, "unknown topic '火星'; choose from"),
        (["chat", "--bank", "nobody"], 1, "nobody"),
        (["chat", "--session", "nope"], 2, "there is no session 'nope'"),
        (["chat", "--continue"], 1, "没有未完成的面试"),
        (["chat", "--script", "/no/such/file"], 2, "there is no such file"),
        (["report", "nope"], 2, "there is no session 'nope'"),
        (["report"], 1, "there is no session yet"),
        (["sessions", "show", "nope"], 2, "there is no session 'nope'"),
        (["sessions", "delete", "nope", "--yes"], 2, "there is no session 'nope'"),
        (["grade", "--question", "nope", "--answer", "/no"], 2, "no question 'nope'"),
        (["demo", "--kind", "hero"], 2, "choose one of strong"),
        (["bank", "show", "注意力缩放"], 2, "attention-scaling"),
    ],
)
def test_a_wrong_call_gets_one_clear_line(arguments: list[str], code: int, words: str) -> None:
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert words in result.output and "Traceback" not in result.output


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\x00\x01\x02" * 50, "is not a text file"),
        (b"\xff\xfe\xfa\xfb\xfc\x80\x81", "neither UTF-8 nor GB18030"),
        (b"x" * 2_000_001, "larger than 2 MB"),
    ],
)
def test_a_bad_script_is_refused_in_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_bytes(content)
    result = run("chat", "--script", str(path))
    assert result.exit_code == 1 and words in result.output


def test_a_gb18030_script_is_read(tmp_path: Path) -> None:
    path = tmp_path / "gb.txt"
    path.write_bytes("不太清楚\n\n/end".encode("gb18030"))
    assert run("chat", "--format", "quick", "--plain", "--script", str(path)).exit_code == 0


def test_odd_characters_and_huge_answers_do_no_harm(tmp_path: Path) -> None:
    odd = "注意力\u202e就是\u0007加权求和" + "，然后还有很多别的事情" * 9000
    result = run("chat", "--format", "quick", "--plain", "--script", script(tmp_path, odd, "/end"))
    assert result.exit_code == 0 and "评分只看前面一部分" in result.output
    session = json.loads(run("sessions", "list", "--json").output)[0]["session"]
    events = json.loads(run("sessions", "show", session, "--json").output)
    said = next(e["body"]["text"] for e in events if e["body"]["speaker"] == "candidate")
    assert len(said) > 90_000 and "\u202e" not in said and "\x07" not in said


def test_deleting_a_session_asks_first_and_leaves_no_byte(
    tmp_path: Path, data_folder: Path
) -> None:
    secret = "只有我知道的话ZEBRA"
    run("chat", "--format", "quick", "--plain", "--script", script(tmp_path, secret))
    session = json.loads(run("sessions", "list", "--json").output)[0]["session"]
    refused = run("sessions", "delete", session, stdin="n\n")
    assert refused.exit_code == 1
    assert run("sessions", "delete", session, "--yes").exit_code == 0
    left = [p for p in data_folder.rglob("*") if p.is_file() and b"ZEBRA" in p.read_bytes()]
    assert left == []


def test_a_read_only_data_folder_is_one_clear_line(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x", encoding="utf-8")
    environ = {**os.environ, "KAOGUAN_DATA_DIR": str(blocked / "data"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "agent", "sessions", "list"],
        env=environ, cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1 and "KAOGUAN_DATA_DIR" in done.stderr


def test_questions_are_imported_and_an_interview_runs_on_them_alone(tmp_path: Path) -> None:
    document = tmp_path / "notes.md"
    document.write_text(
        "\n\n".join(
            f"## {n}. 什么是第{n}号注意力机制？\n\n它按相似度给每个位置一个权重，再做加权求和。"
            f"第{n}种做法还会先做缩放，避免 softmax 饱和。"
            for n in range(1, 7)
        ),
        encoding="utf-8",
    )
    assert run("bank", "import", str(document), "--name", "notes").exit_code == 0
    again = json.loads(run("bank", "import", str(document), "--name", "notes", "--json").output)
    assert all(c["added"] == c["changed"] == 0 for c in again["files"].values())
    answers = script(tmp_path, "按相似度加权求和", "不太清楚", "/end")
    result = run("chat", "--bank", "notes", "--format", "quick", "--plain", "--script", answers)
    assert result.exit_code == 0, result.output
    report = json.loads(run("report", "--json").output)
    assert all("号注意力机制" in q["asked"] for q in report["questions"])


def test_questions_that_ask_the_same_are_listed(tmp_path: Path) -> None:
    notes = tmp_path / "n.md"
    notes.write_text(
        "## 1. 什么是残差连接？\n\n输入直接加到输出上，梯度可以直接传回去。\n\n"
        "## 2. 请解释一下残差连接是什么\n\n把输入加到输出上，很深的网络更容易训练。\n",
        encoding="utf-8",
    )
    assert run("bank", "import", str(notes), "--name", "twice").exit_code == 0
    found = run("bank", "dedupe", "--bank", "twice")
    assert found.exit_code == 0 and found.output.count("残差连接") >= 2, found.output
