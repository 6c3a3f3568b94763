"""How running time grows with size: measured in the sandbox, fitted to the usual orders.

The least of several times is used: whatever disturbs a run only makes it longer.

Used to choose a follow-up, never as a verdict: a small machine's clock cannot prove an order, and
"cannot tell" is an answer.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.sandbox.ask import ask
from tools.sandbox.records import Limits

Times = Mapping[int, Sequence[float]]
"""Size → seconds of each repetition."""

_ORDERS: dict[str, Callable[[float, float], float]] = {
    "O(1)": lambda n, top: 0.0,
    "O(log n)": lambda n, top: math.log2(n),
    "O(n)": lambda n, top: n,
    "O(n log n)": lambda n, top: n * math.log2(n),
    "O(n^2)": lambda n, top: n * n,
    "O(n^3)": lambda n, top: n * n * n,
    "O(2^n)": lambda n, top: 2.0 ** (n - top),
}
ORDERS = tuple(_ORDERS)

_FEWEST_SIZES = _FEWEST_REPETITIONS = 5
_SMALLEST_SPAN = 8.0
_SMALLEST_SPAN_OF_POWERS = 1.5
"""Sizes of exponential code cannot span a factor of 8; the times must then."""
_CLOCK_S = 2e-5
_RESAMPLES = 200
_CONFIDENT = 0.8
_WORST_MISFIT = 0.2
_FLAT = 1.3
"""Guesses: share of resamples that must agree, relative error, and the growth taken as none."""
_CLEARLY, _CLEARLY_ABOVE = 1.5, 0.05
"""How much worse the runner-up must fit (a guess): caches make O(n) look like O(n log n)."""


@dataclass(frozen=True)
class Fit:
    """The order that fits best, or why none can be named."""

    order: str
    """One of ORDERS; empty when it cannot be told."""
    confidence: float
    """Share of resampled measurements that choose this order."""
    runner_up: str
    misfit: float
    """Relative error of the fit, root mean square."""
    reason: str
    """Why it cannot be told; empty when it can."""


def _error(sizes: list[int], seconds: list[float], order: str) -> float:
    """Relative error of t = a + b·f(n) with a, b ≥ 0, each size weighing the same."""
    shape, top = _ORDERS[order], float(max(sizes))
    rows = [(1.0 / t, shape(float(n), top) / t) for n, t in zip(sizes, seconds, strict=True)]
    best = min(_residual(rows, a, b) for a, b in _solutions(rows))
    return math.sqrt(best / len(rows))


def _solutions(rows: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The least-squares solution when it is not negative, and the two on the border."""
    uu = sum(u * u for u, _ in rows)
    vv = sum(v * v for _, v in rows)
    uv = sum(u * v for u, v in rows)
    u1, v1 = sum(u for u, _ in rows), sum(v for _, v in rows)
    found = [(u1 / uu, 0.0)]
    if vv > 0:
        found.append((0.0, v1 / vv))
        det = uu * vv - uv * uv
        if det > 1e-12 * uu * vv:
            a, b = (u1 * vv - v1 * uv) / det, (v1 * uu - u1 * uv) / det
            if a >= 0 and b >= 0:
                found.append((a, b))
    return found


def _residual(rows: list[tuple[float, float]], a: float, b: float) -> float:
    return sum((a * u + b * v - 1.0) ** 2 for u, v in rows)


def _ranked(sizes: list[int], seconds: list[float]) -> list[tuple[float, str]]:
    """All orders, best first; flat times are O(1) whatever fits their noise."""
    if max(seconds) < _FLAT * min(seconds):
        return sorted((0.0 if o == "O(1)" else 1.0, o) for o in ORDERS)
    return sorted((_error(sizes, seconds, order), order) for order in ORDERS)


def _cannot_measure(times: Times) -> str:
    sizes = sorted(times)
    if len(sizes) < _FEWEST_SIZES:
        return f"only {len(sizes)} sizes were measured"
    if min(len(row) for row in times.values()) < _FEWEST_REPETITIONS:
        return f"fewer than {_FEWEST_REPETITIONS} repetitions"
    if sizes[0] < 1:
        return "sizes must be positive"
    shortest, longest = (min(times[sizes[0]]), min(times[sizes[-1]]))
    if longest < _CLOCK_S:
        return "the runs are too short to be timed"
    span = sizes[-1] / sizes[0]
    if span < _SMALLEST_SPAN and (
        span < _SMALLEST_SPAN_OF_POWERS or longest < _SMALLEST_SPAN * max(shortest, 1e-9)
    ):
        return "the sizes are too close together"
    return ""


def fit(times: Times, *, seed: int = 0) -> Fit:
    """Name the order of growth, with the share of resampled measurements that agree."""
    reason = _cannot_measure(times)
    if reason:
        return Fit("", 0.0, "", 0.0, reason)
    sizes = sorted(times)
    rows = [[max(t, 1e-9) for t in times[n]] for n in sizes]
    ranked = _ranked(sizes, [min(row) for row in rows])
    misfit, order = ranked[0]
    choose_ = random.Random(seed)
    agree = 0
    for _ in range(_RESAMPLES):
        drawn = [min(choose_.choices(row, k=len(row))) for row in rows]
        agree += _ranked(sizes, drawn)[0][1] == order
    confidence, (second, runner_up) = agree / _RESAMPLES, ranked[1]
    if misfit > _WORST_MISFIT:
        return Fit("", confidence, runner_up, misfit, "no order fits the times")
    if confidence < _CONFIDENT or second < max(_CLEARLY * misfit, misfit + _CLEARLY_ABOVE):
        return Fit("", confidence, runner_up, misfit, f"{order} and {runner_up} fit alike")
    return Fit(order, confidence, runner_up, misfit, "")


def measure(
    source: str,
    function: str,
    arguments: Callable[[int], list[Any]],
    sizes: Sequence[int],
    *,
    repetitions: int = _FEWEST_REPETITIONS,
    backend: str | None = None,
) -> dict[int, list[float]]:
    """Time Python code at each size; stops at the first size that takes too long."""
    limits = Limits(time_s=4.0, wall_s=15.0, memory_mb=512)
    requests = ({"fn": function, "args": arguments(n), "repeat": repetitions} for n in sizes)
    values = ask(source, requests, limits, backend)
    times: dict[int, list[float]] = {}
    for size, value in zip(sizes, values, strict=False):
        if not _are_times(value, repetitions):
            break
        times[size] = value
    return times


def _are_times(value: Any, repetitions: int) -> bool:
    """Whether the sandbox, which may say anything, said times."""
    if not isinstance(value, list) or len(value) != repetitions:
        return False
    return all(isinstance(t, float) and 0 <= t < 60 for t in value)
