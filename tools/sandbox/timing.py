"""Times code in the sandbox at growing sizes, which it chooses by what the code takes.

Fast code is timed at large sizes and slow code at small ones; code that grows so fast that doubling
soon takes too long is timed at sizes between those that worked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

from tools.sandbox.ask import ask_each
from tools.sandbox.growth import CLOCK_S, FEWEST_REPETITIONS, FEWEST_SIZES
from tools.sandbox.records import Limits

SMALLEST, LARGEST = 8, 1 << 16
_LIMITS = Limits(time_s=2.0, wall_s=8.0, memory_mb=512)
_ENOUGH_S = 1.0
"""Seconds of running after which no larger size is tried, once there are enough sizes."""
_LONGEST_RATIO = 4.5
"""A size more multiplies the time by about this much at worst where sizes double (n squared)."""


def measure(
    source: str, function: str, maker: str, *, largest: int = LARGEST, backend: str | None = None
) -> dict[int, list[float]]:
    """Seconds of each repetition of a call, by size.

    `maker` is the source of `make(n)`, the arguments of size n; it runs in a sandbox of its own.
    Raises SandboxError when no isolation works or a source does not load.
    """

    def climb(sizes: Sequence[int]) -> dict[int, list[float]]:
        wanted = ({"fn": "make", "args": [n]} for n in sizes)
        with closing(ask_each(maker, wanted, _LIMITS, backend)) as made:
            calls = ({"fn": function, "args": args, "repeat": FEWEST_REPETITIONS} for args in made)
            with closing(ask_each(source, calls, _LIMITS, backend)) as values:
                return _climb(sizes, values)

    doubling = [SMALLEST << k for k in range(20) if SMALLEST << k <= largest]
    times = climb(doubling)
    if 2 <= len(times) < FEWEST_SIZES and len(times) < len(doubling):
        top = max(times)
        times = climb(range(top // 2, 2 * top, max(1, top // 8)))
    return _long_enough(times)


def _climb(sizes: Sequence[int], values: Iterator[Any]) -> dict[int, list[float]]:
    """Take times size by size until they are long."""
    times: dict[int, list[float]] = {}
    spent = 0.0
    for size, value in zip(sizes, values, strict=False):
        if not _are_times(value):
            break
        times[size] = value
        spent += sum(value)
        if len(times) >= FEWEST_SIZES and spent + _LONGEST_RATIO * sum(value) > _ENOUGH_S:
            break
    return times


def _long_enough(times: Mapping[int, list[float]]) -> dict[int, list[float]]:
    """Leave out the sizes that are too short to be timed, if enough others are there."""
    long = {n: row for n, row in times.items() if min(row) >= CLOCK_S}
    return long if len(long) >= FEWEST_SIZES else dict(times)


def _are_times(value: Any) -> bool:
    """Whether the sandbox, which may say anything, said times."""
    if not isinstance(value, list) or len(value) != FEWEST_REPETITIONS:
        return False
    return all(isinstance(t, float) and 0 <= t < 60 for t in value)
