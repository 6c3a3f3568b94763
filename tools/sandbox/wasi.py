"""Isolation by CPython compiled to WebAssembly, run under wasmtime: the portable fallback.

Contains everything but time: the code sees no file, no network, no process. Slow (about 12 times),
no threads, no asyncio. The runtime itself is trusted; it runs in a process of its own, so that the
parent's clock and memory watch hold for it as well.
"""

from __future__ import annotations

from tools.sandbox.interpreter import Interpreter
from tools.sandbox.launch import Launch
from tools.sandbox.watch import Spawned

INTERPRETER = Interpreter("python.wasm", (3, 12), (), b"")


def missing() -> tuple[str, str] | None:
    return "later", ""


def start(launch: Launch) -> Spawned:
    raise OSError("later")
