"""The growth check names the order of running time, or says that it cannot."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from tools.sandbox import probe
from tools.sandbox.growth import fit, measure

SIZES = [500, 1000, 2000, 4000, 8000, 16000, 32000]
SHAPES: dict[str, Callable[[int], float]] = {
    "O(1)": lambda n: 1e-4,
    "O(log n)": lambda n: 1e-5 * math.log2(n),
    "O(n)": lambda n: 1e-5 + 1e-7 * n,
    "O(n log n)": lambda n: 1e-5 + 2e-8 * n * math.log2(n),
    "O(n^2)": lambda n: 1e-4 + 1e-9 * n * n,
    "O(n^3)": lambda n: 1e-12 * n**3,
}


def noisy(shape: Callable[[int], float], sizes: list[int], noise: float) -> dict[int, list[float]]:
    draw = random.Random(7)
    return {n: [shape(n) * (1 + abs(draw.gauss(0, noise))) for _ in range(7)] for n in sizes}


@pytest.mark.parametrize("order", SHAPES)
def test_clean_times_are_named(order: str) -> None:
    found = fit(noisy(SHAPES[order], SIZES, 0.01))
    assert found.order == order
    assert found.confidence >= 0.8


def test_exponential_times_are_named() -> None:
    found = fit(noisy(lambda n: 1e-6 * 2**n, [8, 10, 12, 14, 16, 18], 0.03))
    assert found.order == "O(2^n)"


@pytest.mark.parametrize("order", SHAPES)
def test_noisy_times_are_named_rightly_or_not_at_all(order: str) -> None:
    near = {"O(n)": "O(n log n)", "O(n log n)": "O(n)"}
    found = fit(noisy(SHAPES[order], SIZES, 0.15))
    assert found.order in ("", order, near.get(order))


def test_pure_noise_is_not_named() -> None:
    draw = random.Random(3)
    times = {n: [draw.uniform(1e-4, 1e-1) for _ in range(5)] for n in SIZES}
    found = fit(times)
    assert found.order == "" and found.reason


@pytest.mark.parametrize(
    ("times", "why"),
    [
        ({n: [1e-3] * 5 for n in (10, 100, 1000)}, "sizes"),
        ({n: [1e-3] * 2 for n in SIZES}, "repetitions"),
        ({n: [1e-3] * 5 for n in (100, 101, 102, 103, 104)}, "close"),
        ({n: [1e-7] * 5 for n in SIZES}, "short"),
    ],
)
def test_too_little_is_never_named(times: dict[int, list[float]], why: str) -> None:
    found = fit(times)
    assert found.order == "" and why in found.reason


def test_the_same_times_give_the_same_answer() -> None:
    times = noisy(SHAPES["O(n)"], SIZES, 0.1)
    assert fit(times) == fit(times)


@pytest.mark.skipif(not any(s["works"] for s in probe()), reason="no isolation works here")
def test_measured_code_tells_a_loop_from_a_double_loop() -> None:
    double = (
        "def f(a):\n    c = 0\n    for x in a:\n        for y in a:\n            c += x < y\n"
        "    return c\n"
    )
    times = measure(double, "f", lambda n: [list(range(n))], [25, 50, 100, 200, 400])
    assert len(times) == 5
    assert fit(times).order in ("O(n^2)", "")
    growth = min(times[400]) / min(times[100])
    assert growth > 8, "four times the size is sixteen times the work"


@pytest.mark.skipif(not any(s["works"] for s in probe()), reason="no isolation works here")
def test_measuring_ends_at_the_size_that_takes_too_long() -> None:
    slow = "import time\ndef f(n):\n    time.sleep(n)\n"
    times = measure(slow, "f", lambda n: [n / 1000], [1, 2, 60000])
    assert sorted(times) == [1, 2]
