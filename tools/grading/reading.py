"""An answer made ready for matching: what was said to the interviewer, in windows, with vectors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.grading.address import split_to_grader
from tools.grading.evidence import AnswerText
from tools.grading.text import Window, clauses, windows
from tools.grading.units import units

if TYPE_CHECKING:
    from tools.knowledge.embed import Embedder, Vectors

_CUT = re.compile(r"\n{2,}")


@dataclass(frozen=True)
class Reading:
    """All turns on one question, cut up and compared."""

    answers: tuple[AnswerText, ...]
    """The turns as given, raw."""
    said: str
    """What counts: all turns without fillers and without words to the grader."""
    honest: str
    """All turns as typed or heard, without words to the grader."""
    clauses: tuple[Window, ...]
    windows: tuple[Window, ...]
    units: tuple[frozenset[str], ...]
    """One set for each window."""
    all_units: frozenset[str]
    addressed: bool
    """Whether anything was said to the grader."""


def read(answers: Sequence[AnswerText]) -> Reading:
    """Cut up all turns of an answer."""
    parts: list[Window] = []
    spans: list[Window] = []
    addressed = False
    honest_texts: list[str] = []
    for index, answer in enumerate(answers):
        honest, taken = without_address(answer)
        addressed = addressed or taken
        honest_texts.append(_CUT.sub("\n", honest.raw).strip())
        cut, sentence_of = clauses(honest, index)
        parts.extend(cut)
        spans.extend(windows(cut, sentence_of))
    said = "，".join(w.text for w in parts)
    pieces = tuple(frozenset(units(w.text)) for w in spans)
    return Reading(
        answers=tuple(answers),
        said=said,
        honest="\n".join(t for t in honest_texts if t),
        clauses=tuple(parts),
        windows=tuple(spans),
        units=pieces,
        all_units=frozenset().union(*pieces) if pieces else frozenset(),
        addressed=addressed,
    )


def without_address(answer: AnswerText) -> tuple[AnswerText, bool]:
    """Return the turn with words to the grader blanked out, offsets kept, and whether there were.

    The cut-out stretch becomes line breaks: it can join nothing and matches nothing.
    """
    spans = split_to_grader(answer.raw)
    if not spans:
        return answer, False
    raw = list(answer.raw)
    for start, end in spans:
        raw[start:end] = "\n" * (end - start)
    return AnswerText(answer.turn, "".join(raw), None, answer.words), True


def encode(reading: Reading, embedder: Embedder) -> Vectors:
    """Return the vectors of the windows, one row each."""
    return embedder.encode([w.text for w in reading.windows], "query")
