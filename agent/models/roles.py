"""Messages in the order that every chat template takes: system, then user and assistant in turn."""

from __future__ import annotations

from collections.abc import Sequence

from sessions.records import Message

OPENING = "…"
"""Stands where the candidate has not spoken yet: some templates want the user to begin."""


def alternate(messages: Sequence[Message]) -> list[Message]:
    """Return the messages with neighbours of one role joined and the user first."""
    joined: list[Message] = []
    for message in messages:
        last = joined[-1] if joined else None
        if last is not None and last["role"] == message["role"]:
            joined[-1] = Message(
                role=last["role"], content=f"{last['content']}\n\n{message['content']}"
            )
            continue
        if message["role"] == "assistant" and (last is None or last["role"] == "system"):
            joined.append(Message(role="user", content=OPENING))
        joined.append(message)
    return joined
