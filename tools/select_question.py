"""The tool by which the model proposes the next question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.base import ToolContext, ToolError


async def select_question(ctx: ToolContext, question_id: str) -> Mapping[str, Any]:
    """Say which question you are asking now, by its id from the brief.

    It is a proposal: the program decides which question comes next and may keep its own choice.
    """
    question = ctx.find_question(question_id)
    if question is None:
        raise ToolError(f"no question {question_id!r}: use the id given in the brief")
    return {"question_id": question_id, "topic": question["topic"]}
