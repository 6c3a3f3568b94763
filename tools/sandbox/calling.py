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
from tools.sandbox.records import Language, Test

LANGUAGES: tuple[Language, ...] = ("cpp", "java")
JAVA_MAIN = "KaoguanCall"
MARK = "\nkaoguan-call:"
"""Begins the line of what a call returned; the rest of the mark differs from run to run."""
_SOLUTION = re.compile(r"\b(?:class|struct)\s+Solution\b")


@dataclass(frozen=True)
class Driver:
    """A source with its driver, and the mark before what a call returned."""

    source: str
    mark: str

    def judge(self, test: Test, printed: str) -> Outcome:
        """The verdict of one call, from everything the program printed."""
        _, found, value = printed.rpartition(self.mark)
        if not found:
            return Outcome("RE", "the program ended before the function returned")
        if test.get("in_place") is not None:
            return Outcome("IE", "what is changed in place is judged in Python and JavaScript only")
        reply = f'{{"k": "value", "v": {value.strip()}}}'
        return judge_reply(reply.encode(), test, CHECKERS)


def driver_for(language: Language, source: str, tests: Sequence[Test]) -> Driver | None:
    """Put a driver behind a source whose tests call a function, or a method of class Solution.

    None where the language calls functions by itself, or where the tests are of another style.
    """
    if language not in LANGUAGES or not tests or not all("fn" in test for test in tests):
        return None
    entry = str(tests[0]["fn"])
    mark = f"{MARK}{secrets.token_hex(8)}:"
    name = entry
    if language == "cpp":
        name = f"&Solution::{entry}" if _SOLUTION.search(source) else entry
    text = resources.files("tools.sandbox").joinpath(f"call_driver.{language}").read_text("utf-8")
    behind = text.replace("@ENTRY@", name).replace("@MARK@", mark.strip())
    return Driver(source.removeprefix("\ufeff") + "\n" + behind, mark)


def arguments(test: Test) -> str:
    """What a call reads on its standard input."""
    given: Any = test.get("args", [])
    return json.dumps(given) + "\n"
