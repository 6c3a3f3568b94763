"""The product's estimate and choice behind the simulator's contract: it only translates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from agent.question_pool import Asked, ItemInfo, make_pool
from agent.selection import KnowledgeState, SelectionPlan, choose
from sessions.mastery import Evidence, GradedAnswer, gather, posterior
from sessions.response import ItemParameters

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
BETWEEN_SESSIONS = timedelta(days=14)


class Policy:
    def __init__(self, bank: list[dict[str, Any]], seed: int) -> None:
        self.items = {row["id"]: _item(row) for row in bank}
        self.pool = make_pool(self.items.values())
        self.topics = tuple(dict.fromkeys(row["topic"] for row in bank))
        self.seed = seed
        self.summed: tuple[int, dict[str, Evidence]] | None = None

    def next(self, history: list[dict[str, Any]]) -> str | None:
        session = history[-1]["session"] if history else 0
        asked = [row["item_id"] for row in history if row["session"] == session]
        if len(asked) >= 12:  # the simulator says nothing of a session's begin: this is the next
            session, asked = session + 1, []
        now = START + session * BETWEEN_SESSIONS
        past = {
            row["item_id"]: (Asked(0, START + row["session"] * BETWEEN_SESSIONS),)
            for row in history
            if row["session"] < session
        }
        old, new = self._split(history, session)
        belief = posterior(new, now, self.topics, before=old)
        state = KnowledgeState(belief=belief, past=past)
        plan = SelectionPlan(topics=self.topics, now=now, seed=self.seed * 97 + session)
        return choose(plan, self.pool, state, asked).question_id

    def estimate(self, history: list[dict[str, Any]]) -> dict[str, float]:
        session = history[-1]["session"] if history else 0
        old, new = self._split(history, session)
        now = START + session * BETWEEN_SESSIONS
        found = posterior(new, now, self.topics, before=old).mastery()
        return {topic: record["mean"] for topic, record in found.items()}

    def _split(
        self, history: list[dict[str, Any]], session: int
    ) -> tuple[dict[str, Evidence], list[GradedAnswer]]:
        """What earlier sessions say, summed up once a session, and this one's answers."""
        if self.summed is None or self.summed[0] != session:
            before = [self._answer(row) for row in history if row["session"] < session]
            self.summed = (session, gather(before))
        return self.summed[1], [self._answer(row) for row in history if row["session"] >= session]

    def _answer(self, row: dict[str, Any]) -> GradedAnswer:
        item = self.items[row["item_id"]]
        answer = GradedAnswer(
            question=item.id,
            topic=item.topic,
            level=item.level,
            score=row["score"],
            at=_at(row["session"]),
        )
        if item.parameters is not None:
            answer["parameters"] = item.parameters
        return answer


@lru_cache(maxsize=64)
def _at(session: int) -> str:
    return (START + session * BETWEEN_SESSIONS).isoformat()


def _item(row: dict[str, Any]) -> ItemInfo:
    known = None
    if "a" in row:
        known = ItemParameters(slope=row["a"], thresholds=list(row["thresholds"]))
    return ItemInfo(id=row["id"], topic=row["topic"], level=row["level"], parameters=known)
