"""The tool that runs code: finds it in the answer, judges it, keeps hidden tests hidden."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from sessions.records import Question
from tools.base import ToolContext, ToolError, make_tool
from tools.knowledge.problems import as_question, load_problems
from tools.run_code import code_in, language_of, run_code
from tools.sandbox import probe

needs_sandbox = pytest.mark.skipif(
    not any(status["works"] for status in probe()), reason="no isolation works here"
)
PROBLEM = load_problems()["merge-intervals"]


async def nothing(*args: Any) -> list[dict[str, Any]]:
    return []


def context(answer: str = "", question: Question | None = None) -> ToolContext:
    return ToolContext(
        session="s",
        turn="t",
        lang="en",
        question=question or as_question(PROBLEM),
        answer=answer,
        now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        find_question=lambda name: None,
        search=nothing,
        recall=nothing,
    )


@needs_sandbox
async def test_a_right_solution_is_accepted() -> None:
    result = await run_code(context(), PROBLEM.reference, submit=True)
    assert result["verdict"] == "AC"
    assert result["hidden_passed"] == result["hidden_total"] > 0


@needs_sandbox
async def test_running_uses_the_public_tests_only() -> None:
    result = await run_code(context(), PROBLEM.reference)
    assert (result["total"], result["hidden_total"]) == (len(PROBLEM.public), 0)


@needs_sandbox
async def test_the_code_is_found_in_the_answer() -> None:
    answer = f"I sort them first.\n```python\n{PROBLEM.reference}\n```\nThat is O(n log n)."
    assert (await run_code(context(answer)))["verdict"] == "AC"


@needs_sandbox
async def test_a_common_mistake_brings_its_follow_up() -> None:
    result = await run_code(context(), PROBLEM.wrong[1].source, submit=True)
    assert result["verdict"] == "WA"
    assert result["follow_up"] == dict(PROBLEM.wrong[1].follow_up)


@needs_sandbox
async def test_hidden_tests_stay_hidden() -> None:
    source = (
        "def merge(intervals):\n    return [[1, 6], [8, 10]] if len(intervals) == 3 else [[1, 5]]\n"
    )
    result = await run_code(context(), source, submit=True)
    assert result["failing"]["public"] is False
    assert not {"input", "expected", "got"} & result["failing"].keys()
    json.dumps(result)


@needs_sandbox
async def test_a_fault_of_ours_is_named_as_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAOGUAN_SANDBOX", "no-such-isolation")
    result = await run_code(context(), PROBLEM.reference)
    assert result["verdict"] == "IE"
    assert "no-such-isolation" in result["reason"]


async def test_without_code_the_candidate_is_asked_for_it() -> None:
    with pytest.raises(ToolError, match="no code"):
        await run_code(context("  "))


async def test_without_a_coding_problem_nothing_runs() -> None:
    question = as_question(PROBLEM)
    del question["problem"]
    with pytest.raises(ToolError, match="no coding problem"):
        await run_code(context(question=question), "print(1)")


async def test_an_unknown_language_is_named() -> None:
    with pytest.raises(ToolError, match="cobol"):
        await run_code(context(), "x", language="cobol")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x = 1", ("x = 1", "")),
        ("a\n```python\nx = 1\n```\nb", ("x = 1\n", "python")),
        ("```\nold\n```\n```C++\nnew\n```", ("new\n", "c++")),
        ("```python\nunclosed", ("```python\nunclosed", "")),
    ],
)
def test_the_last_code_block_counts(text: str, found: tuple[str, str]) -> None:
    assert code_in(text) == found


def test_the_tool_has_a_schema() -> None:
    tool = make_tool("need", run_code)
    assert tool.name == "run_code"
    assert set(tool.parameters["properties"]) == {"source", "language", "submit"}
    assert tool.parameters["required"] == []


@pytest.mark.parametrize(
    ("code", "language"),
    [
        (
            "#include <vector>\nclass Solution\n{\npublic:\n    int f(int n) { return n; }\n};\n",
            "cpp",
        ),
        ("class Solution {\npublic:\n    int f(int n) { return n; }\n};\n", "cpp"),
        ("class Solution {\n  std::string f() { return {}; }\n};\n", "cpp"),
        ("vector<int> f(vector<int> v) {\n    return v;\n}\n", "cpp"),
        ("int f(int n) {\n    return n;\n}\n", "cpp"),
        ("class Solution\n{\n    int f(int n) { return n; }\n}\n", "java"),
        ("class Solution {\n    int[] f(int[] n) { return n; }\n}\n", "java"),
        ("import java.util.*;\nclass Solution {\n}\n", "java"),
        ("public class Solution {\n}\n", "java"),
        ("class Solution {\n  f(n) { return n; }\n}\n", "javascript"),
        ("class Solution {\n    int f() {\n        var x = 1;\n    }\n}\n", "java"),
        ("const int N = 5;\nint f(int n) {\n    return n;\n}\n", "cpp"),
        ("var x;\nx = 1;\n", "javascript"),
        ("function f(n) {\n  return n;\n}\n", "javascript"),
        ("const f = (n) => n;\n", "javascript"),
        ("import fs from 'fs';\nlet f = 1;\n", "javascript"),
        ("class Solution:\n    def f(self, n):\n        return n\n", "python"),
        ("def f(n):  # as std::vector<int> does\n    return n\n", "python"),
        ("import heapq\nfrom math import inf\nheap = []\n", "python"),
        ("def f(n): return {'public': n}\n", "python"),
        ("# ===== counts =====\nn = int(input())\nprint(n)\n", "python"),
        ("x = 1\n", "python"),
        ("", "python"),
    ],
)
def test_code_without_a_name_of_its_language_is_recognised(code: str, language: str) -> None:
    assert language_of("", code) == language


@pytest.mark.parametrize(
    "text",
    [
        "\n",
        "\t",
        "class A ",
        "class A {",
        "class A {\n",
        "long ",
        "def a",
        "import a, ",
        "int a(",
        "'public: ",
    ],
)
def test_recognising_a_language_takes_time_that_grows_with_the_text_only(text: str) -> None:
    begun = time.process_time()
    for code in (text * (200_000 // len(text)), text + " " * 200_000 + "!"):
        language_of("", code)
    assert time.process_time() - begun < 1.0
