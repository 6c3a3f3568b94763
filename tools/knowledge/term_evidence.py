"""What speaks for and against reading a stretch of heard words as a certain term, as numbers."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

from tools.knowledge.glossary import TermMatch, load_glossary
from tools.knowledge.plausibility import EDGE, Counts, tokens
from tools.knowledge.sound import distance, drop_cost, phones
from tools.knowledge.term_homophones import LONGEST
from tools.knowledge.term_stretch import Stretch
from tools.knowledge.term_targets import (
    FARTHEST_HAN,
    Target,
    chinese_targets,
    homophones,
    latin_targets,
    right,
    term_scan,
)
from tools.knowledge.text import FILLERS, fold

NAMES = (
    "one", "cost", "share", "local", "weight", "gain", "odd", "seen", "usual", "known", "same",
    "topic", "part", "breaks", "heard_right", "cuts", "homophone", "singles", "edges", "core",
    "term",
)  # fmt: skip
_A_TERM = 11.0  # nats: a term is one of some ten thousand words
_USUAL_TERM = 9.0
_LEAST_HOPE = 3.0  # nats; every sure right reading of the training sentences had more
_MOST_LOCAL = 0.5  # share of a Chinese word's sound: "白盒" beside "黑盒" is another word
_MOST_AT_AN_END = 4
_UNIT = re.compile(r"[\u3400-\u9fff]|[a-z]+|[0-9]+")


@dataclass(frozen=True)
class Heard:
    """Raw text `[start:end]` sounds like this target, at this cost."""

    start: int
    end: int
    target: Target
    cost: float


@dataclass(frozen=True)
class Reading:
    """Raw text `[start:end]` read as a target, with the evidence in the order of NAMES."""

    start: int
    end: int
    target: Target
    kind: str  # script heard and script meant: h Chinese, l Latin
    evidence: tuple[float, ...]


class Surroundings:
    """What the whole text and the interview tell."""

    def __init__(self, text: str, topics: Sequence[str], stretches: Sequence[Stretch]) -> None:
        """Count the known terms and the words of a text once."""
        terms = load_glossary().terms
        self.text = text
        self.matches = load_glossary().find(text)
        self.starts = [match.start for match in self.matches]
        self.names = Counter(match.name for match in self.matches)
        self.topics = Counter(terms[match.name].topic for match in self.matches)
        self.topics.update(topic for topic in topics if topic)
        self.words = Counter(word.text for stretch in stretches for word in stretch.words)

    def at(self, start: int, end: int) -> list[TermMatch]:
        """Return the known terms that reach into a part of the text."""
        first = max(0, bisect_left(self.starts, start) - 1)
        last = bisect_left(self.starts, end)
        return [match for match in self.matches[first:last] if match.end > start]


def readings(stretch: Stretch, around: Surroundings, counts: Counts) -> Iterator[Reading]:
    """Yield the ways to read parts of a stretch as terms that are not plainly hopeless."""
    place = _Place(stretch, around, counts)
    by_end: dict[int, list[tuple[float, Heard]]] = {}
    for heard in (*_latin(stretch), *_chinese(stretch)):
        hope = place.hope(heard)
        if hope > _LEAST_HOPE:
            by_end.setdefault(heard.end, []).append((hope, heard))
    for found in by_end.values():
        found.sort(key=lambda row: -row[0])
        for _, heard in found[:_MOST_AT_AN_END]:
            reading = place.read(heard)
            if reading is not None:
                yield reading


def _latin(stretch: Stretch) -> Iterator[Heard]:
    rows = latin_targets()
    for hit in term_scan().hits(stretch.phones, stretch.starts, stretch.ends):
        start, end = stretch.places[hit.start][0], stretch.places[hit.end - 1][1]
        yield Heard(start, end, rows[hit.term], hit.cost)


def _chinese(stretch: Stretch) -> Iterator[Heard]:
    rows = chinese_targets()
    for text, at in stretch.runs:
        for size in range(2, LONGEST + 1):
            for start in range(len(text) - size + 1):
                for number, cost in _homophones(text[start : start + size]):
                    yield Heard(at + start, at + start + size, rows[number], cost)


@lru_cache(maxsize=20_000)
def _homophones(heard: str) -> tuple[tuple[int, float], ...]:
    return tuple(homophones().near(heard, FARTHEST_HAN))


class _Place:
    """A stretch with what is needed to weigh its parts."""

    def __init__(self, stretch: Stretch, around: Surroundings, counts: Counts) -> None:
        self.words = stretch.words
        self.around = around
        self.counts = counts
        self.begins = [word.start for word in stretch.words]
        self.run = [EDGE, *(word.text for word in stretch.words), EDGE]
        steps = (counts.after(a, b) for a, b in pairwise(self.run))
        self.sums = [0.0, *accumulate(steps)]

    def span(self, heard: Heard) -> tuple[int, int]:
        """Return the first and the last word that are touched."""
        return bisect_right(self.begins, heard.start) - 1, bisect_right(
            self.begins, heard.end - 1
        ) - 1

    def hope(self, heard: Heard) -> float:
        """Return about how much likelier the text could become."""
        first, last = self.span(heard)
        as_is = self.sums[last + 2] - self.sums[first]
        return as_is - _alone(heard.target, self.counts) - 2 * heard.cost

    def read(self, heard: Heard) -> Reading | None:
        """Return a reading with its evidence, None when it would change nothing."""
        text, target = self.around.text, heard.target
        said = fold(text[heard.start : heard.end])
        plain = said.replace(" ", "").replace("-", "")
        first, last = self.span(heard)
        inside = self.run[first + 1 : last + 2]
        if target.plain in (plain, "".join(word for word in inside if word not in FILLERS)):
            return None
        share = heard.cost / target.weight
        local = _local(said, target.folded, share)
        if local is None or (local > _MOST_LOCAL and min(said, target.folded) > "\u3400"):
            return None
        evidence = (
            1.0,
            heard.cost,
            share,
            local,
            min(target.weight, 8.0) / 4,
            max(-10.0, min(20.0, self._gain(heard, first, last))) / 5,
            max(-math.log(self.counts.word(word)) for word in inside) / 10,
            math.log1p(min(self.counts.words.get(word, 0) for word in inside)) / 4,
            float(target.usual),
            math.log1p(min(self.counts.words.get(word, 0) for word in target.words)) / 4,
            *self._context(heard, said, inside),
            float(plain in right()),
            float(heard.start > self.words[first].start) + float(heard.end < self.words[last].end),
            float(heard.cost == 0),
            sum(len(word) == 1 for word in inside) / len(inside),
            float(inside[0] in FILLERS) + float(inside[-1] in FILLERS),
            float(target.core),
            float(bool(target.topic)),
        )
        kind = ("l" if re.search("[a-z]", said) else "h") + ("l" if target.latin else "h")
        return Reading(heard.start, heard.end, target, kind, evidence)

    def _gain(self, heard: Heard, first: int, last: int) -> float:
        """Return how much likelier the text becomes, in nats."""
        text, counts, target = self.around.text, self.counts, heard.target
        left = tokens(text[self.words[first].start : heard.start])
        rest = tokens(text[heard.end : self.words[last].end])
        before, after = self.run[first], self.run[last + 2]
        lead = left[-1] if left else before
        term = min(counts.surprise([lead, *target.words]), _USUAL_TERM if target.usual else _A_TERM)
        meant = counts.surprise([before, *left]) + term
        meant += counts.surprise([target.words[-1], *rest, after])
        return self.sums[last + 2] - self.sums[first] - meant

    def _context(self, heard: Heard, said: str, inside: Sequence[str]) -> tuple[float, ...]:
        """Return: same term elsewhere, its topic, one of its words; whether right terms break."""
        around, target = self.around, heard.target
        inner = around.at(heard.start, heard.end)
        terms = load_glossary().terms
        here = sum(match.name == target.name for match in inner)
        topics = sum(terms[match.name].topic == target.topic for match in inner)
        parts = [word for word in target.words if len(word) > 1 and word not in said]
        breaks = any(
            match.start < heard.start
            or match.end > heard.end
            or fold(around.text[match.start : match.end]).replace(" ", "") not in target.plain
            for match in inner
        )
        return (
            float(around.names[target.name] > here),
            float(bool(target.topic) and around.topics[target.topic] > topics),
            float(any(around.words[word] > inside.count(word) for word in parts)),
            float(breaks),
        )


@lru_cache(maxsize=10_000)
def _alone(target: Target, counts: Counts) -> float:
    row = target.words
    own = -math.log(counts.word(row[0])) + counts.surprise(row)
    return min(own, _USUAL_TERM if target.usual else _A_TERM)


def _local(heard: str, term: str, share: float) -> float | None:
    """Return the share of sound changed within the part that differs; None where nothing was.

    Most technical phrases share words; two that differ by a word put in or left out are both right.
    """
    one, other = _UNIT.findall(heard), _UNIT.findall(term)
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    if not one or not other:
        return None
    if other[0].startswith(one[0]):
        if len(one) == 1:  # a word broken off, or another abbreviation
            return share if len(one[0]) > 3 else None
        one, other = one[1:], [other[0][len(one[0]) :], *other[1:]]
    return _apart(" ".join(one), " ".join(other))


@lru_cache(maxsize=20_000)
def _apart(one: str, other: str) -> float:
    sounds = phones(one), phones(other)
    weight = min(sum(map(drop_cost, row)) for row in sounds)
    return min(1.5, distance(*sounds, 9.0) / max(0.5, weight))
