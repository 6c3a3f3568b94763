"""How the time of submitted code grows: measured for the talk about it, never for its verdict."""

from __future__ import annotations

from typing_extensions import TypedDict

from tools.knowledge.problem_table import Problem
from tools.knowledge.problems import SEED
from tools.sandbox.growth import FEWEST_REPETITIONS, fit
from tools.sandbox.timing import measure

_MAKE = "\nimport random\ndef make(n):\n    return grow(random.Random({seed}), n)\n"


class Growth(TypedDict):
    """What was measured of one submission."""

    among: list[str]
    """The order of growth, or two neighbours that cannot be told apart; empty: cannot tell."""
    confidence: float
    """Share of resampled measurements that agree."""
    reason: str
    """Why it cannot be told; empty when it can."""
    target: str
    """The order that the problem wants as its size grows; empty when it has no single one."""
    sizes: list[int]
    ms: list[float]
    """The least time at each size."""
    repetitions: int


def growth(problem: Problem, source: str, *, backend: str | None = None) -> Growth | None:
    """Measure how the code's time grows with size; None where the problem names no sizes.

    Takes a few seconds. Raises SandboxError when no isolation works or the source does not load.
    """
    if not problem.grow:
        return None

    maker = problem.grow + _MAKE.format(seed=SEED)
    times = measure(problem.submission(source), problem.entry, maker, backend=backend)
    found = fit(times)
    return Growth(
        among=list(found.among),
        confidence=round(found.confidence, 2),
        reason=found.reason,
        target=problem.order,
        sizes=sorted(times),
        ms=[round(min(times[n]) * 1000, 4) for n in sorted(times)],
        repetitions=FEWEST_REPETITIONS,
    )
