"""Choose who speaks: the embedded interviewer unless a flag or the settings name a model."""

from __future__ import annotations

from agent.settings import Settings
from tools.base import ChatModel


def choose_model(settings: Settings, name: str | None, base_url: str | None) -> ChatModel | None:
    """Return the model named, or None for the embedded interviewer."""
    chosen = name or settings.model.name
    if not chosen:
        return None
    from agent.models.openai_compatible import OpenAICompatible

    return OpenAICompatible(
        model=chosen,
        base_url=base_url or settings.model.base_url,
        timeout_s=settings.model.timeout_s,
    )
