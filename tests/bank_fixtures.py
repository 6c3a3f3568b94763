"""Questions made by hand for the tests of the knowledge base."""

from __future__ import annotations

from typing import Any

from sessions.records import Question


def question(id: str = "q-one", zh: str = "什么是残差连接？", **changes: Any) -> Question:
    """A small valid question; keywords replace its fields."""
    record: dict[str, Any] = {
        "id": id,
        "bank": "mine",
        "topic": "deep-learning",
        "level": 2,
        "kind": "concept",
        "scope": "shared",
        "wording": {"zh": zh},
        "spoken": {"zh": []},
        "example": {},
        "key_points": [{"id": "k1", "text": {"zh": "输入直接加到输出上"}, "weight": 2}],
        "misconceptions": [],
        "reference": {"zh": "把一层的输入直接加到它的输出上，梯度可以绕过这一层往回传。"},
        "hints": [],
        "follow_ups": [],
        "terms": [["残差连接", "skip connection"]],
        "prerequisites": [],
        "source": "He et al. 2015",
    }
    return Question(**{**record, **changes})  # type: ignore[typeddict-item]
