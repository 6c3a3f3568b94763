"""Which words an estimate deserves: not covered, not enough evidence, weak, fair, strong.

Every face takes its word from `standing`, so that nobody is called weak in what was never asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist
from typing import Literal

from sessions.records import Lang, TopicMastery

ENOUGH_ANSWERS = 2
TOO_WIDE_SD = 1.0
"""As wide as the whole field of candidates: no word fits, wherever the middle lies."""
NARROW_SD = 0.5
"""Below this a topic on the border of two words gets the likelier one."""
WEAK_BELOW = -0.5
STRONG_ABOVE = 0.5
"""Logits from the average candidate: about 40 and 60 of 100 points on a middling question."""
SURE = 0.8
"""How likely a topic has to lie beyond a line before the word is used: a choice, not a measure."""
BARELY = 0.25
"""A topic this unlikely to be weak may be called fair though its range is wide."""

Standing = Literal["not_covered", "not_enough_evidence", "weak", "fair", "strong"]

WORDS: Mapping[Lang, Mapping[Standing, str]] = {
    "zh": {
        "not_covered": "未考察",
        "not_enough_evidence": "证据不足",
        "weak": "薄弱",
        "fair": "尚可",
        "strong": "扎实",
    },
    "en": {
        "not_covered": "not covered",
        "not_enough_evidence": "not enough evidence",
        "weak": "weak",
        "fair": "fair",
        "strong": "strong",
    },
}


def error_sd(confidence: float) -> float:
    """Return the error in points of a grader so sure that its score is right within 20 points."""
    sure = min(max(confidence, 0.05), 0.98)
    return min(max(20.0 / NormalDist().inv_cdf((1 + sure) / 2), 8.0), 45.0)


def chance_below(mastery: TopicMastery, line: float) -> float:
    """Return the probability that the topic's ability lies below a line."""
    return NormalDist(mastery["mean"], max(mastery["sd"], 1e-6)).cdf(line)


def likely_range(mastery: TopicMastery, sure: float = 0.8) -> tuple[float, float]:
    """Return the middle range that holds the ability with this probability, in logits."""
    belief = NormalDist(mastery["mean"], max(mastery["sd"], 1e-6))
    return belief.inv_cdf((1 - sure) / 2), belief.inv_cdf((1 + sure) / 2)


def standing(mastery: TopicMastery) -> Standing:
    """Say which word a topic deserves: unasked and unclear topics are never called weak."""
    if mastery["answers"] == 0:
        return "not_covered"
    if mastery["answers"] < ENOUGH_ANSWERS or mastery["sd"] > TOO_WIDE_SD:
        return "not_enough_evidence"
    weak, not_strong = chance_below(mastery, WEAK_BELOW), chance_below(mastery, STRONG_ABOVE)
    if weak >= SURE:
        return "weak"
    if not_strong <= 1 - SURE:
        return "strong"
    if mastery["sd"] <= NARROW_SD:
        return "weak" if weak >= 0.5 else "strong" if not_strong < 0.5 else "fair"
    return "fair" if weak <= BARELY else "not_enough_evidence"


def by_standing(mastery: Mapping[str, TopicMastery]) -> dict[Standing, list[str]]:
    """Group topics by the word they deserve, the lowest mean first."""
    groups: dict[Standing, list[str]] = {}
    for topic, record in sorted(mastery.items(), key=lambda pair: pair[1]["mean"]):
        groups.setdefault(standing(record), []).append(topic)
    return groups
