"""Builds the system call filter, as the kernel's BPF program, for x86-64 and aarch64.

The filter lists what is allowed; what is not listed is refused. It does not see memory, so paths
and structures behind pointers are the business of mounts or Landlock.
"""

from __future__ import annotations

import errno
import functools
import platform
import struct
from dataclasses import dataclass

from tools.sandbox import syscalls
from tools.sandbox.syscalls import Machine, numbers

_LOAD, _JEQ, _JGE, _JSET, _AND, _RET = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NR, _ARCH, _ARGS = 0, 4, 16
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32_BIT = 0x40000000
_NEWER = 463
"""First number this table does not know (Linux 6.10): answered with ENOSYS."""

_NEW_NAMESPACES = 0x7E020000
_CLONE_PTRACE, _CLONE_PARENT, _CLONE_THREAD = 0x2000, 0x8000, 0x10000
_PRCTL_ALLOWED = (3, 15, 16, 23, 39, 0x53564D41)  # dumpable?, names, caps?, no_new_privs?, VMA name
_IOCTL_ALLOWED = (0x541B, 0x5421, 0x5450, 0x5451, 0x5401, 0x5413, 0x802C542A)
"""FIONREAD, FIONBIO, FIONCLEX, FIOCLEX, TCGETS, TIOCGWINSZ, TCGETS2."""
_FCNTL_REFUSED = (8, 10, 15, 1024, 1026, 1031)
"""F_SETOWN, F_SETSIG, F_SETOWN_EX (signals to others), F_SETLEASE, F_NOTIFY, F_SETPIPE_SZ."""
_AF_UNIX = 1
_O_ACCMODE, _O_TRUNC = 0o3, 0o1000

Instruction = tuple[int, int, int, int]


@dataclass(frozen=True)
class Rules:
    """What differs between isolations."""

    fork: bool
    """New processes, and signals to any process: only inside a process namespace."""
    execute: bool
    metadata: bool
    """chmod, utime and truncate by path: only where mounts hide the machine's files."""
    own_pid: int = 0
    """The one process that may be signalled when `fork` is not allowed."""
    read_only_truncate: bool = True
    """False where Landlock cannot see that O_TRUNC empties a file opened for reading."""


def this_machine() -> Machine | None:
    """The processor, when the filter knows it."""
    name = platform.machine().lower()
    if name in ("x86_64", "amd64"):
        return "x86_64"
    return "aarch64" if name in ("aarch64", "arm64") else None


def _arg(index: int) -> Instruction:
    return (_LOAD, 0, 0, _ARGS + 8 * index)  # the low half: both processors are little endian


def _ret(action: int) -> Instruction:
    return (_RET, 0, 0, action)


_REFUSE = _ret(_ERRNO | errno.EPERM)
_NO_SUCH_CALL = _ret(_ERRNO | errno.ENOSYS)
_PASS = _ret(_ALLOW)


def _when(number: int | None, body: list[Instruction]) -> list[Instruction]:
    """Run `body` for this call only; it must end in a return."""
    return [] if number is None else [(_JEQ, 0, len(body), number), *body]


def _one_of(index: int, values: tuple[int, ...], *, allow: bool) -> list[Instruction]:
    hit, miss = (_PASS, _REFUSE) if allow else (_REFUSE, _PASS)
    body = [_arg(index)]
    for value in values:
        body += [(_JEQ, 0, 1, value), hit]
    return [*body, miss]


def _clone(fork: bool) -> list[Instruction]:
    body = [_arg(0), (_JSET, 0, 1, _NEW_NAMESPACES | _CLONE_PTRACE | _CLONE_PARENT), _REFUSE]
    return [*body, _PASS] if fork else [*body, (_JSET, 0, 1, _CLONE_THREAD), _PASS, _REFUSE]


def _no_read_only_truncate(index: int) -> list[Instruction]:
    mask = _O_ACCMODE | _O_TRUNC
    return [_arg(index), (_AND, 0, 0, mask), (_JEQ, 0, 1, _O_TRUNC), _REFUSE, _PASS]


def _conditional(machine: Machine, rules: Rules) -> list[Instruction]:
    column = 0 if machine == "x86_64" else 1

    def number(name: str) -> int | None:
        return (syscalls.CONDITIONAL.get(name) or syscalls.EVERYDAY[name])[column]

    signal = [_PASS] if rules.fork else _one_of(0, (rules.own_pid,), allow=True)
    program = _when(number("clone"), _clone(rules.fork))
    program += _when(number("kill"), signal) + _when(number("tgkill"), signal)
    program += _when(number("prctl"), _one_of(0, _PRCTL_ALLOWED, allow=True))
    program += _when(number("ioctl"), _one_of(1, _IOCTL_ALLOWED, allow=True))
    program += _when(number("fcntl"), _one_of(1, _FCNTL_REFUSED, allow=False))
    program += _when(number("prlimit64"), _one_of(0, (0,), allow=True))
    program += _when(number("socketpair"), _one_of(0, (_AF_UNIX,), allow=True))
    if not rules.read_only_truncate:
        program += _when(number("open"), _no_read_only_truncate(1))
        program += _when(number("openat"), _no_read_only_truncate(2))
    return program


@functools.lru_cache(maxsize=8)
def program(machine: Machine, rules: Rules) -> bytes:
    """The filter as an array of `struct sock_filter`."""
    code: list[Instruction] = [
        (_LOAD, 0, 0, _ARCH),
        (_JEQ, 1, 0, _AUDIT_ARCH[machine]),
        _ret(_KILL),
        (_LOAD, 0, 0, _NR),
        (_JGE, 0, 1, _X32_BIT),
        _NO_SUCH_CALL,
        (_JGE, 0, 1, _NEWER),
        _NO_SUCH_CALL,
    ]
    code += _conditional(machine, rules)
    allowed = numbers(syscalls.EVERYDAY, machine)
    if rules.metadata:
        allowed += numbers(syscalls.METADATA, machine)
    processes = dict(syscalls.PROCESSES)
    run = processes.pop("execve")
    if rules.fork:
        allowed += numbers(processes, machine)
    if rules.execute:
        allowed += numbers({"execve": run}, machine)
    for group, action in (
        (allowed, _PASS),
        (numbers(syscalls.ABSENT, machine), _NO_SUCH_CALL),
        (numbers(syscalls.FATAL, machine), _ret(_KILL)),
    ):
        for nr in group:
            code += [(_JEQ, 0, 1, nr), action]
    code.append(_REFUSE)
    return b"".join(struct.pack("<HBBI", *step) for step in code)
