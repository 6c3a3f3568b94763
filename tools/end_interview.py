"""The tool by which the model says that the interview is over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.base import ToolContext


async def end_interview(ctx: ToolContext, reason: str = "") -> Mapping[str, Any]:
    """Say that you have closed the interview. Call it only when the brief's move is close."""
    return {"proposed": "end_interview", "reason": reason[:200], "turn": ctx.turn}
