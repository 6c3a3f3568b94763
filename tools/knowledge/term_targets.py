"""How known terms may sound: the targets that a mis-heard stretch is compared with."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from tools.knowledge.glossary import load_glossary
from tools.knowledge.plausibility import load_counts, tokens
from tools.knowledge.sound import Phones, drop_cost, phones, spelled_phones, syllable_phones
from tools.knowledge.term_homophones import Homophones
from tools.knowledge.term_scan import TermScan
from tools.knowledge.text import FILLERS, fold, word_surprise

SPOKEN_FILE = Path(__file__).with_name("spoken.toml")
MOST_PHONES = 14
"""A term that takes longer to say is not looked for: its parts are terms too."""
_FEWEST_PHONES = 3
FARTHEST_HAN = 0.5  # share of a term's sound that may be lost or changed
FARTHEST_LATIN = 0.56


_NUMBER = re.compile(r"[一二两三四五六七八九十百千万几多某第这那每]")


@dataclass(frozen=True, eq=False)
class Target:
    """One way a term may sound."""

    term: str
    folded: str
    name: str
    topic: str
    phones: Phones
    usual: bool  # one of the words said all the time
    core: bool  # one of those said in nearly every interview
    weight: float  # what all its phones would cost: how much sound there is to recognise

    @property
    def latin(self) -> bool:
        """Whether it is written in Latin letters."""
        return self.term.isascii()

    @cached_property
    def plain(self) -> str:
        """The folded term without spaces and hyphens."""
        return self.folded.replace(" ", "").replace("-", "")

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words of the term."""
        return tuple(tokens(self.term))


@cache
def targets() -> tuple[Target, ...]:
    """Return every way a known term may sound."""
    rows: dict[tuple[str, Phones], Target] = {}
    said, core = frozenset(map(fold, spoken_words())), frozenset(map(fold, core_words()))

    def add(term: str, name: str, topic: str, sounds: Iterable[Phones]) -> None:
        folded = fold(term)
        for sound in sounds:
            weight = sum(map(drop_cost, sound))
            if _FEWEST_PHONES <= len(sound) <= MOST_PHONES:
                usual, often = folded in said, folded in core
                target = Target(term, folded, name, topic, sound, usual, often, weight)
                rows.setdefault((folded, sound), target)

    for word in spoken_words():
        known = load_glossary().get(word)
        name, topic = (known.name, known.topic) if known else (word, "")
        add(word, name, topic, readings_aloud(word))
    for word in technical_words():
        if load_glossary().get(word) is None:
            add(word, word, "", readings_aloud(word))
    for name, term in load_glossary().terms.items():
        for spelling in _said_spellings(term.spellings):
            add(spelling, name, term.topic, readings_aloud(spelling))
        for way in term.say:
            add(name, name, term.topic, [_said(way)])
    return tuple(rows.values())


@cache
def latin_targets() -> tuple[Target, ...]:
    """Return the targets written in Latin letters, and those with a sound of their own."""
    return tuple(t for t in targets() if t.latin)


@cache
def chinese_targets() -> tuple[Target, ...]:
    """Return the targets written in Chinese characters only."""
    return tuple(t for t in targets() if all("\u3400" <= c <= "\u9fff" for c in t.term))


@cache
def term_scan() -> TermScan:
    """Return the pass that finds the Latin targets in a row of phones."""
    rows = latin_targets()
    return TermScan([t.phones for t in rows], [FARTHEST_LATIN * t.weight for t in rows])


@cache
def homophones() -> Homophones:
    """Return the index that finds the Chinese targets by their syllables."""
    return Homophones([t.term for t in chinese_targets()])


def _said_spellings(spellings: tuple[str, ...]) -> list[str]:
    """Return the spellings that a talk may hold: no plurals, no long English phrases."""
    known = frozenset(map(fold, spellings))
    return [
        spelling
        for spelling in spellings
        if not (fold(spelling).endswith("s") and fold(spelling)[:-1] in known)
        and len(spelling.split()) < 3
    ]


def readings_aloud(spelling: str) -> list[Phones]:
    """Return how a spelling is read; an abbreviation letter by letter, and as a word."""
    sounds = [phones(spelling)]
    if re.fullmatch(r"[A-Z]{2,5}[0-9]?", spelling):
        sounds = [spelled_phones(spelling), phones(spelling.lower())]
        if not re.search(r"[AEIOU]", spelling) or len(spelling) < 3:
            sounds.pop()
    return sounds


def _said(said: str) -> Phones:
    row: list[str] = []
    for part in said.split():
        row.extend(syllable_phones(part) if len(part) > 1 else phones(part))
    return tuple(row)


@cache
def technical_words() -> tuple[str, ...]:
    """Return Chinese words that the bank uses clearly more than general Chinese does."""
    counts = load_counts()
    found = []
    for word, times in counts.words.items():
        if word < "\u3400" or not 2 <= len(word) <= 4 or word in FILLERS or _NUMBER.search(word):
            continue
        lift = math.log(times / counts.total) + word_surprise(word)
        if (times >= 4 and lift >= 0.5) or (times >= 2 and lift >= 1.5):
            found.append(word)
    return tuple(found)


@cache
def _spoken() -> dict[str, tuple[str, ...]]:
    rows: dict[str, Any] = tomllib.loads(SPOKEN_FILE.read_text(encoding="utf-8"))
    latin = {
        key: tuple(w.strip() for line in rows[key].splitlines() for w in line.split("|"))
        for key in ("core", "english")
    }
    return {**latin, "chinese": tuple(rows["chinese"].split())}


@cache
def core_words() -> tuple[str, ...]:
    """Return words of nearly every interview."""
    return tuple(dict.fromkeys(word for word in _spoken()["core"] if word))


@cache
def spoken_words() -> tuple[str, ...]:
    """Return words of every interview, most of them no terms of the glossary."""
    words = (*core_words(), *_spoken()["english"], *_spoken()["chinese"])
    return tuple(dict.fromkeys(word for word in words if word))


@cache
def right() -> frozenset[str]:
    """Return spellings that are right as they stand, folded, without spaces."""
    spellings = [s for term in load_glossary().terms.values() for s in term.spellings]
    return frozenset(fold(s).replace(" ", "") for s in (*spellings, *spoken_words()))
