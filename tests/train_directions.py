"""Fit the directions of tools/grading/directions.py: ridge regression, deterministic.

For honest features each question is looked at with directions that never saw its fold; the ones
that are shipped are fitted on all training questions.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from tools.evaluate.graded_rows import is_held_out
from tools.grading import whole
from tools.grading.directions import Directions, beside, compared
from tools.grading.view import pieces
from tools.knowledge.bank import SHIPPED, load_bank

OUT = Path(__file__).parents[1] / "tools" / "grading" / "directions.json"
FOLDS = 5
FALSE_RIDGE = 5.0
MADE_RIDGE = 30.0
AGAINST_RIDGE = 30.0
NEAR = 0.35  # cosine from which a clause speaks of its nearest true statement at all
RIGHT = ("full-paraphrase", "partial", "spoken-style", "english-mixed")
TALK = ("behaviour", "reverse", "project")  # kinds whose statements are not of the field


def fold_of(name: str, names: list[str]) -> int:
    return names.index(name) % FOLDS


def ridge(rows: Any, wanted: Any, penalty: float, weights: Any = None) -> tuple[Any, float]:
    """Both classes weigh the same; the constant puts undecided at zero."""
    given = np.ones(len(wanted)) if weights is None else weights / weights.mean()
    share = (given * wanted).mean()
    weight = (given * np.where(wanted > 0, 0.5 / share, 0.5 / (1.0 - share)))[:, None]
    mean = (given[:, None] * rows).mean(axis=0)
    x = rows - mean
    weighed = x * weight
    beta = np.linalg.solve(weighed.T @ x + penalty * np.eye(x.shape[1]), weighed.T @ (wanted - 0.5))
    return beta, -float(mean @ beta)


class Statements:
    """The bank's misconceptions, and what is right: corrections and pieces of model answers."""

    def __init__(self, embedder: Any) -> None:
        texts, self.false, self.question = [], [], []
        for q in load_bank(SHIPPED).questions:
            if is_held_out(q["id"]) or q["kind"] in TALK:
                continue
            false = [m["text"]["zh"] for m in q["misconceptions"]]
            true = [m["correction"]["zh"] for m in q["misconceptions"]]
            true += pieces(q["reference"]["zh"])
            texts += [t.rstrip("。") for t in (*false, *true)]
            self.false += [1.0] * len(false) + [0.0] * len(true)
            self.question += [q["id"]] * (len(false) + len(true))
        self.rows = embedder.encode(texts, "query")

    def fit(self, without: set[str]) -> tuple[Any, float]:
        kept = np.array([q not in without for q in self.question])
        return ridge(self.rows[kept], np.array(self.false)[kept], FALSE_RIDGE)


def fit_made(samples: list[Any]) -> tuple[Any, float]:
    """From the clause nearest to each key point, whether the point is fully made."""
    rows, wanted = [], []
    for s in samples:
        for i, (point, match) in enumerate(zip(s.question["key_points"], s.matches, strict=True)):
            if match.window >= 0:
                rows.append(beside(s.near.windows[match.window], s.near.question.points[i][0]))
                wanted.append(float(point["id"] in s.answer.covered))
    return ridge(np.array(rows), np.array(wanted), MADE_RIDGE)


def fit_against(samples: list[Any]) -> tuple[Any, float]:
    """From a clause beside its nearest truth, whether it stands in a false answer or a right one.

    Half right answers are left out: which of their clauses is the false one was not written down.
    The long answers' many clauses count by the square root of their number.
    """
    rows, wanted, weights = [], [], []
    for s in samples:
        false = s.answer.error_level == 3 and s.answer.kind == "wrong-but-fluent"
        right = s.answer.error_level == 0 and s.answer.kind in RIGHT
        if not (false or right) or not s.reading.clauses:
            continue
        at, best, where, truths = whole.nearest_truths(s.reading, s.near)
        near = best > NEAR
        count = int(near.sum())
        if count == 0:
            continue
        rows.append(compared(s.near.windows[at][near], truths[where][near]))
        wanted += [float(false)] * count
        weights += [1.0 / math.sqrt(count)] * count
    x = np.concatenate(rows).astype(float)
    return ridge(x, np.array(wanted), AGAINST_RIDGE, np.array(weights))


def nothing() -> Directions:
    """Directions that say nothing: enough to find each point's clause."""
    empty = [np.zeros(n * 512, np.float32) for n in (1, 2, 3)]
    return Directions(empty[0], 0.0, empty[1], 0.0, empty[2], 0.0)


def fit(samples: list[Any], statements: Statements, without: set[str]) -> Directions:
    seen = [s for s in samples if s.answer.question not in without]
    found = statements.fit(without), fit_made(seen), fit_against(seen)
    rows = [np.array([float(f"{x:.3g}") for x in row], np.float32) for row, _ in found]
    (_, false_at), (_, made_at), (_, against_at) = found
    return Directions(rows[0], false_at, rows[1], made_at, rows[2], against_at)


def write(directions: Directions) -> None:
    table = {
        "false_at": directions.false_at,
        "made_at": directions.made_at,
        "false": [float(f"{x:.3g}") for x in directions.false],
        "made": [float(f"{x:.3g}") for x in directions.made],
        "against_at": directions.against_at,
        "against": [float(f"{x:.3g}") for x in directions.against],
    }
    OUT.write_text(json.dumps(table) + "\n", "utf-8")
