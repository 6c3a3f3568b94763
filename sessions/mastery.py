"""How able a candidate is in each topic: hierarchical Bayes over graded answers, with its doubt.

An overall ability g ~ N(0, 1) fixes the scale; a topic's ability is g plus a deviation; answers
follow the graded-response model of `response.py`, and the grader's own error is part of the
likelihood. What was learnt of a topic blurs with time, so its variance grows back towards the
prior. Everything is integrated on a grid: the same history always gives the same numbers.

The spreads are guesses of a plausible candidate, fitted to nobody. Scores of graders of different
versions are not averaged here: each enters as evidence with that grader's own error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NotRequired, cast

from typing_extensions import TypedDict

from sessions.records import TopicMastery
from sessions.response import GRADES, ItemParameters, curves, level_parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

OVERALL_SD = 1.0
"""Spread of overall ability between candidates: it fixes the scale."""
TOPIC_SD = 0.7
"""Spread of one candidate's topics around the overall ability."""
DRIFT_SD_PER_YEAR = 0.75
"""A random walk of each topic: after a year an answer tells little more than the prior does."""
GRADER_SD = 12.0
"""Error of a score, in points, when the grader does not say how sure it is."""
POINTS, EDGE = 61, 4.5
"""The grid of topic abilities."""
DRAWS = 400
"""Joint draws for the odds of being among the weakest: fixed numbers, hence repeatable."""


class GradedAnswer(TypedDict):
    """One question's grade as evidence of ability."""

    question: str
    topic: str
    level: int
    score: float
    """0 to 100, what was earned without help."""
    at: str
    """UTC time, ISO 8601."""
    error_sd: NotRequired[float]
    """The grader's error in points; GRADER_SD when absent."""
    parameters: NotRequired[ItemParameters]


@dataclass(frozen=True)
class Evidence:
    """What earlier answers say of one topic, summed up so that they need not be read again."""

    likelihood: Array
    """[theta], as of `at`."""
    at: datetime | None
    answers: int


@dataclass(frozen=True)
class Posterior:
    """What is believed of all topics at one moment, jointly through the overall ability."""

    topics: tuple[str, ...]
    answers: tuple[int, ...]
    mean: Array
    """[topic]"""
    sd: Array
    """[topic]"""
    overall: Array
    """[g]: probability of each point of the overall grid."""
    given_mean: Array
    """[g, topic]: a topic's mean were the overall ability known."""
    given_sd: Array
    """[g, topic]"""

    @cached_property
    def own_sd(self) -> Array:
        """[topic]: what is unsure of each beyond the doubt about the overall ability."""
        return self.overall @ self.given_sd

    @cached_property
    def place(self) -> dict[str, int]:
        """Where each topic stands in the arrays."""
        return {topic: i for i, topic in enumerate(self.topics)}

    def mastery(self) -> dict[str, TopicMastery]:
        """Return the record of each topic."""
        return {
            topic: TopicMastery(
                topic=topic,
                mean=round(float(self.mean[i]), 4),
                sd=round(float(self.sd[i]), 4),
                answers=self.answers[i],
            )
            for i, topic in enumerate(self.topics)
        }


@dataclass(frozen=True)
class _Grid:
    """The abilities over which everything is integrated, and the prior on them."""

    theta: Array
    overall: Array
    prior: Array
    """[g]"""
    spread: Array
    """[g, theta]: p(topic ability | overall ability)"""


@lru_cache(maxsize=1)
def _grid() -> _Grid:
    import numpy as np

    theta = np.linspace(-EDGE, EDGE, POINTS)
    overall = np.linspace(-3.2, 3.2, 41)
    prior = np.exp(-0.5 * (overall / OVERALL_SD) ** 2)
    spread = np.exp(-0.5 * ((theta[None, :] - overall[:, None]) / TOPIC_SD) ** 2)
    return _Grid(theta, overall, prior / prior.sum(), spread / spread.sum(1, keepdims=True))


def _likelihood(answer: GradedAnswer) -> Array:
    """[theta]: how well each ability explains the score, the grader's error included."""
    parameters = answer.get("parameters") or level_parameters(answer["level"])
    thresholds = tuple(parameters["thresholds"])
    error = answer.get("error_sd", GRADER_SD)
    return _explained(parameters["slope"], thresholds, answer["score"], error)


@lru_cache(maxsize=8192)
def _explained(slope: float, thresholds: tuple[float, ...], score: float, error: float) -> Array:
    """[theta]; kept, since every turn reads the session's answers again."""
    import numpy as np

    near = np.exp(-0.5 * ((score - np.array(GRADES)) / error) ** 2)
    return near @ curves(slope, thresholds, POINTS, EDGE) + 1e-12


