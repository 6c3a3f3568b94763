"""Compiles and runs C++ and Java programs: the compiler in a sandbox, then each test in another.

Program style only (standard input and output). The compiler runs isolated as well, because source
code can ask it to read files (`#include "/etc/passwd"`).
"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

from tools.sandbox.backends import Backend
from tools.sandbox.calling import JAVA_MAIN, Driver
from tools.sandbox.compare import printable
from tools.sandbox.judge import Outcome
from tools.sandbox.languages import Plan, become_job, own_line
from tools.sandbox.launch import Launch, make_scratch
from tools.sandbox.records import ErrorNote, Language, Limits, SandboxError
from tools.sandbox.session import open_watch
from tools.sandbox.watch import Stop

_COMPILE = Limits(time_s=20, wall_s=30, memory_mb=1024, output_kb=64, file_mb=64, max_processes=64)
_TOOL_FOLDERS = (
    "/usr/bin",
    "/usr/include",
    "/usr/libexec",
    "/usr/local/include",
    "/usr/share/java",
)
_JAVA_THREADS = 64
_JAVA_RUNTIME_MB = 160
_PUBLIC_CLASS = re.compile(r"\bpublic\s+(?:final\s+|abstract\s+)*(?:class|record|enum)\s+(\w+)")
_HAS_MAIN = re.compile(
    r"\bclass\s+(\w+)(?=[^{]*\{(?:(?!\bclass\b)[\s\S])*?\bstatic\s+void\s+main\b)"
)
_PLACE = re.compile(r"^[^\s:]*:(\d{1,6}):(?:\d+:)?\s*(?:fatal )?(error.*)$", re.MULTILINE)


def _existing(*paths: str) -> tuple[str, ...]:
    return tuple(path for path in paths if Path(path).exists())


def _place(plan: Plan) -> str:
    """Where the program's folder is seen from inside."""
    return "/work" if plan.backend.name == "bubblewrap" else plan.folder


def _java_class(source: str) -> str:
    found = _PUBLIC_CLASS.search(source) or _HAS_MAIN.search(source)
    return found.group(1) if found else "Main"


def plan(
    language: Language,
    backend: Backend,
    source: str,
    limits: Limits,
    programs: list[str],
    driver: Driver | None = None,
) -> Plan:
    """Plan a submission; nothing is compiled yet."""
    source = source.removeprefix("\ufeff")
    made = Plan(language, backend, source, limits, driver=driver)
    made.folder = make_scratch(made.who)
    place = _place(made)
    if language == "cpp":
        made.argv = (f"{place}/program",)
        command = [programs[0], "-O2", "-std=c++17", "-o", made.argv[0], f"{place}/main.cpp"]
        return replace(made, build=lambda p: _compile(p, "main.cpp", command))
    compiler, java = programs
    name = _java_class(source)
    runs = JAVA_MAIN if driver else name
    home = str(Path(java).parent.parent)
    heap = limits.memory_mb
    quiet = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-XX:-UsePerfData")
    made.limits = limits.at_least(
        memory_mb=heap + _JAVA_RUNTIME_MB, max_processes=_JAVA_THREADS, time_s=4.0
    )
    made.argv = (java, *quiet, f"-Xmx{heap}m", "-Xss32m", "-cp", place, runs)
    made.show = _existing(home, *map(str, Path("/etc").glob("java-*")))
    made.bounded_data = False
    made.process_folder = True  # the launcher finds its libraries through /proc/self/exe
    command = [compiler, "-J-XX:+UseSerialGC", "-J-Xmx512m", "-J-XX:-UsePerfData"]
    command += ["-encoding", "utf8", "-d", place, f"{place}/{name}.java"]
    return replace(made, build=lambda p: _compile(p, f"{name}.java", command))


def _compile(plan: Plan, file: str, command: list[str]) -> Outcome | None:
    """Compile in a sandbox of its own; the verdict CE when the compiler refuses."""
    whole = f"{plan.source}\n{plan.driver.text}" if plan.driver else plan.source
    Path(plan.folder, file).write_text(whole, "utf-8", errors="replace")
    launch = Launch(
        plan.backend.interpreter,
        _COMPILE,
        show=(*plan.show, *_existing(*_TOOL_FOLDERS)),
        folder=plan.folder,
        folder_is_writable=True,
        compiler=True,
        become=True,
        bounded_data=False,
        process_folder=plan.process_folder,
        who=plan.who,
    )
    watch = open_watch(plan.backend.start(launch), _COMPILE)
    try:
        end = time.monotonic() + _COMPILE.wall_s
        watch.send(plan.dump(become_job(command, speaks=False)))
        reply = watch.message(_COMPILE.time_s, end)
        if not isinstance(reply, Stop):
            raise SandboxError(f"the compiler could not be started: {reply!r}")
        ended = watch.ending(_COMPILE.time_s, end) if reply.kind == "ended" else reply
    finally:
        watch.finish()
    said = bytes(watch.stderr.data + watch.stdout.data).decode("utf-8", "replace")
    if ended == 0:
        return None
    if isinstance(ended, Stop):
        return Outcome("CE", f"the compiler was stopped: {ended.kind}", last=True)
    return _refused(plan, said)


def _refused(plan: Plan, said: str) -> Outcome:
    """The compiler's first error, with the line it names."""
    found = _PLACE.search(said)
    line, text = own_line(plan.source, [found.group(1)] if found else [])
    message = found.group(2) if found else said.strip()[:300]
    error = ErrorNote(
        type="CompileError",
        message=printable(said[:2000]),
        line=line,
        text=text,
        trace=[],
    )
    where = f" at line {line}" if line else ""
    return Outcome("CE", printable(message[:200]) + where, error=error, last=True)
