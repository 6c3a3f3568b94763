"""Answers that were heard and do not stand yet: in the ledger first, withdrawn or taken later.

A heard answer is taken once the interviewer's first sound plays. Until then the candidate may go
on, and the answer is withdrawn. After a crash in between, what was heard last and neither
withdrawn nor taken is found again.
"""

from __future__ import annotations

from typing import NotRequired, cast

from typing_extensions import TypedDict

from sessions.journal import Journal
from sessions.records import Misheard, Word


class HeardAnswer(TypedDict):
    """One answer as it was heard, beside what the turn itself will hold."""

    id: str
    text: str
    words: list[Word]
    seconds: float
    wait_s: float
    """From the interviewer's last sound to the candidate's first."""
    offset_s: float
    """Where it begins in the recording of the session."""
    repaired: NotRequired[str]
    hints: NotRequired[list[Misheard]]
    continues: NotRequired[str]
    """The turn that this one goes on with after the interviewer had begun to speak."""
    typed: NotRequired[bool]


def propose(journal: Journal, answer: HeardAnswer) -> HeardAnswer:
    """Record a heard answer that does not stand yet; return it with its id."""
    kept = HeardAnswer(**{**answer, "id": f"h{journal.count('heard') + 1:04d}"})
    journal.record("heard", kept, f"heard:{kept['id']}")
    return kept


def withdraw(journal: Journal, answer_id: str) -> None:
    """Take an answer back: the candidate went on."""
    journal.record("heard_withdrawn", {"id": answer_id}, f"withdrawn:{answer_id}")


def take(journal: Journal, answer: HeardAnswer, turn_id: str) -> None:
    """Note that the answer became this turn."""
    journal.record("heard_taken", {"id": answer["id"], "turn": turn_id}, f"taken:{answer['id']}")


def left_over(journal: Journal) -> HeardAnswer | None:
    """Return the last answer when it was neither withdrawn nor taken: a crash came between."""
    body = journal.last("heard")
    if body is None:
        return None
    answer = cast(HeardAnswer, body)
    settled = journal.find(f"withdrawn:{answer['id']}") or journal.find(f"taken:{answer['id']}")
    return None if settled else answer
