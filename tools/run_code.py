"""The tool that runs the candidate's code: public tests at any time, all of them on submission."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any, cast

from sessions.records import Question
from tools.base import ToolContext, ToolError
from tools.knowledge.problem_table import Problem
from tools.knowledge.problems import diagnose, judge, load_problems
from tools.sandbox.languages import PROGRAMS
from tools.sandbox.records import Language, RunResult

_FENCE = re.compile(r"^```[ \t]*([\w+#.-]*)[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_LANGUAGE_NAMES = {
    "": "python",
    "py": "python",
    "python3": "python",
    "c++": "cpp",
    "cc": "cpp",
    "js": "javascript",
    "node": "javascript",
}
_LONGEST_SOURCE = 200_000


def code_in(text: str) -> tuple[str, str]:
    """The last fenced block of a text and its language name; the whole text when none is fenced."""
    blocks = _FENCE.findall(text)
    if not blocks:
        return text, ""
    name, code = blocks[-1]
    return code, name.lower()


_TYPES = r"(?:int|long|double|float|char|byte|short|void|boolean|String|Integer|List<|Map<)"
_CLASS = r"^[ \t]*(?:(?:final|abstract|static) )*class \w+[^;{}]{0,200}\{"
_LOOKS = (
    (
        "cpp",
        r"^[ \t]*(?:#[ \t]*include[ \t]*[<\"]|using namespace\b|template[ \t]*<|struct \w"
        r"|(?:public|private|protected)[ \t]*:)",
    ),
    ("java", r"^[ \t]*(?:(?:public|private|protected) [\w<]|(?:import|package) [\w.*]+;)"),
    (
        "python",
        r"^[ \t]*(?:(?:def|class) .*:|from [\w.]+ import .*|import [\w.,]+(?: [\w.,]+)*)"
        r"[ \t]*(?:#.*)?$",
    ),
    ("cpp", r"\bstd::|\bvector<"),
    (
        "javascript",
        r"^[ \t]*(?:(?:async )?function\b|(?:const|let) (?:\w+ =|[{\[])|constructor\()"
        r"|\)[ \t]*=>",
    ),
    ("java", rf"\A(?=[\s\S]*?{_CLASS})[\s\S]*?\b{_TYPES}"),
    ("javascript", rf"{_CLASS}|^[ \t]*(?:let|var) \w"),
    ("cpp", r"^[ \t]*(?:int|long|double|float|bool|char|void|string|auto)[ \t][\w \t&*]*\("),
)
"""Signs of a language, the surest first; none may take time that grows with more than the text."""
_COMPILED_LOOKS = [(name, re.compile(look, re.MULTILINE)) for name, look in _LOOKS]


def language_of(name: str, code: str = "") -> Language:
    """A known language by any usual name; without one, what the code looks like, else Python."""
    found = _LANGUAGE_NAMES.get(name.lower(), name.lower())
    if not name:
        signs = (language for language, look in _COMPILED_LOOKS if look.search(code))
        found = next(signs, "python")
    if found not in PROGRAMS:
        raise ToolError(f"no language {name!r}: use {', '.join(PROGRAMS)}")
    return cast(Language, found)


def find_problem(question: Question | None) -> Problem | None:
    """The coding problem under discussion; None without one, or when it is shipped no longer."""
    name = ((question or {}).get("problem") or {}).get("id") if question else None
    return load_problems().get(str(name))


def problem_of(question: Question | None) -> Problem:
    """The coding problem under discussion; raises ToolError where `find_problem` has none."""
    problem = find_problem(question)
    if problem is None:
        raise ToolError("no coding problem is under discussion: run_code is for coding questions")
    return problem


def summary(problem: Problem, result: RunResult, submit: bool) -> dict[str, Any]:
    """The result as the model and the report read it: hidden tests stay hidden."""
    wrong = diagnose(problem, result) if submit else None
    hidden = [row for row in result["tests"] if not row["public"]]
    return {
        "problem": problem.id,
        "submitted": submit,
        "verdict": result["verdict"],
        "passed": result["passed"],
        "total": result["total"],
        "hidden_passed": sum(row["verdict"] == "AC" for row in hidden),
        "hidden_total": len(hidden),
        "reason": result["reason"],
        "error": result["error"],
        "failing": result["failing"],
        "tests": result["tests"],
        "time_ms": result["time_ms"],
        "memory_mb": result["memory_mb"],
        "stdout": result["stdout"][:1000],
        "language": result["language"],
        "isolation": result["backend"],
        "complexity_wanted": {"time": problem.time, "space": problem.space},
        "follow_up": dict(wrong.follow_up) if wrong else None,
    }


async def run_code(
    ctx: ToolContext, source: str = "", language: str = "", submit: bool = False
) -> Mapping[str, Any]:
    """Run the candidate's code on the current coding problem and read the verdict.

    Leave source empty to run the last code block the candidate wrote. With submit false only the
    public tests run; with submit true the hidden tests decide. Verdicts: AC accepted, WA wrong
    answer, TLE too slow, MLE too much memory, OLE too much output, RE error while running, CE does
    not compile, SEC forbidden action, IE our own fault: never blame the candidate for IE. Ask about
    what really happened: the failing test, the line of the error, or follow_up when it is given.
    """
    problem = problem_of(ctx.question)
    code, fence = code_in(source or ctx.answer)
    if not code.strip():
        raise ToolError("there is no code to run yet: ask the candidate for it")
    if len(code) > _LONGEST_SOURCE:
        raise ToolError(f"the code has {len(code)} characters, more than {_LONGEST_SOURCE}")
    chosen = language_of(language or fence, code)

    def work() -> dict[str, Any]:
        result = judge(problem, code, submit=submit, language=chosen)
        return summary(problem, result, submit)

    return await asyncio.to_thread(work)
