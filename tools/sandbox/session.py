"""Opens a sandbox: the first exchange, after which limits and locks are known to be in force."""

from __future__ import annotations

import json
import time

from tools.sandbox.judge import read_message
from tools.sandbox.records import Limits, SandboxError
from tools.sandbox.watch import Spawned, Stop, Watch

_START_S = 10.0


def open_watch(spawned: Spawned, limits: Limits, stdin: bytes = b"") -> Watch:
    """Wait until the sandbox stands and its limits and locks are in force."""
    watch = Watch(spawned, limits, stdin)
    watch.send(json.dumps(spawned.config).encode())
    reply = watch.message(_START_S, time.monotonic() + _START_S)
    message = None if isinstance(reply, Stop) else read_message(reply)
    if message is None or message.get("k") != "ready":
        watch.finish()
        said = watch.stderr.data.decode("utf-8", "replace").strip().splitlines()
        why = said[-1] if said else str(reply)
        raise SandboxError(f"the sandbox did not start: {why[:300]}")
    return watch
