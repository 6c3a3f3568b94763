"""A turn's words as a grader reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessions.records import Turn

if TYPE_CHECKING:
    from tools.grading.evidence import AnswerText

_READ_CHARS = 6_000
"""Characters of one turn that a grader reads."""


def answer_text(turn: Turn) -> AnswerText:
    """Return a turn's raw words and their repair, both of the same stretch of the turn."""
    from tools.grading.evidence import AnswerText
    from tools.knowledge.terms import repair

    raw = turn["text"]
    if len(raw) <= _READ_CHARS:
        return AnswerText(turn["id"], raw, turn.get("repaired"))
    raw = raw[:_READ_CHARS]
    # A repair of the whole turn has no place at which it could be cut: its lengths differ.
    meant = repair(raw).text if "repaired" in turn else raw
    return AnswerText(turn["id"], raw, meant if meant != raw else None)
