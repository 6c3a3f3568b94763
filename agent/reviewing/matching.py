"""Which question of the bank an interviewer asked: by words and terms, over a whole question."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from agent.reviewing.talk import Thread

if TYPE_CHECKING:
    from tools.knowledge.search import Filters, Hit, Searcher

KINDS = frozenset({"concept", "language", "design", "code"})
"""Questions about projects, people and companies have no rubric that another's would fit."""
_LEAD = 0.25
"""Lead of the first over the second, as a part of the first: the search's own mark of decision."""
_OPENING = 2.0
_HEAD_CHARS = 200
_ENOUGH = 1.9
"""Sum of a question's scores over its turns from which it is taken: the opening and one more."""
_AGAINST = 1.15
"""The first must have this many times what the second has."""


def _filters() -> Filters:
    from tools.knowledge.search import Filters

    return Filters(kinds=KINDS)


def _telling(hit: Hit) -> int:
    """Count what a hit and the query share beyond the way of asking; terms count twice."""
    return sum(2 if r.kind == "term" else 1 for r in hit.why if r.kind in ("term", "word"))


def known_question(
    searcher: Searcher, topics: Mapping[str, str]
) -> Callable[[str], tuple[str, str]]:
    """Return a function that names the question and the topic a turn clearly asks, or nothing.

    `topics` gives the topic of each question's id.
    """
    filters = _filters()

    def known(text: str) -> tuple[str, str]:
        hits = searcher.search(text, k=4, filters=filters) if len(text) >= 10 else []
        if not hits or _telling(hits[0]) < 3:
            return "", ""
        first, topic = hits[0], topics[hits[0].key]
        other = next((h.score for h in hits if topics[h.key] != topic), 0.0)
        second = hits[1].score if len(hits) > 1 else 0.0
        needed = (1 - _LEAD) * first.score
        return first.key if second <= needed else "", topic if other <= needed else ""

    return known


def match_thread(thread: Thread, searcher: Searcher) -> str:
    """Return the id of the bank's question that a thread is about, empty when none is clear."""
    votes: dict[str, float] = defaultdict(float)
    filters = _filters()
    opened = False
    for exchange in thread.exchanges:
        text = exchange.asked.meant
        if len(text) < 8 and not opened:
            continue
        said = exchange.answer.meant[:_HEAD_CHARS] if exchange.answer else ""
        weight = 1.0 if opened else _OPENING
        opened = True
        for query, share in ((text, weight), (text[:_HEAD_CHARS] + said, 1.0)):
            _vote(votes, searcher.search(query, k=4, filters=filters), share)
    ranked = sorted(votes.items(), key=lambda pair: -pair[1])
    clear = [pair for pair in ranked if pair[0] in thread.matches]
    if clear and clear[0][1] >= _ENOUGH / 2:
        return clear[0][0]
    if thread.part != "talk" or not ranked or ranked[0][1] < _ENOUGH:
        return ""
    if len(ranked) > 1 and ranked[0][1] < _AGAINST * ranked[1][1]:
        return ""
    return ranked[0][0]


def _vote(votes: dict[str, float], hits: Sequence[Hit], share: float) -> None:
    for hit in hits:
        if _telling(hit) >= 3:
            votes[hit.key] += share * hit.score**2
