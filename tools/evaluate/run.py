"""Ask a model about every situation and score its calls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sessions.records import Message
from tools.base import ChatModel, ModelError
from tools.catalogue import render_tools
from tools.evaluate.bad_cases import BadCase, bad_case, outcome_of
from tools.evaluate.bfcl import Item, ast_match, matches
from tools.evaluate.score import Outcome, Score, add, read_reply
from tools.evaluate.situations import Situation, messages_for


@dataclass
class Result:
    """Scores of one run: over all, by kind and by style."""

    model: str
    total: Score = field(default_factory=Score)
    by_kind: dict[str, Score] = field(default_factory=dict)
    bad: list[BadCase] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """Situations on which the model could not be asked, with the reason; they count nowhere."""

    def count(self, outcome: Outcome, kinds: Sequence[str]) -> bool:
        """Count the outcome; return whether it was exact."""
        for kind in kinds:
            add(self.by_kind.setdefault(kind, Score()), outcome)
        return add(self.total, outcome)


async def reply_of(model: ChatModel, messages: Sequence[Message]) -> str:
    """Return the whole reply."""
    return "".join([piece async for piece in model.stream(messages)])


async def run_situations(
    model: ChatModel, situations: Sequence[Situation], tools: Sequence[Mapping[str, Any]]
) -> AsyncIterator[Result]:
    """Yield the result as it grows, one situation after the other."""
    result = Result(model.name)
    for situation in situations:
        try:
            reply = await reply_of(model, messages_for(situation, tools))
        except ModelError as error:
            result.failed.append(f"{situation.id}: {error}")
            yield result
            continue
        outcome = outcome_of(situation, reply, tools)
        if not result.count(outcome, (situation.kind, f"style:{situation.style}")):
            result.bad.append(bad_case(outcome, model.name, reply))
        yield result


async def run_bfcl(model: ChatModel, items: Sequence[Item]) -> AsyncIterator[Result]:
    """Yield the result over the benchmark's items; exact match is the benchmark's AST match."""
    result = Result(model.name)
    for item in items:
        head = Message(role="system", content=render_tools(item.tools, "en"))
        try:
            reply = await reply_of(model, [head, *item.messages])
        except ModelError as error:
            result.failed.append(f"{item.id}: {error}")
            yield result
            continue
        calls, malformed, repairs = read_reply(reply, item.tools)
        required = tuple(_required(key) for key in item.key)
        outcome = Outcome(
            item.id, item.category, required, tuple(calls), malformed, repairs, matches
        )
        result.count(outcome, (item.category,))
        scores = (result.total, result.by_kind[item.category])
        right = ast_match(item.key, calls)
        for score in scores:
            score.exact += right - _was_exact(outcome)
        yield result


def _required(key: Any) -> Any:
    """Return the expected call without the arguments that may be left out."""
    from dataclasses import replace

    needed = {name: value for name, value in key.arguments.items() if not value.optional}
    return replace(key, arguments=needed)


def _was_exact(outcome: Outcome) -> bool:
    return add(Score(), outcome)
