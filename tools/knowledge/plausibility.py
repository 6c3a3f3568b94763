"""How likely a row of words is in technical talk: word pairs of the shipped bank, smoothed.

Witten-Bell interpolation (Bell, Cleary and Witten, Text Compression, 1990) of word pairs with
single words, and of those with jieba's frequencies of general Chinese. `word_counts.txt` is made
from the bank by `tests/train_terms.py`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

from tools.knowledge.text import fold, split_run, word_surprise

COUNTS_FILE = Path(__file__).with_name("word_counts.txt")
EDGE = ""
"""Stands before the first and after the last word of a stretch without marks."""

_DOMAIN = 0.7  # share of the bank against general Chinese, a guess
_NEW_LATIN = 1e-7  # share of a word in Latin letters that the bank does not have
_TOKEN = re.compile(r"[\u3400-\u9fff]+|[A-Za-z]+|[0-9]+")


@dataclass(frozen=True, eq=False)
class Counts:
    """How often words, and pairs of neighbouring words, stand in technical text."""

    words: Mapping[str, int]
    pairs: Mapping[tuple[str, str], int]
    followers: Mapping[str, int]  # how many different words came after this one
    total: int
    _known: dict[str, float] = field(default_factory=dict, repr=False, compare=False)

    def word(self, word: str) -> float:
        """Return the share of a word by itself."""
        share = self._known.get(word)
        if share is None:
            general = _NEW_LATIN
            if word >= "\u3400":
                general = math.exp(-word_surprise(word))
            share = _DOMAIN * self.words.get(word, 0) / self.total + (1 - _DOMAIN) * general
            self._known[word] = share
        return share

    def after(self, before: str, word: str) -> float:
        """Return minus the log of a word's chance after another, in nats."""
        return _after(self, before, word)

    def surprise(self, words: Sequence[str]) -> float:
        """Return minus the log chance of all words after the first, in nats."""
        return sum(self.after(a, b) for a, b in pairwise(words))


@lru_cache(maxsize=100_000)
def _after(counts: Counts, before: str, word: str) -> float:
    alone = counts.word(word)
    seen, kinds = counts.words.get(before, 0), counts.followers.get(before, 0) or 1
    if not seen:
        return -math.log(alone)
    pair = counts.pairs.get((before, word), 0)
    return -math.log((pair + kinds * alone) / (seen + kinds))


def tokens(text: str) -> list[str]:
    """Return the folded words of a stretch without marks; Chinese by dictionary, numbers as 0."""
    row: list[str] = []
    for piece in _TOKEN.findall(fold(text)):
        row.extend(split_run(piece) if piece >= "\u3400" else ("0" if piece.isdigit() else piece,))
    return row


@cache
def load_counts() -> Counts:
    """Return the shipped counts; shared, do not change them."""
    words: dict[str, int] = {EDGE: 0}
    pairs: dict[tuple[str, str], int] = {}
    followers: dict[str, int] = {}
    for line in COUNTS_FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        word, count, kinds, *after = line.split(" ")
        word = EDGE if word == "|" else word
        words[word], followers[word] = int(count), int(kinds)
        for item in after:
            other, times = item.rsplit(":", 1)
            pairs[word, EDGE if other == "|" else other] = int(times)
    return Counts(words, pairs, followers, sum(words.values()))
