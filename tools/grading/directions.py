"""Learned directions in the embedding's space: how false a clause sounds, how made a point is.

No cosine sees a contradiction, yet false statements of the field share a manner (absolutes, things
waved away, relations turned round) that a sentence vector keeps. Each direction is one row of
numbers in directions.json, fitted by ridge regression in tests/train_directions.py: `false` on the
shipped bank's misconceptions against its corrections and model answers, `made` on pairs of clause
and key point in the graded training answers, `against` on the clauses of their false and of their
right answers, each beside the true statement nearest to it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.knowledge.embed import Vectors

APART = 4.0  # scale of the difference beside the clause itself, so that both are penalised alike
TOGETHER = 20.0  # scale of the product, for the same reason


@dataclass(frozen=True)
class Directions:
    """The directions under one embedding, each with its constant."""

    false: Vectors
    """Shape (d,): over a clause's vector; higher sounds more like a misconception."""
    false_at: float
    made: Vectors
    """Shape (2 d,): over `beside` of a clause and a key point; higher looks more like made."""
    made_at: float
    against: Vectors
    """Shape (3 d,): over `compared` of a clause and a true statement near it; higher looks more
    like a claim that it contradicts."""
    against_at: float

    def sounds_false(self, clauses: Vectors) -> Vectors:
        """Return for each row how much it sounds like a misconception; 0 is undecided."""
        found: Vectors = clauses @ self.false + self.false_at
        return found

    def looks_made(self, clause: Vectors, point: Vectors) -> float:
        """Return how much a clause looks like one that makes a key point; 0 is undecided."""
        return float(beside(clause, point) @ self.made + self.made_at)

    def turned(self, clauses: Vectors, truths: Vectors) -> Vectors:
        """Return for each row how much a clause looks turned against a truth; 0 is undecided."""
        found: Vectors = compared(clauses, truths) @ self.against + self.against_at
        return found


def beside(clause: Vectors, point: Vectors) -> Vectors:
    """Return what the second direction reads: the clause, and how far it is from the point."""
    import numpy as np

    return np.concatenate([clause, APART * np.abs(clause - point)])


def compared(clauses: Vectors, truths: Vectors) -> Vectors:
    """Return what the third direction reads: `beside` for each row, and where both point alike."""
    import numpy as np

    apart, together = APART * np.abs(clauses - truths), TOGETHER * clauses * truths
    return np.concatenate([clauses, apart, together], axis=-1)


@cache
def load_directions() -> Directions:
    """Return the directions of directions.json."""
    import numpy as np

    table = json.loads(files("tools.grading").joinpath("directions.json").read_text("utf-8"))
    return Directions(
        np.array(table["false"], np.float32),
        float(table["false_at"]),
        np.array(table["made"], np.float32),
        float(table["made_at"]),
        np.array(table["against"], np.float32),
        float(table["against_at"]),
    )
