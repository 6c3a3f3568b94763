"""Finds a Python that untrusted code may run on, and compiles the harness for it once.

The default Python often lies where another user cannot read it (a home folder), so the system's
comes first; ours is tried after it.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent
_PARTS = ("selflock.py", "answers.py", "harness.py")
_FLAGS = ("-I", "-S", "-B", "-X", "utf8")
_BOOT = (
    "import marshal,os\n"
    "f,r={requests},{replies}\n"
    "n=int(os.read(f,10))\n"
    "b=b''\n"
    "while len(b)<n:\n"
    "    d=os.read(f,n-len(b))\n"
    "    if not d: os._exit(1)\n"
    "    b+=d\n"
    "exec(marshal.loads(b),{{'__name__':'__judge__','_FDS':(f,r)}})\n"
)
_ASK = (
    "import marshal,sys\n"
    "src=sys.stdin.buffer.read().decode()\n"
    "v='%d %d %s %s %s'%(sys.version_info[0],sys.version_info[1],sys.implementation.name,"
    "sys.base_prefix.replace(' ','?'),sys.platlibdir)\n"
    "sys.stdout.buffer.write(v.encode()+b'\\n'+marshal.dumps(compile(src,'<judge>','exec')))\n"
)


@dataclass(frozen=True)
class Interpreter:
    """A Python and what the sandbox must show of the machine for it to start."""

    path: str
    version: tuple[int, int]
    roots: tuple[str, ...]
    """Files and folders it reads."""
    harness: bytes
    """The harness compiled by this very interpreter."""

    def command(self, requests: int, replies: int) -> list[str]:
        """The command that reads the harness, then its orders, from two descriptors."""
        boot = _BOOT.format(requests=requests, replies=replies)
        return [self.path, *_FLAGS, "-c", boot]

    def opening(self) -> bytes:
        """What must be written first."""
        return b"%10d" % len(self.harness) + self.harness


def harness_source() -> str:
    """The text that runs inside: the parts in order, with one future import."""
    future = "from __future__ import annotations\n"
    parts = [(_HERE / name).read_text("utf-8") for name in _PARTS]
    return future + "\n".join(part.replace(future, "") for part in parts)


def _candidates() -> list[str]:
    base = getattr(sys, "_base_executable", "") or sys.executable
    minor = f"python3.{sys.version_info[1]}"
    names = ["/usr/bin/python3", f"/usr/bin/{minor}", "/usr/local/bin/python3", base]
    real = [os.path.realpath(name) for name in names if os.path.exists(name)]
    return list(dict.fromkeys(real))


def _libraries(path: str, prefix: str, platlib: str, name: str) -> tuple[str, ...]:
    """The folders a Python and its shared libraries are read from."""
    roots = [path, *(p for p in ("/lib", "/lib64", "/usr/lib", "/usr/lib64") if os.path.isdir(p))]
    roots += [os.path.join(prefix, lib, name) for lib in dict.fromkeys(("lib", platlib))]
    roots += [os.path.join(prefix, "lib")] if prefix not in ("/usr", "/") else []
    return tuple(dict.fromkeys(os.path.realpath(r) for r in roots if os.path.exists(r)))


@functools.cache
def interpreters() -> tuple[Interpreter, ...]:
    """All CPythons from 3.8 on that can be asked, best first."""
    found = []
    for path in _candidates():
        try:
            asked = subprocess.run(
                [path, *_FLAGS, "-c", _ASK],
                input=harness_source().encode(),
                capture_output=True,
                timeout=20,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            continue
        head, _, harness = asked.stdout.partition(b"\n")
        major, minor, implementation, prefix, platlib = head.decode().split(" ")
        if implementation == "cpython" and (int(major), int(minor)) >= (3, 8):
            roots = _libraries(path, prefix, platlib, f"python{major}.{minor}")
            found.append(Interpreter(path, (int(major), int(minor)), roots, harness))
    return tuple(found)
