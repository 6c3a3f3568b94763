"""Calls one function of a C++ or Java source: a driver behind it turns each call into a program.

The arguments go in as a line of JSON, what is returned comes out as one behind a mark. As with
every other language, what is expected stays in the parent.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from tools.sandbox.checkers import CHECKERS
from tools.sandbox.judge import Outcome, judge_reply
from tools.sandbox.records import Language, SandboxError, Test

LANGUAGES: tuple[Language, ...] = ("cpp", "java")
JAVA_MAIN = "KaoguanCall"
MARK = "\nkaoguan-call:"
"""Begins the line of what a call returned; the rest of the mark differs from run to run."""
_UNKNOWN = ("in_place", "kwargs", "take")
"""Keys of a test that only Python and JavaScript understand."""
_SOLUTION = re.compile(r"\b(?:class|struct)\s+Solution\b")


@dataclass(frozen=True)
class Driver:
    """What stands behind a source, and the mark before what a call returned."""

    text: str
    mark: str

    def judge(self, test: Test, printed: str) -> Outcome:
        """The verdict of one call, from everything the program printed."""
        _, found, value = printed.rpartition(self.mark)
        if not found:
            return Outcome("RE", "the program ended before the function returned")
        reply = f'{{"k": "value", "v": {value.strip()}}}'
        return judge_reply(reply.encode(), test, CHECKERS)


def driver_for(language: Language, source: str, tests: Sequence[Test]) -> Driver | None:
    """The driver for a source whose tests call a function, or a method of class Solution.

    None where the language calls functions by itself, or where the tests are of another style.
    Raises SandboxError for tests it cannot ask: of several functions, or of more than what comes
    back for positional arguments.
    """
    if language not in LANGUAGES or not tests or not all("fn" in test for test in tests):
        return None
    entry = str(tests[0]["fn"])
    if any(str(test["fn"]) != entry for test in tests):
        raise SandboxError(f"{language} can be asked for one function only, not for several")
    asked = {key for test in tests for key in _UNKNOWN if test.get(key) not in (None, {})}
    if unknown := sorted(asked):
        raise SandboxError(f"{language} functions cannot be asked with {' and '.join(unknown)}")
    mark = f"{MARK}{secrets.token_hex(8)}:"
    name = entry
    if language == "cpp":
        name = f"&Solution::{entry}" if _SOLUTION.search(source) else f"::{entry}"
    text = resources.files("tools.sandbox").joinpath(f"call_driver.{language}").read_text("utf-8")
    behind = text.replace("@ENTRY@", name).replace("@MARK@", mark.strip())
    return Driver(behind, mark)


def arguments(test: Test) -> str:
    """What a call reads on its standard input."""
    given: Any = test.get("args", [])
    return json.dumps(given) + "\n"
