"""Fit questions' difficulty and slope from graded answers, and say where authors were off.

Each question is fitted alone, given what the same people's other answers say of their ability; the
prior stands at the author's level, so few answers move it little. Nothing is written back: the
author's level stays what it is until a person changes it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from typing_extensions import TypedDict

from sessions.mastery import GRADER_SD, GradedAnswer, posterior
from sessions.response import (
    GRADES,
    LEVEL_STEP,
    OFFSETS,
    SLOPE,
    ItemParameters,
    grade_chances,
    level_parameters,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

ENOUGH = 50
"""Answers from which a fit is worth using: below, simulation shows no gain over the level."""
ROUNDS = 2
DIFFICULTY_SD = 0.5
"""How far authors' levels lie from the truth, in logits: a guess."""
SLOPE_SD = 0.35
"""Spread of slopes between questions, on the log scale: a guess."""
ONE_LEVEL = LEVEL_STEP
"""Difficulty this far from the author's level, and surely so, is reported."""
FLAT = 0.5
"""A slope below this separates nobody."""
UNEXPLAINED = 1.5
"""Mean squared residual, in expected variances, above which answers do not follow the model."""

Misfit = Literal["harder_than_level", "easier_than_level", "separates_nobody", "unexplained"]


class Fit(TypedDict):
    """What the answers say of one question."""

    question: str
    level: int
    answers: int
    enough: bool
    """Whether selection may use it; with fewer answers the author's level stands."""
    parameters: ItemParameters
    difficulty: float
    difficulty_sd: float
    suggested_level: int
    """The level whose assumed difficulty lies nearest; a suggestion for the author."""
    misfits: list[Misfit]
    residual: float
    """Mean squared residual in expected variances; about 1 when the model holds."""


@dataclass(frozen=True)
class _Response:
    """One answer to a question, with what is known of the answerer without it."""

    score: float
    error_sd: float
    mean: float
    sd: float


def calibrate(
    histories: Mapping[str, Sequence[GradedAnswer]],
    rounds: int = ROUNDS,
    enough: int = ENOUGH,
    advance: Callable[[], object] = lambda: None,
) -> list[Fit]:
    """Fit every question answered at least `enough` times, `histories` being by candidate.

    Each round judges abilities with the parameters of the one before. `advance` is called
    once a history and round.
    """
    levels = {a["question"]: a["level"] for answers in histories.values() for a in answers}
    counts: dict[str, int] = {}
    for answers in histories.values():
        for answer in answers:
            counts[answer["question"]] = counts.get(answer["question"], 0) + 1
    wanted = {question for question, count in counts.items() if count >= enough}
    known: dict[str, ItemParameters] = {}
    fits: list[Fit] = []
    for _ in range(rounds):
        responses = _responses(histories, wanted, known, advance)
        fits = [_fit(q, levels[q], found, enough) for q, found in sorted(responses.items())]
        known = {fit["question"]: fit["parameters"] for fit in fits}
    return fits


def _responses(
    histories: Mapping[str, Sequence[GradedAnswer]],
    wanted: set[str],
    known: Mapping[str, ItemParameters],
    advance: Callable[[], object],
) -> dict[str, list[_Response]]:
    found: dict[str, list[_Response]] = {}
    for answers in histories.values():
        advance()
        refined = [_with(answer, known) for answer in answers]
        for i, answer in enumerate(refined):
            if answer["question"] not in wanted:
                continue
            at = datetime.fromisoformat(answer["at"])
            until = (at + timedelta(days=1)).isoformat()
            others = [a for j, a in enumerate(refined) if j != i and a["at"] <= until]
            belief = posterior(others, at, [answer["topic"]])
            place = belief.topics.index(answer["topic"])
            response = _Response(
                score=answer["score"],
                error_sd=answer.get("error_sd", GRADER_SD),
                mean=float(belief.mean[place]),
                sd=float(belief.sd[place]),
            )
            found.setdefault(answer["question"], []).append(response)
    return found


def _with(answer: GradedAnswer, known: Mapping[str, ItemParameters]) -> GradedAnswer:
    parameters = known.get(answer["question"])
    return answer if parameters is None else GradedAnswer(**{**answer, "parameters": parameters})


