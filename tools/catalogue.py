"""The prompt's section on tools: what may be called, and how a call is written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from prompts import render
from sessions.records import Lang


def render_tools(tools: Sequence[Mapping[str, Any]], lang: Lang) -> str:
    """Return the section for these schemas; the same tools give the same text, byte for byte.

    An endpoint's prompt cache holds only while the head of the prompt does not change.
    """
    if not tools:
        return render("no_tools", lang).strip()
    lines = [_line(tool.get("function") or tool) for tool in tools]
    return render("tools", lang, catalogue="\n".join(lines)).strip()


def _line(tool: Mapping[str, Any]) -> str:
    row = {
        "name": tool["name"],
        "description": " ".join(str(tool.get("description", "")).split()),
        "parameters": tool.get("parameters") or {"type": "object", "properties": {}},
    }
    if not row["description"]:
        del row["description"]
    return json.dumps(row, ensure_ascii=False)
