"""Finding Chinese terms written with other characters of nearly their sound, syllable by syllable.

Recognisers of Mandarin rarely lose or add a syllable, so a stretch is compared with terms of its
own length. Every term lies under keys of the syllables that must have been heard right: one of two,
two of three or two neighbours of more; the rest may be any that sounds near.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache

from tools.knowledge.sound import distance, drop_cost, han_phones, syllable

LONGEST = 6
Key = tuple[int, int, str, str]


class Homophones:
    """Chinese terms by their syllables."""

    def __init__(self, terms: Sequence[str]) -> None:
        """Index the terms; those of one or more than six characters are left out."""
        self._said = [[_sound(char) for char in term] for term in terms]
        self._weights = [sum(map(_weight, said)) for said in self._said]
        self._drawers: dict[Key, list[int]] = defaultdict(list)
        for number, term in enumerate(terms):
            if 1 < len(term) <= LONGEST:
                for key in _keys([syllable(char) for char in term]):
                    self._drawers[key].append(number)

    def near(self, heard: str, farthest: float) -> Iterator[tuple[int, float]]:
        """Yield number and distance of terms whose sound is within a share of the whole of it."""
        drawers = self._drawers
        keys = [key for key in _keys([syllable(char) for char in heard]) if key in drawers]
        if not keys:
            return
        said = [_sound(char) for char in heard]
        for number in set().union(*(drawers[key] for key in keys)):
            limit = farthest * self._weights[number]
            cost = 0.0
            for one, other in zip(said, self._said[number], strict=True):
                if one != other:
                    cost += _between(one, other)
                    if cost > limit:
                        break
            else:
                yield number, cost


def _keys(said: Sequence[str]) -> list[Key]:
    size = len(said)
    if size == 2:
        return [(2, 0, said[0], ""), (2, 1, said[1], "")]
    keys = [(size, n, said[n], said[n + 1]) for n in range(size - 1)]
    return [*keys, (3, 9, said[0], said[2])] if size == 3 else keys


@lru_cache(maxsize=8_000)
def _sound(char: str) -> str:
    return "".join(han_phones(char))


@lru_cache(maxsize=1_000)
def _weight(sound: str) -> float:
    return sum(map(drop_cost, sound))


@lru_cache(maxsize=100_000)
def _between(one: str, other: str) -> float:
    return distance(tuple(one), tuple(other), 9.0)
