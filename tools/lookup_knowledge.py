"""The tool by which the model looks something up in the knowledge base."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.base import ToolContext, ToolError

MOST = 3
MAX_CHARS = 400
"""Of each reference answer; the model needs the gist, not the page."""


async def lookup_knowledge(ctx: ToolContext, query: str) -> Mapping[str, Any]:
    """Look up a technical fact in the knowledge base before you rely on it.

    Ask in a few words. The result lists up to three entries with question, answer and id. Use it
    to judge or to phrase a follow-up; do not read an answer out unless the brief says reveal.
    """
    if not query.strip():
        raise ToolError("the query is empty: say in a few words what you want to know")
    hits = await ctx.search(query, MOST)
    if not hits:
        return {"found": 0, "note": "nothing in the knowledge base matches: do not guess"}
    entries = [{**hit, "answer": str(hit.get("answer", ""))[:MAX_CHARS]} for hit in hits]
    return {"found": len(entries), "entries": entries}
