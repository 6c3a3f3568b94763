"""What a model proposes to remember of a session; code checks every proposal and its quote.

Misconceptions are not asked for: they follow from the grades by rule, whoever graded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agent.interview import Interview
from agent.model_grading.grader import JsonModel
from agent.spending import record_model_usage
from prompts import render
from sessions.extract import operations_of_grades
from sessions.memory import KINDS, SLOTS, Operation, SessionRecord, check_operations, in_force
from sessions.projections import session_record
from sessions.records import Lang, Message, TextMemory, Turn
from tools.base import ModelError
from tools.neutralise import neutralise

PROPOSED = tuple(kind for kind in KINDS if kind != "misconception")
MOST_PROPOSALS = 12
MOST_S = 60.0
"""Longest that the close of a session waits for the model."""
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


async def remember(interview: Interview, model: JsonModel) -> None:
    """Record what the model proposes to remember; the rules of `sessions.extract` stand in for it.

    Asks once: a session that is closed again after a crash keeps what was recorded.
    """
    journal = interview.journal
    record = replace(session_record(journal.events(), interview.candidate), closed="complete")
    if not record.allows_conclusions or journal.find("memory_ops") is not None:
        return
    topics = sorted(interview.topic_titles)
    try:
        async with asyncio.timeout(MOST_S):
            found = await propose(model, record, interview.past.memories, topics, interview.lang)
    except (ModelError, TimeoutError) as error:
        fault = str(error) or f"no answer within {MOST_S:.0f} s"
        journal.record("memory_failed", {"by": model.name, "fault": fault}, "memory_failed")
        return
    finally:
        record_model_usage(journal, {model.name: model.take_usage()}, "memory")
    body = {"by": model.name, "operations": found[0], "refused": found[1]}
    journal.record("memory_ops", body, "memory_ops")


async def propose(
    model: JsonModel,
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
