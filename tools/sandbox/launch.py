"""What every isolation needs to start a process: pipes, limits, an identity of no rights."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from tools.sandbox.interpreter import Interpreter
from tools.sandbox.records import Limits
from tools.sandbox.watch import Spawned

_THREAD_STACK_MB = 2
_SLACK_MB = 16
_ADDRESS_SPACE_MB = 4096
"""Bounds the kernel's own tables for mapped and never written memory."""
_UID_BASE, _UID_SPAN = 1_600_000_000, 1 << 24
_NOBODY = 65534

ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/tmp",
    "TMPDIR": "/tmp",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Launch:
    """What to start, whatever the isolation."""

    interpreter: Interpreter
    limits: Limits
    stdin: bool = False
    """Whether the program is given a standard input; otherwise it is empty."""
    show: tuple[str, ...] = ()
    """Further files and folders of the machine that may be read, at their own paths."""
    folder: str = ""
    """Folder on the machine that is the program's own; empty for one that vanishes by itself."""
    folder_is_writable: bool = False
    compiler: bool = False
    """Whether this runs no code of the candidate's: then it may start processes everywhere."""
    become: bool = False
    """Whether the process turns into another program."""
    bounded_data: bool = True
    """False for runtimes that reserve far more memory than they use (Java, Node)."""
    process_folder: bool = False
    """Whether the runtime needs to see /proc (its own processes only)."""
    environment: Mapping[str, str] = field(default_factory=dict)
    who: Mapping[str, Any] = field(default_factory=lambda: identity())
    """Popen arguments naming the user it runs as."""


@dataclass
class Pipes:
    """Our ends of the private channel, and the child's ends as numbers."""

    requests: IO[bytes]
    replies: IO[bytes]
    child_requests: int
    child_replies: int

    def close_child_ends(self) -> None:
        """Forget the child's ends here, so that its death is seen."""
        os.close(self.child_requests)
        os.close(self.child_replies)

    def close_our_ends(self) -> None:
        """Close what would have been ours after a start that failed."""
        self.requests.close()
        self.replies.close()


def open_pipes() -> Pipes:
    """Make the private channel."""
    child_requests, ours_out = os.pipe()
    ours_in, child_replies = os.pipe()
    return Pipes(
        os.fdopen(ours_out, "wb", buffering=0),
        os.fdopen(ours_in, "rb", buffering=0),
        child_requests,
        child_replies,
    )


def scratch_parent() -> str:
    """A folder in which any user may make a folder, in memory where there is one.

    Not the TMPDIR of the environment: that may lie where a user without rights cannot go.
    """
    for folder in ("/dev/shm", "/tmp", "/var/tmp"):
        if os.path.isdir(folder) and os.stat(folder).st_mode & 0o1007 == 0o1007:
            return folder
    return tempfile.gettempdir()


def make_scratch(who: Mapping[str, Any]) -> str:
    """Make an empty folder that belongs to the identity under which the child will run."""
    folder = tempfile.mkdtemp(prefix="kaoguan-run-", dir=scratch_parent())
    if "user" in who:
        os.chown(folder, who["user"], who["group"])
    return folder


def delete_scratch(folder: str) -> None:
    """Delete a tree whose folders may have been made unreadable."""
    for parent, names, _ in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            if not os.path.islink(path):
                os.chmod(path, 0o700)
    shutil.rmtree(folder, ignore_errors=True)


def data_pipe(data: bytes) -> int:
    """A descriptor from which a few kilobytes can be read."""
    read_end, write_end = os.pipe()
    os.write(write_end, data)
    os.close(write_end)
    return read_end


def resource_limits(launch: Launch, *, count_processes: bool) -> dict[str, int]:
    """The limits that the child sets on itself, by `resource` name without RLIMIT_."""
    limits = launch.limits
    chosen = {
        "CORE": 0,
        "FSIZE": limits.file_mb << 20,
        "NOFILE": 256,
        "CPU": int(limits.wall_s * (os.cpu_count() or 1)) + 2,
        "MEMLOCK": 0,
        "MSGQUEUE": 0,
        "SIGPENDING": 256,
    }
    if launch.bounded_data:
        reserve = _THREAD_STACK_MB * limits.max_processes + _SLACK_MB
        chosen["DATA"] = (limits.memory_mb + reserve) << 20
        chosen["AS"] = (limits.memory_mb + _ADDRESS_SPACE_MB) << 20
    if launch.become:
        chosen["STACK"] = min(limits.memory_mb, 64) << 20
    if count_processes:
        chosen["NPROC"] = limits.max_processes + 1
    return chosen


def settings(launch: Launch, *, count_processes: bool) -> dict[str, Any]:
    """The first message to the harness."""
    return {
        "limits": resource_limits(launch, count_processes=count_processes),
        "thread_stack": _THREAD_STACK_MB << 20,
    }


def identity() -> dict[str, Any]:
    """Popen arguments that give up root for a user id that nothing else has; none otherwise.

    None too for the root of a namespace that knows no other user: that is an ordinary user.
    """
    if os.geteuid() != 0 or not _maps(_NOBODY):
        return {}
    uid = _NOBODY
    if _maps(_UID_BASE + _UID_SPAN):
        uid = _UID_BASE + secrets.randbelow(_UID_SPAN)
    return {"user": uid, "group": uid, "extra_groups": []}


def _maps(uid: int) -> bool:
    """Whether this namespace knows a user id (a container may not)."""
    try:
        with open("/proc/self/uid_map", encoding="ascii") as file:
            rows = [[int(n) for n in line.split()] for line in file]
    except (OSError, ValueError):
        return uid == _NOBODY  # no /proc to ask: the usual case is taken
    return any(start <= uid < start + count for start, _, count in rows)


def spawn(command: list[str], pass_fds: tuple[int, ...], **more: Any) -> subprocess.Popen[bytes]:
    """Start a process with nothing of ours but the descriptors named."""
    return subprocess.Popen(
        command,
        stdin=more.pop("stdin", subprocess.DEVNULL),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        close_fds=True,
        pass_fds=pass_fds,
        start_new_session=True,
        cwd=more.pop("cwd", "/"),
        **more,
    )


def wait(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    """Exit code within so many seconds, or None."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


def watched(
    process: subprocess.Popen[bytes],
    pipes: Pipes,
    launch: Launch,
    end: Callable[[], None],
    config: dict[str, Any],
    **places: Any,
) -> Spawned:
    """A started process as the parent watches it; `places` are the fields that differ."""
    assert process.stderr is not None
    return Spawned(
        pid=process.pid,
        stdin=process.stdin,
        stdout=process.stdout,
        stderr=process.stderr,
        requests=pipes.requests,
        replies=pipes.replies,
        wait=lambda seconds: wait(process, seconds),
        end=end,
        opening=launch.interpreter.opening(),
        config=config,
        **places,
    )
