"""The tool by which the model recalls what is known of the candidate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.base import ToolContext, ToolError

MOST = 10


async def recall_memory(ctx: ToolContext, query: str) -> Mapping[str, Any]:
    """Recall what earlier sessions noted about this candidate on a subject.

    Ask in a few words. What comes back is history with dates, never evidence for this answer.
    """
    if not query.strip():
        raise ToolError("the query is empty: say in a few words what you want to recall")
    memories = await ctx.recall(query, MOST)
    return {"history": memories, "note": "history from earlier sessions, not evidence"}
