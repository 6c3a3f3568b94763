"""A bare question, its key points and a reference answer, as a Question record.

For imports and measuring scripts, whose items carry no misconceptions, terms or hints.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sessions.records import Question, Wording


def plain_question(
    name: str, asked: str, key_points: Sequence[Mapping[str, Any]], reference: str = ""
) -> Question:
    """Return a Question with what is known; `key_points` rows have id, text and weight."""
    return {
        "id": name,
        "bank": "plain",
        "topic": "",
        "level": 3,
        "kind": "concept",
        "scope": "personal",
        "wording": wording(asked),
        "spoken": {},
        "example": {},
        "key_points": [
            {
                "id": str(point["id"]),
                "text": wording(str(point["text"])),
                "weight": float(point.get("weight", 1.0)),
            }
            for point in key_points
        ],
        "misconceptions": [],
        "reference": wording(reference),
        "hints": [],
        "follow_ups": [],
        "terms": [],
        "prerequisites": [],
        "source": name,
    }


def wording(text: str) -> Wording:
    """Return a text as Chinese when it has Chinese characters, else as English."""
    if not text.strip():
        return {}
    return {"zh": text} if any("\u3400" <= c <= "\u9fff" for c in text) else {"en": text}
