"""Finding every place of a row of phones that comes near to the sound of a known term, in one pass.

Approximate matching of all terms at once (Sellers 1980, with weighted costs): one column of the
edit table for each phone of the text, over the phones of all terms laid end to end, so the time
is linear in the text. Cost and start share one integer; the smaller is the nearer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.knowledge.sound import PHONES, Phones, drop_cost, swap_cost

Ints = NDArray[np.int32]
Places = NDArray[np.intp]

_SCALE = 100  # units of cost in one
_START_BITS = 12
MOST_HEARD = 1 << (_START_BITS - 2)
"""Phones of one row; a longer text must be cut."""
_FAR = 1 << 29
_PHONE_BITS = 1 << _START_BITS
_NONE: Places = np.zeros(0, np.intp)


class TermScan:
    """The phones of many terms, laid out for the pass."""

    def __init__(self, sounds: Sequence[Phones], farthest: Sequence[float]) -> None:
        """Lay out the terms; `farthest` is the highest cost of interest for each."""
        sizes = np.array([len(sound) + 1 for sound in sounds])
        self._first = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
        self._last = self._first + sizes - 1
        index = {phone: n for n, phone in enumerate(PHONES)}
        row = np.full(int(sizes.sum()), -1)
        for first, sound in zip(self._first, sounds, strict=True):
            row[first + 1 : first + 1 + len(sound)] = [index[p] for p in sound]
        self._swap = {a: _laid([swap_cost(a, b) for b in PHONES], row) for a in PHONES}
        self._skip = _laid([drop_cost(b) for b in PHONES], row)
        self._drop = {a: round(drop_cost(a) * _SCALE) << _START_BITS for a in PHONES}
        limits = (np.array(farthest) * _SCALE).astype(np.int32)
        self._farthest = (limits << _START_BITS) | (_PHONE_BITS - 1)
        begin = np.full(len(row), _FAR, np.int32)
        begin[self._first] = 0
        for _ in range(int(sizes.max())):
            np.minimum(begin[1:], begin[:-1] + self._skip[1:], out=begin[1:])
        self._begin = np.minimum(begin, _FAR)

    def hits(
        self, heard: Phones, starts: Sequence[bool], ends: Sequence[bool]
    ) -> tuple[Places, Places, Places, NDArray[np.float64]]:
        """Return what comes near, as arrays: first phone, phone after the last, term, cost.

        `starts` and `ends` say where a term may begin and stop.

        Raises:
            ValueError: If more than MOST_HEARD phones are given.
        """
        if len(heard) > MOST_HEARD:
            raise ValueError(f"{len(heard)} phones in one row, at most {MOST_HEARD} are allowed")
        column = np.full(len(self._skip), _FAR, np.int32)
        after, step = np.empty_like(column), np.empty_like(column[1:])
        places, terms, best = [], [], []
        for place, phone in enumerate(heard):
            if starts[place]:
                np.minimum(column, self._begin + place, out=column)
            else:
                column[self._first] = _FAR
            self._next(column, phone, after, step)
            column, after = after, column
            if ends[place]:
                final = column[self._last]
                near = np.flatnonzero(final <= self._farthest)
                places.append(np.full(len(near), place + 1))
                terms.append(near)
                best.append(final[near])
        if not best:
            return _NONE, _NONE, _NONE, np.zeros(0)
        found = np.concatenate(best)
        starts_at = (found & (_PHONE_BITS - 1)).astype(np.intp)
        costs = (found >> _START_BITS) / _SCALE
        return starts_at, np.concatenate(places), np.concatenate(terms), costs

    def _next(self, column: Ints, phone: str, after: Ints, step: Ints) -> None:
        """Fill the next column; each cell stays near the cost of a start at the last syllable."""
        np.add(column, self._drop[phone], out=after)
        np.add(column[:-1], self._swap[phone][1:], out=step)
        np.minimum(after[1:], step, out=after[1:])
        for _ in range(2):  # at most two phones of a term are lost in a row
            np.add(after[:-1], self._skip[1:], out=step)
            np.minimum(after[1:], step, out=after[1:])


def _laid(costs: Sequence[float], row: Any) -> Ints:
    """Return the cost of each place of the layout; before a term's first phone nothing may pass."""
    table = np.array([*(round(c * _SCALE) << _START_BITS for c in costs), _FAR], np.int32)
    laid: Ints = table[row]
    return laid
