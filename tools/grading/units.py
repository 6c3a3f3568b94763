"""The small pieces two texts are compared by: terms, Latin words, Chinese character pairs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence, Set
from functools import lru_cache
from itertools import pairwise

from tools.grading.lexicon import any_of, lexicon

_LATIN = re.compile(r"[a-z][a-z0-9_+\-]*|\d+(?:\.\d+)?%?")
_CHINESE = re.compile(r"[\u3400-\u9fff]+")
_FUNCTION = frozenset(
    "的了是在和与就也都把被对为不会要能有着过地得之其而且或及以于从到给让这那个些它他我你们么吗呢吧啊嗯呃所如果因但还又再很更最可"
)
_STOP = frozenset(
    "a an the of to in on at for and or but is are was be been it its this that these those with by"
    " as from so then we you i they he do does did can could would should will may not no if when"
    " there their which what how why than into also just like more each all".split()
)


def fold(text: str) -> str:
    """Return the text in lower case with full-width forms made plain, same length kept or not."""
    return unicodedata.normalize("NFKC", text).lower()


@lru_cache(maxsize=4096)
def units(text: str) -> dict[str, float]:
    """Return the comparable pieces of a text with how much each of them says."""
    plain = fold(text)
    found: dict[str, float] = {}
    words = lexicon()
    for match in words.aliases.finditer(plain):
        found["=" + words.canonical[match.group()]] = 1.5
    for match in _LATIN.finditer(plain):
        word = match.group().rstrip("s") or match.group()
        if word not in _STOP and words.canonical.get(match.group()) is None:
            found[word] = 1.5 if len(word) > 1 else 1.0
    for run in _CHINESE.finditer(plain):
        chars = run.group()
        for a, b in pairwise(chars):
            dull = (a in _FUNCTION) + (b in _FUNCTION)
            if dull < 2:
                found[a + b] = 1.0 if dull == 0 else 0.25
    return found


def coverage(wanted: Mapping[str, float], have: Set[str], known: Set[str] = frozenset()) -> float:
    """Return the share of `wanted` that is had; pieces already `known` count for a quarter."""
    total = got = 0.0
    for unit, weight in wanted.items():
        weight *= 0.25 if unit in known else 1.0
        total += weight
        got += weight if unit in have else 0.0
    return got / total if total else 0.0


def term_patterns(terms: Sequence[Sequence[str]]) -> list[re.Pattern[str]]:
    """Return one pattern for each term with its aliases."""
    return [any_of([fold(name) for name in group if name.strip()]) for group in terms]


def derived_terms(texts: Sequence[str]) -> list[list[str]]:
    """Return the terms that texts themselves show: Latin names and known names with aliases.

    For questions that come without a term list.
    """
    words = lexicon()
    groups: dict[str, list[str]] = {}
    by_name: dict[str, list[str]] = {}
    for alias, name in words.canonical.items():
        by_name.setdefault(name, []).append(alias)
    for text in texts:
        plain = fold(text)
        for match in words.aliases.finditer(plain):
            name = words.canonical[match.group()]
            groups[name] = by_name[name]
        for match in _LATIN.finditer(plain):
            word = match.group()
            if len(word) > 1 and word not in _STOP and word not in words.canonical:
                groups.setdefault(word, [word])
    return list(groups.values())
