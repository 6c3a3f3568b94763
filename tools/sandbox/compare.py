"""Compares what came back with what was expected, here in the parent, by the rules of JSON.

A tuple equals a list, a bool is no number, numbers agree within the tolerance (absolute, or
relative to the expected one where that is larger than 1).
"""

from __future__ import annotations

import json
import math
from typing import Any

DEFAULT_TOL = 1e-9
_SHOWN_CHARS = 600


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numbers_agree(expected: float, got: float, tol: float) -> bool:
    if expected == got:
        return True
    if isinstance(expected, int) and isinstance(got, int):
        return False
    try:
        e, g = float(expected), float(got)
    except OverflowError:
        return False
    if math.isnan(e) or math.isnan(g):
        return math.isnan(e) and math.isnan(g)
    if math.isinf(e) or math.isinf(g):
        return False
    return abs(e - g) <= tol * max(1.0, abs(e))


def equal(expected: Any, got: Any, tol: float = DEFAULT_TOL) -> bool:
    """Compare two JSON values; iterative, as the nesting of `got` is the candidate's choice."""
    pairs = [(expected, got)]
    while pairs:
        e, g = pairs.pop()
        if isinstance(e, list | tuple):
            if not isinstance(g, list | tuple) or len(e) != len(g):
                return False
            pairs.extend(zip(e, g, strict=True))
        elif isinstance(e, dict):
            if not isinstance(g, dict) or {str(k) for k in e} != g.keys():
                return False
            pairs.extend((v, g[str(k)]) for k, v in e.items())
        elif _is_number(e):
            if not _is_number(g) or not _numbers_agree(e, g, tol):
                return False
        elif type(e) is not type(g) or e != g:
            return False
    return True


def same_output(expected: str, got: str, tol: float | None = None) -> bool:
    """Compare printed text line by line; spaces at line ends and last empty lines do not count."""
    a = [line.split() for line in expected.rstrip().splitlines()]
    b = [line.split() for line in got.rstrip().splitlines()]
    if tol is None:
        return a == b
    if [len(line) for line in a] != [len(line) for line in b]:
        return False
    flat = zip((w for line in a for w in line), (w for line in b for w in line), strict=True)
    return all(_words_agree(e, g, tol) for e, g in flat)


def _words_agree(expected: str, got: str, tol: float) -> bool:
    if expected == got:
        return True
    try:
        return _numbers_agree(float(expected), float(got), tol)
    except ValueError:
        return False


def printable(text: str) -> str:
    """Make text storable: lone surrogates become escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def shown(value: Any, chars: int = _SHOWN_CHARS) -> str:
    """Write a value for people, cut to a length."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = "(a value too deep or too large to show)"
    text = printable(text)
    return text if len(text) <= chars else text[: chars - 1] + "…"
