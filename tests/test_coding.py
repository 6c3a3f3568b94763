from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent.assembly import Setup
from agent.code_moves import CODE_RULES
from agent.code_words import CODE_WORDS, style_remark, what_happened
from agent.coding import CODE_POINT, Claim, grade_code, has_code, without_code
from agent.simulation import simulate
from sessions.ledger import open_ledger
from sessions.report.build import build_report
from tests.samples import a_question

CODE = "```python\ndef f(x):\n    return x\n```"
PROBLEM = a_question(
    kind="code",
    key_points=[
        {"id": CODE_POINT, "weight": 6, "text": {"zh": "代码通过全部测试"}},
        {"id": "k1", "weight": 2, "text": {"zh": "思路"}},
        {"id": "k2", "weight": 2, "text": {"zh": "复杂度"}},
    ],
)
TURN = {"id": "0002c", "text": f"我先写个版本\n{CODE}\n复杂度是 O(1)"}


def a_run(verdict: str, passed: int, total: int = 10, **more: Any) -> dict[str, Any]:
    return {"verdict": verdict, "passed": passed, "total": total, "failing": None, **more}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (CODE, True),
        ("def f(x):\n    return x", True),
        ("我想先 import 一下思路", False),
        ("不会", False),
    ],
)
def test_code_is_told_from_talk(text: str, found: bool) -> None:
    assert has_code(text) is found


def test_blanked_code_keeps_every_offset() -> None:
    blank = without_code(TURN["text"])
    assert len(blank) == len(TURN["text"]) and "def" not in blank
    start = TURN["text"].index("复杂度")
    assert blank[start:].startswith("复杂度")


def test_working_code_is_most_of_the_grade_and_is_quoted() -> None:
    grade = grade_code(PROBLEM, None, a_run("AC", 10), TURN)
    assert grade is not None and grade["overall"] is not None and 60 <= grade["overall"] <= 85
    quote = grade["points"][0]["quotes"][0]
    assert TURN["text"][quote["start"] : quote["end"]] == quote["text"] == "def f(x):"


def test_failing_code_earns_no_more_than_what_it_passed() -> None:
    half = grade_code(PROBLEM, None, a_run("WA", 6), TURN)
    none = grade_code(PROBLEM, None, a_run("WA", 1), TURN)
    assert half and none and half["overall"] is not None and none["overall"] is not None
    assert none["overall"] <= 10 < half["overall"] < 45
    assert not none["points"][0]["quotes"]


def test_our_own_fault_never_lowers_a_grade() -> None:
    assert grade_code(PROBLEM, None, a_run("IE", 0), TURN) is None


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (a_run("TLE", 8), "时间复杂度"),
        (a_run("RE", 3, error={"line": 2, "type": "IndexError"}), "第 2 行抛出了 IndexError"),
        (
            a_run("WA", 3, failing={"public": True, "input": "[1]", "expected": "1", "got": "2"}),
            "输入 [1] 时期望 1，你的代码得到 2",
        ),
        (a_run("WA", 9), "9/10"),
    ],
)
def test_the_interviewer_asks_about_what_really_happened(run: dict[str, Any], words: str) -> None:
    text = what_happened(run, "zh")
    assert words in text and text.endswith("？")


def test_a_hidden_input_is_never_shown() -> None:
    run = a_run("WA", 3, failing={"public": False, "index": 4, "note": ""})
    assert "输入" not in what_happened(run, "zh").split("，")[0]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["strong", "partial"])
async def test_a_coding_round_is_held_and_reported(kind: str, tmp_path: Path) -> None:
    from tools.sandbox import probe

    if not any(status["works"] for status in probe()):
        pytest.skip("no isolation works on this machine")
    ledger = open_ledger(tmp_path / "ledger.db")
    session = await simulate(kind, Setup(format="coding", seed=2), ledger, tmp_path)
    report = build_report(ledger, session)
    runs = [e["body"]["run"]["verdict"] for e in ledger.events(session=session, kinds=["code_run"])]
    assert runs[-1] == "AC" and "IE" not in runs
    code = [p for q in report["questions"] for p in q["points"] if p["key_point"] == CODE_POINT]
    assert code and all(point["verdict"] == "covered" for point in code)


def test_the_rules_of_a_coding_round_end_with_one_that_always_answers() -> None:
    assert CODE_RULES[-1].__name__ == "_when_thinking_aloud"
