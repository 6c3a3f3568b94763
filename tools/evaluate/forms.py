"""Calls written the way each family of models writes them: the other direction of the parser."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Call = tuple[str, Mapping[str, Any]]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _object(call: Call, key: str = "arguments") -> str:
    return _json({"name": call[0], key: call[1]})


def _bare(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def hermes(calls: Sequence[Call]) -> str:
    """Hermes and Qwen."""
    return "\n".join(f"<tool_call>\n{_object(call)}\n</tool_call>" for call in calls)


def mistral_array(calls: Sequence[Call]) -> str:
    """Mistral, the older form."""
    return "[TOOL_CALLS] [" + ", ".join(_object(call) for call in calls) + "]"


def mistral_named(calls: Sequence[Call]) -> str:
    """Mistral, the name before the object."""
    return "".join(f"[TOOL_CALLS]{name}{_json(arguments)}" for name, arguments in calls)


def mistral_args(calls: Sequence[Call]) -> str:
    """Mistral, with the markers for id and arguments."""
    return "".join(
        f"[TOOL_CALLS]{name}[CALL_ID]c{number:08d}[ARGS]{_json(arguments)}"
        for number, (name, arguments) in enumerate(calls)
    )


def llama_tag(calls: Sequence[Call]) -> str:
    """Llama, after its tag."""
    return "<|python_tag|>" + "; ".join(_object(c, "parameters") for c in calls) + "<|eom_id|>"


def llama_bare(calls: Sequence[Call]) -> str:
    """Llama, the plain object."""
    return "; ".join(_object(call, "parameters") for call in calls)


def function_tag(calls: Sequence[Call]) -> str:
    """Llama's custom form."""
    return "".join(f"<function={name}>{_json(arguments)}</function>" for name, arguments in calls)


def deepseek_v3(calls: Sequence[Call]) -> str:
    """DeepSeek V3: the arguments in a fence."""
    rows = (
        f"<｜tool▁call▁begin｜>function<｜tool▁sep｜>{name}\n```json\n{_json(arguments)}\n```"
        "<｜tool▁call▁end｜>"
        for name, arguments in calls
    )
    return "<｜tool▁calls▁begin｜>" + "\n".join(rows) + "<｜tool▁calls▁end｜><｜end▁of▁sentence｜>"


def deepseek_v31(calls: Sequence[Call]) -> str:
    """DeepSeek V3.1: the name, then the arguments."""
    rows = (
        f"<｜tool▁call▁begin｜>{name}<｜tool▁sep｜>{_json(arguments)}<｜tool▁call▁end｜>"
        for name, arguments in calls
    )
    return "<｜tool▁calls▁begin｜>" + "".join(rows) + "<｜tool▁calls▁end｜>"


def qwen_xml(calls: Sequence[Call]) -> str:
    """Qwen3-Coder: strings stand as they are, everything else as JSON."""
    rows = []
    for name, arguments in calls:
        values = "".join(
            f"<parameter={key}>\n{_bare(value)}\n</parameter>\n" for key, value in arguments.items()
        )
        rows.append(f"<tool_call>\n<function={name}>\n{values}</function>\n</tool_call>")
    return "\n".join(rows)


FORMS: Mapping[str, Callable[[Sequence[Call]], str]] = {
    "hermes": hermes,
    "mistral_array": mistral_array,
    "mistral_named": mistral_named,
    "mistral_args": mistral_args,
    "llama_tag": llama_tag,
    "llama_bare": llama_bare,
    "function_tag": function_tag,
    "deepseek_v3": deepseek_v3,
    "deepseek_v31": deepseek_v31,
    "qwen_xml": qwen_xml,
}
