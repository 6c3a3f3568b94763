"""How running time grows with size: times fitted to the usual orders.

The least of several times is used: whatever disturbs a run only makes it longer.

Used to choose a follow-up, never as a verdict: a small machine's clock cannot prove an order, and
"cannot tell" is an answer.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

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

FEWEST_SIZES = FEWEST_REPETITIONS = 5
_SMALLEST_SPAN = 8.0
_SMALLEST_SPAN_OF_POWERS = 1.5
"""Sizes of exponential code cannot span a factor of 8; the times must then."""
CLOCK_S = 2e-5
_RESAMPLES = 200
_CONFIDENT = 0.8
_WORST_MISFIT = 0.3
_FLAT = 1.3
"""Guesses: share of resamples that must agree, relative error, and the growth taken as none."""
_CLEARLY, _CLEARLY_ABOVE = 1.5, 0.05
"""How much worse the next order must fit (a guess)."""
_NEAR = (("O(1)", "O(log n)"), ("O(n)", "O(n log n)"))
"""Neighbours that caches make look alike: O(n) code grows a little faster than n."""
_EXACT_MISFIT, _EXACTLY = 0.1, 3.0
"""How well one of two neighbours must fit, and how much worse the other (guesses)."""


@dataclass(frozen=True)
class Fit:
    """The orders that fit, or why none can be named."""

    among: tuple[str, ...]
    """One of ORDERS, or two neighbours that cannot be told apart; empty when it cannot be told."""
    confidence: float
    """Share of resampled measurements that choose one of `among`, or the best where it is empty."""
    misfit: float
    """Relative error of the best fit, root mean square."""
    reason: str
    """Why it cannot be told; empty when it can."""

    @property
    def order(self) -> str:
        """The one order that fits; empty when there are two or none."""
        return self.among[0] if len(self.among) == 1 else ""


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
    if len(sizes) < FEWEST_SIZES:
        return f"only {len(sizes)} sizes were measured"
    if min(len(row) for row in times.values()) < FEWEST_REPETITIONS:
        return f"fewer than {FEWEST_REPETITIONS} repetitions"
    if sizes[0] < 1:
        return "sizes must be positive"
    shortest, longest = (min(times[sizes[0]]), min(times[sizes[-1]]))
    if longest < CLOCK_S:
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
        return Fit((), 0.0, 0.0, reason)
    sizes = sorted(times)
    rows = [[max(t, 1e-9) for t in times[n]] for n in sizes]
    ranked = _ranked(sizes, [min(row) for row in rows])
    misfit, best = ranked[0]
    near = next((pair for pair in _NEAR if best in pair), (best,))
    other, rival = next((m, o) for m, o in ranked if o not in near)
    picks = _resampled(sizes, rows, seed)
    share = sum(pick in near for pick in picks) / len(picks)
    if misfit > _WORST_MISFIT:
        return Fit((), share, misfit, "no order fits the times")
    if share < _CONFIDENT or other < max(_CLEARLY * misfit, misfit + _CLEARLY_ABOVE):
        return Fit((), share, misfit, f"{best} and {rival} fit alike")
    exact = picks.count(best) / len(picks)
    if len(near) == 1 or (exact >= _CONFIDENT and _fits_alone(ranked)):
        return Fit((best,), exact, misfit, "")
    return Fit(near, share, misfit, "")


def _fits_alone(ranked: list[tuple[float, str]]) -> bool:
    """Whether the best order fits so well that even its neighbour is out."""
    misfit, second = ranked[0][0], ranked[1][0]
    needed = max(_EXACTLY * misfit, misfit + _CLEARLY_ABOVE)
    return misfit <= _EXACT_MISFIT and second >= needed


def _resampled(sizes: list[int], rows: list[list[float]], seed: int) -> list[str]:
    """The best order of each of many redrawn measurements."""
    draw = random.Random(seed)
    return [
        _ranked(sizes, [min(draw.choices(row, k=len(row))) for row in rows])[0][1]
        for _ in range(_RESAMPLES)
    ]
