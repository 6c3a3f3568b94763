"""Tokens and cost of a session, its budget, and the reserve kept for a proper goodbye.

What was spent stands in the ledger as `usage` events, one a model call; the sum is made from them,
so that an interview taken up again goes on with the same budget.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, runtime_checkable

from sessions.records import Message

RESERVE = 0.05
"""Share of the budget that only the closing turn may use; a guess: one turn of forty is 2.5 %."""
REPLY_TOKENS = 300
"""Expected length of a reply, for the question whether one more call fits."""
_CJK = re.compile(r"[\u3000-\u9fff\uf900-\ufaff\uff00-\uffef]")


@dataclass(frozen=True)
class Usage:
    """What model calls used."""

    prompt_tokens: int = 0
    reply_tokens: int = 0
    cached_tokens: int = 0
    """Of the prompt's, those that the endpoint had in its cache."""
    calls: int = 0
    estimated: bool = False
    """The endpoint did not say, so it was reckoned from the length of the text."""

    @property
    def tokens(self) -> int:
        """Tokens in both directions."""
        return self.prompt_tokens + self.reply_tokens

    def plus(self, other: Usage) -> Usage:
        """Return the sum."""
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.reply_tokens + other.reply_tokens,
            self.cached_tokens + other.cached_tokens,
            self.calls + other.calls,
            self.estimated or other.estimated,
        )


@dataclass(frozen=True)
class Budget:
    """How many tokens a session may use, and what a million of them costs."""

    tokens: int = 0
    """0 means no limit."""
    price_in: float = 0.0
    """Of a million prompt tokens, in the currency of the user's bill; 0 means unknown."""
    price_out: float = 0.0

    def allows(self, spent: Usage, coming: int, *, closing: bool) -> bool:
        """Return whether a call of `coming` prompt tokens still fits."""
        if not self.tokens:
            return True
        room = self.tokens if closing else self.tokens * (1 - RESERVE)
        return spent.tokens + coming + REPLY_TOKENS <= room

    def cost(self, spent: Usage) -> float | None:
        """Return what the tokens cost, or None when no price is known."""
        if not self.price_in and not self.price_out:
            return None
        return (
            spent.prompt_tokens * self.price_in + spent.reply_tokens * self.price_out
        ) / 1_000_000


@runtime_checkable
class Metered(Protocol):
    """A model that counts what it uses."""

    budget: Budget

    def take_usage(self) -> Usage:
        """Return what was used since the last time this was asked."""
        ...


def estimate_tokens(text: str) -> int:
    """Reckon a text's tokens: about one a Chinese character, one for four others; a guess."""
    chinese = len(_CJK.findall(text))
    return chinese + (len(text) - chinese + 3) // 4


def estimate_prompt(messages: Sequence[Message]) -> int:
    """Reckon the tokens of a prompt."""
    return sum(estimate_tokens(message["content"]) + 4 for message in messages)


def usage_event(usage: Usage, budget: Budget, model: str) -> dict[str, Any]:
    """Return the body of the ledger's `usage` event."""
    return {**asdict(usage), "model": model, "cost": budget.cost(usage)}


def spent_of(events: Iterable[Mapping[str, Any]]) -> Usage:
    """Return the sum of `usage` events."""
    total = Usage()
    for event in events:
        body = event["body"]
        names = ("prompt_tokens", "reply_tokens", "cached_tokens", "calls", "estimated")
        total = total.plus(Usage(*(body.get(name, 0) for name in names)))
    return total
