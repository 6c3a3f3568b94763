"""Coding problems: loading them, making their hidden tests, judging code against them.

A problem holds code of its own (generator, reference, brute force). That code is run in the sandbox
like a candidate's, so a problem from an imported bank can do no more harm than an answer.
"""

from __future__ import annotations

import functools
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal, cast

from sessions.records import FollowUp, FollowUpKind, KeyPoint, Question, Wording
from tools.sandbox.ask import ask
from tools.sandbox.backends import choose
from tools.sandbox.records import Language, Limits, RunResult, SandboxError
from tools.sandbox.runner import run

Style = Literal["call", "ops"]

LIMITS = Limits(time_s=2.0, wall_s=20.0, memory_mb=256, output_kb=64, file_mb=16, max_processes=32)
_SLOW_ISOLATION = 10.0
"""WebAssembly is about 12 times slower (measured); its limits are raised by this much."""
_SEED = 20240229

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


class ProblemError(Exception):
    """A problem is malformed or its own code fails; the message names the problem and the field."""


@dataclass(frozen=True)
class Wrong:
    """A common wrong solution and the follow-up it deserves."""

    source: str
    verdict: str
    follow_up: Wording


@dataclass(frozen=True)
class Problem:
    """One coding problem as it stands in the bank."""

    id: str
    topic: str
    level: int
    title: Wording
    statement: Wording
    signature: str
    entry: str
    style: Style
    public: list[tuple[list[Any], Any]]
    cases: str
    large: str
    driver: str
    reference: str
    brute: str
    check: str
    tol: float | None
    time: str
    space: str
    approach: Wording
    edges: Wording
    hints: list[Wording]
    follow_ups: list[FollowUp]
    wrong: list[Wrong]

    def test(self, args: list[Any], expected: Any, *, public: bool) -> dict[str, Any]:
        """One test for the runner."""
        made: dict[str, Any] = {"expected": expected, "public": public}
        made |= {"ops": args} if self.style == "ops" else {"fn": self.entry, "args": args}
        if self.check:
            made["check"] = self.check
        if self.tol is not None:
            made["tol"] = self.tol
        return made

    def submission(self, source: str) -> str:
        """The candidate's source with the problem's driver behind it."""
        return f"{source}\n{self.driver}" if self.driver else source


def _wording(table: Mapping[str, Any], name: str, where: str) -> Wording:
    prefix = f"{name}_" if name else ""
    made = Wording()
    for lang in ("zh", "en"):
        value = table.get(f"{prefix}{lang}")
        if not isinstance(value, str) or not value.strip():
            raise ProblemError(f"{where}: {prefix}{lang} is missing")
        made[lang] = value.strip()
    return made


def _hints(table: Mapping[str, Any], where: str) -> list[Wording]:
    """The ladder: two hints, then the idea in one sentence."""
    pairs = list(zip(table["hints_zh"], table["hints_en"], strict=True))
    if len(pairs) != 2:
        raise ProblemError(f"{where}: two hints are wanted before the idea itself")
    return [*(Wording(zh=zh, en=en) for zh, en in pairs), _wording(table, "approach", where)]


def _follow_ups(table: Mapping[str, Any], where: str) -> list[FollowUp]:
    return [
        FollowUp(
            key_point=row["point"],
            kind=cast(FollowUpKind, row["kind"]),
            text=_wording(row, "", where),
        )
        for row in table.get("follow_up", [])
    ]


def _entry(signature: str, where: str) -> tuple[str, Style]:
    found = re.match(r"(def|class)\s+(\w+)", signature)
    if found is None:
        raise ProblemError(f"{where}: signature must begin with def or class")
    return found.group(2), "ops" if found.group(1) == "class" else "call"


def read_problem(name: str, table: Mapping[str, Any]) -> Problem:
    """Read one table of a problem file; raises ProblemError naming what is wrong."""
    try:
        entry, style = _entry(table["signature"], name)
        return Problem(
            id=name,
            topic=table["topic"],
            level=int(table["level"]),
            title=_wording(table, "title", name),
            statement=_wording(table, "", name),
            signature=table["signature"],
            entry=table.get("entry", entry),
            style=style,
            public=[(args, expected) for args, expected in json.loads(table["public"])],
            cases=table["cases"],
            large=table.get("large", ""),
            driver=table.get("driver", ""),
            reference=table["reference"],
            brute=table["brute"],
            check=table.get("check", ""),
            tol=table.get("tol"),
            time=table["time"],
            space=table["space"],
            approach=_wording(table, "approach", name),
            edges=_wording(table, "edges", name),
            hints=_hints(table, name),
            follow_ups=_follow_ups(table, name),
            wrong=[
                Wrong(row["source"], row.get("verdict", "WA"), _wording(row, "", name))
                for row in table.get("wrong", [])
            ],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ProblemError(f"{name}: {type(error).__name__}: {error}") from error


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


def hidden_tests(
    problem: Problem, *, seed: int = _SEED, large: bool = True
) -> list[dict[str, Any]]:
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
            "signature": problem.signature,
            "public": public_tests(problem),
        },
    )
