"""Text as term repair reads it: stretches without marks, their words, and the phones of each.

Identifiers, addresses and decimal numbers were not spoken as words and end a stretch like a mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from tools.knowledge.sound import Phones, phones
from tools.knowledge.term_scan import MOST_HEARD
from tools.knowledge.text import fold, split_run

_PIECE = re.compile(
    r"(?P<name>(?:[A-Za-z0-9]+[_.@/\\=:]+)+[A-Za-z0-9]+|[A-Za-z0-9]*_\w*)"
    r"|(?P<word>[\u3400-\u9fff]+|[A-Za-z]+|[0-9]+)|(?P<mark>[^\s\u3400-\u9fffA-Za-z0-9-]+)"
)
_SILENT = frozenset("嗯呃额")
_LONGEST = 300  # words of one stretch


@dataclass(frozen=True)
class Word:
    """A word of the text at `[start:end]`, folded; numbers stand as 0."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Stretch:
    """Words without a mark between them, and how they sound, one entry for each phone."""

    words: tuple[Word, ...]
    phones: Phones
    places: tuple[tuple[int, int], ...]  # raw text of the syllable or Latin word it belongs to
    starts: tuple[bool, ...]
    ends: tuple[bool, ...]
    runs: tuple[tuple[str, int], ...]  # unbroken Chinese with its place


def stretches(text: str) -> Iterator[Stretch]:
    """Yield the stretches of a text in order; a long one is cut between two words."""
    words: list[Word] = []
    heard = 0
    for word in _words(text):
        size = sum(len(_sound(text, *at)) for at in _syllables(word)) if word else 0
        fits = word is not None and size <= MOST_HEARD  # nobody said a longer one
        if not fits or len(words) == _LONGEST or heard + size > MOST_HEARD:
            yield from _closed(text, words)
            words, heard = [], 0
        if word is not None and fits:
            words.append(word)
            heard += size
    yield from _closed(text, words)


def _words(text: str) -> Iterator[Word | None]:
    """Yield the words of a text in order, None where a stretch must end."""
    for match in _PIECE.finditer(text):
        piece, at = match[0], match.start()
        if match.lastgroup != "word":
            yield None
        elif piece >= "\u3400":
            for word in split_run(piece):
                yield Word(word, at, at + len(word))
                at += len(word)
        else:
            yield Word("0" if piece.isdigit() else fold(piece), at, match.end())


def _closed(text: str, words: list[Word]) -> Iterator[Stretch]:
    if not words:
        return
    sound: list[str] = []
    places: list[tuple[int, int]] = []
    starts: list[bool] = []
    ends: list[bool] = []
    for word in words:
        for start, end in _syllables(word):
            row = _sound(text, start, end)
            sound.extend(row)
            places.extend([(start, end)] * len(row))
            starts.extend(n == 0 for n in range(len(row)))
            ends.extend(n == len(row) - 1 for n in range(len(row)))
    yield Stretch(
        tuple(words), tuple(sound), tuple(places), tuple(starts), tuple(ends), _runs(words)
    )


def _syllables(word: Word) -> list[tuple[int, int]]:
    if word.text >= "\u3400":
        return [(at, at + 1) for at in range(word.start, word.end)]
    return [(word.start, word.end)]


def _sound(text: str, start: int, end: int) -> Phones:
    return () if text[start] in _SILENT else _phones(text[start:end])


@lru_cache(maxsize=20_000)
def _phones(piece: str) -> Phones:
    return phones(piece)


def _runs(words: list[Word]) -> tuple[tuple[str, int], ...]:
    runs: list[tuple[str, int]] = []
    for word in words:
        if word.text < "\u3400":
            continue
        if runs and runs[-1][1] + len(runs[-1][0]) == word.start:
            runs[-1] = (runs[-1][0] + word.text, runs[-1][1])
        else:
            runs.append((word.text, word.start))
    return tuple(runs)
