"""How well a found question asks what the query asks: subjects and aspects, held side by side.

The index counts shared tokens; this sees that `学习率太大` leaves `太小` unanswered, and that a
heading on three techniques is not the one on the second of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from tools.knowledge.asking import take_apart, unmatched
from tools.knowledge.dedupe import features
from tools.knowledge.tokens import Entry

# Relative to a best score of 1 by words. Fitted with the meaning's weights of search.py: listwise
# logistic (L2 4) over the forty best of each of 730 queries of our own wording, 480 of them for
# headings of three imported documents, 250 for the shipped bank.
_WEIGHTS: Mapping[str, float] = {
    "overlap": 0.92,
    "left over": 0.49,
    "other aspects": -0.21,
    "aspect of one": -0.06,
}
_LEAST = 0.3  # weight of a heading that holds hardly a word
_WORDINGS = 4


def agreement(query: str, entry: Entry) -> float:
    """Return how well the entry's best wording asks what the query asks; compare, do not read."""
    section = entry.context.replace(" / ", "/")
    return max(_agreement(query, title, section) for title in entry.titles[:_WORDINGS])


def _agreement(query: str, title: str, section: str) -> float:
    asked, asks = take_apart(query), take_apart(title, section)
    found = features(asked, asks)
    # the overlap counts what the heading has besides against it; a long heading is not that wrong
    left = unmatched(asks.content, asked.content) / max(sum(asks.content.values()), _LEAST)
    values = {**found, "left over": left}
    return sum(weight * values[name] for name, weight in _WEIGHTS.items())
