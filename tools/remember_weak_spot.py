"""The tool by which the model notes a weak spot; the note carries no weight without a grade."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.base import ToolContext, ToolError


async def remember_weak_spot(
    ctx: ToolContext, question_id: str, key_point: str, note: str = ""
) -> Mapping[str, Any]:
    """Note that the candidate missed or got wrong one key point of a question.

    Give the question's id and the key point's id. `note` may hold a few words on what was wrong.
    Memory is built from grades; a note without a matching grade is kept but not believed.
    """
    question = ctx.find_question(question_id)
    if question is None:
        raise ToolError(f"no question {question_id!r}: use the id given in the brief")
    if key_point not in {point["id"] for point in question["key_points"]}:
        known = ", ".join(point["id"] for point in question["key_points"])
        raise ToolError(f"question {question_id} has no key point {key_point!r}; it has {known}")
    return {"question_id": question_id, "key_point": key_point, "note": note[:200]}