@lru_cache(maxsize=512)
def _blur(hundredths: int) -> Array:
    """[theta, theta]: the random walk of a topic over a time, by its sd in hundredths."""
    import numpy as np

    theta = _grid().theta
    kernel = np.exp(-0.5 * ((theta[None, :] - theta[:, None]) / (hundredths / 100)) ** 2)
    return cast("Array", kernel / kernel.sum(1, keepdims=True))


def _drifted(message: Array, days: float) -> Array:
    hundredths = round(100 * DRIFT_SD_PER_YEAR * (max(days, 0.0) / 365.25) ** 0.5)
    return message if hundredths < 5 else _blur(hundredths) @ message


def gather(
    history: Sequence[GradedAnswer], before: Mapping[str, Evidence] | None = None
) -> dict[str, Evidence]:
    """Sum up answers by topic, going on from `before` when its answers are the older ones."""
    import numpy as np

    found = dict(before or {})
    for answer in sorted(history, key=lambda a: a["at"]):
        at = datetime.fromisoformat(answer["at"])
        known = found.get(answer["topic"]) or Evidence(np.ones(POINTS), None, 0)
        message = _as_of(known, at) * _likelihood(answer)
        found[answer["topic"]] = Evidence(message / message.max(), at, known.answers + 1)
    return found


def _as_of(evidence: Evidence, now: datetime) -> Array:
    """[theta]: the evidence as it stands at `now`."""
    if evidence.at is None:
        return evidence.likelihood
    return _drifted(evidence.likelihood, (now - evidence.at).total_seconds() / 86400)


def posterior(
    history: Sequence[GradedAnswer],
    now: datetime,
    topics: Sequence[str] = (),
    before: Mapping[str, Evidence] | None = None,
) -> Posterior:
    """Return what the history tells of every topic in it and of `topics`, as of `now`.

    `before` is what `gather` made of older answers, so that a turn reads only this session's.
    """
    import numpy as np

    blank = Evidence(np.ones(POINTS), None, 0)
    by_topic = dict.fromkeys(topics, blank) | gather(history, before)
    grid = _grid()
    messages = [_as_of(evidence, now) for evidence in by_topic.values()]
    likelihood = np.array(messages).reshape(-1, POINTS)
    evidence = grid.spread @ likelihood.T + 1e-300  # [g, topic]
    log_overall = np.log(grid.prior) + np.log(evidence).sum(1)
    overall = np.exp(log_overall - log_overall.max())
    overall /= overall.sum()
    given_mean = (grid.spread * grid.theta) @ likelihood.T / evidence
    given_square = (grid.spread * grid.theta**2) @ likelihood.T / evidence
    mean, square = overall @ given_mean, overall @ given_square
    return Posterior(
        topics=tuple(by_topic),
        answers=tuple(evidence.answers for evidence in by_topic.values()),
        mean=mean,
        sd=np.sqrt(np.maximum(square - mean**2, 1e-9)),
        overall=overall,
        given_mean=given_mean,
        given_sd=np.sqrt(np.maximum(given_square - given_mean**2, 1e-9)),
    )


def estimate(
    history: Sequence[GradedAnswer], now: datetime, topics: Sequence[str] = ()
) -> dict[str, TopicMastery]:
    """Return each topic's mastery as of `now`; one never asked stands where the rest suggests."""
    return posterior(history, now, topics).mastery()


def overall_ability(belief: Posterior) -> tuple[float, float]:
    """Return mean and sd of the overall ability."""
    points = _grid().overall
    mean = float(belief.overall @ points)
    return mean, max(float(belief.overall @ points**2) - mean**2, 1e-9) ** 0.5


@lru_cache(maxsize=64)
def _noise(topics: int) -> Array:
    import numpy as np

    return np.random.default_rng(topics).standard_normal((DRAWS, topics))


def weak_odds(belief: Posterior, places: int = 3) -> Array:
    """Return, for each topic, the probability that it is among the candidate's weakest."""
    import numpy as np

    places = min(places, len(belief.topics))
    if places == 0:
        return np.zeros(0)
    steps = (np.arange(DRAWS) + 0.5) / DRAWS
    at = np.minimum(np.searchsorted(np.cumsum(belief.overall), steps), len(belief.overall) - 1)
    draws = belief.given_mean[at] + belief.given_sd[at] * _noise(len(belief.topics))
    line = np.partition(draws, places - 1, axis=1)[:, places - 1 : places]
    return cast("Array", (draws <= line).mean(0))
