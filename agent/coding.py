"""Coding rounds: the problems as questions, code found in a turn, its run, and the grade of both.

The runner's verdict is evidence like any other: it stands beside what was said about the code.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sessions.records import Grade, KeyPoint, PointGrade, Question, Quote, Verdict, Wording
from tools.base import ToolError
from tools.grading.score import overall, weights_of
from tools.run_code import code_in, summary

CODE_POINT = "code"
CODE_WEIGHT = 6.0
"""Against 2, 1 and 1 for approach, complexity and edge cases: working code is most of the grade."""
_LOOKS_LIKE_CODE = re.compile(
    r"^[ \t]*(?:def \w+\(|class \w+|import \w+|from \w+ import|#include|function \w+\(|public \w+)",
    re.M,
)


def code_questions() -> list[Question]:
    """Return the coding problems as questions; none when no isolation works on this machine."""
    from tools.knowledge.problems import as_question, load_problems
    from tools.sandbox.backends import choose
    from tools.sandbox.records import SandboxError

    try:
        choose(None)
    except SandboxError:
        return []
    return [_with_code_point(as_question(problem)) for problem in load_problems().values()]


def code_languages(question: Question) -> list[str]:
    """Return the languages in which this machine can judge the question: Python first.

    None when its problem is shipped no longer, as a session taken up again may find.
    """
    from tools.knowledge.problem_signature import is_typed, read_signature
    from tools.run_code import find_problem
    from tools.sandbox.backends import choose
    from tools.sandbox.languages import runtime

    problem = find_problem(question)
    if problem is None:
        return []
    found = ["python"]
    if problem.driver or choose(None).name == "wasi":
        return found
    found += ["javascript"] if runtime("javascript") else []
    if is_typed(read_signature(problem.signature)):
        found += [language for language in ("cpp", "java") if runtime(language)]
    return found


def _with_code_point(question: Question) -> Question:
    """Show title and signature with the statement, and grade the code as a point of its own."""
    problem = question.get("problem", {})
    shown = Wording()
    for lang in ("zh", "en"):
        title = problem["title"][lang]
        head = f"写一道代码题，{title}。" if lang == "zh" else f"A coding problem, {title}. "
        tail = "签名：" if lang == "zh" else " Signature: "
        shown[lang] = f"{head}{question['wording'][lang]}{tail}{problem['signature']}"
    passes = Wording(zh="代码通过全部测试", en="The code passes all tests")
    point = KeyPoint(id=CODE_POINT, text=passes, weight=CODE_WEIGHT)
    return {**question, "wording": shown, "key_points": [point, *question["key_points"]]}


def has_code(text: str) -> bool:
    """Return whether the turn brings code: a fenced block, or a definition at a line's start."""
    return "```" in text or _LOOKS_LIKE_CODE.search(text) is not None


def without_code(text: str) -> str:
    """Return the text with its code blanked out, character for character, so offsets stay true."""
    if "```" not in text:
        return " " * len(text) if has_code(text) else text
    return re.sub(r"```.*?(?:```|\Z)", lambda found: " " * len(found[0]), text, flags=re.S)


async def run_turn(question: Question, text: str, *, submit: bool) -> dict[str, Any]:
    """Run the code of a turn against the question's tests; a refusal is a verdict of its own."""
    from tools.knowledge.problems import judge
    from tools.run_code import language_of, problem_of

    def work() -> dict[str, Any]:
        problem = problem_of(question)
        code, fence = code_in(text)
        language = language_of(fence, code)
        if language not in code_languages(question):
            raise ToolError(f"this problem is not judged in {language}")
        return summary(problem, judge(problem, code, submit=submit, language=language), submit)

    try:
        return await asyncio.to_thread(work)
    except ToolError as error:
        nothing = {"passed": 0, "total": 0, "failing": None, "unsupported": True}
        return {"verdict": "IE", "reason": str(error), **nothing}


