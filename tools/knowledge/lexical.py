"""BM25 over several fields and sorts of tokens, in plain arrays: quick to build, search and extend.

The index is a few segments that never change; new entries make a new segment, gone ones are masked.
Tokens are kept as 64-bit hashes, impacts in 8 bits, so that 100,000 questions stay small.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

SEGMENT_SIZE = 20_000
"""Entries in one segment: below 65,536 so that places fit 16 bits, small so that building is."""

_K1 = 1.2  # the usual default of BM25
_LENGTH = {"T": 0.3, "B": 0.75, "C": 0.3}  # b of BM25 by field: titles differ little by length


@dataclass(frozen=True)
class Segment:
    """Postings of some entries; immutable."""

    hashes: npt.NDArray[np.uint64]
    """Sorted hashes of field + token."""
    starts: npt.NDArray[np.uint32]
    places: npt.NDArray[np.uint16]
    impacts: npt.NDArray[np.uint8]
    """BM25 without idf: 255 stands for k1 + 1."""
    digests: tuple[str, ...]
    """Content of the entries, in place order."""

    def __len__(self) -> int:
        return len(self.digests)


@dataclass
class Growing:
    """A segment under construction."""

    numbers: dict[str, int] = field(default_factory=dict)
    tokens: array[int] = field(default_factory=lambda: array("I"))
    places: array[int] = field(default_factory=lambda: array("H"))
    counts: array[int] = field(default_factory=lambda: array("B"))
    digests: list[str] = field(default_factory=list)

    def add(self, digest: str, fields: Mapping[str, Mapping[str, float]]) -> None:
        """Add one entry: tokens by field letter."""
        place = len(self.digests)
        self.digests.append(digest)
        for letter, tokens in fields.items():
            for token, count in tokens.items():
                name = letter + token
                self.tokens.append(self.numbers.setdefault(name, len(self.numbers)))
                self.places.append(place)
                self.counts.append(min(255, int(count)))

    def finish(self) -> Segment:
        """Return the segment."""
        import numpy as np

        tokens = np.frombuffer(self.tokens, dtype=np.uint32)
        places = np.frombuffer(self.places, dtype=np.uint16)
        counts = np.frombuffer(self.counts, dtype=np.uint8)
        names = list(self.numbers)
        impacts = _impacts(names, tokens, places, counts, len(self.digests))
        hashes = np.array([token_hash(name) for name in names], dtype=np.uint64)
        by_hash = np.argsort(hashes)
        rank = np.empty(len(names), dtype=np.uint32)
        rank[by_hash] = np.arange(len(names), dtype=np.uint32)
        ranked = rank[tokens]
        order = np.argsort(ranked, kind="stable")
        starts = np.zeros(len(names) + 1, dtype=np.uint32)
        np.cumsum(np.bincount(ranked, minlength=len(names)), out=starts[1:])
        return Segment(hashes[by_hash], starts, places[order], impacts[order], tuple(self.digests))


def _impacts(
    names: Sequence[str], tokens: Any, places: Any, counts: Any, entries: int
) -> npt.NDArray[np.uint8]:
    """Return saturated, length-normalised counts in 8 bits; lengths are of one field and sort."""
    import numpy as np

    sorts = sorted({name[:2] for name in names})
    number = {sort: i for i, sort in enumerate(sorts)}
    sort_of = np.array([number[name[:2]] for name in names], dtype=np.uint8)[tokens]
    impacts = np.zeros(len(tokens), dtype=np.uint8)
    for sort, i in number.items():
        rows = np.flatnonzero(sort_of == i)
        lengths = np.bincount(places[rows], weights=counts[rows], minlength=entries)
        mean = lengths[lengths > 0].mean() if len(rows) else 1.0
        b = _LENGTH[sort[0]]
        norm = (_K1 * (1 - b + b * lengths / mean)).astype(np.float32)
        tf = counts[rows].astype(np.float32)
        value = tf * (_K1 + 1) / (tf + norm[places[rows]])
        impacts[rows] = np.clip(np.rint(value * (255 / (_K1 + 1))), 1, 255)
    return impacts


def token_hash(name: str) -> int:
    """Return 64 stable bits of field letter + token."""
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8"), digest_size=8).digest(), "little")


@dataclass(frozen=True)
class Lookup:
    """A query looked up in the segments: what `scores` and `matching` share."""

    names: tuple[str, ...]
    """Field letter + token."""
    weights: Floats
    """Weight times idf of each name."""
    spans: tuple[tuple[Any, Any], ...]
    """Where each name's postings begin and end, by segment."""


