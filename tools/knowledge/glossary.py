"""The glossary of technical terms, and finding them in text whatever way they are written.

Matching looks at each place once with a bounded number of lengths, so it is linear in the text.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tools.knowledge.sound import fold_syllable
from tools.knowledge.text import sounds, squeeze

GLOSSARY_FILE = Path(__file__).with_name("glossary.toml")
_HEAD = 2
_LONGEST_SAY = 8


@dataclass(frozen=True)
class Term:
    """One concept with all its spellings."""

    name: str
    zh: tuple[str, ...]
    en: tuple[str, ...]
    topic: str
    say: tuple[str, ...] = ()
    """How it sounds in Chinese speech: pinyin syllables without tones, or letters."""

    @property
    def spellings(self) -> tuple[str, ...]:
        """The name and every alias."""
        return (self.name, *self.zh, *self.en)


@dataclass(frozen=True)
class TermMatch:
    """A term found at `text[start:end]`."""

    name: str
    start: int
    end: int
    heard: bool = False
    """True when only its sound matched."""


class Glossary:
    """Terms by name, and the matcher over all their spellings."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self.terms: dict[str, Term] = {}
        self._names: dict[str, str] = {}
        self._lengths: dict[str, tuple[int, ...]] = {}
        self._said: dict[tuple[str, ...], str] = {}
        for term in terms:
            self._add(term)

    def _add(self, term: Term) -> None:
        self.terms[term.name] = term
        for spelling in term.spellings:
            key = squeeze(spelling)[0]
            if not key or key in self._names:
                continue
            self._names[key] = term.name
            head = key[:_HEAD]
            known = {*self._lengths.get(head, ()), len(key)}
            self._lengths[head] = tuple(sorted(known, reverse=True))
        for said in term.say:
            syllables = tuple(fold_syllable(s) for s in said.split())
            if len(syllables) > 1 and any(len(s) > 1 for s in syllables):
                self._said.setdefault(syllables, term.name)

    def get(self, spelling: str) -> Term | None:
        """Return the term written so, or None."""
        name = self._names.get(squeeze(spelling)[0])
        return None if name is None else self.terms[name]

    def find(self, text: str) -> list[TermMatch]:
        """Return the terms written in text, left to right, the longest at each place."""
        folded, places = squeeze(text)
        found: list[TermMatch] = []
        at = 0
        heads = self._lengths
        while at < len(folded):
            if folded[at : at + _HEAD] not in heads and folded[at] not in heads:
                at += 1
                continue
            length = self._match_at(folded, places, text, at)
            if length:
                end = places[at + length - 1] + 1
                found.append(TermMatch(self._names[folded[at : at + length]], places[at], end))
            at += length or 1
        return found

    def _match_at(self, folded: str, places: Sequence[int], text: str, at: int) -> int:
        """Return the length of the longest spelling at this place of the folded text, or 0."""
        lengths = self._lengths.get(folded[at : at + _HEAD], ())
        single = self._lengths.get(folded[at], ()) if not lengths else ()
        for length in (*lengths, *single):
            key = folded[at : at + length]
            if (
                len(key) == length
                and key in self._names
                and _stands_alone(text, places, at, length)
            ):
                return length
        return 0

    def heard(self, text: str) -> list[TermMatch]:
        """Return terms whose sound occurs among the Chinese characters of text."""
        heard = sounds(text)
        found: list[TermMatch] = []
        at = 0
        while at < len(heard):
            for size in range(min(_LONGEST_SAY, len(heard) - at), 1, -1):
                name = self._said.get(tuple(s for s, _ in heard[at : at + size]))
                start, end = heard[at][1], heard[at + size - 1][1] + 1
                if name is not None and end - start <= size + 2:
                    found.append(TermMatch(name, start, end, heard=True))
                    at += size - 1
                    break
            at += 1
        return found

    def with_terms(self, rows: Iterable[Sequence[str]]) -> Glossary:
        """Return a glossary that also knows rows of [name, alias, …], as questions carry them.

        A row that shares a spelling with a known term adds its other spellings to that term.
        """
        wider = Glossary(self.terms.values())
        for row in rows:
            owner = next((t for t in map(wider.get, row) if t is not None), None)
            if owner is None:
                wider._add(Term(row[0], (), tuple(row[1:]), ""))
            else:
                extra = tuple(s for s in row if wider.get(s) is None)
                wider._add(Term(owner.name, owner.zh, owner.en + extra, owner.topic, owner.say))
        return wider


@cache
def load_glossary() -> Glossary:
    """Return the shipped glossary; shared, do not change it."""
    rows = tomllib.loads(GLOSSARY_FILE.read_text(encoding="utf-8"))["term"]
    return Glossary(
        Term(
            row["name"],
            tuple(row["zh"]),
            tuple(row["en"]),
            row["topic"],
            tuple(row.get("say", ())),
        )
        for row in rows
    )


def _stands_alone(text: str, places: Sequence[int], at: int, length: int) -> bool:
    """Return whether a spelling is no piece of a longer Latin word.

    Spaces inside are allowed (speech recognition splits: `s f t`, `sim cse`), but a short spelling
    must not be pieced together from parts of two words.
    """
    start, last = places[at], places[at + length - 1]
    if _latin(text[start]) and start > 0 and _latin(text[start - 1]):
        return False
    after = text[last + 1 : last + 3]
    if _latin(text[last]) and after and _latin(after[0]):
        plural = after[0] in "sS" and not _latin(after[1:])
        version = after[0].isdigit() and not text[last].isdigit()
        if length < 3 or not (plural or version):
            return False
    inside = text[start : last + 1]
    if length < 4 and " " in inside.strip():
        return all(len(piece) == 1 for piece in inside.split())
    return True


def _latin(char: str) -> bool:
    return bool(char) and char.isascii() and char.isalnum()
