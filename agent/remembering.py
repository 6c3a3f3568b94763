"""What a model proposes to remember of a session; code checks every proposal and its quote.

Misconceptions are not asked for: they follow from the grades by rule, whoever graded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from prompts import render
from sessions.extract import operations_of_grades
from sessions.memory import KINDS, SLOTS, Operation, SessionRecord, check_operations, in_force
from sessions.records import Lang, Message, TextMemory, Turn
from tools.neutralise import neutralise

PROPOSED = tuple(kind for kind in KINDS if kind != "misconception")
MOST_PROPOSALS = 12
ANSWER_CHARS, QUESTION_CHARS, TALK_CHARS = 600, 120, 16_000
"""What of a turn, and of the whole talk, is shown; facts of oneself come early in an answer."""

_FIELDS = ("op", "kind", "topic", "point", "text", "quote", "turn")
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "operations": {
            "type": "array",
            "maxItems": MOST_PROPOSALS,
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in _FIELDS}
                | {
                    "op": {"type": "string", "enum": ["add", "update", "delete", "none"]},
                    "kind": {"type": "string", "enum": list(PROPOSED)},
                },
                "required": list(_FIELDS),
                "additionalProperties": False,
            },
        }
    },
    "required": ["operations"],
    "additionalProperties": False,
}


class AnswersInJson(Protocol):
    """A model that answers in JSON of a given shape."""

    async def complete_json(
        self, messages: Sequence[Message], schema: Mapping[str, Any], name: str = "answer"
    ) -> dict[str, Any]:
        """Return an object that fits the schema, or raise ModelError."""
        ...


async def propose(
    model: AnswersInJson,
    session: SessionRecord,
    memories: Sequence[TextMemory],
    topics: Sequence[str],
    lang: Lang,
) -> tuple[list[Operation], list[str]]:
    """Return the operations that hold, those of the grades among them, and why others do not.

    Raises:
        ModelError: The model fails; the rules of `sessions.extract` then stand in for it.
    """
    messages = [Message(role="user", content=_prompt(session, memories, topics, lang))]
    answer = await model.complete_json(messages, SCHEMA, "memory")
    known = [*topics, ""]
    proposals = [p for p in answer["operations"] if p["topic"] in known]
    refused = [f"{p['topic']!r} is no topic" for p in answer["operations"] if p not in proposals]
    good, more = check_operations(proposals, session, memories)
    return [*operations_of_grades(session, memories), *good], [*refused, *more]


def _prompt(
    session: SessionRecord, memories: Sequence[TextMemory], topics: Sequence[str], lang: Lang
) -> str:
    categories = "\n".join(f"- {kind}: {', '.join(sorted(SLOTS[kind]))}" for kind in PROPOSED)
    held = [
        f"- {key} | {neutralise(memory['text']).text}"
        for key, memory in in_force(memories).items()
        if memory["kind"] in PROPOSED
    ]
    return render(
        "remember",
        lang,
        categories=categories,
        topics=", ".join(topics),
        held="\n".join(held) or "-",
        talk=_talk(session.turns),
    )


def _talk(turns: Sequence[Turn]) -> str:
    """Return the talk with each turn's id, made harmless; of one too long, the beginning."""
    lines = []
    for turn in turns:
        most = ANSWER_CHARS if turn["speaker"] == "candidate" else QUESTION_CHARS
        lines.append(f"{turn['id']} {turn['speaker']}: {neutralise(turn['text'][:most]).text}")
    return "\n".join(lines)[:TALK_CHARS]
