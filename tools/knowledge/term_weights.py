"""How sure the evidence makes a reading: one logistic decision for each pair of scripts."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cache
from operator import mul
from pathlib import Path

WEIGHTS_FILE = Path(__file__).with_name("term_weights.json")


@cache
def load_weights() -> dict[str, list[float]]:
    """Return the weights by scripts heard and meant; made by `tests/train_terms.py`."""
    rows: dict[str, list[float]] = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))
    return rows


def chance(kind: str, evidence: Sequence[float]) -> float:
    """Return the chance that a reading is what was meant; 0 for scripts never seen mis-heard."""
    weights = load_weights().get(kind)
    if weights is None:
        return 0.0
    score = sum(map(mul, weights, evidence))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))
