"""Quotes of a talk: the sentence around a place in a floor's words, proved by its turn."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agent.reviewing.floors import SENTENCE, Floor, placed_sentences
from agent.reviewing.talk import Given
from sessions.report.review_schema import ReviewQuote, Sign

_LONGEST_QUOTE = 120
_HEAD_CHARS = 80
_HEAD_LEAST = 12
_CLAUSE = re.compile(r"[^。！？!?\n，,；;]*[。！？!?\n，,；;]*")


def quote_of(
    floor: Floor,
    span: tuple[int, int],
    sign: Sign,
    lines: Mapping[str, int],
    starts: Mapping[str, float],
) -> ReviewQuote | None:
    """Return the sentence around `floor.text[start:end]`, as a checked quote of its turn.

    None where no turn of the floor holds any of it.
    """
    place = floor.turn_at(*span)
    if place is None:
        return None
    turn, start, end = place
    start, end = _around(turn["text"], start, end)
    return ReviewQuote(
        turn=turn["id"],
        start=start,
        end=end,
        text=turn["text"][start:end],
        speaker=floor.role,
        sign=sign,
        line=lines[turn["id"]],
        at_s=starts.get(turn["id"]),
    )


def head_of(
    floor: Floor, sign: Sign, lines: Mapping[str, int], starts: Mapping[str, float]
) -> ReviewQuote | None:
    """Return the first sentence of a floor that says something."""
    said = placed_sentences(floor.text)
    best = next((one for one in said if len(one[1].strip()) >= _HEAD_LEAST), next(iter(said), None))
    if best is None:
        return None
    start = best[0] + len(best[1]) - len(best[1].lstrip())
    span = (start, min(start + _HEAD_CHARS, best[0] + len(best[1].rstrip())))
    return quote_of(floor, span, sign, lines, starts)


def help_quote(
    given: Given, lines: Mapping[str, int], starts: Mapping[str, float]
) -> ReviewQuote | None:
    """Return the interviewer's words that help, as hint or answer."""
    floor, helped = given
    sign: Sign = "answer" if helped.kind == "answer" else "hint"
    span = (helped.start, helped.start + len(helped.words))
    return quote_of(floor, span, sign, lines, starts)


def _around(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a span to its sentence, or to its clauses where the sentence is long."""
    for pattern in (SENTENCE, _CLAUSE):
        spans = [m.span() for m in pattern.finditer(text) if m.start() < end and m.end() > start]
        left, right = (spans[0][0], spans[-1][1]) if spans else (start, end)
        if right - left <= _LONGEST_QUOTE:
            break
    else:
        left, right = start, min(end, start + _LONGEST_QUOTE)
    while left < right and (text[left].isspace() or text[left] in "，。、,"):
        left += 1
    while right > left and (text[right - 1].isspace() or text[right - 1] in "，、,；;"):
        right -= 1
    return left, right
