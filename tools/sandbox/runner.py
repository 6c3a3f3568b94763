"""Runs one submission against its tests in a sandbox and says what came of it.

Nothing here trusts the sandbox: it is sent arguments, never what is expected, and what it answers
is data. The clock, the caps and the comparison are on this side.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tools.sandbox import judge
from tools.sandbox.backends import Backend, choose
from tools.sandbox.calling import MARK, arguments, driver_for
from tools.sandbox.checkers import CHECKERS
from tools.sandbox.compare import printable, shown
from tools.sandbox.judge import Outcome
from tools.sandbox.languages import Plan, plan_for
from tools.sandbox.records import (
    FailingTest,
    Language,
    Limits,
    RunResult,
    SandboxError,
    Test,
    TestRow,
)
from tools.sandbox.session import open_watch
from tools.sandbox.watch import Stop, Watch

_SENT = ("args", "kwargs", "in_place", "take", "fn", "ops", "module", "init", "inputs", "seed")
"""Keys of a test that may enter the sandbox: never `expected`."""
_RETURNED_KB, _COMPILED_WALL_S = 8192, 60.0
"""For compiled functions: what they return is printed, and every call starts a program."""


def run(
    source: str,
    tests: Sequence[Test],
    limits: Mapping[str, Any] | Limits | None = None,
    *,
    language: Language = "python",
    backend: str | None = None,
) -> RunResult:
    """Run `source` against `tests`; never raises for anything the source does.

    `backend` forces one isolation by name. Verdict IE means the sandbox itself failed.
    """
    bounds = Limits.of(limits)
    run_ = _Run(source, list(tests), bounds, language)
    try:
        driver = driver_for(language, source, run_.tests)
        chosen = choose(backend, language)
        run_.backend = chosen.name
        plan = plan_for(language, chosen, source, bounds, driver)
    except (SandboxError, OSError) as error:
        return run_.our_fault(str(error))
    programs = driver is not None or any("stdin" in test for test in tests)
    try:
        if plan.argv and not (programs or plan.speaks):
            raise SandboxError(f"{language} cannot be asked in this style: call a function")
        if driver is not None:
            plan.limits = plan.limits.at_least(output_kb=_RETURNED_KB, wall_s=_COMPILED_WALL_S)
        problem = plan.prepare()
        if problem is not None:
            return run_.result([problem])
        outcomes = _run_programs if programs else _run_calls
        return run_.result(outcomes(run_, plan, chosen))
    except (SandboxError, OSError) as error:
        return run_.our_fault(str(error))
    finally:
        plan.clean()


class _Run:
    """One submission on its way: what the result will be written from."""

    def __init__(self, source: str, tests: list[Test], limits: Limits, language: Language) -> None:
        self.source = source
        self.tests = tests
        self.limits = limits
        self.language = language
        self.backend = ""
        self.peak_bytes = 0
        self.stdout = ""
        self.stderr = ""

    def collect(self, watch: Watch) -> None:
        """Keep what a finished process printed and used."""
        self.peak_bytes = max(self.peak_bytes, watch.peak_bytes)
        self.stdout = _text(watch.stdout.data).partition(MARK)[0] or self.stdout
        self.stderr = _text(watch.stderr.data) or self.stderr

    def result(self, outcomes: list[Outcome]) -> RunResult:
        """Write the record."""
        first = next((i for i, o in enumerate(outcomes) if o.verdict != "AC"), None)
        bad = None if first is None else outcomes[first]
        passed = sum(o.verdict == "AC" for o in outcomes)
        return RunResult(
            verdict="AC" if bad is None else bad.verdict,
            passed=min(passed, len(self.tests)),
            total=len(self.tests),
            language=self.language,
            backend=self.backend,
            reason="" if bad is None else bad.note,
            error=None if bad is None else bad.error,
            failing=None if bad is None or first is None else self._failing(first, bad),
            tests=self._rows(outcomes),
            time_ms=round(max((o.ms for o in outcomes), default=0.0), 2),
            memory_mb=round(self.peak_bytes / (1 << 20), 1),
            stdout=self.stdout[:4000],
            stderr=self.stderr[:4000],
        )

    def _rows(self, outcomes: list[Outcome]) -> list[TestRow]:
        rows: list[TestRow] = []
        for index, test in enumerate(self.tests[:1000]):
            done = outcomes[index] if index < len(outcomes) else None
            rows.append(
                TestRow(
                    index=index,
                    public=bool(test.get("public", True)),
                    verdict=done.verdict if done else "-",
                    ms=round(done.ms, 2) if done else 0.0,
                )
            )
        return rows

    def _failing(self, index: int, bad: Outcome) -> FailingTest | None:
        if index >= len(self.tests) or bad.verdict in ("CE", "IE"):
            return None
        test = self.tests[index]
        public = bool(test.get("public", True))
        failing = FailingTest(index=index, public=public, note=bad.note)
        if public:
            failing["input"] = shown(_input(test))
            failing["expected"] = shown(test.get("expected"))
            if bad.has_value:
                failing["got"] = shown(bad.got)
        return failing

    def our_fault(self, why: str) -> RunResult:
        """The record of a run that failed on our side."""
        return self.result([Outcome("IE", printable(why)[:1000])])


def _input(test: Test) -> Any:
    for key in ("ops", "stdin", "inputs"):
        if key in test:
            return test[key]
    return test.get("args", [])


def _text(data: bytes | bytearray) -> str:
    return bytes(data).decode("utf-8", "replace")


def _dump(value: Any) -> bytes:
    return json.dumps(value).encode()


def _run_calls(run_: _Run, plan: Plan, chosen: Backend) -> list[Outcome]:
    """All tests in one process, one request at a time."""
    limits = plan.limits
    watch = open_watch(chosen.start(plan.launch(stdin=False)), limits)
    wall_end = time.monotonic() + limits.wall_s
    outcomes: list[Outcome] = []
    try:
        failed = _load(watch, plan, wall_end)
        if failed is not None:
            return [failed]
        for test in run_.tests:
            outcomes.append(_call(watch, plan, test, wall_end))
            if outcomes[-1].last:
                break
    finally:
        watch.finish()
        run_.collect(watch)
    if watch.output_over and outcomes and all(o.verdict == "AC" for o in outcomes):
        over = judge.judge_stop(Stop("output"), None, limits)
        outcomes[-1] = replace(over, ms=outcomes[-1].ms)
    return outcomes


def _load(watch: Watch, plan: Plan, wall_end: float) -> Outcome | None:
    """Send the source; the verdict when it does not even load."""
    seconds = 2 * max(2.0, plan.limits.time_s)
    watch.send(_dump(plan.job("call")))
    if plan.speaks:
        if isinstance(stop := watch.message(seconds, wall_end), Stop):
            return _stopped(watch, stop, plan)
        watch.send(_dump({"source": plan.source}))
    compiled = False
    while True:
        reply = watch.message(seconds, wall_end)
        if isinstance(reply, Stop):
            return _stopped(watch, reply, plan) if compiled else _not_compiled(watch, reply, plan)
        message = judge.read_message(reply) or {}
        if message.get("k") == "loaded":
            return None
        if compiled or message.get("k") != "compiled":
            return _not_loaded(message)
        compiled = True


def _not_compiled(watch: Watch, stop: Stop, plan: Plan) -> Outcome:
    """The verdict of a source that ended the compiler itself."""
    if stop.kind != "ended" or plan.argv:
        return _stopped(watch, stop, plan)
    return Outcome("CE", "the source is too deeply nested for the compiler", last=True)


def _not_loaded(message: dict[str, Any]) -> Outcome:
    if message.get("k") == "compile_error":
        error = judge.read_error(message.get("error"))
        where = f" at line {error['line']}" if error["line"] else ""
        note = f"{error['type']}: {error['message'][:200]}{where}"
        return Outcome("CE", note, error=error, last=True)
    if message.get("k") == "load_error":
        return replace(judge.judge_error(judge.read_error(message.get("error"))), last=True)
    return judge.tampered()


def _stopped(watch: Watch, stop: Stop, plan: Plan) -> Outcome:
    code = watch.exit_code() if stop.kind == "ended" else None
    if plan.argv and code:
        return plan.explain_exit(code, _text(watch.last_words()))
    return judge.judge_stop(stop, code, watch.limits)


def _call(watch: Watch, plan: Plan, test: Test, wall_end: float) -> Outcome:
    if watch.unread():
        return judge.tampered()
    watch.send(_dump({key: test[key] for key in _SENT if key in test}))
    begun = time.monotonic()
    reply = watch.message(watch.limits.time_s, wall_end)
    ms = (time.monotonic() - begun) * 1000
    if isinstance(reply, Stop):
        return replace(_stopped(watch, reply, plan), ms=ms)
    outcome = judge.judge_reply(reply, test, CHECKERS)
    if watch.output_over:
        outcome = judge.judge_stop(Stop("output"), None, watch.limits)
    return replace(outcome, ms=ms)


def _run_programs(run_: _Run, plan: Plan, chosen: Backend) -> list[Outcome]:
    """Each test in a process of its own, as a program is used."""
    wall_end = time.monotonic() + plan.limits.wall_s
    outcomes: list[Outcome] = []
    for test in run_.tests:
        outcomes.append(_run_program(run_, plan, chosen, test, wall_end))
        if outcomes[-1].verdict == "CE" or time.monotonic() > wall_end:
            break
    return outcomes


def _run_program(run_: _Run, plan: Plan, chosen: Backend, test: Test, wall_end: float) -> Outcome:
    given = arguments(test) if plan.driver else str(test["stdin"])
    spawned = chosen.start(plan.launch(stdin=True))
    watch = open_watch(spawned, plan.limits, given.encode("utf-8", "surrogatepass"))
    begun = time.monotonic()
    try:
        failed = _follow_program(watch, plan, given, wall_end)
    finally:
        ms = (time.monotonic() - begun) * 1000
        watch.finish()
        run_.collect(watch)
    if failed is None and watch.output_over:
        failed = judge.judge_stop(Stop("output"), None, watch.limits)
    if failed is None:
        judge_printed = plan.driver.judge if plan.driver else judge.judge_output
        failed = judge_printed(test, _text(watch.stdout.data))
    return replace(failed, ms=ms)


def _follow_program(watch: Watch, plan: Plan, given: str, wall_end: float) -> Outcome | None:
    """Let a program run to its end; None when it ended well."""
    watch.send(_dump({**plan.job("script"), "stdin": given if plan.stdin_in_job else None}))
    deadline = min(wall_end, time.monotonic() + plan.limits.wall_s)
    while True:
        reply = watch.message(plan.limits.time_s, deadline)
        if isinstance(reply, Stop) and reply.kind != "ended":
            return _stopped(watch, reply, plan)
        if isinstance(reply, Stop):
            break
        message = judge.read_message(reply) or {}
        if message.get("k") == "raised":
            return judge.judge_error(judge.read_error(message.get("error")))
        if message.get("k") == "cannot_start":
            raise SandboxError(f"the program could not be started: {message.get('why')}")
        if message.get("k") not in ("compiled", "loaded", "ended"):
            return _not_loaded(message)
    ended = watch.ending(plan.limits.time_s, deadline)
    if isinstance(ended, Stop):
        return _stopped(watch, ended, plan)
    return None if ended == 0 else plan.explain_exit(ended, _text(watch.last_words()))
