"""Finding what parts of a stretch of words sound like known terms, the hopeless left out.

Sound alone brings hundreds of terms to every sentence. What stays is what would make the words
likelier beside their neighbours; this is weighed for all at once, since it is nearly all the work.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from tools.knowledge.plausibility import EDGE, Counts, load_counts, tokens
from tools.knowledge.term_homophones import LONGEST
from tools.knowledge.term_stretch import Stretch
from tools.knowledge.term_targets import (
    FARTHEST_HAN,
    Target,
    chinese_targets,
    homophones,
    latin_targets,
    term_scan,
)

A_TERM = 11.0  # nats: a term is one of some ten thousand words
USUAL_TERM = 9.0
_LEAST_HOPE = 4.0  # nats; with less no right reading of the written hearings is won
_LEAST_GAIN = 2.5
_MOST_HOPEFUL = 10  # at each end, by sound and the words' own surprise
_MOST_AT_AN_END = 6  # with their neighbours weighed
_A_COST = 2.0  # nats for a whole phone lost, a guess; the fitted weights decide afterwards


@dataclass(frozen=True)
class Heard:
    """Raw text `[start:end]` sounds like this target, at this cost, and is likelier as it."""

    start: int
    end: int
    target: Target
    cost: float
    first: int  # words touched, of the stretch
    last: int
    gain: float  # nats


class Place:
    """A stretch with what is needed to weigh its parts."""

    def __init__(self, text: str, stretch: Stretch, counts: Counts) -> None:
        """Add up how surprising the words are as they stand."""
        self.text = text
        self.stretch = stretch
        self.words = stretch.words
        self.counts = counts
        self.begins = [word.start for word in stretch.words]
        self.run = [EDGE, *(word.text for word in stretch.words), EDGE]
        steps = (counts.after(a, b) for a, b in pairwise(self.run))
        self.sums = [0.0, *accumulate(steps)]

    def heard(self) -> Iterator[Heard]:
        """Yield the terms that parts of the stretch may stand for, the likeliest at each end."""
        by_end: dict[int, list[tuple[float, Heard]]] = {}
        for start, end, target, cost in (*self._latin(), *self._chinese()):
            first = bisect_right(self.begins, start) - 1
            last = bisect_right(self.begins, end - 1) - 1
            gain = self._gain(start, end, target, (first, last))
            if gain - _A_COST * cost > _LEAST_GAIN:
                found = Heard(start, end, target, cost, first, last, gain)
                by_end.setdefault(end, []).append((gain - _A_COST * cost, found))
        for rows in by_end.values():
            rows.sort(key=lambda row: -row[0])
            for _, found in rows[:_MOST_AT_AN_END]:
                yield found

    def as_is(self, first: int, last: int) -> float:
        """Return how surprising words and their edges are as they stand, in nats."""
        return self.sums[last + 2] - self.sums[first]

    def _latin(self) -> Iterator[tuple[int, int, Target, float]]:
        stretch, rows = self.stretch, latin_targets()
        starts, ends, terms, costs = term_scan().hits(stretch.phones, stretch.starts, stretch.ends)
        if not len(starts):
            return
        word = np.array([bisect_right(self.begins, at) - 1 for at, _ in stretch.places])
        sums = np.array(self.sums)
        hope = sums[word[ends - 1] + 2] - sums[word[starts]] - alone("l")[terms] - _A_COST * costs
        for n in _best_of(hope, ends):
            first, last = stretch.places[starts[n]], stretch.places[ends[n] - 1]
            yield first[0], last[1], rows[terms[n]], float(costs[n])

    def _chinese(self) -> Iterator[tuple[int, int, Target, float]]:
        rows, cheap = chinese_targets(), alone("h")
        for text, at in self.stretch.runs:
            for start in range(len(text) - 1):
                first = bisect_right(self.begins, at + start) - 1
                for size in range(2, min(LONGEST, len(text) - start) + 1):
                    last = bisect_right(self.begins, at + start + size - 1) - 1
                    most = self.as_is(first, last) - _LEAST_HOPE
                    for number, cost in _homophones(text[start : start + size]):
                        if most > cheap[number] + _A_COST * cost:
                            yield at + start, at + start + size, rows[number], cost

    def _gain(self, start: int, end: int, target: Target, span: tuple[int, int]) -> float:
        """Return how much likelier the text becomes, in nats."""
        counts, (first, last) = self.counts, span
        begin, stop = self.words[first].start, self.words[last].end
        left = _pieces(self.text[begin:start]) if begin < start else ()
        rest = _pieces(self.text[end:stop]) if end < stop else ()
        before, after = self.run[first], self.run[last + 2]
        words = target.words
        term = counts.after(left[-1] if left else before, words[0]) + _inside(target, counts)
        term = min(term, USUAL_TERM if target.usual else A_TERM)
        meant = term + counts.surprise([words[-1], *rest, after])
        if left:
            meant += counts.surprise([before, *left])
        return self.as_is(first, last) - meant


def _best_of(hope: NDArray[np.float64], ends: NDArray[np.intp]) -> list[int]:
    """Return the numbers of the most hopeful hits at each end."""
    order = np.lexsort((-hope, ends))
    order = order[hope[order] > _LEAST_HOPE]
    new = np.flatnonzero(np.diff(ends[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(new, np.diff(new, append=len(order)))
    return [int(n) for n in order[rank < _MOST_HOPEFUL]]


@lru_cache(maxsize=20_000)
def _pieces(text: str) -> tuple[str, ...]:
    return tuple(tokens(text))


@lru_cache(maxsize=20_000)
def _homophones(heard: str) -> tuple[tuple[int, float], ...]:
    return tuple(homophones().near(heard, FARTHEST_HAN))


@lru_cache(maxsize=20_000)
def _inside(target: Target, counts: Counts) -> float:
    return counts.surprise(target.words)


@cache
def alone(script: str) -> NDArray[np.float64]:
    """Return how surprising each target is by itself, in nats: Latin (l) or Chinese (h) ones."""
    counts = load_counts()
    rows = latin_targets() if script == "l" else chinese_targets()
    return np.array([_alone(target, counts) for target in rows])


def _alone(target: Target, counts: Counts) -> float:
    """Return the surprise at a term without its neighbours."""
    row = target.words
    own = -math.log(counts.word(row[0])) + counts.surprise(row)
    return min(own, USUAL_TERM if target.usual else A_TERM)
