"""What the candidate said, where, and the proof of it: quotes as offsets into the raw turn.

Matching reads a cleaned text (fillers out, mis-heard terms repaired); each of its characters knows
the raw character it came from, so that a quote is always a piece of what was typed or heard.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from sessions.records import Grade, Misheard, Quote, Word


@dataclass(frozen=True)
class AnswerText:
    """One turn's words on a question."""

    turn: str
    raw: str
    repaired: str | None = None
    """The text after term repair, when it differs from `raw`."""
    words: tuple[Word, ...] | None = None
    """The recogniser's words with their confidence, when the turn was heard."""
    hints: tuple[Misheard, ...] = ()
    """What was perhaps misheard: for a grader that can weigh it, never a change of the words."""


@dataclass(frozen=True)
class Mapped:
    """A text derived from a raw one; `origin[i]` is the raw offset of its character i."""

    text: str
    origin: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the raw offsets that `text[start:end]` came from."""
        if start >= end or not self.origin:
            return (0, 0)
        return (self.origin[start], self.origin[end - 1] + 1)


def identity(text: str) -> Mapped:
    """Return the text as derived from itself."""
    return Mapped(text, tuple(range(len(text))))


def map_repair(raw: str, repaired: str) -> Mapped:
    """Return the repaired text with the raw offset of each character.

    A replaced stretch points at the stretch it replaces, spread evenly; an inserted one at its
    neighbour.
    """
    origin: list[int] = []
    blocks = SequenceMatcher(None, raw, repaired, autojunk=False).get_opcodes()
    for tag, a, b, c, d in blocks:
        if tag == "equal":
            origin.extend(range(a, b))
        elif tag == "replace":
            origin.extend(a + (i * (b - a)) // (d - c) for i in range(d - c))
            if origin and d > c:
                origin[-1] = b - 1
        elif tag == "insert":
            origin.extend([max(0, min(a, len(raw) - 1))] * (d - c))
    return Mapped(repaired, tuple(origin))


def keep(mapped: Mapped, spans: Iterable[tuple[int, int]]) -> Mapped:
    """Return the parts of a derived text inside `spans`, one after the other."""
    text: list[str] = []
    origin: list[int] = []
    for start, end in spans:
        text.append(mapped.text[start:end])
        origin.extend(mapped.origin[start:end])
    return Mapped("".join(text), tuple(origin))


def quote(answer: AnswerText, start: int, end: int) -> Quote:
    """Return the quote of raw[start:end] without the blanks and marks at its ends."""
    raw = answer.raw
    start, end = max(0, start), min(len(raw), end)
    while start < end and (raw[start].isspace() or raw[start] in "，,。；;、：:.!！?？"):
        start += 1
    while end > start and (raw[end - 1].isspace() or raw[end - 1] in "，,。；;、：:."):
        end -= 1
    return {"turn": answer.turn, "start": start, "end": end, "text": raw[start:end]}


def check_quotes(grade: Grade, texts: Mapping[str, str] | Sequence[AnswerText]) -> list[str]:
    """Return what is wrong with a grade's evidence, one line each; empty when all holds.

    `texts` gives each turn's raw text. Every verdict but missed and not graded needs a quote,
    those two must have none, and every quote must be the raw text at its offsets.
    """
    raw = texts if isinstance(texts, Mapping) else {t.turn: t.raw for t in texts}
    problems: list[str] = []
    for point in grade["points"]:
        claims = point["verdict"] in ("covered", "partial", "wrong")
        if claims != bool(point["quotes"]):
            what = "has no quote" if claims else "carries a quote"
            problems.append(f"{point['key_point']}: {point['verdict']} {what}")
        problems.extend(_problem(q, raw, point["key_point"]) for q in point["quotes"])
    problems.extend(_problem(m["quote"], raw, m["key_point"]) for m in grade["misconceptions"])
    return [problem for problem in problems if problem]


def _problem(quote: Quote, raw: Mapping[str, str], where: str) -> str:
    text = raw.get(quote["turn"])
    if text is None:
        return f"{where}: no turn {quote['turn']!r}"
    if not 0 <= quote["start"] < quote["end"] <= len(text):
        return f"{where}: offsets {quote['start']}–{quote['end']} lie outside the turn"
    if text[quote["start"] : quote["end"]] != quote["text"]:
        return f"{where}: {quote['text']!r:.60} is not what stands at {quote['start']}"
    return ""
