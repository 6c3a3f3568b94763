"""How sure the evidence makes a reading: one logistic decision for each pair of scripts."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cache
from operator import mul
from pathlib import Path
from typing import Any

WEIGHTS_FILE = Path(__file__).with_name("term_weights.json")


@cache
def load_weights() -> dict[str, list[Any]]:
    """Return the weights by scripts heard and meant; made by `tests/train_terms.py`."""
    rows: dict[str, list[Any]] = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))
    return rows


def chance(kind: str, evidence: Sequence[float]) -> float:
    """Return the chance that a reading is what was meant."""
    score = sum(map(mul, load_weights()[kind], evidence))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))
