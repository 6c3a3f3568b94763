"""Close the session: grade what is still open and record that it is over."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from agent.events import Closed
from agent.grading import record_grade
from agent.interview import Interview
from agent.state import InterviewState


async def wrap_up(state: InterviewState, runtime: Runtime[Interview]) -> dict[str, Any]:
    """Record the close once."""
    interview = runtime.context
    for talk in (state["left"], state["about"]):
        if talk["question"] and talk["turns"]:
            await record_grade(interview, talk)
    reason = state["closed"] or "complete"
    interview.journal.record("session_closed", {"reason": reason}, "closed")
    runtime.stream_writer(Closed(reason))
    return {}
