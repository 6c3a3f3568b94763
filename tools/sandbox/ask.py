"""Asks functions of some Python source for values, in the sandbox, without judging them."""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Iterable, Mapping
from typing import Any

from tools.sandbox.backends import choose
from tools.sandbox.judge import read_message
from tools.sandbox.languages import plan_for
from tools.sandbox.records import Limits, SandboxError
from tools.sandbox.session import open_watch
from tools.sandbox.watch import Stop, Watch


def ask(
    source: str,
    requests: Iterable[Mapping[str, Any]],
    limits: Limits,
    backend: str | None = None,
) -> list[Any]:
    """The value of each request in turn; ends before the first that fails.

    A request is a test without `expected`: {"fn": "solve", "args": [1]}. Raises SandboxError when
    no isolation works or the source does not load.
    """
    return list(ask_each(source, requests, limits, backend))


def ask_each(
    source: str,
    requests: Iterable[Mapping[str, Any]],
    limits: Limits,
    backend: str | None = None,
) -> Generator[Any, None, None]:
    """As `ask`, one at a time: each request is taken only when its value is wanted."""
    chosen = choose(backend)
    plan = plan_for("python", chosen, source, limits)
    watch = open_watch(chosen.start(plan.launch(stdin=False)), limits)
    end = time.monotonic() + limits.wall_s
    try:
        watch.send(json.dumps(plan.job("call")).encode())
        for step in ("compiled", "loaded"):
            _expect(watch, step, end)
        for request in requests:
            watch.send(json.dumps(dict(request)).encode())
            reply = watch.message(limits.time_s, end)
            message = None if isinstance(reply, Stop) else read_message(reply)
            if message is None or message.get("k") != "value":
                break
            yield message.get("v")
    finally:
        watch.finish()


def _expect(watch: Watch, step: str, end: float) -> None:
    reply = watch.message(watch.limits.time_s, end)
    message = None if isinstance(reply, Stop) else read_message(reply)
    if message is None or message.get("k") != step:
        why = message.get("error", {}) if message else reply
        raise SandboxError(f"the code does not load: {str(why)[:300]}")
