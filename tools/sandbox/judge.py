"""Turns what came back from the sandbox into the verdict of one test, here in the parent."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tools.sandbox.compare import DEFAULT_TOL, equal, printable, same_output
from tools.sandbox.records import ErrorNote, Limits, Test, VerdictName
from tools.sandbox.watch import Stop

Checker = Callable[[list[Any], Any, Any], str]
"""(arguments, what was returned, what is expected) → what is wrong, empty when nothing is."""

_NO_VALUE = object()


@dataclass(frozen=True)
class Outcome:
    """One test, judged."""

    verdict: VerdictName
    note: str = ""
    ms: float = 0.0
    got: Any = _NO_VALUE
    error: ErrorNote | None = None
    last: bool = False
    """Whether the process is of no more use."""

    @property
    def has_value(self) -> bool:
        """Whether the code returned something."""
        return self.got is not _NO_VALUE


def read_message(line: bytes) -> dict[str, Any] | None:
    """Decode a message of the sandbox; None when it is no message."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def read_error(given: Any) -> ErrorNote:
    """Read an error note, whatever the sandbox put there."""
    note = given if isinstance(given, dict) else {}
    line = note.get("line")
    trace = note.get("trace") if isinstance(note.get("trace"), list) else []
    return ErrorNote(
        type=printable(str(note.get("type", "")))[:100],
        message=printable(str(note.get("message", "")))[:2000],
        line=line if isinstance(line, int) and not isinstance(line, bool) else None,
        text=printable(str(note.get("text", "")))[:200],
        trace=[printable(str(step))[:200] for step in trace or []][:10],
    )


def judge_stop(stop: Stop, code: int | None, limits: Limits) -> Outcome:
    """The verdict of a run that ended without an answer."""
    sayings: dict[str, tuple[VerdictName, str]] = {
        "time": ("TLE", f"no answer within {limits.time_s:g} s"),
        "wall": ("TLE", f"the whole submission took longer than {limits.wall_s:g} s"),
        "memory": ("MLE", f"more than {limits.memory_mb} MB of memory"),
        "output": ("OLE", f"more than {limits.output_kb} KB of output"),
        "flood": ("OLE", "the returned value is larger than 16 MB"),
        "files": ("OLE", f"more than {limits.file_mb} MB of files, or thousands of them"),
        "processes": ("RE", f"more than {limits.max_processes} processes and threads"),
    }
    verdict, note = sayings.get(stop.kind) or judge_exit(code)
    return Outcome(verdict, note, last=True)


def judge_exit(code: int | None) -> tuple[VerdictName, str]:
    """The verdict of a process that ended by itself."""
    if code is None:
        return "RE", "the program closed its channel to the judge"
    number = -code if code < 0 else code - 128 if code > 128 else 0
    if number == getattr(signal, "SIGSYS", 31):
        return "SEC", "the program asked the kernel for something no solution needs"
    if number == getattr(signal, "SIGXCPU", 24):
        return "TLE", "the program used up its processor time"
    if number == 9 and code < 0:
        return "RE", "the program was killed"
    if number:
        try:
            name = signal.Signals(number).name
        except ValueError:
            name = str(number)
        return "RE", f"the program crashed (signal {name})"
    return "RE", f"the program ended itself (exit code {code}) before it had answered"


def judge_error(error: ErrorNote) -> Outcome:
    """The verdict of an exception."""
    if error["type"] == "MemoryError":
        return Outcome("MLE", "MemoryError", error=error)
    where = f" at line {error['line']}" if error["line"] else ""
    return Outcome("RE", f"{error['type']}: {error['message'][:200]}{where}", error=error)


def judge_value(test: Test, got: Any, checkers: Mapping[str, Checker]) -> Outcome:
    """Compare a returned value with the expected one, or ask the test's checker."""
    name = test.get("check")
    if name is None:
        right = equal(test.get("expected"), got, float(test.get("tol", DEFAULT_TOL)))
        return Outcome("AC", got=got) if right else Outcome("WA", "a different answer", got=got)
    try:
        wrong = checkers[name](list(test.get("args", [])), got, test.get("expected"))
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError):
        if name not in checkers:
            raise
        wrong = "the answer has not the right form"
    return Outcome("WA", wrong, got=got) if wrong else Outcome("AC", got=got)


def judge_output(test: Test, printed: str) -> Outcome:
    """Compare what a program printed."""
    tol = test.get("tol")
    right = same_output(str(test.get("expected", "")), printed, None if tol is None else float(tol))
    return Outcome("AC" if right else "WA", "" if right else "a different output", got=printed)


def judge_reply(line: bytes, test: Test, checkers: Mapping[str, Checker]) -> Outcome:
    """Judge the answer to one request."""
    message = read_message(line)
    kind = message.get("k") if message else None
    if message and kind == "value" and "v" in message:
        return judge_value(test, message["v"], checkers)
    if message and kind == "raised":
        return judge_error(read_error(message.get("error")))
    if message and kind == "not_json":
        what = printable(str(message.get("type")))[:80]
        return Outcome("WA", f"returned a value of type {what}, which the tests cannot read")
    return tampered()


def tampered() -> Outcome:
    """The verdict of a program that wrote into the judge's channel."""
    return Outcome("SEC", "the program wrote into the channel of the judge", last=True)
