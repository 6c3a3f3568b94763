"""The tool by which the model says that it has given a hint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.base import ToolContext, ToolError


async def give_hint(ctx: ToolContext, question_id: str, level: int) -> Mapping[str, Any]:
    """Record that you gave a hint on this question: level 1 a nudge, 2 a leading question, 3 told.

    Give a hint only when the brief's move is hint, step_down or reveal, and say it in your words.
    """
    if level not in (1, 2, 3):
        raise ToolError(f"level {level} is not a rung of the hint ladder: use 1, 2 or 3")
    if ctx.find_question(question_id) is None:
        raise ToolError(f"no question {question_id!r}: use the id given in the brief")
    return {"question_id": question_id, "level": level}
