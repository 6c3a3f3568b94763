from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.assembly import Setup
from agent.code_growth import latest_claim, measure_beside
from agent.code_moves import CODE_RULES
from agent.code_words import CODE_WORDS, style_remark, what_happened
from agent.coding import CODE_POINT, Claim, grade_code, has_code, run_turn, without_code
from agent.counting import note_move
from agent.grading import record_grade
from agent.interviewer import Interviewer, open_interview
from agent.moves import decide_move
from agent.nodes.understand import ungraded
from agent.plan import load_format
from agent.simulation import simulate
from agent.situation import Situation
from agent.state import about
from sessions.journal import Journal
from sessions.ledger import open_ledger
from sessions.report.build import build_report
from sessions.wording import say
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


def moment(text: str = "", run: dict[str, Any] | None = None, **more: Any) -> Situation:
    """A moment of a coding round: `about` and other fields by name."""
    counters = {**about("q1"), **more.pop("about", {})}
    facts: dict[str, Any] = {
        "intent": "answer",
        "question": PROBLEM,
        "stage": load_format("coding").stages[0],
        "lang": "zh",
        "grade": None,
        "gained": (),
        "follow_ups": [],
        "time_up": False,
        "unknown_run": 0,
        "ending": False,
        "waited": False,
        "turns": 1,
    }
    return Situation(text=text, about=counters, run=run, **{**facts, **more})  # type: ignore[arg-type]


GROWTH = {"among": ["O(n^2)"], "target": "O(n)", "sizes": [64, 4096]}
PASSED = {"code": "AC"}


def test_talk_before_the_code_never_counts_as_a_failed_attempt() -> None:
    failed = a_run("WA", 3)
    decision = decide_move(moment(run=failed, about={"code": "WA", "stuck": 9}))
    assert decision["move"] == "challenge" and not decision["leaves"]


def test_failing_code_is_talked_about_then_hinted_at_then_let_go_kindly() -> None:
    moves = []
    counters: dict[str, Any] = {}
    for _ in range(5):
        decision = decide_move(moment(run=a_run("WA", 3), about={"code": "WA", **counters}))
        moves.append(decision["move"])
        counters = dict(note_move({**about("q1"), **counters}, decision))  # type: ignore[typeddict-item]
    assert moves == ["challenge", "challenge", "hint", "challenge", "ask"]
    assert decision["before"] == "let_go" and decision["leaves"]


def test_complexity_is_asked_for_once_the_code_passes_and_nothing_was_claimed() -> None:
    decision = decide_move(moment(run=a_run("AC", 10), about=PASSED))
    assert decision["text"] == CODE_WORDS["zh"]["complexity"] and decision["key_point"] == "k2"


def test_a_claim_that_the_clock_contradicts_is_the_next_follow_up_and_only_once() -> None:
    now = moment("O(n)", claim="O(n)", growth=GROWTH, about=PASSED)
    decision = decide_move(now)
    assert "更像 O(n^2)" in decision["text"]
    again = {**PASSED, "asked": [decision["text"]]}
    later = decide_move(moment("", claim="O(n)", growth=GROWTH, about=again))
    assert "更像" not in later["text"]


def test_tests_are_asked_for_before_they_are_graded() -> None:
    asked = [CODE_WORDS["zh"]["complexity"]]
    decision = decide_move(moment("", claim="O(n)", about={**PASSED, "asked": asked}))
    own = [say(f["text"], "zh") for f in PROBLEM["follow_ups"]][:1]
    assert decision["text"] in (*own, CODE_WORDS["zh"]["tests"])


def test_slow_code_is_talked_about_from_what_was_measured() -> None:
    decision = decide_move(moment("两层循环", growth=GROWTH, about={"code": "TLE"}))
    assert decision["move"] == "follow_up" and "O(n^2)" in decision["text"]


def test_pseudocode_is_allowed_when_asked_for() -> None:
    assert decide_move(moment("能先写伪代码吗"))["text"] == CODE_WORDS["zh"]["pseudocode"]


def test_our_own_fault_is_said_to_be_ours_and_another_language_is_named() -> None:
    ours = decide_move(moment(run=a_run("IE", 0), about={"code": "IE"}))
    other = decide_move(moment(run=a_run("IE", 0, unsupported=True), about={"code": "IE"}))
    assert "不算你的" in ours["text"] and "Python" in other["text"]


def test_time_ends_the_problem_kindly_when_the_code_does_not_stand() -> None:
    late = decide_move(moment(run=a_run("WA", 3), time_up=True, about={"code": "WA"}))
    assert late["leaves"] and late["before"] == "let_go"


def test_a_problem_returned_to_is_not_waited_at() -> None:
    assert decide_move(moment("嗯", about={"returned": True}))["leaves"]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("def f(a=[]):\n    return a", "默认值"),
        ("try:\n    pass\nexcept:\n    pass", "except"),
        ("def f(a):\n    return a", ""),
    ],
)
def test_style_is_asked_about_only_where_something_strikes(code: str, found: str) -> None:
    assert found in style_remark(code, "zh")
    assert bool(style_remark(code, "zh")) == bool(found)


def test_code_that_does_not_parse_is_not_said_to_have_raised() -> None:
    text = what_happened(a_run("CE", 0, error={"line": 3, "type": "SyntaxError"}), "zh")
    assert "语法" in text and "输入" not in text


