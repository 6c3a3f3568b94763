"""How well a found question asks what the query asks: subjects and aspects, held side by side.

The index counts shared tokens; this sees that `学习率太大` leaves `太小` unanswered, and that a
heading on three techniques is not the one on the second of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from tools.knowledge.asking import Asking, overlap, take_apart, unmatched
from tools.knowledge.dedupe import aspect_features
from tools.knowledge.tokens import Entry

# Relative to a best score of 1 by words. Fitted with the meaning's weights of search.py: listwise
# logistic (L2 4) over the forty best of each of 730 queries of our own wording, 480 of them for
# headings of three imported documents, 250 for the shipped bank.
_OVERLAP, _LEFT_OVER = 0.92, 0.49
_ASPECTS: Mapping[str, float] = {"other aspects": 0.21, "aspect of one": 0.06}
"""What an entry has for not asking otherwise."""
_LEAST = 0.3  # weight of a heading that holds hardly a word
_WORDINGS = 4


def agreement(query: str, entry: Entry) -> float:
    """Return how well the entry's best wording asks what the query asks: 0 to about 1.7."""
    asked, section = take_apart(query), entry.context.replace(" / ", "/")
    return max(_agreement(asked, take_apart(t, section)) for t in entry.titles[:_WORDINGS])


def _agreement(asked: Asking, asks: Asking) -> float:
    # the overlap counts what the heading has besides against it; a long heading is not that wrong
    left = unmatched(asks.content, asked.content) / max(sum(asks.content.values()), _LEAST)
    total = _OVERLAP * overlap(asked.content, asks.content) ** 2 + _LEFT_OVER * left
    found = aspect_features(asked.specific, asks.specific)
    return total + sum(weight * (1 - found[name]) for name, weight in _ASPECTS.items())
