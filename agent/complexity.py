"""Complexity in words: what a candidate claims, what was measured, what to ask about the two."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sessions.records import Lang

RANK = ("O(1)", "O(log n)", "O(n)", "O(n log n)", "O(n^2)", "O(n^3)", "O(2^n)")
"""The orders that can be claimed and measured, from the fastest."""

_BIG_O = re.compile(r"[oO]\s*[（(]\s*([^()（）]{1,24}(?:\([^()]{1,8}\))?)\s*[)）]")
_SUPERSCRIPTS = str.maketrans({"²": "^2", "³": "^3", "ⁿ": "^n"})
_WORDS = (
    (re.compile(r"线性对数|log[- ]?linear"), "O(n log n)"),
    (re.compile(r"线性|\blinear\b", re.I), "O(n)"),
    (re.compile(r"平方级?|\bquadratic\b", re.I), "O(n^2)"),
    (re.compile(r"立方级?|\bcubic\b", re.I), "O(n^3)"),
    (re.compile(r"指数级|\bexponential\b", re.I), "O(2^n)"),
    (re.compile(r"对数级|对数时间|\blogarithmic\b", re.I), "O(log n)"),
    (re.compile(r"常数时间|常数级|\bconstant time\b", re.I), "O(1)"),
)
_OF_SPACE = re.compile(r"空间|内存|额外|\bspace\b|\bmemory\b|\bextra\b", re.I)
_OF_TIME = re.compile(r"时间(?:[和与、]?空间)?|耗时|\btime(?: and space)?\b", re.I)
_SPACE_AFTER = re.compile(
    r"\s*的?(?:额外|辅助)?(?:空间|内存)(?!\s*(?:复杂度)?\s*[是为]?\s*o\s*[（(])"
    r"|\s*(?:extra |of )?(?:space|memory)\b",
    re.I,
)
_TIME_AFTER = re.compile(r"\s*的?时间|\s*(?:of )?time\b", re.I)
_CLAUSE_END = re.compile(r"[，。；,;.\n]")
_CONCLUDES = re.compile(
    r"总共|总体|总的|整体|一共|所以|降到|优化到|变成|overall|total|down to|so ", re.I
)


def order_of(text: str) -> str:
    """The order that a text like `n log n` or `O(n²)` names; empty when it is not one of ours."""
    inner = text.translate(_SUPERSCRIPTS).lower().replace("**", "^").strip()
    found = _BIG_O.fullmatch(inner)
    inner = found[1] if found else inner
    inner = re.sub(r"log_?2?\s*\(?n\)?|lg\s*n", "L", inner)
    inner = re.sub(r"[\s*·×.]|\\cdot", "", inner)
    inner = re.sub(r"^(.)\1$", r"\1^2", inner)
    names = {"1": 0, "L": 1, "n": 2, "nL": 3, "Ln": 3, "n^2": 4, "n^3": 5, "2^n": 6}
    return RANK[names[inner]] if inner in names else ""


def claimed(text: str) -> tuple[str, int, int]:
    """The time complexity that a turn claims and where in the text; an empty one when none is.

    Space is left out. Of several claims the one after a word that concludes counts, else the
    largest: a sum grows as its largest part.
    """
    found = [claim for claim in _claims(text) if not _is_about_space(text, *claim[1:])]
    if not found:
        return "", 0, 0
    concluding = [m.end() for m in _CONCLUDES.finditer(text)]
    after = [c for c in found if concluding and c[1] >= concluding[-1]]
    return after[0] if after else max(found, key=lambda claim: RANK.index(claim[0]))


def _claims(text: str) -> list[tuple[str, int, int]]:
    found = []
    for match in _BIG_O.finditer(text):
        order = order_of(match[0])
        if order:
            found.append((order, match.start(), match.end()))
    if not found:
        for pattern, order in _WORDS:
            found += [(order, m.start(), m.end()) for m in pattern.finditer(text)]
    return sorted(found, key=lambda claim: claim[1])


def _is_about_space(text: str, start: int, end: int) -> bool:
    """Whether a claim is one about space, by the words just after it or else before it."""
    if _SPACE_AFTER.match(text, end):
        return True
    if _TIME_AFTER.match(text, end):
        return False
    clause = max((m.end() for m in _CLAUSE_END.finditer(text, 0, start)), default=0)
    space = max((m.end() for m in _OF_SPACE.finditer(text, clause, start)), default=-1)
    time = max((m.end() for m in _OF_TIME.finditer(text, clause, start)), default=-1)
    return space > time


def is_worse(among: Sequence[str], target: str) -> bool:
    """Whether what was measured is clearly slower than what the problem wants."""
    if not among or target not in RANK:
        return False
    least = min(RANK.index(order) for order in among)
    return least > RANK.index(target) + (target == "O(n)" and least == RANK.index("O(n log n)"))


def growth_question(growth: Mapping[str, Any], claim: str, lang: Lang) -> str:
    """What to ask about measured growth and the claim; empty when the two give no question.

    It says what was measured and at which sizes, and asks; it judges nothing.
    """
    among, target = list(growth["among"]), str(growth["target"])
    if not among:
        return ""
    slow = is_worse(among, target)
    if claim and claim not in among:
        name = "differs"
    elif slow:
        name = "slow_said" if claim else "slow"
    else:
        return ""
    joint = " 或 " if lang == "zh" else " or "
    slots = {
        "claim": claim,
        "measured": joint.join(among),
        "target": target,
        "low": str(growth["sizes"][0]),
        "high": str(growth["sizes"][-1]),
    }
    return _ASKED[lang][name].format(**slots)


_ASKED: dict[Lang, dict[str, str]] = {
    "zh": {
        "differs": "你说时间是 {claim}，我这边从 n={low} 量到 n={high}，更像 {measured}；"
        "测量不一定准，你看差别可能出在哪一步？",
        "slow": "我这边从 n={low} 量到 n={high}，时间更像按 {measured} 增长，"
        "这道题可以做到 {target}；测量不一定准，你看多出来的开销在哪一步？",
        "slow_said": "你说的 {claim} 和我从 n={low} 量到 n={high} 的结果对得上，"
        "这道题可以做到 {target}，瓶颈在哪一步，怎么去掉？",
    },
    "en": {
        "differs": "You said the time is {claim}; measured from n={low} to n={high} it looks more "
        "like {measured}. A measurement can be off: where could the difference come from?",
        "slow": "Measured from n={low} to n={high}, the time grows more like {measured}, and this "
        "can be done in {target}. A measurement can be off: which step costs the rest?",
        "slow_said": "The {claim} you said fits what I measured from n={low} to n={high}; this can "
        "be done in {target}. Which step is the bottleneck, and how would you remove it?",
    },
}
