"""How known terms may sound: the targets that a mis-heard stretch is compared with."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tools.knowledge.glossary import load_glossary
from tools.knowledge.sound import Phones, drop_cost, phones, syllable_phones
from tools.knowledge.text import fold

SPOKEN_FILE = Path(__file__).with_name("spoken.toml")
MOST_PHONES = 24
"""A term that takes longer to say is not looked for."""


@dataclass(frozen=True)
class Target:
    """One way a term may sound."""

    term: str
    name: str
    topic: str
    phones: Phones
    usual: bool  # one of the words said all the time
    weight: float  # what all its phones would cost: how much sound there is to recognise


_CLASS = {
    **dict.fromkeys("bpmfw", "B"), **dict.fromkeys("dt", "D"), **dict.fromkeys("gkh", "G"),
    **dict.fromkeys("zZjcCqsSx", "S"), **dict.fromkeys("lrnN", "L"),
}  # fmt: skip


def _keys(row: Phones) -> tuple[tuple[str, int], ...]:
    """Return the drawers a row of phones belongs to: class of the first consonant and length."""
    classes = [_CLASS[p] for p in row if p in _CLASS and p not in "nNrl"]
    first = next((_CLASS[p] for p in row if p in _CLASS), "")
    return tuple((first + later, len(row) // 2) for later in sorted({*classes[1:3]}) or [""])


@cache
def _drawers() -> dict[tuple[str, int], tuple[Target, ...]]:
    drawers: dict[tuple[str, int], list[Target]] = defaultdict(list)
    for target in targets():
        for first, size in _keys(target.phones):
            for near in range(size - 1, size + 3):
                drawers[first, near].append(target)
    return {key: tuple(row) for key, row in drawers.items()}


def near_targets(sound: Phones) -> tuple[Target, ...]:
    """Return the targets whose first sounds and length are like these."""
    return _drawers().get(_keys(sound)[0], ())


@cache
def targets() -> tuple[Target, ...]:
    """Return every way a known term may sound."""
    rows: dict[tuple[str, Phones], Target] = {}
    said_often = frozenset(map(fold, spoken_words()))

    def add(term: str, name: str, topic: str, sound: Phones) -> None:
        weight = sum(map(drop_cost, sound))
        usual = fold(term) in said_often
        if len(sound) <= MOST_PHONES and sum(p in _CLASS for p in sound) >= 3:
            rows.setdefault((fold(term), sound), Target(term, name, topic, sound, usual, weight))

    for name, term in load_glossary().terms.items():
        for spelling in term.spellings:
            add(spelling, name, term.topic, phones(spelling))
        for said in term.say:
            add(name, name, term.topic, _said(said))
    for word in spoken_words():
        known = load_glossary().get(word)
        add(word, known.name if known else word, known.topic if known else "", phones(word))
    return tuple(rows.values())


def _said(said: str) -> Phones:
    row: list[str] = []
    for part in said.split():
        row.extend(syllable_phones(part) if len(part) > 1 else phones(part))
    return tuple(row)


@cache
def spoken_words() -> tuple[str, ...]:
    """Return words of every interview that are no technical terms."""
    rows: dict[str, Any] = tomllib.loads(SPOKEN_FILE.read_text(encoding="utf-8"))
    english = [word.strip() for line in rows["english"].splitlines() for word in line.split("|")]
    return tuple(word for word in (*english, *rows["chinese"].split()) if word)


@cache
def right() -> frozenset[str]:
    """Return spellings that are right as they stand, folded, without spaces."""
    spellings = [s for term in load_glossary().terms.values() for s in term.spellings]
    return frozenset(fold(s).replace(" ", "") for s in (*spellings, *spoken_words()))


@cache
def right_latin() -> frozenset[str]:
    """Return words in Latin letters that occur in right terms."""
    spellings = [s for term in load_glossary().terms.values() for s in term.spellings]
    words = (w for s in (*spellings, *spoken_words()) for w in re.findall(r"[a-z]+", fold(s)))
    return frozenset(w for w in words if len(w) > 1)
