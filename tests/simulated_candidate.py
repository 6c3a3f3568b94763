"""The product's estimate and choice behind the simulator's contract: it only translates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from agent.question_pool import Asked, ItemInfo, make_pool
from agent.selection import KnowledgeState, SelectionPlan, choose
from sessions.mastery import GradedAnswer, Posterior, estimate, posterior
from sessions.response import ItemParameters

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
BETWEEN_SESSIONS = timedelta(days=14)


class Policy:
    def __init__(self, bank: list[dict[str, Any]], seed: int) -> None:
        self.items = {row["id"]: _item(row) for row in bank}
        self.pool = make_pool(self.items.values())
        self.topics = tuple(dict.fromkeys(row["topic"] for row in bank))
        self.seed = seed

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
        state = KnowledgeState(belief=self._belief(history, now), past=past)
        plan = SelectionPlan(topics=self.topics, now=now, seed=self.seed * 97 + session)
        return choose(plan, self.pool, state, asked).question_id

    def estimate(self, history: list[dict[str, Any]]) -> dict[str, float]:
        now = START + (history[-1]["session"] if history else 0) * BETWEEN_SESSIONS
        found = estimate(self._answers(history), now, self.topics)
        return {topic: record["mean"] for topic, record in found.items()}

    def _belief(self, history: list[dict[str, Any]], now: datetime) -> Posterior:
        return posterior(self._answers(history), now, self.topics)

    def _answers(self, history: list[dict[str, Any]]) -> list[GradedAnswer]:
        return [self._answer(row) for row in history]

    def _answer(self, row: dict[str, Any]) -> GradedAnswer:
        item = self.items[row["item_id"]]
        answer = GradedAnswer(
            question=item.id,
            topic=item.topic,
            level=item.level,
            score=row["score"],
            at=(START + row["session"] * BETWEEN_SESSIONS).isoformat(),
        )
        if item.parameters is not None:
            answer["parameters"] = item.parameters
        return answer


def _item(row: dict[str, Any]) -> ItemInfo:
    known = None
    if "a" in row:
        known = ItemParameters(slope=row["a"], thresholds=list(row["thresholds"]))
    return ItemInfo(id=row["id"], topic=row["topic"], level=row["level"], parameters=known)
