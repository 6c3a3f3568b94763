"""What each language needs to be run: its compiler or runtime, its files, its limits."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tools.sandbox import libraries
from tools.sandbox.backends import Backend
from tools.sandbox.calling import Driver
from tools.sandbox.judge import Outcome, judge_exit
from tools.sandbox.launch import Launch, delete_scratch, identity
from tools.sandbox.records import ErrorNote, Language, Limits, SandboxError

PROGRAMS: dict[str, tuple[str, ...]] = {
    "python": (),
    "cpp": ("g++", "clang++"),
    "java": ("javac", "java"),
    "javascript": ("node", "nodejs"),
}
"""Language → programs of which it needs one (of Java: both)."""
_JAVA_PLACE = re.compile(r"\bat (?!java|jdk|sun|KaoguanCall\b)[\w.$<>]+\(\w+\.java:(\d{1,6})\)")


def runtime(language: str) -> list[str]:
    """Real paths of the programs a language needs; empty when one is missing."""
    found = [os.path.realpath(p) for p in map(shutil.which, PROGRAMS[language]) if p]
    needed = 2 if language == "java" else 1
    return found if len(found) >= needed else []


@dataclass
class Plan:
    """How one submission will be started, once or once for each test."""

    language: Language
    backend: Backend
    source: str
    limits: Limits
    argv: tuple[str, ...] = ()
    """The program to become; empty to stay in the harness."""
    arguments: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Its last arguments by style, `call` or `script`."""
    speaks: bool = False
    """Whether that program takes over the channel of the harness when functions are called."""
    show: tuple[str, ...] = ()
    bounded_data: bool = True
    process_folder: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = ""
    who: dict[str, Any] = field(default_factory=identity)
    build: Callable[[Plan], Outcome | None] | None = None
    stdin_in_job: bool = False
    paths: tuple[str, ...] = ()
    driver: Driver | None = None
    """What stands behind the source where its functions are called as programs."""

    def prepare(self) -> Outcome | None:
        """Compile, where there is something to compile; the verdict when that fails."""
        return self.build(self) if self.build else None

    def clean(self) -> None:
        """Delete what compiling left."""
        if self.folder:
            delete_scratch(self.folder)

    def launch(self, *, stdin: bool) -> Launch:
        """What to start for the tests."""
        return Launch(
            interpreter=self.backend.interpreter,
            limits=self.limits,
            stdin=stdin and not self.stdin_in_job,
            show=self.show,
            folder=self.folder,
            become=bool(self.argv),
            bounded_data=self.bounded_data,
            process_folder=self.process_folder,
            environment=self.environment,
            who=self.who,
        )

    def job(self, mode: str) -> dict[str, Any]:
        """The first order to the harness."""
        if self.argv:
            speaks = self.speaks and mode == "call"
            return become_job([*self.argv, *self.arguments.get(mode, ())], speaks=speaks)
        return {"mode": mode, "source": self.source, "paths": list(self.paths)}

    @staticmethod
    def dump(value: Any) -> bytes:
        """Write a request."""
        return json.dumps(value).encode()

    def explain_exit(self, code: int, stderr: str) -> Outcome:
        """The verdict of a program that ended with an error."""
        verdict, note = judge_exit(code)
        lines = [line.strip() for line in stderr.strip().splitlines() if line.strip()]
        thrown = [line for line in lines if "Exception" in line or "Error" in line]
        last = next(iter(thrown or lines[-1:]), "")
        if "OutOfMemoryError" in stderr or "heap out of memory" in stderr or "bad_alloc" in stderr:
            return Outcome("MLE", f"more than {self.limits.memory_mb} MB of memory", last=True)
        if verdict != "RE" or not last:
            return Outcome(verdict, note, last=True)
        places = _JAVA_PLACE.findall(stderr) if self.language == "java" else []
        line, text = own_line(self.source, places)
        error = ErrorNote(type=f"exit {code}", message=last[:500], line=line, text=text, trace=[])
        return Outcome("RE", f"{note}: {last[:200]}", error=error, last=True)


def own_line(source: str, named: Iterable[str]) -> tuple[int | None, str]:
    """The first of the line numbers a program named that the source has, and what stands there.

    A program may print any number, and lines behind the source are those of the driver.
    """
    lines = source.splitlines()
    line = next((n for n in map(int, named) if 1 <= n <= len(lines)), None)
    return line, lines[line - 1].strip()[:200] if line else ""


def become_job(argv: list[str], *, speaks: bool) -> dict[str, Any]:
    """The order to turn into another program, keeping the channel only if that one speaks it."""
    return {"mode": "become", "argv": argv, "keep": speaks}


def plan_for(
    language: Language, backend: Backend, source: str, limits: Limits, driver: Driver | None = None
) -> Plan:
    """Plan a submission; raises SandboxError when the language cannot be run here."""
    if language == "python":
        offered = libraries.offered(source, backend)
        return Plan(
            language,
            backend,
            source.removeprefix("\ufeff"),
            limits,
            show=offered.show,
            paths=offered.paths,
            stdin_in_job=backend.name == "wasi",
        )
    if language not in PROGRAMS:
        raise SandboxError(f"no such language: {language}; known are {', '.join(PROGRAMS)}")
    if backend.name == "wasi":
        raise SandboxError("the WebAssembly isolation runs Python only")
    programs = runtime(language)
    if not programs:
        raise SandboxError(f"{language} needs {' and '.join(PROGRAMS[language])} installed")
    if language == "javascript":
        from tools.sandbox.javascript import plan as plan_javascript

        return plan_javascript(backend, source, limits, programs)
    from tools.sandbox.compiled import plan as plan_compiled

    return plan_compiled(language, backend, source, limits, programs, driver)
