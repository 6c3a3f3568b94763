"""Isolation without namespaces: the process locks itself in with Landlock and seccomp.

Contains: files (contents of nothing but the interpreter's and a scratch folder), network, signals
and tracing of other processes, chmod and the like. New processes are refused, so that none can
outlive the run. Does not hide that files exist: names, sizes and times can be asked for.
"""

from __future__ import annotations

import functools
import os
import signal
import subprocess

from tools.sandbox import seccomp, selflock
from tools.sandbox.launch import (
    ENVIRONMENT,
    Launch,
    delete_scratch,
    make_scratch,
    open_pipes,
    settings,
    spawn,
    watched,
)
from tools.sandbox.watch import Spawned

_READ_ONLY_TRUNCATE_SEEN = 3
"""First version of Landlock that sees truncation."""


def _rules(launch: Launch, scratch: str, abi: int) -> list[list[object]]:
    rules: list[list[object]] = [
        [path, selflock.READ] for path in (*launch.interpreter.roots, *launch.show)
    ]
    # Python finds a package only in a folder it may list: names, not contents.
    rules += [[os.path.dirname(path), selflock.READ_DIR] for path in launch.show]
    rules += [["/etc/ld.so.cache", selflock.READ_FILE]]
    rules += [[f"/dev/{name}", selflock.READ_FILE] for name in ("zero", "random", "urandom")]
    rules += [["/dev/null", selflock.READ_FILE | selflock.WRITE_FILE]]
    if launch.folder and not launch.folder_is_writable:
        rules.append([launch.folder, selflock.READ])
    return [*rules, [scratch, selflock.write_rights(abi)]]


def _end(process: subprocess.Popen[bytes], folder: str, ours: bool) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)  # its own session; more than one only for a compiler
    except OSError:
        process.kill()
    process.wait()
    if ours:
        delete_scratch(folder)


def _lock(launch: Launch, pid: int, scratch: str) -> dict[str, object]:
    machine, abi = seccomp.this_machine(), selflock.landlock_abi()
    if machine is None or abi < 1:
        raise OSError("this kernel has no Landlock, or the processor is not known")
    rules = seccomp.Rules(
        fork=launch.compiler,
        execute=launch.become,
        metadata=launch.compiler,  # a linker makes its output executable
        own_pid=pid,
        read_only_truncate=abi >= _READ_ONLY_TRUNCATE_SEEN,
    )
    return {
        "parent": os.getpid(),
        "folder": scratch,
        "abi": abi,
        "rules": _rules(launch, scratch, abi),
        "filter": seccomp.program(machine, rules).hex(),
    }


def start(launch: Launch) -> Spawned:
    """Start the harness; it locks itself in before it is given any code."""
    ours = not launch.folder_is_writable
    scratch = make_scratch(launch.who) if ours else launch.folder
    pipes = open_pipes()
    command = launch.interpreter.command(pipes.child_requests, pipes.child_replies)
    process: subprocess.Popen[bytes] | None = None
    environment = {**ENVIRONMENT, "HOME": scratch, "TMPDIR": scratch, **launch.environment}
    try:
        process = spawn(
            command,
            (pipes.child_requests, pipes.child_replies),
            stdin=subprocess.PIPE if launch.stdin else subprocess.DEVNULL,
            env=environment,
            **launch.who,
        )
        config = settings(launch, count_processes="user" in launch.who)
        config["lock"] = _lock(launch, process.pid, scratch)
    except (OSError, subprocess.SubprocessError):
        if process is not None:
            process.kill()
            process.wait()
        pipes.close_our_ends()
        if ours:
            delete_scratch(scratch)
        raise
    finally:
        pipes.close_child_ends()
    started = process
    end = functools.partial(_end, started, scratch, ours)
    return watched(started, pipes, launch, end, config, ignore=0, scratch=scratch)
