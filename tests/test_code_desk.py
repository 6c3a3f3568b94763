"""The coder's desk in the terminal: a draft is written, tried and only then handed in."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from agent.cli.code import Desk
from agent.cli.code_view import example, show_problem, show_run
from agent.cli.typing import scripted
from agent.coding import code_languages, code_questions, without_code
from agent.interviewer import Interviewer
from sessions.records import Question
from tests.samples import a_question
from tools.knowledge.problem_signature import template
from tools.sandbox import probe

needs_sandbox = pytest.mark.skipif(
    not any(status["works"] for status in probe()), reason="no isolation works here"
)
RIGHT = "def two_sum(nums, target):\n    return [0, 1]\n"


class Interview:
    """Stands in for an open interview: one question, and what was tried."""

    def __init__(self, question: Question | None) -> None:
        self.question = question
        self.tried: list[str] = []

    async def current_question(self) -> Question | None:
        return self.question

    async def try_code(self, text: str) -> dict[str, Any]:
        self.tried.append(text)
        return a_run("AC", 2)


def a_run(verdict: str, passed: int, **more: Any) -> dict[str, Any]:
    tests = [{"index": i, "public": i < 2, "verdict": "AC", "ms": 0.5} for i in range(2)]
    facts = {"passed": passed, "total": 2, "reason": "", "error": None, "failing": None}
    used = {"time_ms": 0.5, "memory_mb": 9.0, "language": "python", "isolation": "bubblewrap"}
    return {"verdict": verdict, "tests": tests, **facts, **used, "stdout": "", **more}


def question(name: str) -> Question:
    return next(q for q in code_questions() if q["problem"]["id"] == name)


def a_desk() -> tuple[Desk, io.StringIO]:
    out = io.StringIO()
    return Desk(Console(file=out, width=100, no_color=True), "zh"), out


async def take(desk: Desk, interview: Interview, line: str) -> str:
    return await desk.take(cast(Interviewer, interview), line)


@needs_sandbox
async def test_what_the_editor_saves_is_shown_and_tried_but_not_handed_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor, seen = tmp_path / "editor.sh", tmp_path / "seen"
    editor.write_text(f'#!/bin/sh\ncp "$1" {seen}\nprintf \'{RIGHT}\' > "$1"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(editor))
    monkeypatch.setenv("EDITOR", str(editor))
    desk, out = a_desk()
    interview = Interview(question("two-sum"))
    assert await take(desk, interview, "/edit") == ""
    assert seen.read_text().startswith("def two_sum(nums: list[int], target: int)")
    assert "return [0, 1]" in out.getvalue() and "还没" not in out.getvalue()
    assert len(interview.tried) == 1
    assert await take(desk, interview, "/submit") == f"```python\n{RIGHT.strip()}\n```"


@needs_sandbox
async def test_an_editor_that_does_not_open_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "/no/such/editor")
    monkeypatch.setenv("EDITOR", "/no/such/editor")
    desk, out = a_desk()
    assert await take(desk, Interview(question("two-sum")), "/edit") == ""
    assert "/file" in out.getvalue()


@needs_sandbox
async def test_a_file_is_read_in_the_language_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("function two_sum(n, t) { return [0, 1] }")
    desk, out = a_desk()
    interview = Interview(question("two-sum"))
    await take(desk, interview, f"/file {tmp_path}/a.js")
    assert interview.tried[0].startswith("```javascript\n")
    await take(desk, interview, "/file /no/such/file.py")
    assert "读不了文件 /no/such/file.py" in out.getvalue()


@needs_sandbox
async def test_pasted_code_is_the_draft_and_another_problem_clears_the_desk() -> None:
    desk, out = a_desk()
    desk.keep(question("two-sum"), f"我先写一版\n```python\n{RIGHT}```")
    assert "two_sum" in await take(desk, Interview(question("two-sum")), "/submit")
    assert await take(desk, Interview(question("kmeans")), "/submit") == ""
    assert "还没有代码" in out.getvalue()


@needs_sandbox
@pytest.mark.parametrize("name", ["go", "text"])
async def test_a_pasted_block_in_another_language_is_talk_and_keeps_the_draft(name: str) -> None:
    desk, _ = a_desk()
    desk.keep(question("two-sum"), f"```python\n{RIGHT}```")
    desk.keep(question("two-sum"), f"报错是这样\n```{name}\npanic: out of range\n```")
    handed_in = await take(desk, Interview(question("two-sum")), "/submit")
    assert handed_in == f"```python\n{RIGHT.strip()}\n```"


@needs_sandbox
async def test_a_question_copied_before_statements_were_kept_shows_its_wording() -> None:
    old = question("two-sum")
    del old["problem"]["statement"]
    desk, out = a_desk()
    await take(desk, Interview(old), "/problem")
    shown = "".join(out.getvalue().split())
    assert "".join(old["wording"]["zh"].split())[:60] in shown
    assert "two_sum([2,7,11,15],9)→[0,1]" in shown


async def test_a_question_whose_problem_is_gone_is_still_shown_and_named_unjudged() -> None:
    gone = a_question(kind="code", problem={"id": "no-such-problem"})
    assert code_languages(gone) == []
    desk, out = a_desk()
    await take(desk, Interview(gone), "/problem")
    assert "缩放点积注意力" in out.getvalue()
    out.truncate(0)
    await take(desk, Interview(gone), "/edit python")
    assert "python" in out.getvalue()


async def test_without_a_coding_problem_every_command_says_so() -> None:
    desk, out = a_desk()
    assert await take(desk, Interview(None), "/run") == ""
    assert "没有代码题" in out.getvalue()


@needs_sandbox
async def test_a_language_that_is_not_judged_is_refused_by_name() -> None:
    desk, out = a_desk()
    await take(desk, Interview(question("two-sum")), "/edit cobol")
    assert "cobol" in out.getvalue() and "python" in out.getvalue()


@needs_sandbox
def test_the_problem_is_shown_with_its_examples_and_keys() -> None:
    out = io.StringIO()
    show_problem(Console(file=out, width=200), question("two-sum"), "en", ["python"], whole=True)
    shown = out.getvalue()
    assert "two_sum([2, 7, 11, 15], 9) → [0, 1]" in shown
    assert "Two sum" in shown and "/submit" in shown and "def two_sum(" in shown


def test_an_example_of_a_class_is_its_calls() -> None:
    test = {"ops": [["LRU", [1]], ["put", [1, 2]], ["get", [1]]], "expected": [None, None, 2]}
    assert example(test) == "LRU(1); put(1, 2); get(1) → 2"


@needs_sandbox
@pytest.mark.parametrize(
    ("name", "language", "start"),
    [
        ("two-sum", "python", "def two_sum(nums: list[int], target: int) -> list[int]:\n"),
        ("two-sum", "javascript", "function two_sum(nums, target) {"),
        ("two-sum", "cpp", "#include <bits/stdc++.h>\nusing namespace std;\n\nvector<long long> "),
        ("two-sum", "java", "import java.util.*;\n\nclass Solution {\n    long[] two_sum(long[] "),
        ("lru-cache", "python", "class LRUCache:\n    def __init__(self, capacity):\n"),
        ("lru-cache", "javascript", "class LRUCache {\n  constructor(capacity) {"),
    ],
)
def test_the_editor_opens_on_a_form_of_the_signature(name: str, language: str, start: str) -> None:
    made = template(question(name)["problem"]["signature"], language)
    assert made.startswith(start)
    if language == "python":
        compile(made + ("pass" if name == "two-sum" else ""), "x", "exec")


def shown_run(run: dict[str, Any]) -> str:
    out = io.StringIO()
    show_run(Console(file=out, width=120), run, "zh")
    return out.getvalue()


def test_hidden_tests_that_pass_are_counted_and_those_that_fail_are_named() -> None:
    rows = [{"index": i, "public": i < 1, "verdict": "AC", "ms": 1.0} for i in range(9)]
    rows[5] = {**rows[5], "verdict": "WA"}
    shown = shown_run(a_run("WA", 8, tests=rows))
    assert "×7" in shown and "✗ WA" in shown
    assert "答案不对" in shown


def test_our_own_fault_is_not_shown_as_the_candidates() -> None:
    assert "不算你的" in shown_run(a_run("IE", 0, reason="no isolation", tests=[]))


def test_a_language_that_is_not_judged_is_no_fault_of_anybody() -> None:
    shown = shown_run(a_run("IE", 0, reason="not judged in java", tests=[], unsupported=True))
    assert shown.strip() == "not judged in java"


def test_an_error_is_shown_with_its_line_and_what_was_printed() -> None:
    error = {"type": "KeyError", "message": "'a'", "line": 3, "text": "x = d['a']"}
    shown = shown_run(a_run("RE", 0, error=error, stdout="[bold]seen[/bold]"))
    assert "KeyError" in shown and "第 3 行: x = d['a']" in shown
    assert "[bold]seen[/bold]" in shown, "what code prints is text, never markup"


async def test_code_in_a_script_keeps_its_blank_lines() -> None:
    script = "hello\n\n```python\ndef f():\n\n    return 1\n```\nO(n)\n\n/end"
    answers = [answer async for answer in scripted(script)]
    assert answers == ["hello", "```python\ndef f():\n\n    return 1\n```\nO(n)", "/end"]
    assert without_code(answers[1]).strip() == "O(n)"