@dataclass(frozen=True)
class Claim:
    """What the candidate said about the time of the code, and what the problem and clock say."""

    order: str
    quote: Quote
    target: str
    """The order that the problem wants; empty when it has no single one."""
    measured: tuple[str, ...] = ()


def grade_code(
    question: Question,
    talk: Grade | None,
    run: Mapping[str, Any] | None,
    turn: Mapping[str, Any],
    claim: Claim | None = None,
) -> Grade | None:
    """Put the verdict of the best run beside the grade of the talk; `turn` is the code's turn."""
    if run is None or run["verdict"] == "IE":
        return talk
    passed = run["passed"] / run["total"] if run["total"] else 0.0
    verdict: Verdict = (
        "covered" if run["verdict"] == "AC" else "partial" if passed >= 0.5 else "missed"
    )
    quotes = [_code_quote(question, turn)] if verdict != "missed" else []
    code = PointGrade(key_point=CODE_POINT, verdict=verdict, quotes=quotes)
    code["note"] = f"{run['verdict']} {run['passed']}/{run['total']}"
    points = _points(question, talk, code, claim)
    clarity = talk["clarity"] if talk else 6.0
    level = talk["error_level"] if talk else 0
    score = overall(points, clarity, level, "content", weights_of(question["key_points"]))
    base = talk or _no_talk(question)
    return cast(
        Grade,
        {
            **base,
            "status": "graded",
            "reason": "",
            "kind": "content",
            "points": points,
            "clarity": clarity,
            "overall": score,
            "confidence": max(base["confidence"], 0.9),
            "grader": f"runner + {base['grader']}" if talk else "runner",
        },
    )


def _points(
    question: Question, talk: Grade | None, code: PointGrade, claim: Claim | None
) -> list[PointGrade]:
    said = {p["key_point"]: p for p in talk["points"]} if talk else {}
    if claim is not None and claim.target:
        said["k2"] = _complexity(claim)
    points: list[PointGrade] = []
    for point in question["key_points"]:
        name = point["id"]
        if name == CODE_POINT:
            points.append(code)
        elif name == "k1" and code["verdict"] == "covered":
            # Code that passes is the approach, shown rather than told.
            points.append(PointGrade(key_point=name, verdict="covered", quotes=code["quotes"]))
        else:
            points.append(said.get(name, PointGrade(key_point=name, verdict="missed", quotes=[])))
    return points


def _complexity(claim: Claim) -> PointGrade:
    """Hold the claim against the problem's order; a measurement can only speak for it."""
    if claim.order == claim.target:
        return PointGrade(key_point="k2", verdict="covered", quotes=[claim.quote])
    if claim.order in claim.measured:
        return PointGrade(key_point="k2", verdict="partial", quotes=[claim.quote])
    return PointGrade(key_point="k2", verdict="missed", quotes=[])


def _code_quote(question: Question, turn: Mapping[str, Any]) -> Quote:
    """Quote the line of the code that defines what was asked for, else its first line."""
    text: str = turn["text"]
    code, _ = code_in(text)
    lines = [part.strip() for part in code.splitlines() if part.strip()] or [code.strip()]
    signature = str(question.get("problem", {}).get("signature", ""))
    wanted = re.match(r"(?:def|class)\s+(\w+)", signature)
    named = [line for line in lines if wanted and wanted[1] in line and not line.startswith("#")]
    line = (named or lines)[0]
    start = text.find(line)
    return Quote(turn=turn["id"], start=start, end=start + len(line), text=line)


def _no_talk(question: Question) -> Grade:
    return Grade(
        question=question["id"],
        status="graded",
        reason="",
        kind="content",
        points=[],
        misconceptions=[],
        error_level=0,
        clarity=6.0,
        overall=None,
        dimensions=None,
        confidence=0.9,
        grader="runner",
    )


def last_run(runs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the best run: the one that passes most, the latest of equals."""
    best: Mapping[str, Any] | None = None
    for run in runs:
        if best is None or run["run"]["passed"] >= best["run"]["passed"]:
            best = run
    return best
