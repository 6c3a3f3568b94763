"""Spoken variants of the situations: fillers, lost punctuation, wrong characters of the same sound.

A variant is kept when it is far in letters and near in meaning: at least `FAR` of its length must
be edited, and of all situations the one it came from must be the nearest by embedding. Cosines of
the small embedding are squeezed, so the rank decides and no threshold.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from tools.evaluate.situations import Situation

FAR = 0.15
"""Share of the letters that must differ; a guess."""
_FILLERS = {
    "zh": ("嗯", "呃", "就是", "那个", "然后", "就是说", "怎么说呢"),
    "en": ("um", "uh", "like", "you know", "I mean", "well"),
}
_LEAD = {
    "zh": ("不好意思打断一下，", "说到这个，", "我说实话啊，", "您看这样行不行，"),
    "en": ("Sorry to jump in, ", "To be honest, ", "One thing, ", "While we are at it, "),
}

Embed = Callable[[Sequence[str]], Sequence[Sequence[float]]]


@dataclass(frozen=True)
class Kept:
    """The variants kept, and figures of the whole set."""

    situations: tuple[Situation, ...]
    made: int
    mean_similarity: float
    mean_edit: float


def variants(situation: Situation, seed: int) -> Iterator[Situation]:
    """Yield the spoken, the chatty and the misheard form of a situation."""
    rng = random.Random(f"{situation.id}:{seed}")
    forms = (
        ("spoken", _with_fillers(situation.said, situation.lang, rng)),
        ("chatty", rng.choice(_LEAD[situation.lang]) + situation.said),
        ("misheard", _misheard(situation.said, rng) if situation.lang == "zh" else ""),
    )
    for style, said in forms:
        if said and said != situation.said:
            yield replace(situation, id=f"{situation.id}.{style}", said=said, style=style)


def _with_fillers(text: str, lang: str, rng: random.Random) -> str:
    """Set fillers between the clauses and take the punctuation away."""
    joint = "" if lang == "zh" else " "
    words: list[str] = []
    for clause in filter(None, re.split(r"[，。？！、,.?!]\s*", text)):
        words += [rng.choice(_FILLERS[lang]), clause]
    return joint.join(words)


def _misheard(text: str, rng: random.Random, share: float = 0.2) -> str:
    """Replace characters by others of the same sound."""
    chars = list(text)
    places = [i for i, char in enumerate(chars) if _same_sound(char)]
    for place in rng.sample(places, int(len(places) * share)):
        chars[place] = rng.choice(_same_sound(chars[place]))
    return "".join(chars)


@cache
def _same_sound(char: str) -> str:
    return "".join(other for other in _by_sound().get(_sound(char), "") if other != char)


@cache
def _by_sound() -> dict[str, str]:
    """Return the common characters (GB 2312, first level) by sound."""
    found: dict[str, str] = {}
    for high in range(0xB0, 0xD8):
        for low in range(0xA1, 0xFF):
            try:
                char = bytes((high, low)).decode("gb2312")
            except UnicodeDecodeError:
                continue
            found[_sound(char)] = found.get(_sound(char), "") + char
    return found


@cache
def _sound(char: str) -> str:
    from pypinyin import Style, lazy_pinyin

    if not "\u4e00" <= char <= "\u9fff":
        return ""
    return str(lazy_pinyin(char, style=Style.NORMAL)[0])


def edit_share(first: str, second: str) -> float:
    """Return the edit distance as a share of the longer text."""
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(second, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1] / max(len(first), len(second), 1)


def keep(situations: Sequence[Situation], embed: Embed, seed: int = 0) -> Kept:
    """Make variants of all situations and keep those far in letters and near in meaning."""
    made = [(place, v) for place, s in enumerate(situations) for v in variants(s, seed)]
    sources = embed([s.said for s in situations])
    vectors = embed([variant.said for _, variant in made])
    kept, similarities, edits = [], [], []
    for (place, variant), vector in zip(made, vectors, strict=True):
        edit = edit_share(situations[place].said, variant.said)
        scores = [_dot(vector, source) for source in sources]
        if edit >= FAR and scores[place] >= max(scores):
            kept.append(variant)
            similarities.append(scores[place])
            edits.append(edit)
    count = max(len(kept), 1)
    return Kept(tuple(kept), len(made), sum(similarities) / count, sum(edits) / count)


def _dot(first: Sequence[float], second: Sequence[float]) -> float:
    return float(sum(a * b for a, b in zip(first, second, strict=True)))
