"""Offers NumPy and PyTorch inside the sandbox, read-only, when the code asks for them."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.sandbox.backends import Backend

_OFFERED = ("numpy", "torch")
_BESIDE = {"numpy": ("numpy", "numpy.libs"), "torch": ("torch", "torchgen", "functorch")}
_IMPORTS = re.compile(r"^\s*(?:import|from)\s+(\w+)|,\s*(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Offer:
    """What to show, and where the code's Python must look for it."""

    show: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


def offered(source: str, backend: Backend) -> Offer:
    """The libraries among NumPy and PyTorch that the code imports and this Python has."""
    if backend.name == "wasi":
        return Offer()
    asked = {name for pair in _IMPORTS.findall(source) for name in pair} & set(_OFFERED)
    found = [place for name in sorted(asked) for place in _places(name, backend)]
    return Offer(tuple(found), tuple(dict.fromkeys(os.path.dirname(p) for p in found)))


def _readable_by_all(path: Path) -> bool:
    """Whether another user could read a folder, through all folders above it."""
    if os.geteuid() != 0:
        return True
    return all(part.stat().st_mode & stat.S_IXOTH for part in (path, *path.parents))


@functools.cache
def _system_folders(version: tuple[int, int]) -> tuple[str, ...]:
    return (
        "/usr/lib/python3/dist-packages",
        f"/usr/lib64/python{version[0]}.{version[1]}/site-packages",
        f"/usr/lib/python{version[0]}.{version[1]}/site-packages",
        f"/usr/local/lib/python{version[0]}.{version[1]}/dist-packages",
        f"/usr/local/lib/python{version[0]}.{version[1]}/site-packages",
    )


def _places(name: str, backend: Backend) -> list[str]:
    """Folders of a library: the system's, or those of our environment if the Pythons agree."""
    version = backend.interpreter.version
    for folder in map(Path, _system_folders(version)):
        if (folder / name).is_dir():
            return [str(folder / part) for part in _BESIDE[name] if (folder / part).is_dir()]
    spec = importlib.util.find_spec(name) if version == sys.version_info[:2] else None
    if spec is None or spec.origin is None:
        return []
    folder = Path(spec.origin).resolve().parent.parent
    if not _readable_by_all(folder):
        return []
    return [str(folder / part) for part in _BESIDE[name] if (folder / part).is_dir()]


def has(name: str, backend: Backend) -> bool:
    """Whether a library can be offered."""
    return backend.name != "wasi" and bool(_places(name, backend))
