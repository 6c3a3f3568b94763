"""The run that decides whether an isolation is believed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from tools.sandbox.interpreter import Interpreter
from tools.sandbox.launch import Launch
from tools.sandbox.records import Limits
from tools.sandbox.session import open_watch
from tools.sandbox.watch import Spawned, Stop

_LIMITS = Limits(time_s=10.0, wall_s=20.0)
_COUNT = 1000


def attempt(
    start: Callable[[Launch], Spawned], interpreter: Interpreter, source: str, planted: str
) -> str:
    """Run `attempt(planted, n)` of the source; why the isolation cannot be used, or nothing."""
    watch = open_watch(start(Launch(interpreter, _LIMITS)), _LIMITS)
    try:
        end = time.monotonic() + _LIMITS.wall_s
        watch.send(json.dumps({"mode": "call", "source": source}).encode())
        compiled = watch.message(_LIMITS.time_s, end)
        loaded = watch.message(_LIMITS.time_s, end)
        watch.send(json.dumps({"fn": "attempt", "args": [planted, _COUNT]}).encode())
        reply = watch.message(_LIMITS.time_s, end)
    finally:
        watch.finish()
    if isinstance(loaded, Stop) or isinstance(reply, Stop):
        return f"a trial run ended early ({compiled!r}, {loaded!r}, {reply!r})"
    read, opened, total = json.loads(reply)["v"]
    if read or opened:
        return "it starts, but does not isolate: " + ("a file" if read else "a socket") + " got out"
    return "" if total == sum(range(_COUNT)) else "a trial run gave a wrong sum"
