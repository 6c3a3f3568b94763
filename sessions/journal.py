"""One session's page of the ledger: typed reading and writing of what happens in an interview.

Every write has a key, so that a node which runs twice after a crash records once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NotRequired, cast

from typing_extensions import TypedDict

from sessions.ledger import Event, Ledger
from sessions.records import Grade, Lang, Question, Turn


class Started(TypedDict):
    """How a session was set up; the first event of each."""

    candidate: str
    format: str
    lang: Lang
    mode: str
    bank: str
    bank_version: str
    topic: str
    """Ids of the topics asked for, separated by blanks; empty means all."""
    topics: dict[str, str]
    """Titles of all topics the plan can cover, by id: what the report may call not covered."""
    interviewer: str
    grader: str
    job: str
    """Text of the job description given; empty when none was."""


class Reply(TypedDict):
    """What one round came to, once its stream was complete; its raw text stands in `raw` events."""

    spoken: str
    calls: list[dict[str, Any]]
    malformed: int
    errors: NotRequired[list[str]]
    """Why each malformed call could not be made."""
    repairs: NotRequired[int]
    """Repairs that the calls needed to be read."""
    dropped: list[dict[str, str]]
    """Sentences that the conduct gate refused, each with the rule it broke."""
    model: str
    fallback: str
    """Why the embedded interviewer finished the turn, as `code: detail`; empty when it did not."""


class Journal:
    """The events of one session, by what they mean."""

    def __init__(self, ledger: Ledger, session: str, candidate: str) -> None:
        self._ledger = ledger
        self.session = session
        self.candidate = candidate

    def record(self, kind: str, body: Mapping[str, Any], key: str) -> bool:
        """Record one event; False when it stood already."""
        return self._ledger.append(
            kind, dict(body), session=self.session, candidate=self.candidate, key=key
        )

    def find(self, key: str) -> dict[str, Any] | None:
        """Return the body recorded under this key, or None."""
        event = self._ledger.find(self.session, key)
        return event["body"] if event else None

    def events(self, kinds: Sequence[str] = (), after: int = 0) -> Iterator[Event]:
        """Yield the session's events of these kinds, oldest first."""
        return self._ledger.events(session=self.session, kinds=kinds, after=after)

    def last(self, kind: str) -> dict[str, Any] | None:
        """Return the newest body of this kind, or None."""
        event = self._ledger.last(self.session, kind)
        return event["body"] if event else None

    def count(self, kind: str) -> int:
        """Return how many events of this kind there are."""
        return self._ledger.count(self.session, kind)

    # ---- turns

    def add_turn(self, turn: Turn) -> bool:
        """Record a turn; False when it stood already."""
        return self.record("turn", turn, f"turn:{turn['id']}")

    def turn(self, turn_id: str) -> Turn:
        """Return a turn.

        Raises:
            KeyError: There is no such turn.
        """
        body = self.find(f"turn:{turn_id}")
        if body is None:
            raise KeyError(turn_id)
        return cast(Turn, body)

    def recent_turns(self, count: int) -> list[Turn]:
        """Return the last turns, oldest first."""
        return [cast(Turn, e["body"]) for e in self._ledger.tail(self.session, "turn", count)]

    # ---- questions and grades

    def add_question(self, question: Question, asked: Mapping[str, Any]) -> bool:
        """Record that a question was asked, with a full copy of its record.

        `asked` holds number, stage, why and the turn after which it was asked.
        """
        body = {"question": question, **asked}
        return self.record("question_asked", body, f"question:{question['id']}")

    def question(self, question_id: str) -> Question | None:
        """Return the copy of a question asked in this session, or None."""
        body = self.find(f"question:{question_id}")
        return cast(Question, body["question"]) if body else None

    def draft_grade(self, turn_id: str) -> Grade | None:
        """Return the grade made while the interview ran, after this turn."""
        body = self.find(f"draft:{turn_id}")
        return cast(Grade, body["grade"]) if body else None

    def grade(self, question_id: str) -> dict[str, Any] | None:
        """Return the newest grade event of a question, or None when it was never graded."""
        found = None
        for event in self.events(["grade"]):
            if event["body"].get("question") == question_id:
                found = event["body"]
        return found
