"""The tool by which the model proposes to end the stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.base import ToolContext


async def end_stage(ctx: ToolContext, reason: str = "") -> Mapping[str, Any]:
    """Propose to end the present stage and go on to the next.

    It is a proposal: the program follows it when the stage's time and questions allow.
    """
    return {"proposed": "end_stage", "reason": reason[:200], "turn": ctx.turn}
