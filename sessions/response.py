"""How a question answers to ability: the graded-response model of five grades, its information.

Abilities and difficulties are logits around an average candidate. A question known only by its
author's level gets a middling slope; calibration gives it its own.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, cast

from typing_extensions import TypedDict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SLOPE = 1.15
"""Slope of a question that was never calibrated, flattened for the error of the author's level."""
LEVEL_STEP = 0.7
"""Logits between two of the author's levels: a guess, since extremes are overstated."""
OFFSETS = (-1.2, -0.4, 0.4, 1.2)
"""Where the four steps between five grades lie around a question's difficulty: a guess."""
GRADES = (0.0, 25.0, 50.0, 75.0, 100.0)
"""The score each grade stands for."""


class ItemParameters(TypedDict):
    """How sharply a question separates abilities, and where."""

    slope: float
    thresholds: list[float]
    """Four, ascending: abilities at which the next better grade becomes likelier than not."""


def level_parameters(level: int) -> ItemParameters:
    """Return what is assumed of a question known only by its author's level."""
    centre = LEVEL_STEP * (level - 3)
    return ItemParameters(slope=SLOPE, thresholds=[centre + offset for offset in OFFSETS])


def _steps(slopes: Array, thresholds: Array, theta: Array) -> Array:
    """[n, 4, x]: chance of reaching each grade above the lowest."""
    import numpy as np

    at = np.atleast_2d(theta)[:, None, :]
    return 1 / (1 + np.exp(-slopes[:, None, None] * (at - thresholds[:, :, None])))


def grade_chances(slopes: Array, thresholds: Array, theta: Array) -> Array:
    """Return P(grade | ability) as [n, 5, x], of slopes [n] and thresholds [n, 4].

    Abilities are [x], the same for every question, or [n, x].
    """
    return _chances(_steps(slopes, thresholds, theta))


def _chances(at_least: Array) -> Array:
    """[n, 5, x] of the chances of reaching each grade."""
    import numpy as np

    edge = np.ones_like(at_least[:, :1])
    chances = np.concatenate([edge, at_least], 1) - np.concatenate([at_least, 0 * edge], 1)
    return cast("Array", np.clip(chances, 1e-9, 1.0))


def information(slopes: Array, thresholds: Array, theta: Array) -> Array:
    """Return the Fisher information [n, x] of one answer, shapes as in `grade_chances`."""
    import numpy as np

    at_least = _steps(slopes, thresholds, theta)
    rise = slopes[:, None, None] * at_least * (1 - at_least)
    edge = np.zeros_like(rise[:, :1])
    slope_of_chance = np.concatenate([edge, rise], 1) - np.concatenate([rise, edge], 1)
    return cast("Array", (slope_of_chance**2 / _chances(at_least)).sum(1))


def expected_score(mean: float, parameters: ItemParameters) -> float:
    """Return the score, 0 to 100, that an ability is expected to earn on a question."""
    import numpy as np

    slopes, thresholds = np.array([parameters["slope"]]), np.array([parameters["thresholds"]])
    chances = grade_chances(slopes, thresholds, np.array([mean]))[0, :, 0]
    return float(chances @ np.array(GRADES))


@lru_cache(maxsize=16384)
def curves(slope: float, thresholds: tuple[float, ...], points: int, edge: float) -> Array:
    """Return P(grade | ability) of one question, [5, points], between -edge and edge."""
    import numpy as np

    theta = np.linspace(-edge, edge, points)
    return cast("Array", grade_chances(np.array([slope]), np.array([thresholds]), theta)[0])
