"""Native tool calls of an endpoint, put into the tagged form, so that one parser reads both."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


class NativeCalls:
    """Collects the pieces in which an endpoint streams its tool calls."""

    def __init__(self) -> None:
        self._calls: dict[int, dict[str, str]] = {}
        self.chars = 0

    def __bool__(self) -> bool:
        return bool(self._calls)

    def take(self, deltas: Sequence[Any] | None) -> None:
        """Take the tool-call pieces of one chunk; odd ones count as they can be read."""
        for place, delta in enumerate(deltas or ()):
            index = getattr(delta, "index", None)
            number = index if isinstance(index, int) else place
            call = self._calls.setdefault(number, {"id": "", "name": "", "arguments": ""})
            call["id"] = getattr(delta, "id", None) or call["id"]
            function = getattr(delta, "function", None)
            call["name"] += getattr(function, "name", None) or ""
            piece = getattr(function, "arguments", None) or ""
            call["arguments"] += piece
            self.chars += len(piece)

    @property
    def names(self) -> list[str]:
        """Names of the tools called, in order."""
        return [call["name"] for _, call in sorted(self._calls.items())]

    def tagged(self, *, complete: bool) -> str:
        """Return the calls as tagged text; of an incomplete stream the last call stays open."""
        rows = [call for _, call in sorted(self._calls.items())]
        text = ""
        for place, call in enumerate(rows):
            if not complete and place == len(rows) - 1:
                head = json.dumps(call["name"], ensure_ascii=False)
                return f'{text}<tool_call>{{"name": {head}, "arguments": {call["arguments"]}'
            # The arguments stay the string they came as: the parser decodes and, if need be, mends.
            body = json.dumps(
                {"name": call["name"], "arguments": call["arguments"]}, ensure_ascii=False
            )
            text += f"<tool_call>{body}</tool_call>"
        return text

    def messages(self) -> list[dict[str, Any]]:
        """Return the calls, and a plain receipt for each, as the messages of a second request."""
        rows = [
            (f"call_{n}" if not c["id"] else c["id"], c) for n, c in sorted(self._calls.items())
        ]
        asked = [
            {
                "id": name,
                "type": "function",
                "function": {"name": call["name"], "arguments": call["arguments"] or "{}"},
            }
            for name, call in rows
        ]
        receipts = [
            {"role": "tool", "tool_call_id": name, "content": '{"ok": true}'} for name, _ in rows
        ]
        return [{"role": "assistant", "content": "", "tool_calls": asked}, *receipts]


def wire_tools(schemas: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return schemas as the `tools` parameter of a request."""
    return [{"type": "function", "function": dict(schema)} for schema in schemas]
