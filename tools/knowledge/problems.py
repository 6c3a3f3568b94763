"""Coding problems: loading them, making their hidden tests, judging code against them.

A problem holds code of its own (generator, reference, brute force). That code is run in the sandbox
like a candidate's, so a problem from an imported bank can do no more harm than an answer.
"""

from __future__ import annotations

import functools
import json
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any

from sessions.records import KeyPoint, Question, Wording
from tools.knowledge.problem_table import Problem, ProblemError, Wrong, read_problem
from tools.sandbox.ask import ask
from tools.sandbox.backends import choose
from tools.sandbox.records import Language, Limits, RunResult, SandboxError
from tools.sandbox.runner import run

LIMITS = Limits(time_s=2.0, wall_s=20.0, memory_mb=256, output_kb=64, file_mb=16, max_processes=32)
_SLOW_ISOLATION = 10.0
"""WebAssembly is about 12 times slower (measured); its limits are raised by this much."""
SEED = 20240229

_MAKE = """
def _make(seed, style, entry):
    import copy, random
    draw = random.Random(seed)
    given = [[args, False] for args in cases(draw)]
    if "large" in globals():
        given += [[args, True] for args in large(draw)]
    rows = []
    for args, big in given:
        fresh = copy.deepcopy(args)
        if style == "ops":
            built = globals()[fresh[0][0]](*fresh[0][1])
            value = [None] + [getattr(built, name)(*a) for name, a in fresh[1:]]
        else:
            value = globals()[entry](*fresh)
        rows.append([args, value, big])
    return rows
"""


@functools.cache
def load_problems() -> Mapping[str, Problem]:
    """All problems of the shipped bank by id."""
    found: dict[str, Problem] = {}
    folder = resources.files("tools.knowledge").joinpath("problems")
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".toml"):
            for name, table in tomllib.loads(file.read_text("utf-8")).items():
                if name in found:
                    raise ProblemError(f"{name}: is there twice")
                found[name] = read_problem(name, table)
    return found


def public_tests(problem: Problem) -> list[dict[str, Any]]:
    """The tests a candidate may see."""
    return [problem.test(args, expected, public=True) for args, expected in problem.public]


@functools.lru_cache(maxsize=128)
def _made(problem_id: str, source: str, style: str, entry: str, seed: int) -> str:
    limits = Limits(time_s=20.0, wall_s=40.0, memory_mb=512)
    rows = ask(source, [{"fn": "_make", "args": [seed, style, entry]}], limits)
    if not rows:
        raise ProblemError(f"{problem_id}: its generator or reference solution fails")
    return json.dumps(rows[0])


def hidden_tests(problem: Problem, *, seed: int = SEED, large: bool = True) -> list[dict[str, Any]]:
    """The tests a submission is judged by: generated, answered by the reference solution."""
    parts = (problem.reference, problem.driver, problem.cases, problem.large, _MAKE)
    made = _made(problem.id, "\n".join(parts), problem.style, problem.entry, seed)
    return [
        problem.test(args, expected, public=False)
        for args, expected, big in json.loads(made)
        if large or not big
    ]


def limits_here(backend: str | None = None) -> Limits:
    """The limits for the isolation in use: more time where code runs slower."""
    if choose(backend).name != "wasi":
        return LIMITS
    return LIMITS.at_least(
        time_s=LIMITS.time_s * _SLOW_ISOLATION, wall_s=LIMITS.wall_s * _SLOW_ISOLATION
    )


def judge(
    problem: Problem,
    source: str,
    *,
    submit: bool,
    language: Language = "python",
    backend: str | None = None,
) -> RunResult:
    """Run code against the public tests, or on `submit` against public and hidden ones."""
    try:
        tests = public_tests(problem) + (hidden_tests(problem) if submit else [])
        limits = limits_here(backend)
    except SandboxError:
        tests, limits = public_tests(problem), LIMITS  # `run` names what is missing
    whole = problem.submission(source) if language == "python" else source
    return run(whole, tests, limits, language=language, backend=backend)


def diagnose(problem: Problem, result: RunResult) -> Wrong | None:
    """The common wrong solution that fails just the tests this submission failed, if any."""
    if result["verdict"] not in ("WA", "RE", "TLE"):
        return None
    pattern = [row["verdict"] for row in result["tests"]]
    for wrong in problem.wrong:
        if wrong.verdict != result["verdict"]:
            continue
        again = judge(problem, wrong.source, submit=len(pattern) > len(problem.public))
        if [row["verdict"] for row in again["tests"]] == pattern:
            return wrong
    return None


def as_question(problem: Problem) -> Question:
    """The problem as the bank's question of kind `code`, whose key points are the talk about it."""
    cost = Wording(
        zh=f"时间复杂度 {problem.time}，空间复杂度 {problem.space}。",
        en=f"Time {problem.time}, space {problem.space}.",
    )
    reference = Wording(
        zh=f"{problem.approach['zh']}{cost['zh']}边界：{problem.edges['zh']}",
        en=f"{problem.approach['en']} {cost['en']} Edge cases: {problem.edges['en']}",
    )
    return Question(
        id=f"code-{problem.id}",
        bank="kaoguan",
        topic=problem.topic,
        level=problem.level,
        kind="code",
        scope="shared",
        wording=problem.statement,
        spoken={},
        example=Wording(),
        key_points=[
            KeyPoint(id="k1", text=problem.approach, weight=2.0),
            KeyPoint(id="k2", text=cost, weight=1.0),
            KeyPoint(id="k3", text=problem.edges, weight=1.0),
        ],
        misconceptions=[],
        reference=reference,
        hints=problem.hints,
        follow_ups=problem.follow_ups,
        terms=[],
        prerequisites=[],
        source="written for Kaoguan; checked against a brute-force solution",
        problem={
            "id": problem.id,
            "title": dict(problem.title),
            "statement": dict(problem.statement),
            "signature": problem.signature,
            "public": public_tests(problem),
        },
    )
