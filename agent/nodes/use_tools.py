"""Run what the model called for: record tools after the speech, need tools for one more round."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from langgraph.runtime import Runtime

from agent.events import ToolFinished
from agent.grading import leave_question
from agent.interview import Interview
from agent.state import InterviewState
from agent.tool_context import tool_context
from tools.base import ToolError
from tools.table import TOOLS

MOST_ROUNDS = 2
"""Further model rounds in one turn."""
MAX_RESULT_CHARS = 4_000
"""A longer result is cut at this length, and says so."""


async def use_tools(state: InterviewState, runtime: Runtime[Interview]) -> dict[str, Any]:
    """Run every call of the round once; grade the question that the decision leaves."""
    interview = runtime.context
    place = f"{state['turn'] or 'opening'}:{state['round']}"
    reply = interview.journal.find(f"reply:{place}") or {"calls": []}
    results: list[dict[str, object]] = []
    for index, call in enumerate(reply["calls"]):
        result = await _run_once(interview, state, call, f"call:{place}:{index}:{_hash(call)}")
        runtime.stream_writer(ToolFinished(call["name"], bool(result["ok"])))
        tool = TOOLS.get(call["name"])
        if tool is not None and tool.kind == "need":
            results.append({"name": call["name"], **result})
    if state["decision"]["leaves"]:
        leave_question(interview, state["left"])
    if results and state["round"] < MOST_ROUNDS:
        return {"results": results, "round": state["round"] + 1}
    return {"results": []}


def _hash(call: Mapping[str, Any]) -> str:
    text = json.dumps([call["name"], call["arguments"]], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


async def _run_once(
    interview: Interview, state: InterviewState, call: Mapping[str, Any], key: str
) -> dict[str, Any]:
    stored = interview.journal.find(key)
    if stored is not None:
        found: dict[str, Any] = stored["result"]
        return found
    result = await _run(interview, state, call)
    interview.journal.record("tool_call", {"call": dict(call), "result": result}, key)
    return result


async def _run(
    interview: Interview, state: InterviewState, call: Mapping[str, Any]
) -> dict[str, Any]:
    """Run one call behind the stage's gate; every failure is a result that says what to do."""
    name = call["name"]
    stage = interview.stage(state)
    tool = TOOLS.get(name)
    if tool is None:
        return _refused(f"there is no tool {name!r}; use one of {', '.join(TOOLS)}")
    if name not in stage.tools:
        return _refused(f"{name} may not be called in stage {stage.id}: go on without it")
    try:
        context = tool_context(interview, state)
        content = await asyncio.wait_for(tool.run(context, **call["arguments"]), tool.timeout_s)
    except ToolError as error:
        return _refused(str(error))
    except TimeoutError:
        return _refused(f"{name} took longer than {tool.timeout_s:.0f} s: go on without it")
    except Exception as error:
        # A bug in a tool would otherwise stop the interview at this node for good: it runs again
        # on every resume. The result keeps it visible.
        return _refused(f"{name} failed: {type(error).__name__}: {error}")
    return {"ok": True, "content": _bounded(content)}


def _refused(reason: str) -> dict[str, Any]:
    return {"ok": False, "content": {"error": reason}}


def _bounded(content: Mapping[str, Any]) -> dict[str, Any]:
    text = json.dumps(content, ensure_ascii=False, default=str)
    if len(text) <= MAX_RESULT_CHARS:
        return dict(content)
    return {"cut": True, "text": text[:MAX_RESULT_CHARS]}
