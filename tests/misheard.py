"""Mis-hearings made as recognisers make them: the sound blurred, then spelled as usual words.

A Chinese term comes back as other words of nearly its pinyin; an English one as Chinese words that
sound like it, as other English words, or as loose letters. Used to fit and to measure term repair.
"""

from __future__ import annotations

import json
import math
import random
import re
from collections import defaultdict
from functools import cache, lru_cache
from importlib.resources import files

from tools.knowledge.sound import Phones, distance, drop_cost, phones, syllable_phones
from tools.knowledge.term_targets import (
    readings_aloud,
)

_SWAPS = (
    ("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("l", "r"), ("f", "h"), ("b", "p"),
    ("d", "t"), ("g", "k"), ("j", "q"), ("q", "x"), ("j", "zh"), ("k", "h"), ("c", "h"),
    ("h", "sh"), ("z", "c"), ("m", "n"), ("g", "h"), ("d", "g"), ("t", "k"), ("x", "sh"),
)  # fmt: skip
_ENDS = (
    ("ang", "an"), ("eng", "en"), ("ing", "in"), ("ong", "eng"), ("uo", "ou"), ("ai", "ei"),
    ("ian", "iang"), ("un", "ong"), ("ie", "ia"), ("u", "ou"), ("ei", "i"), ("ui", "ei"),
    ("e", "uo"), ("uan", "an"), ("iao", "ao"), ("en", "un"), ("a", "e"),
)  # fmt: skip
_LETTER_ROWS = ("bdpteg", "mn", "sfx", "ahk", "iy", "qu", "jg", "ol", "vw")


BROKEN_OFF = 0.12
"""Share of English terms whose end is lost, a guess."""
_TOTAL = 17.9  # log of all the words that jieba counted


def _is_usual(char: str) -> bool:
    """Return whether a character is of the 3,755 most usual ones, the first level of GB 2312."""
    code = char.encode("gb2312", "ignore")
    return len(code) == 2 and 0xB0 <= code[0] <= 0xD7


@cache
def _words() -> tuple[dict[str, list[tuple[str, float]]], frozenset[str]]:
    """Return jieba's usual words by pinyin, with their log frequency, and the syllables."""
    from pypinyin import Style, lazy_pinyin

    from tools.knowledge.text import _cutter

    rows: dict[str, list[tuple[str, float]]] = defaultdict(list)
    syllables = set()
    for word, count in _cutter().FREQ.items():
        if count >= 60 and len(word) <= 3 and all(map(_is_usual, word)):
            said = lazy_pinyin(word, style=Style.NORMAL)
            rows[" ".join(said)].append((word, math.log(count)))
            syllables.update(said)
    return rows, frozenset(syllables)


def spell(said: list[str], rng: random.Random) -> str | None:
    """Return usual Chinese words for syllables, with some chance in the choice."""
    rows, _ = _words()
    best: list[tuple[float, str] | None] = [(0.0, "")] + [None] * len(said)
    for end in range(1, len(said) + 1):
        for size in (1, 2, 3):
            before = best[end - size] if end >= size else None
            for word, score in rows.get(" ".join(said[end - size : end]), ()) if before else ():
                noise = -1.2 * math.log(-math.log(rng.random() or 0.5))
                total = before[0] + score - _TOTAL + noise  # type: ignore[index]
                if best[end] is None or total > best[end][0]:  # type: ignore[index]
                    best[end] = (total, before[1] + word)  # type: ignore[index]
    return best[-1][1] if best[-1] else None


def blur(syllable: str, rng: random.Random) -> str:
    """Return the syllable with its first or last sound changed into one that is near."""
    _, known = _words()
    ways = []
    for one, other in (*_SWAPS, *((b, a) for a, b in _SWAPS)):
        if re.match(f"{one}(?!h)", syllable):
            ways.append(re.sub(f"^{one}", other, syllable))
    for one, other in (*_ENDS, *((b, a) for a, b in _ENDS)):
        if syllable.endswith(one):
            ways.append(syllable[: -len(one)] + other)
    ways = [w for w in ways if w in known and w != syllable]
    return rng.choice(ways) if ways else syllable


def mishear_chinese(term: str, rng: random.Random) -> str | None:
    """Return other words of the same or nearly the same sound, None when there are none."""
    from pypinyin import Style, lazy_pinyin

    said = [str(s) for s in lazy_pinyin(term, style=Style.NORMAL)]
    for _ in range(rng.choice((0, 1, 1, 1, 2))):
        at = rng.randrange(len(said))
        said[at] = blur(said[at], rng)
    for _ in range(4):
        heard = spell(said, rng)
        if heard and heard != term:
            return heard
    return None


@lru_cache(maxsize=30_000)
def _near_syllables(part: Phones) -> tuple[tuple[float, str], ...]:
    _, known = _words()
    found = sorted((distance(part, syllable_phones(s), 2.0), s) for s in known)
    return tuple(found[:8])


def in_syllables(sound: Phones, rng: random.Random) -> list[str]:
    """Return Mandarin syllables that sound like a row of phones, with some chance in the choice."""
    best: list[tuple[float, list[str]]] = [(0.0, [])]
    for end in range(1, len(sound) + 1):
        cost, row = best[end - 1]
        choices = [(cost + drop_cost(sound[end - 1]) + 0.15, row)]
        for size in range(1, min(5, end) + 1):
            cost, row = best[end - size]
            for away, syllable in _near_syllables(sound[end - size : end])[:6]:
                choices.append((cost + away + 0.35 + rng.expovariate(4), [*row, syllable]))
        best.append(min(choices, key=lambda c: c[0]))
    return best[-1][1]


def as_chinese(sound: Phones, rng: random.Random) -> str | None:
    """Return an English term as a recogniser of Chinese may write it."""
    said = in_syllables(sound, rng)
    if not said or len(said) > 6:
        return None
    if len(said) > 2 and rng.random() < 0.15:
        said = said[:-1]
    return spell(said, rng)


def as_english(
    term: str, sound: Phones, words: dict[str, Phones], rng: random.Random
) -> str | None:
    """Return an English word, or part of the term kept, that sounds near."""
    pieces = term.split()
    at = rng.randrange(len(pieces))
    part = phones(pieces[at]) if len(pieces) > 1 else sound
    pool = [w for w in words if abs(len(words[w]) - len(part)) < 2 and w != pieces[at].lower()]
    weight = max(1.0, sum(map(drop_cost, part)))
    near = sorted(
        (distance(part, words[w], weight / 2) / weight, w)
        for w in rng.sample(pool, min(500, len(pool)))
    )
    if not near or near[0][0] > 0.5:
        return None
    return " ".join([*pieces[:at], rng.choice(near[:2])[1], *pieces[at + 1 :]])


def as_letters(term: str, rng: random.Random) -> str | None:
    """Return an abbreviation as loose or joined letters, some of them mis-heard."""
    letters = list(term.lower())
    for at, letter in enumerate(letters):
        row = next((r for r in _LETTER_ROWS if letter in r), "")
        if row and rng.random() < 0.3:
            letters[at] = rng.choice(row)
    if letters == list(term.lower()) and rng.random() < 0.7:
        return None
    heard = rng.choice((" ", "")).join(letters)
    return heard.upper() if rng.random() < 0.3 else heard


@cache
def english_words() -> dict[str, Phones]:
    """Return some usual and some unusual English words, and how they sound."""
    known = json.loads(files("misaki").joinpath("data/us_gold.json").read_text(encoding="utf-8"))
    plain = sorted(w for w in known if w.isalpha() and w.islower() and 3 <= len(w) <= 9)
    return {word: phones(word) for word in random.Random(5).sample(plain, 5000)}


def mishear(term: str, rng: random.Random) -> str | None:
    """Return a term as it may come back, None when it would be the same or nothing."""
    if term >= "\u3400":
        return mishear_chinese(term, rng)
    if re.fullmatch(r"[A-Z]{2,5}[0-9]?", term) and rng.random() < 0.6:
        return as_letters(term, rng)
    sound = rng.choice(readings_aloud(term))
    if len(sound) > 4 and rng.random() < BROKEN_OFF:
        sound = sound[: rng.randint(3, len(sound) - 2)]
        term = term.split()[0]
    if rng.random() < 0.45:
        return as_english(term, sound, english_words(), rng)
    if " " in term and rng.random() < 0.35:
        pieces = term.split()
        at = rng.randrange(len(pieces))
        heard = as_chinese(phones(pieces[at]), rng)
        return " ".join([*pieces[:at], heard, *pieces[at + 1 :]]) if heard else None
    return as_chinese(sound, rng)
