"""The word lists of lexicon.toml, compiled once when first needed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Axis:
    """Two opposite sides of one relation."""

    name: str
    pattern: re.Pattern[str]
    """Finds a word of either side, the longest first."""
    side: dict[str, int]
    """Lower-case word → +1 or -1."""


@dataclass(frozen=True)
class Lexicon:
    """All lists, ready to match lower-case text."""

    axes: tuple[Axis, ...]
    cues: dict[str, re.Pattern[str]]
    aliases: re.Pattern[str]
    canonical: dict[str, str]
    """Lower-case alias → the first name of its group."""


@cache
def lexicon() -> Lexicon:
    """Return the lists of lexicon.toml."""
    table = tomllib.loads(files("tools.grading").joinpath("lexicon.toml").read_text("utf-8"))
    canonical: dict[str, str] = {}
    for group in table["alias"]["groups"]:
        for name in group:
            canonical.setdefault(name.lower(), group[0])
    return Lexicon(
        axes=tuple(_axis(row) for row in table["axis"]),
        cues={name: any_of(words) for name, words in table["cue"].items()},
        aliases=any_of(canonical),
        canonical=canonical,
    )


def any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern for any of the words, longest first; Latin ones begin at a word's edge."""
    parts = [_bounded(w.lower()) for w in sorted(set(words), key=len, reverse=True)]
    return re.compile("|".join(parts) if parts else r"(?!)")


def _bounded(word: str) -> str:
    return ("(?<![a-z0-9])" if word[:1].isascii() and word[:1].isalnum() else "") + re.escape(word)


def _axis(row: dict[str, Sequence[str]]) -> Axis:
    side = {w.lower(): 1 for w in row["a"]} | {w.lower(): -1 for w in row["b"]}
    return Axis(str(row["name"]), any_of(side), side)
