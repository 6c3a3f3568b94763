"""The table of what the model may call. A new tool is one row here and one file beside it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tools.base import Tool, make_tool
from tools.end_interview import end_interview
from tools.end_stage import end_stage
from tools.generate_followup import generate_followup
from tools.give_hint import give_hint
from tools.grade_answer import grade_answer
from tools.lookup_knowledge import lookup_knowledge
from tools.recall_memory import recall_memory
from tools.remember_weak_spot import remember_weak_spot
from tools.run_code import run_code
from tools.select_question import select_question

_ROWS = (
    make_tool("record", grade_answer),
    make_tool("record", remember_weak_spot),
    make_tool("record", select_question),
    make_tool("record", give_hint),
    make_tool("record", end_stage),
    make_tool("record", end_interview),
    make_tool("need", lookup_knowledge),
    make_tool("need", recall_memory),
    make_tool("need", generate_followup),
    make_tool("need", run_code, timeout_s=60.0),
)
TOOLS: Mapping[str, Tool] = MappingProxyType({tool.name: tool for tool in _ROWS})


def schemas(names: tuple[str, ...] = ()) -> list[dict[str, object]]:
    """Return the tools as JSON-schema function descriptions, all or only those named."""
    return [
        {"name": t.name, "description": t.description, "parameters": dict(t.parameters)}
        for t in TOOLS.values()
        if not names or t.name in names
    ]
