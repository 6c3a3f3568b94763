"""How well grades agree with a person's labels: levels, order, key points, and costly mistakes.

Quadratic weighted kappa (Cohen 1968) over five levels of 20 points; its interval by bootstrap over
questions (Efron 1979), since answers to one question are not independent. Everything is pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sessions.records import Grade
from tools.evaluate.graded_rows import GradedAnswer

LEVELS = 5
RESAMPLES = 1000
BAD_KINDS = ("wrong-but-fluent", "evasive", "keyword-stuffing")
"""Answers that must not get more than half: what false-high counts."""
HALF = 50.0
GOOD = 70.0
"""From here on an answer is a good one: false-low counts those graded below half."""


@dataclass(frozen=True)
class Measured:
    """One answer, its labels, and the grade it was given."""

    answer: GradedAnswer
    grade: Grade

    @property
    def score(self) -> float:
        """The grader's number; only for rows that have one."""
        return float(self.grade["overall"] or 0.0)


def level(scores: Sequence[float]) -> np.ndarray[Any, np.dtype[np.int_]]:
    """Return 0 to 4 for 0–20, 21–40, 41–60, 61–80, 81–100; a fraction goes where it rounds to."""
    rounded = np.rint(np.asarray(scores, dtype=float))
    found: np.ndarray[Any, np.dtype[np.int_]]
    found = np.clip(np.ceil(rounded / 20.0).astype(int) - 1, 0, LEVELS - 1)
    return found


def qwk(
    a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], weights: Sequence[float] | None = None
) -> float:
    """Return the quadratic weighted kappa of two rows of levels; NaN where it is undefined.

    `weights` say how often each pair counts; once when absent.
    """
    seen = np.zeros((LEVELS, LEVELS))
    np.add.at(seen, (a, b), 1.0 if weights is None else np.asarray(weights))
    chance = np.outer(seen.sum(1), seen.sum(0)) / (seen.sum() or 1.0)
    places = np.arange(LEVELS)
    weight = np.subtract.outer(places, places) ** 2 / (LEVELS - 1) ** 2
    expected = float((weight * chance).sum())
    return 1.0 - float((weight * seen).sum()) / expected if expected else float("nan")


