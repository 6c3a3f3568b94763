"""What the session's models used: written into the ledger, read back for the budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent.interview import Interview
from agent.models.metering import (
    Budget,
    Metered,
    Usage,
    estimate_prompt,
    spent_of,
    usage_event,
)
from sessions.journal import Journal
from sessions.records import Message


def spent(interview: Interview) -> Usage:
    """Return what this session has used so far."""
    return spent_of(interview.journal.events(["usage"]))


def over_budget(interview: Interview, messages: Sequence[Message], move: str) -> str:
    """Return why the model must not be asked, or nothing; the closing turn may use the reserve."""
    model = interview.speaker
    if not isinstance(model, Metered):
        return ""
    used, coming = spent(interview), estimate_prompt(messages)
    if model.budget.allows(used, coming, closing=move == "close"):
        return ""
    return f"budget: {used.tokens} of {model.budget.tokens} tokens used"


def record_model_usage(journal: Journal, used: Mapping[str, Usage], place: str) -> None:
    """Record what was used beside the talk, by model; it counts against the session's budget."""
    for name, usage in used.items():
        number = journal.count("usage")
        body = {**usage_event(usage, Budget(), name), "place": place}
        journal.record("usage", body, f"usage:{place}:{number}:{name}")


def record_usage(interview: Interview, place: str) -> None:
    """Record what the round used."""
    model = interview.speaker
    if isinstance(model, Metered) and (used := model.take_usage()).calls:
        body = {**usage_event(used, model.budget, interview.speaker.name), "place": place}
        interview.journal.record("usage", body, f"usage:{place}")
