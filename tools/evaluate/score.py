"""Score calls against what was expected: names first, arguments only where the name is right.

The order is that of PROTOCOL.md: recall of names and rate of false calls, then precision and
recall of arguments, exact match, and who was mistaken for whom.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.base import ToolCall
from tools.evaluate.situations import AnyOf, Expected
from tools.protocol import Malformed, Parser

NO_CALL = "(none)"
Matches = Callable[[Any, Any], bool]


@dataclass(frozen=True)
class Outcome:
    """What came of one situation."""

    id: str
    kind: str
    expected: tuple[Expected, ...]
    called: tuple[ToolCall, ...]
    malformed: int = 0
    repairs: int = 0
    matches: Matches | None = None
    """How an argument is compared; `same_value` when None."""


@dataclass
class Score:
    """Counts over many situations."""

    situations: int = 0
    exact: int = 0
    expected_calls: int = 0
    named_right: int = 0
    without_call: int = 0
    false_calls: int = 0
    """Situations that need no call and got one."""
    surplus_calls: int = 0
    """Calls beyond the expected ones, in situations that need some."""
    arguments_expected: int = 0
    arguments_given: int = 0
    arguments_right: int = 0
    malformed: int = 0
    repairs: int = 0
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often (expected, called) came together; `(none)` on either side."""

    @property
    def name_recall(self) -> float:
        """Share of the expected calls whose tool was called."""
        return _ratio(self.named_right, self.expected_calls)

    @property
    def false_call_rate(self) -> float:
        """Share of the situations without a call in which one was made."""
        return _ratio(self.false_calls, self.without_call)

    @property
    def argument_precision(self) -> float:
        """Of the arguments given in rightly named calls and labelled, those that are right."""
        return _ratio(self.arguments_right, self.arguments_given)

    @property
    def argument_recall(self) -> float:
        """Of the labelled arguments of rightly named calls, those given and right."""
        return _ratio(self.arguments_right, self.arguments_expected)

    @property
    def exact_match(self) -> float:
        """Share of the situations in which all was as expected and nothing more."""
        return _ratio(self.exact, self.situations)

    def as_json(self) -> dict[str, Any]:
        """Return counts and rates for machines."""
        rates = ("name_recall", "false_call_rate", "argument_precision", "argument_recall",
                 "exact_match")  # fmt: skip
        counts = ("situations", "expected_calls", "without_call", "false_calls", "surplus_calls",
                  "malformed", "repairs")  # fmt: skip
        return {
            **{name: round(getattr(self, name), 4) for name in rates},
            **{name: getattr(self, name) for name in counts},
            "confusion": [[e, c, n] for (e, c), n in sorted(self.confusion.items())],
        }


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def read_reply(
    text: str, tools: Sequence[Mapping[str, Any]] | None
) -> tuple[list[ToolCall], int, int]:
    """Return the calls in a reply, how many could not be made, and the repairs it took."""
    parser = Parser(tools)
    events = parser.feed(text) + parser.close()
    calls = [event for event in events if isinstance(event, ToolCall)]
    return calls, sum(isinstance(event, Malformed) for event in events), parser.repairs


def same_value(wanted: Any, given: Any) -> bool:
    """Compare an argument: strings without spaces, punctuation or case; 3 passes for 3.0."""
    if isinstance(wanted, AnyOf):
        return any(plain(word) in plain(str(given)) for word in wanted.words)
    if isinstance(wanted, str) and isinstance(given, str):
        return plain(wanted) == plain(given)
    if isinstance(wanted, bool) or isinstance(given, bool):
        return wanted is given
    if isinstance(wanted, list) and isinstance(given, list):
        return len(wanted) == len(given) and all(map(same_value, wanted, given))
    return bool(wanted == given)


def plain(text: str) -> str:
    """Return the text without what does not count in a comparison."""
    return re.sub(r"[\W_]+", "", text).casefold()


def add(score: Score, outcome: Outcome) -> bool:
    """Count one outcome; return whether it was an exact match."""
    pairs, missed, surplus = pair(outcome)
    right = _count_arguments(score, outcome, pairs)
    score.situations += 1
    score.expected_calls += len(outcome.expected)
    score.named_right += len(pairs)
    score.malformed += outcome.malformed
    score.repairs += outcome.repairs
    for wanted, _ in pairs:
        score.confusion[wanted.name, wanted.name] += 1
    for place in range(max(len(missed), len(surplus))):
        wanted_name = missed[place].name if place < len(missed) else NO_CALL
        called_name = surplus[place].name if place < len(surplus) else NO_CALL
        score.confusion[wanted_name, called_name] += 1
    if outcome.expected:
        score.surplus_calls += len(surplus)
    else:
        score.without_call += 1
        score.false_calls += bool(outcome.called)
    exact = right and not missed and not surplus and not outcome.malformed
    score.exact += exact
    return exact


def pair(
    outcome: Outcome,
) -> tuple[list[tuple[Expected, ToolCall]], list[Expected], list[ToolCall]]:
    """Bring expected and made calls of one name together, the best fitting first, in any order."""
    left, missed = list(outcome.called), []
    pairs: list[tuple[Expected, ToolCall]] = []
    matches = outcome.matches or same_value
    # An expected call with more labelled arguments chooses first: it has fewer that fit.
    for wanted in sorted(outcome.expected, key=lambda one: -len(one.arguments)):
        fitting = [call for call in left if call.name == wanted.name]
        if not fitting:
            missed.append(wanted)
            continue
        best = max(fitting, key=lambda call: _right(wanted, call, matches))
        left.remove(best)
        pairs.append((wanted, best))
    return pairs, missed, left


def _right(wanted: Expected, call: ToolCall, matches: Matches) -> int:
    return sum(
        name in call.arguments and matches(value, call.arguments[name])
        for name, value in wanted.arguments.items()
    )


def _count_arguments(
    score: Score, outcome: Outcome, pairs: Sequence[tuple[Expected, ToolCall]]
) -> bool:
    """Count the labelled arguments of rightly named calls; return whether all were right."""
    all_right, matches = True, outcome.matches or same_value
    for wanted, call in pairs:
        right = _right(wanted, call, matches)
        score.arguments_expected += len(wanted.arguments)
        score.arguments_given += sum(name in call.arguments for name in wanted.arguments)
        score.arguments_right += right
        all_right = all_right and right == len(wanted.arguments)
    return all_right