CLAIM_QUOTE: Any = {"turn": "0004c", "start": 0, "end": 4, "text": "O(n)"}


@pytest.mark.parametrize(
    ("order", "measured", "verdict"),
    [
        ("O(n)", (), "covered"),
        ("O(n)", ("O(n^2)",), "covered"),
        ("O(n^2)", ("O(n^2)",), "partial"),
        ("O(n^2)", (), "missed"),
    ],
)
def test_a_claim_is_held_against_the_problem_and_a_measurement_only_helps(
    order: str, measured: tuple[str, ...], verdict: str
) -> None:
    claim = Claim(order, CLAIM_QUOTE, "O(n)", measured)
    grade = grade_code(PROBLEM, None, a_run("AC", 10), TURN, claim)
    assert grade is not None
    assert {p["key_point"]: p["verdict"] for p in grade["points"]}["k2"] == verdict


async def no_speech(events: Any) -> None:
    async for _ in events:
        pass


@pytest.mark.slow
async def test_growth_is_measured_beside_the_talk_and_stands_in_the_report(tmp_path: Path) -> None:
    from tools.knowledge.problems import load_problems
    from tools.sandbox import probe

    if not any(status["works"] for status in probe()):
        pytest.skip("no isolation works on this machine")
    ledger = open_ledger(tmp_path / "ledger.db")
    setup = Setup(format="coding", topics=("algorithms",), seed=3)
    async with open_interview(setup, ledger, tmp_path) as interviewer:
        await no_speech(interviewer.begin())
        question = await interviewer.current_question()
        assert question is not None
        problem = load_problems()[question["problem"]["id"]]
        await interviewer.try_code(problem.reference)
        await no_speech(interviewer.reply(f"```python\n{problem.reference}\n```"))
        await interviewer.settle()
        session = interviewer.session
    code = build_report(ledger, session)["code"][0]
    assert (code["verdict"], code["tried"]) == ("AC", 1)
    assert code["title"] == problem.title["zh"]
    assert ("growth" in code) == bool(problem.grow)
    if problem.grow:
        assert code["growth"]["sizes"] >= 5 and code["growth"]["repetitions"] >= 5


def an_open_interview(folder: Path, question: Any, text: str) -> Any:
    """A session in a real ledger with one question asked and one turn of the candidate."""
    journal = Journal(open_ledger(folder / "ledger.db"), "s1", "me")
    journal.add_question(question, {"number": 1, "stage": "coding", "why": {}, "turn": ""})
    turn: Any = {"id": "0002c", "session": "s1", "number": 2, "speaker": "candidate", "text": text}
    at = {"at": "2026-01-01T00:00:00+00:00", "stage": "coding", "question": question["id"]}
    journal.add_turn({**turn, **at, "heard": False})

    async def grader(question: Any, answers: Any, lang: str) -> Any:
        return ungraded(question, "talk only")

    asked = {"question": lambda name: journal.question(name), "lang": "zh", "grading": {}}
    return SimpleNamespace(journal=journal, final_grader=grader, **asked)


GONE = {**PROBLEM, "problem": {"id": "no-such-problem"}}
CLAIMED = f"{CODE}\n时间复杂度是 O(n)"


async def grade_of_a_gone_problem(folder: Path, run: dict[str, Any]) -> dict[str, Any]:
    interview = an_open_interview(folder, GONE, CLAIMED)
    ran = {"turn": "0002c", "question": GONE["id"], "run": run}
    interview.journal.record("code_run", ran, "code:0002c")
    talk: Any = {**about(GONE["id"]), "turns": ["0002c"]}
    assert latest_claim(interview, talk["turns"])[0] == "O(n)", "the claim must be there to hold"
    await record_grade(interview, talk)
    return next(iter(interview.journal.events(["grade"])))["body"]["grade"]


async def test_a_problem_that_is_gone_keeps_the_grade_of_the_talk(tmp_path: Path) -> None:
    run = await run_turn(GONE, CODE, submit=True)
    assert run["verdict"] == "IE" and run["unsupported"]
    grade = await grade_of_a_gone_problem(tmp_path, run)
    assert (grade["status"], grade["reason"]) == ("not_graded", "talk only")


async def test_code_that_ran_before_its_problem_was_gone_keeps_its_verdict(tmp_path: Path) -> None:
    grade = await grade_of_a_gone_problem(tmp_path, a_run("AC", 10))
    verdicts = {p["key_point"]: p["verdict"] for p in grade["points"]}
    assert verdicts[CODE_POINT] == "covered" and verdicts["k2"] == "missed"


async def test_the_growth_of_code_whose_problem_is_gone_is_not_recorded(tmp_path: Path) -> None:
    begun: list[Any] = []
    interview = an_open_interview(tmp_path, GONE, CLAIMED)
    interview.background = begun.append
    measure_beside(interview, GONE, interview.journal.turn("0002c"), "AC")
    await begun[0]
    assert interview.journal.count("code_growth") == 0


async def test_every_trial_is_recorded_under_a_number_of_its_own(tmp_path: Path) -> None:
    interview = an_open_interview(tmp_path, GONE, CLAIMED)

    async def current_question() -> Any:
        return GONE

    at_hand: Any = SimpleNamespace(interview=interview, current_question=current_question)
    for _ in range(3):
        await Interviewer.try_code(at_hand, CODE)
    assert interview.journal.count("code_tried") == 3
    assert interview.journal.find("tried:3") is not None
