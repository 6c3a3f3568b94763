"""Say in words why a question was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agent.cli.face import words
from tools.knowledge.topics import load_topics


def explain(reasons: Sequence[dict[str, Any]], lang: str) -> str:
    """Return the reasons of a choice as one line."""
    parts = []
    for reason in reasons:
        numbers = {"topic": "", **reason.get("numbers", {})}
        topic = load_topics().get(str(numbers["topic"]))
        if topic is not None:
            numbers["topic"] = topic.zh if lang == "zh" else topic.en
        try:
            parts.append(words(f"why_{reason['why']}", lang, **numbers))
        except KeyError:
            parts.append(str(reason["why"]))
    return ("；" if lang == "zh" else "; ").join(parts)
