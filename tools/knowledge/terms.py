"""Repair of technical terms that a recogniser mis-heard: `二元交叉商` to `二元交叉熵`.

A noisy channel: a stretch of words is replaced when a term, pronounced, comes near to its sound and
the words as they stand are so unlikely beside each other that the term is the better reading. The
raw text stays with the caller; every change keeps its place in it. What is likely but not sure is
a hint only: to change right words does more harm than to leave a wrong one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from tools.knowledge.glossary import TermMatch, load_glossary
from tools.knowledge.sound import Phones, distance, drop_cost, phones
from tools.knowledge.term_targets import (
    MOST_PHONES,
    Target,
    near_targets,
    right,
    right_latin,
)
from tools.knowledge.text import FILLERS, fold, split_run, word_surprise

SURE = 0.9997
"""Chance from which a repair is made; less is a hint."""
HINT = 0.5

_PRIOR = -11.0  # a term is one of some thousand in running speech, as often as a middling word
_FARTHEST = 0.3  # share of a term's sound that may be lost or changed
_FARTHEST_LATIN = 0.4
_NOISE = 4.0  # what a unit of distance costs, in nats
_UNKNOWN_LATIN = 17.0
_KNOWN_LATIN = 9.0
_SAME_TERM = 3.0
_ANY_TERM = 1.0
_TOPIC = 1.5
_USUAL = 1.5
_LEAST_SOUND = 3.0  # shorter terms sound like too much else
_LEAST_LATIN = 2.0
_SHORT_CHANCE = 0.9
_MOST_WORDS = 5
_WORD = re.compile(r"[\u3400-\u9fff]+|[A-Za-z]+|[0-9]+|[^\sA-Za-z0-9\u3400-\u9fff]+")
_PINYIN = re.compile(r"[a-z]{2,6}( [a-z]{1,6})+")


@dataclass(frozen=True)
class Change:
    """Raw text `[start:end]`, heard as `heard`, was or may be meant as `term`."""

    start: int
    end: int
    heard: str
    term: str
    chance: float


@dataclass(frozen=True)
class Repaired:
    """The repaired text, the changes made in it and those only suggested; places are raw ones."""

    text: str
    changes: list[Change] = field(default_factory=list)
    hints: list[Change] = field(default_factory=list)


@dataclass(frozen=True)
class _Word:
    text: str
    start: int
    end: int
    kind: str  # h Chinese, l Latin, d digits, p punctuation
    surprise: float


@dataclass(frozen=True)
class _Context:
    names: frozenset[str]
    topics: frozenset[str]
    right: tuple[TermMatch, ...]
    chinese: bool


def repair(text: str, topic: str | Sequence[str] = "", sure: float = SURE) -> Repaired:
    """Return text with its mis-heard terms put right, in time linear in its length."""
    words = _words(text)
    context = _context(text, [topic] if isinstance(topic, str) else topic)
    found = [
        change
        for at in range(len(words))
        for window in _windows(words, at)
        if (change := _best(text, window, context)) is not None and change.chance >= HINT
    ]
    taken = _apart(found, len(text))
    changes = [change for change in taken if change.chance >= sure]
    hints = [change for change in taken if change.chance < sure]
    return Repaired(_apply(text, changes), changes, hints)


def _apart(found: list[Change], length: int) -> list[Change]:
    """Return the likeliest changes that do not overlap, in order of place."""
    used = bytearray(length)
    taken: list[Change] = []
    for change in sorted(found, key=lambda c: (-c.chance, c.start - c.end, c.start)):
        if not any(used[change.start : change.end]):
            used[change.start : change.end] = b"\1" * (change.end - change.start)
            taken.append(change)
    return sorted(taken, key=lambda change: change.start)


def _apply(text: str, changes: Sequence[Change]) -> str:
    pieces: list[str] = []
    at = 0
    for change in changes:
        pieces += [text[at : change.start], change.term]
        at = change.end
    return "".join([*pieces, text[at:]])


def _words(text: str) -> list[_Word]:
    """Cut text into words with their places and how unlikely each is."""
    words: list[_Word] = []
    for match in _WORD.finditer(text):
        piece, at = match[0], match.start()
        if "\u3400" <= piece[0] <= "\u9fff":
            for word in split_run(piece):
                words.append(_Word(word, at, at + len(word), "h", word_surprise(word)))
                at += len(word)
        elif piece[0].isascii() and piece[0].isalpha():
            known = fold(piece) in right_latin()
            # two letters are an abbreviation, and a name in mixed case is spelled on purpose
            known = known or len(piece) < 3 or not (piece.islower() or piece.istitle())
            surprise = _KNOWN_LATIN if known else _UNKNOWN_LATIN
            words.append(_Word(piece, at, match.end(), "l", surprise))
        elif piece[0].isdigit():
            words.append(_Word(piece, at, match.end(), "d", _KNOWN_LATIN))
        else:
            words.append(_Word(piece, at, match.end(), "p", 0.0))
    return words


def _context(text: str, topics: Sequence[str]) -> _Context:
    matches = load_glossary().find(text)
    terms = load_glossary().terms
    here = {terms[match.name].topic for match in matches} | {t for t in topics if t}
    han = sum("\u3400" <= char <= "\u9fff" for char in text)
    latin = len(re.findall(r"[A-Za-z]+", text))
    return _Context(
        frozenset(match.name for match in matches), frozenset(here), tuple(matches), han > 2 * latin
    )


def _windows(words: Sequence[_Word], at: int) -> Iterable[Sequence[_Word]]:
    """Yield stretches from this word that could be one mis-heard term."""
    if words[at].kind in "pd" or words[at].text in FILLERS:
        return
    size = 0
    for end in range(at, min(at + _MOST_WORDS, len(words))):
        word = words[end]
        size += len(_heard_phones(word.text))
        if word.kind in "pd" or word.text == "的" or size > MOST_PHONES:
            return
        if word.text not in FILLERS:
            yield words[at : end + 1]


def _best(text: str, window: Sequence[_Word], context: _Context) -> Change | None:
    """Return the likeliest other reading of a stretch, None when it had better be left alone."""
    heard = "".join(word.text for word in window)
    plain = fold(heard)
    if plain in right() or not _may_change(text, window, context):
        return None
    surprise = sum(word.surprise for word in window)
    room = surprise + _PRIOR + _SAME_TERM + _TOPIC + _USUAL
    if room <= 0:
        return None
    sound = _join(window)
    limit = room / _NOISE
    start, end = window[0].start, window[-1].end
    best: tuple[float, str] | None = None
    short = False
    for target in near_targets(sound):
        cost = _cost(plain, sound, target, limit)
        if cost > limit or not _suits(window, target.term) or _breaks_right(plain, target.term):
            continue
        score = surprise + _PRIOR - _NOISE * cost + _bonus(target, context)
        score += _USUAL if target.usual else 0.0
        if best is None or score > best[0]:
            best = (score, target.term)
            least = _LEAST_LATIN if plain.isascii() else _LEAST_SOUND
            short = (
                target.weight < least
                or (len(plain) < 3 and len(window) == 1)
                or (len(target.term) < 4 and target.term > "\u3400")
            )
            limit = min(limit, cost + (_SAME_TERM + _TOPIC + _USUAL) / _NOISE)
    if best is None:
        return None
    chance = 1 / (1 + math.exp(-best[0]))
    return Change(
        start, end, text[start:end], best[1], min(chance, _SHORT_CHANCE) if short else chance
    )


def _bonus(target: Target, context: _Context) -> float:
    if target.name in context.names:
        return _SAME_TERM
    return (_TOPIC if target.topic in context.topics else 0.0) + (
        _ANY_TERM if context.names and target.topic not in context.topics else 0.0
    )


def _may_change(text: str, window: Sequence[_Word], context: _Context) -> bool:
    """Return whether a stretch is free of right terms cut in two, and its script is Chinese."""
    if not context.chinese:
        return False
    start, end = window[0].start, window[-1].end
    for match in context.right:
        if match.end <= start or match.start >= end:
            continue
        if match.start < start or match.end > end or (match.start, match.end) == (start, end):
            return False
        if any(word.kind == "h" for word in window):
            return False
    return not (len(window) == 1 and fold(window[0].text) in right_latin())


def _suits(window: Sequence[_Word], term: str) -> bool:
    """Return whether a stretch in its script can have been this term."""
    kinds = {word.kind for word in window}
    if "h" not in kinds:
        heard = "".join(word.text for word in window)
        spelled = term.isupper() and len(window) == 1 and not heard.isupper()
        return term.isascii() and len(heard) > 3 and not spelled
    if "l" in kinds:
        return all(len(word.text) > 1 for word in window if word.kind == "l")
    return True


def _breaks_right(plain: str, term: str) -> bool:
    """Return whether the change would lose a right Latin word or a glossary term."""
    kept = fold(term)
    if kept == plain:
        return True
    if any(w in right_latin() and w not in kept for w in re.findall(r"[a-z]+", plain)):
        return True
    return any(fold(plain[m.start : m.end]) not in kept for m in load_glossary().find(plain))


def _cost(plain: str, sound: Phones, target: Target, limit: float) -> float:
    """Return the distance of the sounds, plus how dissimilar the differing part is by itself."""
    share = _FARTHEST_LATIN if plain.isascii() else _FARTHEST
    nearest = min(limit, share * target.weight)
    cost = distance(sound, target.phones, nearest)
    if cost > nearest or not _differs_by_sound(plain, fold(target.term)):
        return limit + 1
    return cost


def _differs_by_sound(plain: str, term: str) -> bool:
    """Return whether the part that differs was mis-heard, not simply another word.

    Most technical phrases share words; two that differ by a word put in or left out are both right.
    """
    head = 0
    while head < min(len(plain), len(term)) and plain[head] == term[head]:
        head += 1
    tail = 0
    while tail < min(len(plain), len(term)) - head and plain[-1 - tail] == term[-1 - tail]:
        tail += 1
    one, other = plain[head : len(plain) - tail], term[head : len(term) - tail]
    phrase = len(re.findall(r"[a-z]{3,}", term)) > 1 and head > 3
    if one.isascii() and other.isascii() and one.strip() and other.strip() and not phrase:
        return True  # letters of one word: the whole was compared
    if not one.strip() or not other.strip():
        return False
    if head + tail == 0 and other.isascii():
        return True  # the whole was compared
    share = _FARTHEST
    if other >= "\u3400" and (head + tail == 0 or (len(one) > 1 and split_run(one) == (one,))):
        share = _FARTHEST / 2  # nothing in common, or a whole word in the other's place
    sounds = phones(one), phones(other)
    limit = share * min(sum(map(drop_cost, row)) for row in sounds)
    return distance(sounds[0], sounds[1], limit) <= limit


@lru_cache(maxsize=20_000)
def _heard_phones(word: str) -> Phones:
    return phones(word)


def _join(window: Sequence[_Word]) -> Phones:
    return tuple(phone for word in window for phone in _heard_phones(word.text))
