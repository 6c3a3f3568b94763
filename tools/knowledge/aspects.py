"""What a question asks about its subject: a definition, a reason, a comparison, a formula.

Found by the words that Chinese and English questions use; a question may ask several things.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from pathlib import Path

from tools.knowledge.text import fold

ASPECTS_FILE = Path(__file__).with_name("aspects.toml")
GENERAL = frozenset({"define", "describe", "how"})
"""Aspects that say little: a question with one of these and another asks the other."""


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    table = tomllib.loads(ASPECTS_FILE.read_text(encoding="utf-8"))
    return {name: re.compile(f"{row['zh']}|{row['en']}") for name, row in table.items()}


@lru_cache(maxsize=20_000)
def aspects(text: str) -> frozenset[str]:
    """Return all that a question's wording asks about its subject; empty for a bare heading."""
    folded = fold(text)
    return frozenset(name for name, pattern in _patterns().items() if pattern.search(folded))


def strip_aspects(text: str) -> str:
    """Return folded text without the words that say what is asked: the subject is left."""
    folded = fold(text)
    for pattern in _patterns().values():
        folded = pattern.sub(" ", folded)
    return folded
