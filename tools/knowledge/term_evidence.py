"""What speaks for and against reading a stretch of heard words as a certain term, as numbers."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tools.knowledge.glossary import TermMatch, load_glossary
from tools.knowledge.plausibility import Counts
from tools.knowledge.sound import distance, drop_cost, phones, swap_cost
from tools.knowledge.term_heard import Heard, Place
from tools.knowledge.term_stretch import Stretch
from tools.knowledge.term_targets import Target, right
from tools.knowledge.term_topics import load_topics
from tools.knowledge.text import FILLERS, fold

_PLAIN = (
    "one", "cost", "share", "local", "weight", "gain", "odd", "seen", "usual", "known", "same",
    "topic", "part", "breaks", "heard_right", "cuts", "homophone", "singles", "edges", "core",
    "term", "fit", "size", "head", "tail", "per_word", "words", "noise", "english",
    "inside", "broken", "latin",
)  # fmt: skip
_CROSSED = (
    ("share", "per_word"), ("share", "gain"), ("share", "core"), ("share", "seen"),
    ("share", "fit"), ("share", "weight"), ("share", "share"), ("share", "odd"),
    ("share", "words"), ("gain", "cost"), ("gain", "core"), ("gain", "gain"), ("gain", "seen"),
    ("gain", "noise"), ("gain", "fit"), ("english", "latin"),
)  # fmt: skip
NAMES = (*_PLAIN, *(f"{one} x {other}" for one, other in _CROSSED))
_PAIRS = tuple((_PLAIN.index(one), _PLAIN.index(other)) for one, other in _CROSSED)
_MOST_LOCAL = 0.5  # share of a Chinese word's sound: "白盒" beside "黑盒" is another word
_UNIT = re.compile(r"[\u3400-\u9fff]|[a-z]+|[0-9]+")


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
        self.english = sum(w.isalpha() and w < "\u3400" for w in self.words) / (len(self.words) + 1)
        self.shares = load_topics().of(self.words, topics)

    def at(self, start: int, end: int) -> list[TermMatch]:
        """Return the known terms that reach into a part of the text."""
        first = max(0, bisect_left(self.starts, start) - 1)
        last = bisect_left(self.starts, end)
        return [match for match in self.matches[first:last] if match.end > start]


def readings(stretch: Stretch, around: Surroundings, counts: Counts) -> Iterator[Reading]:
    """Yield the ways to read parts of a stretch as terms that are not plainly hopeless."""
    place = Place(around.text, stretch, counts)
    for heard in place.heard():
        reading = _read(place, around, heard)
        if reading is not None:
            yield reading


def _read(place: Place, around: Surroundings, heard: Heard) -> Reading | None:
    """Return a reading with its evidence, None when it would change nothing."""
    text, target = around.text, heard.target
    said = fold(text[heard.start : heard.end])
    plain = said.replace(" ", "").replace("-", "")
    inside = place.run[heard.first + 1 : heard.last + 2]
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
        max(-10.0, min(20.0, heard.gain)) / 5,
        *_words(place, heard, inside),
        *_context(around, heard, said, inside),
        float(plain in right()),
        *_shape(place, heard, inside),
        load_topics().fit(around.shares, target.words),
        *_sound(place, heard),
        *_background(place, around, heard, inside),
        float(target.plain.startswith(plain)),
        float(said < "\u3400"),
    )
    crossed = (evidence[one] * evidence[other] for one, other in _PAIRS)
    kind = ("l" if re.search("[a-z]", said) else "h") + ("l" if target.latin else "h")
    return Reading(heard.start, heard.end, target, kind, (*evidence, *crossed))


def _words(place: Place, heard: Heard, inside: Sequence[str]) -> tuple[float, ...]:
    """Return: how rare the rarest word is, how often it was met; the same of the term."""
    counts, target = place.counts, heard.target
    return (
        max(-math.log(counts.word(word)) for word in inside) / 10,
        math.log1p(min(counts.words.get(word, 0) for word in inside)) / 4,
        float(target.usual),
        math.log1p(min(counts.words.get(word, 0) for word in target.words)) / 4,
    )


def _context(
    around: Surroundings, heard: Heard, said: str, inside: Sequence[str]
) -> tuple[float, ...]:
    """Return: same term elsewhere, its topic, one of its words; whether right terms break."""
    target = heard.target
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


def _shape(place: Place, heard: Heard, inside: Sequence[str]) -> tuple[float, ...]:
    """Return: words cut, equal sound, shreds among the words, fillers at its edges, the term."""
    words, target = place.words, heard.target
    return (
        float(heard.start > words[heard.first].start) + float(heard.end < words[heard.last].end),
        float(heard.cost == 0),
        sum(len(word) == 1 for word in inside) / len(inside),
        float(inside[0] in FILLERS) + float(inside[-1] in FILLERS),
        float(target.core),
        float(bool(target.topic)),
    )


def _sound(place: Place, heard: Heard) -> tuple[float, ...]:
    """Return: how much less was heard than the term has; how its first and last sounds differ."""
    mine = phones(place.text[heard.start : heard.end])
    theirs = heard.target.phones
    weight = _weight(mine)
    return (
        math.log(max(0.3, weight) / heard.target.weight),
        swap_cost(mine[0], theirs[0]) if mine else 1.0,
        swap_cost(mine[-1], theirs[-1]) if mine else 1.0,
    )


def _background(
    place: Place, around: Surroundings, heard: Heard, inside: Sequence[str]
) -> tuple[float, ...]:
    """Return how odd the words are for what they are, and the text around them."""
    first, last = heard.first, heard.last
    as_is = place.as_is(first, last)
    others = len(place.words) - (last - first + 1)
    noise = (place.sums[-1] - as_is) / others if others else 7.0
    return (
        as_is / (len(inside) + 1) / 10,
        len(inside) / 4,
        noise / 10,
        around.english,
        (place.sums[last + 1] - place.sums[first + 1]) / len(inside) / 10,
    )


@lru_cache(maxsize=20_000)
def _weight(sound: tuple[str, ...]) -> float:
    return sum(map(drop_cost, sound))


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
    if other[0].startswith(one[0]) and len(one) > 1:
        one, other = one[1:], [other[0][len(one[0]) :], *other[1:]]
    return _apart(" ".join(one), " ".join(other))


@lru_cache(maxsize=20_000)
def _apart(one: str, other: str) -> float:
    sounds = phones(one), phones(other)
    weight = min(sum(map(drop_cost, row)) for row in sounds)
    return min(1.5, distance(*sounds, 9.0) / max(0.5, weight))