@dataclass(frozen=True)
class Lexicon:
    """Segments with the mask of what is still there; searched as one."""

    segments: tuple[Segment, ...]
    live: tuple[npt.NDArray[np.bool_], ...]

    @property
    def digests(self) -> list[str]:
        """Contents of all entries, dead ones included, in place order."""
        return [digest for segment in self.segments for digest in segment.digests]

    def look_up(self, query: Mapping[str, float], weights: Mapping[str, float]) -> Lookup:
        """Find a query's tokens; `weights` by field letter and sort, e.g. `Tw`."""
        import numpy as np

        wanted = [
            (field_sort[0] + token, weight * factor)
            for token, weight in query.items()
            for field_sort, factor in weights.items()
            if field_sort[1] == token[0]
        ]
        names = tuple(name for name, _ in wanted)
        hashes = np.array([token_hash(name) for name in names], dtype=np.uint64)
        spans = tuple(_spans(segment, hashes) for segment in self.segments)
        frequency = sum((last - first for first, last in spans), np.zeros(len(names)))
        total = sum(int(mask.sum()) for mask in self.live)
        idf = np.log1p((np.maximum(total - frequency, 0) + 0.5) / (frequency + 0.5))
        factors = np.array([weight for _, weight in wanted], dtype=np.float32)
        return Lookup(names, (factors * idf).astype(np.float32), spans)

    def scores(self, lookup: Lookup) -> Floats:
        """Return one score an entry, 0 for what is gone."""
        import numpy as np

        parts = [
            _segment_scores(segment, first, last, lookup.weights) * mask
            for segment, (first, last), mask in zip(
                self.segments, lookup.spans, self.live, strict=True
            )
        ]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)

    def matching(self, lookup: Lookup, places: Sequence[int]) -> list[dict[str, float]]:
        """Return what each place's entry has of the query, with the weight of each name."""
        import numpy as np

        found: list[dict[str, float]] = [{} for _ in places]
        begin = 0
        for segment, (first, last) in zip(self.segments, lookup.spans, strict=True):
            rows = [i for i, place in enumerate(places) if 0 <= place - begin < len(segment)]
            # of the postings' own type: another would widen the whole slice
            wanted = np.array([places[i] - begin for i in rows], dtype=segment.places.dtype)
            begin += len(segment)
            for name in np.flatnonzero(last > first).tolist() if rows else ():
                postings = segment.places[first[name] : last[name]]
                at = np.minimum(postings.searchsorted(wanted), len(postings) - 1)
                for n in np.flatnonzero(postings[at] == wanted).tolist():
                    found[rows[n]][lookup.names[name]] = float(lookup.weights[name])
        return found


def _spans(segment: Segment, hashes: Any) -> tuple[Any, Any]:
    """Return where the postings of each hash begin and end; equal when there are none."""
    import numpy as np

    if not len(segment.hashes):
        none = np.zeros(len(hashes), dtype=np.int64)
        return none, none
    at = np.minimum(segment.hashes.searchsorted(hashes), len(segment.hashes) - 1)
    known = segment.hashes[at] == hashes
    first = segment.starts[at].astype(np.int64)
    last = np.where(known, segment.starts[at + 1].astype(np.int64), first)
    return first, last


def _segment_scores(segment: Segment, first: Any, last: Any, weight: Any) -> Floats:
    import numpy as np

    scores: Floats = np.zeros(len(segment), dtype=np.float32)
    used = np.flatnonzero(last > first)
    if len(used):
        places = np.concatenate([segment.places[first[i] : last[i]] for i in used])
        impacts = np.concatenate([segment.impacts[first[i] : last[i]] for i in used])
        spread = np.repeat(weight[used] * ((_K1 + 1) / 255), last[used] - first[used])
        scores[:] = np.bincount(places, weights=impacts * spread, minlength=len(segment))
    return scores


def best(scores: Floats, k: int) -> list[int]:
    """Return the places of the k highest positive scores, best first; ties in place order."""
    import numpy as np

    positive = np.flatnonzero(scores > 0)
    if len(positive) > k:
        kept = positive[np.argpartition(-scores[positive], k - 1)[:k]]
        floor = float(scores[kept].min())
        positive = positive[scores[positive] >= floor]
    order = np.lexsort((positive, -scores[positive]))[:k]
    return [int(place) for place in positive[order]]
