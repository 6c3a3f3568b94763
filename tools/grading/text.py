"""An answer cut into sentences and clauses, each with its place in the raw turn.

Fillers and restarts are left out of what is matched, never out of what is quoted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tools.grading.evidence import AnswerText, Mapped, identity, keep, map_repair

MAX_CLAUSE = 48  # characters; a spoken run without marks is cut at a connective beyond this
MIN_CLAUSE = 7  # shorter pieces join their neighbour

_FILLER = re.compile(
    r"嗯+|呃+|额(?=[，,、 ]|$)|啊(?=[，,、。 ]|$)|对对+|(?<=[，,。])对(?=[，,。]|$)|"
    r"就是说|那个那个|这个这个"
    r"|怎么说呢|你知道吧|是吧(?=[，,。]|$)|的话(?=[，,])|\b(?:um+|uh+|er+m?|hmm+|you know|"
    r"i mean|sort of)\b"
    r"|(?<=[，,。 ])(?:那个|这个|然后|就|所以说)(?=[，,])",
    re.IGNORECASE,
)
_REPEAT = re.compile(r"(.{2,8}?)[，, ]\1")
_SENTENCE = re.compile(r"[。！？；;!?\n]+|(?<=[a-zA-Z\)\]%\d\u4e00-\u9fff])\.(?=\s|$)")
_CLAUSE = re.compile(r"[，：、]|,(?=\D|$)|:(?=\s|$)|——|—| - ")
_CONNECTIVE = re.compile(
    r"然后|所以|因为|但是|而且|不过|另外|其次|第[一二三四五]|\b(?:and|but|so|because|then)\b"
)


@dataclass(frozen=True)
class Window:
    """A stretch of one turn that is matched as one: a clause, neighbours, or a sentence."""

    answer: int
    """Index of the turn among the answers."""
    start: int
    end: int
    text: str
    """What is matched: repaired, without fillers."""
    clauses: tuple[int, int]
    """First and one past the last of the answer's clauses that it spans."""


def cleaned(answer: AnswerText) -> Mapped:
    """Return the text to match: repaired where repair exists, fillers and restarts left out."""
    raw = answer.raw
    mapped = map_repair(raw, answer.repaired) if answer.repaired else identity(raw)
    mapped = _drop(mapped, _FILLER)
    while True:
        shorter = _drop_repeat(mapped)
        if len(shorter.text) == len(mapped.text):
            return shorter
        mapped = shorter


def fillers(text: str) -> int:
    """Return how many fillers and restarts a text holds."""
    return len(_FILLER.findall(text)) + len(_REPEAT.findall(text))


def clauses(answer: AnswerText, index: int = 0) -> tuple[list[Window], list[int]]:
    """Return the clauses of a turn and, for each, the number of its sentence."""
    mapped = cleaned(answer)
    found: list[Window] = []
    sentence_of: list[int] = []
    for number, (start, end) in enumerate(_split(mapped.text, 0, len(mapped.text), _SENTENCE)):
        for a, b in _pieces(mapped.text, start, end):
            text = mapped.text[a:b].strip()
            if not any(c.isalnum() for c in text):
                continue
            raw_start, raw_end = mapped.span(a, b)
            n = len(found)
            found.append(Window(index, raw_start, raw_end, text, (n, n + 1)))
            sentence_of.append(number)
    return found, sentence_of


def windows(parts: Sequence[Window], sentence_of: Sequence[int]) -> list[Window]:
    """Return clauses, neighbouring pairs and whole sentences: linear in the number of clauses."""
    found = list(parts)
    seen = {w.clauses for w in found}
    spans = [(i, i + 2) for i in range(len(parts) - 1)]
    spans += [(i, i + 3) for i in range(len(parts) - 2)]
    for start, end in spans:
        if (start, end) not in seen and sentence_of[end - 1] - sentence_of[start] <= 1:
            seen.add((start, end))
            found.append(_join(parts, start, end))
    return found


def _join(parts: Sequence[Window], start: int, end: int) -> Window:
    first, last = parts[start], parts[end - 1]
    text = "，".join(w.text for w in parts[start:end])
    return Window(first.answer, first.start, last.end, text, (start, end))


def _drop(mapped: Mapped, pattern: re.Pattern[str]) -> Mapped:
    spans = [m.span() for m in pattern.finditer(mapped.text)]
    return _without(mapped, spans) if spans else mapped


def _drop_repeat(mapped: Mapped) -> Mapped:
    spans = [(m.start(), m.start() + len(m[1]) + 1) for m in _REPEAT.finditer(mapped.text)]
    return _without(mapped, spans) if spans else mapped


def _without(mapped: Mapped, spans: Sequence[tuple[int, int]]) -> Mapped:
    edges = [0, *(x for span in spans for x in span), len(mapped.text)]
    return keep(mapped, zip(edges[::2], edges[1::2], strict=True))


def _split(text: str, start: int, end: int, pattern: re.Pattern[str]) -> list[tuple[int, int]]:
    cuts = [start, *(m.end() for m in pattern.finditer(text, start, end)), end]
    return [(a, b) for a, b in pairwise(cuts) if text[a:b].strip()]


def _pieces(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cut a sentence into clauses of a fair length."""
    joined: list[tuple[int, int]] = []
    for a, b in _split(text, start, end, _CLAUSE):
        size = _weight(text[a:b])
        if joined and (size < MIN_CLAUSE or _weight(text[slice(*joined[-1])]) < MIN_CLAUSE):
            joined[-1] = (joined[-1][0], b)
        else:
            joined.append((a, b))
    return [piece for a, b in joined for piece in _cut_long(text, a, b)]


def _cut_long(text: str, start: int, end: int) -> list[tuple[int, int]]:
    if _weight(text[start:end]) <= MAX_CLAUSE:
        return [(start, end)]
    cuts = [start]
    for match in _CONNECTIVE.finditer(text, start + 1, end):
        if _weight(text[cuts[-1] : match.start()]) >= MAX_CLAUSE // 3:
            cuts.append(match.start())
    cuts.append(end)
    return list(pairwise(cuts))


def _weight(text: str) -> float:
    """Length in Chinese characters; a Latin letter counts for a third."""
    return sum(1.0 if "\u3400" <= c <= "\u9fff" else 0.34 for c in text if not c.isspace())