def _fit(question: str, level: int, responses: Sequence[_Response], enough: int) -> Fit:
    """Search a grid of difficulties and slopes for the most probable pair."""
    import numpy as np

    centre = sum(level_parameters(level)["thresholds"]) / len(OFFSETS)
    difficulties = centre + np.linspace(-2.4, 2.4, 49)
    slopes = SLOPE * np.exp(np.linspace(-1.2, 1.2, 17))
    log_post = -0.5 * ((difficulties[:, None] - centre) / DIFFICULTY_SD) ** 2
    log_post = log_post - 0.5 * (np.log(slopes[None, :] / SLOPE) / SLOPE_SD) ** 2
    for j, slope in enumerate(slopes):
        log_post[:, j] += _log_likelihood(difficulties, float(slope), responses)
    chance = np.exp(log_post - log_post.max())
    chance /= chance.sum()
    difficulty = float(chance.sum(1) @ difficulties)
    slope = float(np.exp(chance.sum(0) @ np.log(slopes)))
    sd = math.sqrt(max(float(chance.sum(1) @ difficulties**2) - difficulty**2, 1e-9))
    parameters = ItemParameters(
        slope=round(slope, 4), thresholds=[round(difficulty + offset, 4) for offset in OFFSETS]
    )
    residual = _residual(parameters, responses)
    return Fit(
        question=question,
        level=level,
        answers=len(responses),
        enough=len(responses) >= enough,
        parameters=parameters,
        difficulty=round(difficulty, 4),
        difficulty_sd=round(sd, 4),
        suggested_level=min((1, 2, 3, 4, 5), key=lambda n: abs(LEVEL_STEP * (n - 3) - difficulty)),
        misfits=_misfits(difficulty - centre, sd, slope, residual),
        residual=round(residual, 3),
    )


def _misfits(off: float, sd: float, slope: float, residual: float) -> list[Misfit]:
    found: list[Misfit] = []
    if abs(off) > ONE_LEVEL and abs(off) > 2 * sd:
        found.append("harder_than_level" if off > 0 else "easier_than_level")
    if slope < FLAT:
        found.append("separates_nobody")
    if residual > UNEXPLAINED:
        found.append("unexplained")
    return found


def _nodes(responses: Sequence[_Response]) -> tuple[Array, Array, Array]:
    """Abilities [response, node], weights [node], closeness to grades [response, grade]."""
    import numpy as np

    nodes, weights = np.polynomial.hermite_e.hermegauss(9)
    mean = np.array([r.mean for r in responses])[:, None]
    sd = np.array([r.sd for r in responses])[:, None]
    score = np.array([r.score for r in responses])[:, None]
    error = np.array([r.error_sd for r in responses])[:, None]
    near = np.exp(-0.5 * ((score - np.array(GRADES)) / error) ** 2)
    return mean + sd * nodes, weights / weights.sum(), near


def _log_likelihood(difficulties: Array, slope: float, responses: Sequence[_Response]) -> Array:
    """[difficulty]: of all answers together."""
    import numpy as np

    theta, weights, near = _nodes(responses)
    found = np.zeros(len(difficulties))
    for i, difficulty in enumerate(difficulties):
        thresholds = np.tile(difficulty + np.array(OFFSETS), (len(responses), 1))
        chances = grade_chances(np.full(len(responses), slope), thresholds, theta)
        given = (near[:, :, None] * chances).sum(1) @ weights
        found[i] = np.log(given + 1e-12).sum()
    return found


def _residual(parameters: ItemParameters, responses: Sequence[_Response]) -> float:
    """Mean squared residual of the scores, in units of what the model expects."""
    import numpy as np

    theta, weights, _ = _nodes(responses)
    slopes = np.full(len(responses), parameters["slope"])
    thresholds = np.tile(np.array(parameters["thresholds"]), (len(responses), 1))
    chances = grade_chances(slopes, thresholds, theta) @ weights  # [response, grade]
    grades = np.array(GRADES)
    expected = chances @ grades
    errors = np.array([r.error_sd for r in responses])
    variance = chances @ grades**2 - expected**2 + errors**2
    scores = np.array([r.score for r in responses])
    return float((((scores - expected) ** 2) / variance).mean())
