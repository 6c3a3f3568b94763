"""Fetch what earlier sessions noted about the subject: history for the prompt, never evidence."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from agent.interview import Interview
from agent.state import InterviewState


async def recall(state: InterviewState, runtime: Runtime[Interview]) -> dict[str, Any]:
    """Log what is recalled for this turn; `respond` reads it back from the ledger."""
    interview, journal = runtime.context, runtime.context.journal
    question = interview.question(state["about"]["question"])
    topic = question["topic"] if question else ""
    found = [m for m in interview.memories if m["topic"] == topic and m["invalid_at"] is None]
    body = {
        "turn": state["turn"],
        "reason": {"intent": state["intent"], "topic": topic},
        "memories": [memory["id"] for memory in found[:3]],
        "texts": [memory["text"] for memory in found[:3]],
    }
    journal.record("recall", body, f"recall:{state['turn']}")
    return {}