def spearman(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the rank correlation, ties sharing their mean rank; NaN where one side is constant."""
    x, y = _ranks(a), _ranks(b)
    if x.std() == 0 or y.std() == 0:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def measure(rows: Sequence[Measured]) -> dict[str, Any]:
    """Return every figure of some rows; what was not graded is counted and left out."""
    graded = [row for row in rows if row.grade["overall"] is not None]
    found: dict[str, Any] = {"n": len(rows), "not_graded": len(rows) - len(graded)}
    if not graded:
        return found
    human = np.array([row.answer.score for row in graded])
    ours = np.array([row.score for row in graded])
    one, other = level(human.tolist()), level(ours.tolist())
    found |= {
        "qwk": known(qwk(one, other)),
        "level_exact": float((one == other).mean()),
        "level_within_one": float((abs(one - other) <= 1).mean()),
        "spearman": known(spearman(human.tolist(), ours.tolist())),
        "mean_error": float(abs(ours - human).mean()),
        "bias": float((ours - human).mean()),
        **key_points(graded),
        **mistakes(graded),
    }
    return found


def known(value: float) -> float | None:
    """Return the value, or None where it is undefined: JSON has no NaN."""
    return value if value == value else None


def key_points(rows: Sequence[Measured]) -> dict[str, Any]:
    """Return precision, recall and F1 of `covered`; points labelled partial are left out."""
    hit = invented = lost = 0
    for row in rows:
        said = {p["key_point"] for p in row.grade["points"] if p["verdict"] == "covered"}
        for point in row.answer.question["key_points"]:
            name = point["id"]
            if name in row.answer.partial:
                continue
            hit += name in said and name in row.answer.covered
            invented += name in said and name not in row.answer.covered
            lost += name not in said and name in row.answer.covered
    return {
        "key_point_precision": _share(hit, hit + invented),
        "key_point_recall": _share(hit, hit + lost),
        "key_point_f1": _share(2 * hit, 2 * hit + invented + lost),
    }


def mistakes(rows: Sequence[Measured]) -> dict[str, Any]:
    """Return the shares of bad answers graded high, good ones graded low, and errors noticed."""
    bad = [row for row in rows if row.answer.kind in BAD_KINDS]
    good = [row for row in rows if row.answer.score >= GOOD]
    false = [row for row in rows if row.answer.error_level >= 2]
    sound = [
        row for row in rows if row.answer.error_level == 0 and row.answer.kind not in BAD_KINDS
    ]
    found = {
        "false_high": _share(sum(row.score > HALF for row in bad), len(bad)),
        "false_low": _share(sum(row.score < HALF for row in good), len(good)),
        "errors_noticed": _share(sum(row.grade["error_level"] >= 2 for row in false), len(false)),
        "errors_invented": _share(sum(row.grade["error_level"] >= 2 for row in sound), len(sound)),
    }
    for kind in BAD_KINDS:
        here = [row for row in bad if row.answer.kind == kind]
        if here:
            found[f"false_high_{kind}"] = _share(sum(row.score > HALF for row in here), len(here))
    return found


def by(rows: Sequence[Measured], name: Callable[[Measured], str]) -> dict[str, dict[str, Any]]:
    """Return the figures of each group, the largest group first."""
    groups: dict[str, list[Measured]] = {}
    for row in rows:
        groups.setdefault(name(row) or "–", []).append(row)
    order = sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return {key: measure(group) for key, group in order}


def interval(rows: Sequence[Measured], seed: int = 0) -> tuple[float | None, float | None]:
    """Return the 95 % bootstrap interval of the kappa, questions drawn with replacement.

    None twice where no row was graded, or no resample has a kappa.
    """
    draws = _resampled(rows, [_scores(rows)], seed)
    return _middle([one for (one,) in draws])


def compare(rows: Sequence[Measured], before: Mapping[str, float], seed: int = 0) -> dict[str, Any]:
    """Return how this grader stands to another one on the answers that both graded.

    `before` holds the other grader's numbers by the answers' keys. The interval of the difference
    is paired: both graders are drawn on the same questions.
    """
    common = [r for r in rows if r.answer.key in before and r.grade["overall"] is not None]
    if not common:
        return {"n": 0}
    old = [before[row.answer.key] for row in common]
    human = level([row.answer.score for row in common])
    gains = [
        abs(was - row.answer.score) - abs(row.score - row.answer.score)
        for row, was in zip(common, old, strict=True)
    ]
    draws = _resampled(common, [_scores(common), old], seed)
    low, high = _middle([now - was for now, was in draws])
    now_qwk, old_qwk = qwk(human, level(_scores(common))), qwk(human, level(old))
    return {
        "n": len(common),
        "qwk": known(now_qwk),
        "qwk_before": known(old_qwk),
        "difference": known(now_qwk - old_qwk),
        "low": low,
        "high": high,
        "nearer": sum(gain > 5 for gain in gains),
        "farther": sum(gain < -5 for gain in gains),
        "error_saved": float(np.mean(gains)),
    }


def matrix(rows: Sequence[Measured]) -> list[list[int]]:
    """Return how often each labelled level (row) was graded as each level (column)."""
    counts = np.zeros((LEVELS, LEVELS), dtype=int)
    graded = [row for row in rows if row.grade["overall"] is not None]
    labelled = level([row.answer.score for row in graded])
    np.add.at(counts, (labelled, level(_scores(graded))), 1)
    return [[int(cell) for cell in line] for line in counts]


def worst(rows: Sequence[Measured], count: int) -> list[Measured]:
    """Return the rows farthest from their label, the farthest first."""
    graded = [row for row in rows if row.grade["overall"] is not None]
    return sorted(graded, key=lambda row: -abs(row.score - row.answer.score))[:count]


def repeatability(runs: Sequence[Sequence[float | None]]) -> dict[str, Any]:
    """Return how far repeated grades of the same answers lie apart; one list an answer."""
    spreads = [max(r) - min(r) for run in runs if (r := [x for x in run if x is not None])]
    moved = [len(set(level([x for x in run if x is not None]).tolist())) > 1 for run in runs]
    return {
        "answers": len(runs),
        "times": max(map(len, runs), default=0),
        "identical": _share(sum(len(set(run)) == 1 for run in runs), len(runs)),
        "largest_spread": float(max(spreads, default=0.0)),
        "mean_spread": float(np.mean(spreads)) if spreads else 0.0,
        "level_moved": _share(sum(moved), len(runs)),
    }


def _scores(rows: Sequence[Measured]) -> list[float]:
    return [row.score for row in rows]


def _resampled(
    rows: Sequence[Measured], graders: Sequence[Sequence[float]], seed: int
) -> list[tuple[float, ...]]:
    """Return the kappas of each grader on each resample of the questions; none without a grade."""
    graded = [i for i, row in enumerate(rows) if row.grade["overall"] is not None]
    human = level([row.answer.score for row in rows])
    levels = [level(scores) for scores in graders]
    places: dict[str, list[int]] = {}
    for i in graded:
        places.setdefault(rows[i].answer.question["id"], []).append(i)
    groups = [np.array(group) for group in places.values()]
    draw = np.random.default_rng(seed)
    found = []
    for _ in range(RESAMPLES if groups else 0):
        chosen = draw.integers(0, len(groups), len(groups))
        index = np.concatenate([groups[i] for i in chosen])
        found.append(tuple(qwk(human[index], one[index]) for one in levels))
    return found


def _middle(values: Sequence[float]) -> tuple[float | None, float | None]:
    """Return what 95 % of the values lie between, NaN aside; None when there are no others."""
    defined = [value for value in values if value == value]
    if not defined:
        return None, None
    low, high = np.percentile(defined, [2.5, 97.5])
    return float(low), float(high)


def _ranks(values: Sequence[float]) -> np.ndarray[Any, Any]:
    array = np.asarray(values, dtype=float)
    _, inverse, counts = np.unique(array, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: np.ndarray[Any, Any] = (ends - (counts - 1) / 2.0)[inverse]
    return means


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None
