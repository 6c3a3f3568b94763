"""Lets a process lock itself in with Landlock and a system call filter, through ctypes alone.

Sent as text in front of the harness, so it imports nothing of ours. What stays possible: stat,
readlink and chdir anywhere (names and sizes of the machine's files can be learnt, no contents).
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # importing `typing` would cost 10 ms
if TYPE_CHECKING:
    from typing import Any

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every processor
_PATH_BENEATH = 1
_SET_NO_NEW_PRIVS, _SET_SECCOMP, _SET_PDEATHSIG, _FILTER_MODE = 38, 22, 1, 2
_SIGKILL = 9

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
TRUNCATE = 1 << 14
READ = EXECUTE | READ_FILE | READ_DIR
_FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
_RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""Version of Landlock → how many file rights it knows."""


def file_rights(abi: int) -> int:
    """All file rights of a version of Landlock."""
    return (1 << _RIGHTS_BY_ABI.get(abi, 16)) - 1


def write_rights(abi: int) -> int:
    """Read and write files and folders beneath; no devices, sockets or pipes."""
    made = (1 << 1) | (1 << 4) | (1 << 5) | (1 << 7) | (1 << 8) | (1 << 12)
    return (READ_FILE | READ_DIR | made | (1 << 13) | TRUNCATE) & file_rights(abi)


def landlock_abi() -> int:
    """The kernel's version of Landlock; 0 when it has none."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, int(libc.syscall(_CREATE_RULESET, None, 0, 1)))


def _check(result: int, what: str) -> int:
    if result < 0:
        import ctypes

        raise OSError(ctypes.get_errno(), what + ": " + os.strerror(ctypes.get_errno()))
    return result


def _restrict_files(libc: Any, abi: int, rules: list[list[Any]]) -> None:
    """Deny every file right but the rules', TCP, and signals and abstract sockets outwards."""
    import ctypes
    import struct

    attributes = struct.pack("<QQQ", file_rights(abi), 3, 3)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    ruleset = _check(libc.syscall(_CREATE_RULESET, attributes, size, 0), "landlock ruleset")
    for path, rights in rules:
        try:
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        allowed = rights & file_rights(abi)
        if not os.path.isdir(path):
            allowed &= _FILE_RIGHTS
        beneath = ctypes.create_string_buffer(struct.pack("<Qi", allowed, fd))
        _check(libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, beneath, 0), "landlock rule")
        os.close(fd)
    _check(libc.syscall(_RESTRICT_SELF, ruleset, 0), "landlock restrict")
    os.close(ruleset)


def lock_self(config: dict[str, Any]) -> None:
    """Lock this process in for good: files first, then system calls."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.prctl(_SET_PDEATHSIG, _SIGKILL, 0, 0, 0), "parent death signal")
    if os.getppid() != config["parent"]:
        os._exit(1)
    _check(libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
    os.chdir(config["folder"])
    _restrict_files(libc, config["abi"], config["rules"])

    class Program(ctypes.Structure):
        _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    code = bytes.fromhex(config["filter"])
    buffer = ctypes.create_string_buffer(code, len(code))
    program = Program(len(code) // 8, ctypes.addressof(buffer))
    pointer = ctypes.c_void_p(ctypes.addressof(program))
    _check(libc.prctl(_SET_SECCOMP, _FILTER_MODE, pointer, 0, 0), "seccomp")
