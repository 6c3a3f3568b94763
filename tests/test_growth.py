"""The growth check names the order of running time, or says that it cannot."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from tools.sandbox import probe
from tools.sandbox.growth import fit
from tools.sandbox.timing import measure

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
    found = fit(noisy(SHAPES[order], SIZES, 0.15))
    assert not found.among or order in found.among


def test_linear_code_slowed_by_caches_is_linear_or_its_neighbour_never_more() -> None:
    found = fit(noisy(lambda n: 1e-7 * n * (1 + 0.05 * math.log2(n)), SIZES, 0.02))
    assert set(found.among) <= {"O(n)", "O(n log n)"} and found.among
    assert found.confidence >= 0.8


def test_pure_noise_is_not_named() -> None:
    draw = random.Random(3)
    times = {n: [draw.uniform(1e-4, 1e-1) for _ in range(5)] for n in SIZES}
    found = fit(times)
    assert found.among == () and found.reason


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
    assert found.among == () and why in found.reason


def test_the_same_times_give_the_same_answer() -> None:
    times = noisy(SHAPES["O(n)"], SIZES, 0.1)
    assert fit(times) == fit(times)


needs_sandbox = pytest.mark.skipif(
    not any(status["works"] for status in probe()), reason="no isolation works here"
)
LIST_OF = "def make(n):\n    return [list(range(n))]\n"
NUMBER = "def make(n):\n    return [n]\n"


@needs_sandbox
def test_a_double_loop_is_measured_as_one() -> None:
    double = "def f(a):\n    return sum(x < y for x in a for y in a)\n"
    times = measure(double, "f", LIST_OF)
    assert len(times) >= 5 and min(len(row) for row in times.values()) >= 5
    assert fit(times).order in ("O(n^2)", "")


@needs_sandbox
def test_a_single_pass_is_never_measured_as_a_double_loop() -> None:
    times = measure("def f(a):\n    return sum(x * x for x in a)\n", "f", LIST_OF)
    assert max(times) >= 4096, "fast code is timed at large sizes"
    assert set(fit(times).among) <= {"O(n)", "O(n log n)"}


@needs_sandbox
def test_code_that_doubles_with_each_step_is_timed_at_sizes_close_together() -> None:
    doubling = "def f(n):\n    return 1 if n < 2 else f(n - 1) + f(n - 2)\n"
    times = measure(doubling, "f", NUMBER)
    assert len(times) >= 5 and max(times) < 64
    assert fit(times).order in ("O(2^n)", "")


@needs_sandbox
def test_measuring_ends_at_the_size_that_takes_too_long() -> None:
    slow = "import time\ndef f(n):\n    time.sleep(0 if n < 20 else 60)\n"
    assert max(measure(slow, "f", NUMBER)) < 20


@needs_sandbox
def test_code_that_forges_its_times_is_not_believed() -> None:
    forged = "import time\ntime.thread_time = lambda: 'soon'\ndef f(n):\n    return n\n"
    assert measure(forged, "f", NUMBER) == {}
