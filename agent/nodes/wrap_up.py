"""Close the session: grade what is still open and record that it is over."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from agent.events import Closed, Notice
from agent.grading import leave_question, record_missing_grades
from agent.interview import Interview
from agent.remembering import remember
from agent.state import InterviewState


async def wrap_up(state: InterviewState, runtime: Runtime[Interview]) -> dict[str, Any]:
    """Record the close once."""
    interview = runtime.context
    if state["about"]["turns"] and not state["decision"]["leaves"]:
        leave_question(interview, state["about"])
    if interview.memory_model is not None:  # a model grades and remembers: that takes a while
        runtime.stream_writer(Notice("grading", ""))
    await record_missing_grades(interview)
    reason = state["closed"] or "complete"
    if interview.memory_model is not None and reason == "complete":
        await remember(interview, interview.memory_model)
    interview.journal.record("session_closed", {"reason": reason}, "closed")
    runtime.stream_writer(Closed(reason))
    return {}
