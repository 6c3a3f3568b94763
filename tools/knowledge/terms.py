"""Repair of technical terms that a recogniser mis-heard: `提督猜奖` to `梯度裁剪`.

A noisy channel: a stretch is replaced when a term comes near to its sound and the words as they
stand are less likely beside their neighbours than the term would be. The raw text stays with the
caller; every change keeps its place in it. What is likely but not sure is a hint only: to change
right words does more harm than to leave a wrong one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tools.knowledge.plausibility import load_counts
from tools.knowledge.term_evidence import Surroundings, readings
from tools.knowledge.term_stretch import Stretch, stretches
from tools.knowledge.term_weights import chance

SURE = 0.3
"""Chance from which a repair is made; less is a hint. `tests/train_terms.py` prints how many wrong
changes per 1,000 characters a chance costs. Its halves are apart by the spelling of the term, not
by the thing meant, and the shipped weights are fitted on both: read its figures as upper bounds."""
HINT = 0.08


@dataclass(frozen=True)
class Change:
    """Raw text `[start:end]`, heard as `heard`, was or may be meant as `term`."""

    start: int
    end: int
    heard: str
    term: str
    chance: float


@dataclass(frozen=True)
class Repaired:
    """The repaired text, the changes made in it and those only suggested; places are raw ones."""

    text: str
    changes: list[Change] = field(default_factory=list)
    hints: list[Change] = field(default_factory=list)


def repair(text: str, topic: str | Sequence[str] = "", sure: float = SURE) -> Repaired:
    """Return text with its mis-heard terms put right, in time linear in its length."""
    found = candidates(text, [topic] if isinstance(topic, str) else topic)
    taken = _apart([change for change in found if change.chance >= min(HINT, sure)], len(text))
    changes = [change for change in taken if change.chance >= sure]
    hints = [change for change in taken if change.chance < sure]
    return Repaired(_apply(text, changes), changes, hints)


def candidates(text: str, topics: Sequence[str] = ()) -> list[Change]:
    """Return every reading of a part of the text that is worth a thought, with its chance."""
    parts = list(stretches(text))
    if not _is_chinese(parts):
        return []
    around, counts = Surroundings(text, topics, parts), load_counts()
    return [
        Change(r.start, r.end, text[r.start : r.end], r.target.term, chance(r.kind, r.evidence))
        for stretch in parts
        if stretch.runs  # what is English throughout, between marks, was hardly said in Chinese
        for r in readings(stretch, around, counts)
    ]


def _is_chinese(parts: Sequence[Stretch]) -> bool:
    """Return whether a text is Chinese, English words among it or not; English is left alone."""
    chinese = sum(len(run) for part in parts for run, _ in part.runs)
    return chinese > 0 and chinese >= sum(
        w.text.isalpha() and w.text < "\u3400" for p in parts for w in p.words
    )


def _apart(found: list[Change], length: int) -> list[Change]:
    """Return the likeliest changes that do not overlap, in order of place."""
    used = bytearray(length)
    taken: list[Change] = []
    for change in sorted(found, key=lambda c: (-c.chance, c.start - c.end, c.start)):
        if not any(used[change.start : change.end]):
            used[change.start : change.end] = b"\1" * (change.end - change.start)
            taken.append(change)
    return sorted(taken, key=lambda change: change.start)


def _apply(text: str, changes: Sequence[Change]) -> str:
    pieces: list[str] = []
    at = 0
    for change in changes:
        pieces += [text[at : change.start], change.term]
        at = change.end
    return "".join([*pieces, text[at:]])
