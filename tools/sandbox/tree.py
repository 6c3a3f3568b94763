"""Looks at a tree of processes from outside: memory, number, time spent waiting for a processor.

Linux only; elsewhere every answer is empty and the portable isolation has its own limits.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


@dataclass(frozen=True)
class Usage:
    """One look at the tree."""

    memory_bytes: int
    tasks: int
    """Processes and threads."""
    waited_s: float
    """How long the busiest first thread was ready to run but had no processor."""


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _tasks(pid: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []


def members(root: int) -> dict[int, int]:
    """Every process of the tree, the root first, with its number of threads."""
    found: dict[int, int] = {}
    todo = [root]
    while todo:
        pid = todo.pop()
        threads = _tasks(pid)
        if pid in found or not threads:
            continue
        found[pid] = len(threads)
        for thread in threads:
            todo += [int(p) for p in _read(f"/proc/{pid}/task/{thread}/children").split()]
    return found


def _resident(pid: int) -> int:
    parts = _read(f"/proc/{pid}/statm").split()
    return int(parts[1]) * _PAGE if len(parts) > 1 else 0


def _proportional(pid: int) -> int:
    """Resident memory with shared pages divided among their users; resident when unreadable."""
    for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return _resident(pid)


def _waited(pid: int) -> float:
    parts = _read(f"/proc/{pid}/schedstat").split()
    return int(parts[1]) / 1e9 if len(parts) > 1 else 0.0


def look(root: int, ignore: int, limit_bytes: int) -> Usage:
    """Measure the tree; `ignore` processes at its top are ours and not counted."""
    tree = members(root)
    pids = list(tree)[ignore:]
    memory = sum(_resident(pid) for pid in pids)
    if memory > limit_bytes and len(pids) > 1:  # forks share pages: count them once
        memory = sum(_proportional(pid) for pid in pids)
    waited = max((_waited(pid) for pid in pids), default=0.0)
    return Usage(memory, sum(tree[pid] for pid in pids), waited)


def peak_bytes(root: int, ignore: int) -> int:
    """The highest resident memory of any one process still there."""
    peak = 0
    for pid in list(members(root))[ignore:]:
        for line in _read(f"/proc/{pid}/status").splitlines():
            if line.startswith("VmHWM:"):
                peak = max(peak, int(line.split()[1]) * 1024)
    return peak


def files_inside(root: int, ignore: int, folder: str) -> int:
    """How many files lie in a folder as the tree's own first process sees it; 0 when unknown."""
    for pid in list(members(root))[ignore : ignore + 1]:
        try:
            state = os.statvfs(f"/proc/{pid}/root{folder}")
        except OSError:
            continue
        return state.f_files - state.f_ffree
    return 0


def folder_bytes(folder: str) -> int:
    """Size of all files beneath, and one block for each entry."""
    total, todo = 0, [folder]
    while todo:
        try:
            entries = list(os.scandir(todo.pop()))
        except OSError:
            continue
        for entry in entries:
            try:
                total += 4096 + entry.stat(follow_symlinks=False).st_blocks * 512
                if entry.is_dir(follow_symlinks=False):
                    todo.append(entry.path)
            except (OSError, AttributeError):
                continue
    return total
