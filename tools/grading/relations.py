"""Relations a similarity of words does not see: opposite sides, numbers, who has which property."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from tools.grading.lexicon import lexicon
from tools.grading.units import fold

_NEGATED = re.compile(r"(?:不是|并不|不会|不能|没有|不再|不|没|非|未|not |n't |never |no )\s*$")
_DOUBLE = re.compile(r"(?:不是不|不能不|不得不|not without )\s*$")
_NUMBER = re.compile(r"(?<![a-z0-9_.])\d+(?:\.\d+)?")
_NAME = re.compile(r"[a-z][a-z0-9+\-]*(?:\.[a-z0-9]+)?")
_JOIN = re.compile(r"和|与|跟|、|还是|,|，|/| and | vs\.? | versus | or | from ")
_FORMER = re.compile(r"前者|the former|第一个|第一种")
_LATTER = re.compile(r"后者|the latter|第二个|第二种")
_LOOSE = frozenset({"needs", "can", "shared-separate", "easy-hard", "static-dynamic"})
_NO_NAME = frozenset(
    "the a an and or vs what is are does do how why of to in for k q v n m d l".split()
)


@lru_cache(maxsize=4096)
def sides(text: str) -> dict[str, frozenset[int]]:
    """Return for each axis the sides that a text takes; a negation just before flips one."""
    plain = fold(text)
    found: dict[str, frozenset[int]] = {}
    for axis in lexicon().axes:
        taken: set[int] = set()
        for match in axis.pattern.finditer(plain):
            before = plain[max(0, match.start() - 4) : match.start()]
            flip = _NEGATED.search(before) is not None and _DOUBLE.search(before) is None
            taken.add(-axis.side[match.group()] if flip else axis.side[match.group()])
        if taken:
            found[axis.name] = frozenset(taken)
    return found


def conflicts(claim: str, truth: str) -> tuple[int, int]:
    """Return how many axes the two texts take opposite sides on, and how many the same."""
    mine, theirs = sides(claim), sides(truth)
    against = agree = 0
    for name in mine.keys() & theirs.keys():
        if len(mine[name]) == 1 and len(theirs[name]) == 1:
            against += mine[name] != theirs[name]
            agree += mine[name] == theirs[name]
    return against, agree


def flipped(text: str) -> str:
    """Return a statement with its relations turned round: each axis word by its opposite.

    Empty when no axis has a word in it. The probe for more and less, before and after, and so on.
    """
    plain = fold(text)
    changed = False
    for axis in lexicon().axes:
        if axis.name in _LOOSE or not axis.pattern.search(plain):
            continue
        sides_here = {axis.side[m.group()] for m in axis.pattern.finditer(plain)}
        if len(sides_here) == 1:
            other = next(w for w, side in axis.side.items() if side not in sides_here)
            plain = axis.pattern.sub(other, plain)
            changed = True
    return plain if changed else ""


def negations(text: str) -> int:
    """Return how many negations a text holds."""
    return len(lexicon().cues["negation"].findall(fold(text)))


def numbers(text: str) -> frozenset[str]:
    """Return the numbers that stand alone in a text."""
    return frozenset(_NUMBER.findall(fold(text)))


def number_conflict(claim: str, truth: str) -> bool:
    """Say whether both texts give numbers and share none."""
    mine, theirs = numbers(claim), numbers(truth)
    return bool(mine and theirs and not mine & theirs)


def entities(question: str, points: Sequence[str]) -> list[str]:
    """Return the things a question sets side by side, as named in its key points.

    Fewer than two means that nothing can be mixed up.
    """
    asked, stated = fold(question), [fold(p) for p in points]
    found: dict[str, None] = {}
    for match in _NAME.finditer(asked):
        name = match.group()
        if name not in _NO_NAME and 0 < sum(name in p for p in stated):
            found[name] = None
    for join in _JOIN.finditer(asked):
        for name in (_tail(asked[: join.start()], stated), _head(asked[join.end() :], stated)):
            if name and not any(name in other or other in name for other in found):
                found[name] = None
    for point in stated:
        opening = _NAME.match(point)
        if opening and opening.group() not in _NO_NAME and len(opening.group()) > 1:
            found.setdefault(opening.group(), None)
    telling = [n for n in found if any(n in p for p in stated)]
    # a name in every point is the subject of the whole question and tells nothing apart
    kept = [n for n in telling if not all(n in p for p in stated)]
    return kept if len(kept) >= 2 else []


def _tail(text: str, stated: Sequence[str]) -> str:
    run = re.search(r"[\u3400-\u9fff]+$", text)
    chars = run.group()[-8:] if run else ""
    options = (chars[i:] for i in range(len(chars) - 1))
    return next((o for o in options if any(o in p for p in stated)), "")


def _head(text: str, stated: Sequence[str]) -> str:
    run = re.match(r"[\u3400-\u9fff]+", text.strip())
    chars = run.group()[:8] if run else ""
    options = (chars[:i] for i in range(len(chars), 1, -1))
    return next((o for o in options if any(o in p for p in stated)), "")


def subjects(clauses: Sequence[str], names: Sequence[str]) -> list[frozenset[str]]:
    """Return whom each clause is about: those it names, else those of the clause before."""
    order: list[str] = []
    current: frozenset[str] = frozenset()
    found: list[frozenset[str]] = []
    for clause in clauses:
        plain = fold(clause)
        here = frozenset(n for n in names if n in plain)
        # a longer name hides a shorter one inside it
        here = frozenset(n for n in here if not any(n != o and n in o for o in here))
        if not here and len(order) >= 2:
            if _FORMER.search(plain):
                here = frozenset(order[:1])
            elif _LATTER.search(plain):
                here = frozenset(order[1:2])
        for name in sorted(here, key=plain.find):
            if name not in order:
                order.append(name)
        current = here or current
        found.append(current)
    return found


def without_names(text: str, names: Sequence[str]) -> str:
    """Return a text with the names of things taken out: what is left is said of them."""
    plain = fold(text)
    for name in sorted(names, key=len, reverse=True):
        plain = plain.replace(name, " ")
    return plain


def swapped(text: str, first: str, second: str) -> str:
    """Return a statement with two names exchanged: the probe for a mixed-up relation."""
    mark = "\0"
    return fold(text).replace(first, mark).replace(second, first).replace(mark, second)
