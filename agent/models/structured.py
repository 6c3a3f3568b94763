"""Answers in JSON that fit a schema: `response_format` where the endpoint has it, else by asking.

What the endpoint can do is found by the first request and remembered; what comes back is always
checked against the schema, since some servers take the parameter and ignore it.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from agent.models.faults import ModelFault, fault_of, wire_errors
from agent.models.metering import Usage, estimate_prompt
from agent.models.openai_compatible import Limits, OpenAICompatible
from agent.models.presets import Endpoint
from agent.models.roles import alternate
from sessions.records import Message

_LEVELS = ("json_schema", "json_object", "none")
_REFUSED = frozenset({400, 404, 415, 422, 501})
"""Statuses with which servers answer a parameter that they do not know."""
_FENCE = re.compile(r"^\s*```(?:json)?\s*\n(.*)\n\s*```\s*$", re.S)
_THOUGHT = re.compile(r"<think>.*?</think>", re.S)


class StructuredModel(OpenAICompatible):
    """A model that also answers in JSON of a given shape."""

    def __init__(self, endpoint: Endpoint, limits: Limits | None = None) -> None:
        super().__init__(endpoint, limits)
        self._level = _LEVELS.index(endpoint.schema) if endpoint.schema else 0
        self._steady = True

    @property
    def schema_support(self) -> str:
        """The best `response_format` known to work: json_schema, json_object or none."""
        return _LEVELS[self._level]

    async def complete_json(
        self, messages: Sequence[Message], schema: Mapping[str, Any], name: str = "answer"
    ) -> dict[str, Any]:
        """Return the model's answer as an object that fits the schema.

        Raises:
            ModelError: The endpoint fails, or its answer does not fit after a second try.
        """
        fault = ModelFault("garbage", f"{self.where} gave no answer that fits the schema")
        for _ in range(len(_LEVELS) + 1):
            place = self._level  # other calls under way may lower it meanwhile
            try:
                text = await self._ask(messages, schema, name, _LEVELS[place])
            except _Unsupported:
                self._level = max(self._level, place + 1)
                continue
            found = _fitting(text, schema)
            if found is not None:
                return found
            if place == len(_LEVELS) - 1:
                raise fault
            self._level = max(self._level, place + 1)
        raise fault

    async def _ask(
        self, messages: Sequence[Message], schema: Mapping[str, Any], name: str, level: str
    ) -> str:
        import openai

        wire = alternate(messages)
        if level != "json_schema":
            wire = _with_schema(wire, schema)
        options: dict[str, Any] = {"temperature": 0} if self._steady else {}
        if level == "json_schema":
            shape = {"name": name, "schema": dict(schema), "strict": True}
            options["response_format"] = {"type": level, "json_schema": shape}
        elif level == "json_object":
            options["response_format"] = {"type": level}
        try:
            async with asyncio.timeout(self._limits.most_s):
                answer = await self.client().chat.completions.create(
                    model=self.name,
                    messages=wire,  # type: ignore[arg-type]
                    **options,
                )
        except openai.APIStatusError as error:
            refused = error.status_code in _REFUSED
            if refused and "temperature" in options and "temperature" in str(error):
                self._steady = False  # some reasoning models take no temperature but their own
                return await self._ask(messages, schema, name, level)
            if refused and "response_format" in options:
                raise _Unsupported from error
            raise fault_of(error, self.where, self.endpoint.key()) from error
        except wire_errors() as error:
            raise fault_of(error, self.where, self.endpoint.key()) from error
        return self._text_of(answer, wire)

    def _text_of(self, answer: Any, wire: Sequence[Message]) -> str:
        choices = getattr(answer, "choices", None)
        message = getattr(choices[0], "message", None) if choices else None
        text = getattr(message, "content", None)
        if not isinstance(text, str):
            raise ModelFault("empty", f"{self.where} sent no words")
        used = getattr(answer, "usage", None)
        known = isinstance(getattr(used, "prompt_tokens", None), int)
        self._usage = self._usage.plus(
            Usage(
                used.prompt_tokens if known and used else estimate_prompt(wire),
                used.completion_tokens if known and used else len(text) // 3,
                calls=1,
                estimated=not known,
            )
        )
        return text


class _Unsupported(Exception):
    """The endpoint does not take this form of `response_format`."""


def _with_schema(messages: Sequence[Message], schema: Mapping[str, Any]) -> list[Message]:
    last = messages[-1]
    ask = f"JSON schema: {json.dumps(schema, ensure_ascii=False)}\nOutput: one JSON object."
    return [*messages[:-1], Message(role=last["role"], content=f"{last['content']}\n\n{ask}")]


def _fitting(text: str, schema: Mapping[str, Any]) -> dict[str, Any] | None:
    import jsonschema

    bare = _THOUGHT.sub("", text)
    fenced = _FENCE.match(bare)
    try:
        found = json.loads(fenced[1] if fenced else bare)
        jsonschema.validate(found, dict(schema))
    except (ValueError, RecursionError, jsonschema.ValidationError):
        return None
    return found if isinstance(found, dict) else None
