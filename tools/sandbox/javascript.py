"""Runs JavaScript with Node in the same isolation as Python: function, class and program style."""

from __future__ import annotations

from pathlib import Path

from tools.sandbox.backends import Backend
from tools.sandbox.languages import Plan
from tools.sandbox.records import Limits

_THREADS = 48
"""Node starts about a dozen threads by itself."""
_RUNTIME_MB = 96
_PROGRAM = (
    "{const vm=require('vm');"
    "global.require=require;global.module={exports:{}};global.exports=global.module.exports;"
    "vm.runInThisContext(process.argv[1],{filename:'solution.js'});}"
)


def plan(backend: Backend, source: str, limits: Limits, programs: list[str]) -> Plan:
    """Plan a submission: a harness for calls, the plain program when it reads standard input."""
    room = limits.at_least(
        memory_mb=limits.memory_mb + _RUNTIME_MB, max_processes=_THREADS, time_s=3.0
    )
    heap = f"--max-old-space-size={limits.memory_mb}"
    harness = Path(__file__).with_name("javascript.js").read_text("utf-8")
    source = source.removeprefix("\ufeff")
    return Plan(
        "javascript",
        backend,
        source,
        room,
        argv=(programs[0], heap, "--stack-size=3900", "-e"),
        arguments={"call": (harness,), "script": (_PROGRAM, source)},
        speaks=True,
        show=tuple(p for p in (programs[0], "/usr/share/nodejs") if Path(p).exists()),
        bounded_data=False,
        environment={"OPENSSL_CONF": "/dev/null"},
    )
