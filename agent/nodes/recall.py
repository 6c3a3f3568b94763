"""Fetch what earlier sessions noted about the subject: history for the prompt, never evidence."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from agent.interview import Interview
from agent.state import InterviewState
from sessions.recall import Situation
from sessions.recall import recall as recall_memories


async def recall(state: InterviewState, runtime: Runtime[Interview]) -> dict[str, Any]:
    """Log what is recalled for this turn; `respond` reads it back from the ledger."""
    interview, journal = runtime.context, runtime.context.journal
    question = interview.question(state["about"]["question"])
    situation = Situation(
        candidate=interview.candidate,
        purpose="project" if question and question["kind"] == "project" else "answer",
        now=interview.now(),
        topic=question["topic"] if question else "",
        words=journal.turn(state["turn"])["text"][:400],
    )
    found = recall_memories(interview.past.memories, situation)
    body = {
        "turn": state["turn"],
        "found": [{"id": one["memory"]["id"], "reason": one["reason"]} for one in found],
        "texts": [one["memory"]["text"] for one in found],
    }
    journal.record("recall", body, f"recall:{state['turn']}")
    return {}
