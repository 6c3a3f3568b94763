"""Which topic words belong to, and how well a term goes with the words around it.

Naive Bayes over the topics of the shipped bank: `word_topics.txt`, made by `tests/train_terms.py`,
holds how often telling words stand in the questions of each topic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TOPICS_FILE = Path(__file__).with_name("word_topics.txt")
Shares = NDArray[np.float64]

_PRIOR = 6.0  # times that every word is taken to have been met all over the bank, a guess
_REPEATED = 0.5  # of each word's evidence: words of a sentence tell the same thing twice, a guess
_ASKED = 1.5  # nats for the topic of the question, a guess


@dataclass(frozen=True, eq=False)
class WordTopics:
    """How often words stand in each topic; arrays are by topic."""

    topics: tuple[str, ...]
    usual: Shares  # share of each topic in all
    counts: Mapping[str, Mapping[int, int]]
    _lifts: dict[str, Shares] = field(default_factory=dict, repr=False)

    def lift(self, word: str) -> Shares | None:
        """Return how much more often a word stands in each topic than all words do."""
        known = self._lifts.get(word)
        if known is None and word in self.counts:
            met = np.zeros(len(self.topics))
            for topic, times in self.counts[word].items():
                met[topic] = times
            known = (met + _PRIOR * self.usual) / (met.sum() + _PRIOR) / self.usual
            self._lifts[word] = known
        return known

    def of(self, words: Iterable[str], asked: Sequence[str] = ()) -> Shares:
        """Return the share of each topic in what a text speaks of."""
        score = np.log(self.usual)
        for word in words:
            lift = self.lift(word)
            if lift is not None:
                score += _REPEATED * np.log(lift)
        for topic in asked:
            if topic in self.topics:
                score[self.topics.index(topic)] += _ASKED
        odds = np.exp(score - score.max())
        shares: Shares = odds / odds.sum()
        return shares

    def fit(self, shares: Shares, words: Sequence[str]) -> float:
        """Return how much likelier a term of these words is in such a text than in any, in nats."""
        lifts = [lift for word in words if (lift := self.lift(word)) is not None]
        if not lifts:
            return 0.0
        return float(np.log(shares @ (sum(lifts) / len(lifts))))


@cache
def load_topics() -> WordTopics:
    """Return the shipped counts; shared, do not change them."""
    head, *lines = TOPICS_FILE.read_text(encoding="utf-8").splitlines()[1:]
    names, totals = zip(*(part.rsplit(":", 1) for part in head.split(" ")), strict=True)
    counts = {}
    for line in lines:
        word, *parts = line.split(" ")
        rows = (part.split(":") for part in parts)
        counts[word] = {int(topic): int(times) for topic, times in rows}
    share = np.array([int(total) for total in totals], float)
    return WordTopics(tuple(names), share / share.sum(), counts)
