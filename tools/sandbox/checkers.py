"""Judges of answers of which more than one is right; they run in the parent, on plain data.

Each takes the arguments, the answer and what the test expects, and returns what is wrong with the
answer in one English phrase, or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.sandbox.compare import equal
from tools.sandbox.judge import Checker


def _same_bag(expected: list[Any], got: list[Any]) -> bool:
    left = list(got)
    for item in expected:
        found = next((i for i, other in enumerate(left) if equal(item, other)), None)
        if found is None:
            return False
        left.pop(found)
    return not left


def any_order(args: list[Any], got: Any, expected: Any) -> str:
    """The same items in any order."""
    if not isinstance(got, list):
        return "the answer is not a list"
    return "" if _same_bag(expected, got) else "not the same items"


def any_order_deep(args: list[Any], got: Any, expected: Any) -> str:
    """A list of lists, each in any order."""
    if not isinstance(got, list) or not all(isinstance(part, list) for part in got):
        return "the answer is not a list of lists"
    wanted = [sorted(part, key=repr) for part in expected]
    return (
        "" if _same_bag(wanted, [sorted(part, key=repr) for part in got]) else "not the same groups"
    )


def one_of(args: list[Any], got: Any, expected: Any) -> str:
    """Any one of the listed answers."""
    return "" if any(equal(item, got) for item in expected) else "none of the right answers"


def topological(args: list[Any], got: Any, expected: Any) -> str:
    """An order of 0 … n-1 in which every edge [a, b] has a before b; empty when there is none."""
    count, edges = args[0], args[1]
    if not expected:
        return "" if got == [] else "the graph has a cycle: no order exists"
    if not isinstance(got, list) or sorted(got) != list(range(count)):
        return "not every node exactly once"
    place = {node: i for i, node in enumerate(got)}
    broken = next((edge for edge in edges if place[edge[0]] >= place[edge[1]]), None)
    return "" if broken is None else f"edge {broken} is broken"


def close_to(args: list[Any], got: Any, expected: Any) -> str:
    """Numbers within the expected `tol` (absolute or relative)."""
    return "" if equal(expected["value"], got, expected["tol"]) else "not within the tolerance"


def frequencies(args: list[Any], got: Any, expected: Any) -> str:
    """Draws whose shares lie within `tol` of the expected ones, and no draw outside of them."""
    shares, tol = expected["shares"], expected["tol"]
    if not isinstance(got, list) or len(got) != expected["draws"]:
        return "not the number of draws that was asked for"
    counts: dict[str, int] = {}
    for item in got:
        counts[str(item)] = counts.get(str(item), 0) + 1
    stray = next((key for key in counts if key not in shares), None)
    if stray is not None:
        return f"{stray} must never be drawn"
    far = [k for k, share in shares.items() if abs(counts.get(k, 0) / len(got) - share) > tol]
    return f"{far[0]} is drawn too often or too rarely" if far else ""


def clusters(args: list[Any], got: Any, expected: Any) -> str:
    """Labels that split the points as expected, whatever the numbers of the groups."""
    if not isinstance(got, list) or len(got) != len(expected):
        return "not one label for each point"
    pairs = {(repr(a), repr(b)) for a, b in zip(expected, got, strict=True)}
    sides = ({a for a, _ in pairs}, {b for _, b in pairs})
    return "" if len(pairs) == len(sides[0]) == len(sides[1]) else "the groups are different"


def cost_at_most(args: list[Any], got: Any, expected: Any) -> str:
    """A number not above the expected one by more than one part in a million."""
    if not isinstance(got, int | float) or isinstance(got, bool):
        return "the answer is not a number"
    limit = expected + 1e-6 * max(1.0, abs(expected))
    return "" if got <= limit else f"{got:g} is more than {expected:g}"


def torch_module(args: list[Any], got: Any, expected: Any) -> str:
    """What a run of a torch module reported, as far as the test names it."""
    if not isinstance(got, dict):
        return "the module gave no report"
    wrong = [key for key in expected if key != "tol" and key not in got]
    wrong += [k for k in expected if k in got and not equal(expected[k], got[k], _tol(expected))]
    return f"{wrong[0]} is not as wanted" if wrong else ""


def _tol(expected: Any) -> float:
    return float(expected.get("tol", 1e-4))


CHECKERS: Mapping[str, Checker] = {
    "any_order": any_order,
    "any_order_deep": any_order_deep,
    "one_of": one_of,
    "topological": topological,
    "close_to": close_to,
    "frequencies": frequencies,
    "clusters": clusters,
    "cost_at_most": cost_at_most,
    "torch_module": torch_module,
}
