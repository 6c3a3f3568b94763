"""Wait for the candidate's next turn, and do nothing else: this node runs again on every resume."""

from __future__ import annotations

from typing import Any

from langgraph.types import interrupt

from agent.state import InterviewState


async def listen(state: InterviewState) -> dict[str, Any]:
    """Stop until resumed with the id of a turn that is already in the ledger."""
    turn: str = interrupt({"session": state["session"], "after": state["turn"]})
    return {"turn": turn, "round": 0, "results": []}
