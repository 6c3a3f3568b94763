"""Every coding problem is right: its reference passes, its brute force agrees, wrong code fails."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.complexity import is_worse
from tools.knowledge import problems
from tools.knowledge.problem_growth import growth
from tools.knowledge.problem_table import ProblemError, read_problem
from tools.knowledge.problems import (
    as_question,
    diagnose,
    hidden_tests,
    judge,
    limits_here,
    load_problems,
    public_tests,
)
from tools.knowledge.topics import load_topics
from tools.sandbox import probe
from tools.sandbox.runner import run

PROBLEMS = load_problems()
EACH = pytest.mark.parametrize("name", PROBLEMS)
needs_sandbox = pytest.mark.skipif(
    not any(status["works"] for status in probe()), reason="no isolation works here"
)


def test_there_are_enough_problems_from_easy_to_hard() -> None:
    assert len(PROBLEMS) >= 60
    assert {p.level for p in PROBLEMS.values()} >= {1, 2, 3}


@EACH
def test_every_problem_belongs_to_a_topic_and_has_talk(name: str) -> None:
    problem = PROBLEMS[name]
    assert problem.topic in load_topics()
    assert problem.follow_ups and problem.wrong and len(problem.hints) == 3
    assert {f["key_point"] for f in problem.follow_ups} <= {"k1", "k2", "k3"}


@needs_sandbox
@EACH
def test_the_reference_passes_everything(name: str) -> None:
    problem = PROBLEMS[name]
    result = judge(problem, problem.reference, submit=True)
    assert result["verdict"] == "AC", (result["reason"], result["failing"])


@needs_sandbox
@EACH
def test_the_brute_force_agrees_on_small_cases(name: str) -> None:
    problem = PROBLEMS[name]
    tests = public_tests(problem)
    tests += hidden_tests(problem, seed=1, large=False)
    result = run(problem.submission(problem.brute), tests, limits_here())
    assert result["verdict"] == "AC", (result["reason"], result["failing"])


@needs_sandbox
@EACH
def test_every_wrong_solution_fails_a_hidden_test_as_foretold(name: str) -> None:
    problem = PROBLEMS[name]
    for wrong in problem.wrong:
        tests = hidden_tests(problem)
        short = replace(limits_here(), time_s=1.0) if wrong.verdict == "TLE" else limits_here()
        result = run(problem.submission(wrong.source), tests, short)
        # Code that never ends may meet the limit on memory first.
        foretold = {"TLE", "MLE"} if wrong.verdict == "TLE" else {wrong.verdict}
        assert result["verdict"] in foretold, (result["reason"], wrong.source)


@needs_sandbox
@EACH
def test_no_problem_is_judged_by_a_handful(name: str) -> None:
    tests = hidden_tests(PROBLEMS[name])
    assert len(tests) >= 5
    assert not any(test["public"] for test in tests)


@needs_sandbox
@pytest.mark.parametrize("name", ["two-sum", "kmeans", "kth-largest", "bpe-train"])
def test_hidden_tests_are_the_same_for_everybody(name: str) -> None:
    first = hidden_tests(PROBLEMS[name], seed=5)
    problems._made.cache_clear()
    assert first == hidden_tests(PROBLEMS[name], seed=5)
    assert first != hidden_tests(PROBLEMS[name], seed=6)


@needs_sandbox
def test_a_failure_is_traced_to_the_common_mistake() -> None:
    problem = PROBLEMS["merge-intervals"]
    mine = "def merge(rows):\n    out = []\n    for row in sorted(rows):\n"
    mine += "        if out and row[0] <= out[-1][1]:\n            out[-1][1] = row[1]\n"
    mine += "        else:\n            out.append(list(row))\n    return out\n"
    result = judge(problem, mine, submit=True)
    found = diagnose(problem, result)
    assert found is not None and "[2,3]" in found.follow_up["en"]


@needs_sandbox
def test_growth_tells_a_double_loop_from_one_pass() -> None:
    problem = PROBLEMS["two-sum"]
    double, single = growth(problem, problem.brute), growth(problem, problem.reference)
    assert double is not None and single is not None
    assert set(double["among"]) <= {"O(n^2)"}
    assert set(single["among"]) <= {"O(n)", "O(n log n)"}
    assert growth(PROBLEMS["rope"], PROBLEMS["rope"].reference) is None


@needs_sandbox
@pytest.mark.parametrize("name", [name for name, p in PROBLEMS.items() if p.grow])
def test_sizes_for_growth_are_real(name: str) -> None:
    problem = PROBLEMS[name]
    found = growth(problem, problem.reference)
    assert found is not None and problem.order
    assert len(found["sizes"]) >= 5, found
    assert not is_worse(found["among"], problem.order), found


@needs_sandbox
def test_a_right_solution_has_no_mistake() -> None:
    problem = PROBLEMS["two-sum"]
    assert diagnose(problem, judge(problem, problem.reference, submit=True)) is None


@needs_sandbox
def test_running_shows_public_tests_only_and_submitting_runs_all() -> None:
    problem = PROBLEMS["stable-softmax"]
    naive = problem.wrong[0].source
    assert judge(problem, naive, submit=False)["total"] == len(problem.public)
    submitted = judge(problem, naive, submit=True)
    assert submitted["total"] > len(problem.public)


def test_a_malformed_problem_is_named() -> None:
    with pytest.raises(ProblemError, match="odd-one: KeyError: 'signature'"):
        read_problem("odd-one", {})


@EACH
def test_a_problem_makes_a_whole_question(name: str) -> None:
    question = as_question(PROBLEMS[name])
    assert question["kind"] == "code"
    assert len(question["hints"]) == 3
    for lang in ("zh", "en"):
        assert question["wording"][lang]  # type: ignore[literal-required]
        assert all(point["text"][lang] for point in question["key_points"])  # type: ignore[literal-required]
    told = str(question["problem"])
    assert "def cases" not in told and PROBLEMS[name].reference.strip() not in told
