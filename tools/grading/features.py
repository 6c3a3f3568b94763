"""The numbers a grade is decided by: one row for each key point, one for the whole answer.

Names are fixed here and weighed in weights.json; training and grading call the same functions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tools.grading import relations, rules
from tools.grading.reading import Reading
from tools.grading.units import coverage, fold
from tools.grading.view import PointView, QuestionVectors, QuestionView

if TYPE_CHECKING:
    from tools.knowledge.embed import Vectors

Row = dict[str, float]


@dataclass(frozen=True)
class Match:
    """The best place in an answer for one key point, and how it compares."""

    window: int
    """Index among the reading's windows, -1 when the answer has none."""
    row: Row = field(default_factory=dict)
    misconception: int = -1
    """Index among the view's misconception texts of the nearest one."""
    false_window: int = -1
    """Where that misconception is best stated."""


@dataclass(frozen=True)
class Similarity:
    """The vectors of a question and of an answer under one embedding."""

    name: str
    question: QuestionVectors
    windows: Vectors


def lexical_rows(view: QuestionView, reading: Reading) -> list[Match]:
    """Return for each key point its best window by words alone."""
    found: list[Match] = []
    for point in view.points:
        scores = _lexical(view, point, reading)
        best = max(range(len(scores)), key=scores.__getitem__, default=-1)
        found.append(Match(best, _word_features(view, point, reading, best)))
    return found


def rows(view: QuestionView, reading: Reading, near: Similarity) -> list[Match]:
    """Return for each key point its best window by meaning and words together."""
    if not reading.windows:
        return [Match(-1, _word_features(view, p, reading, -1)) for p in view.points]
    sims = [(near.windows @ v.T).max(axis=1) for v in near.question.points]
    back = (near.windows @ near.question.background.T).mean(axis=1)
    asked = (near.windows @ near.question.asked.T).max(axis=1)
    found = []
    for i, point in enumerate(view.points):
        words = _lexical(view, point, reading)
        score = [float(s) + 0.35 * w for s, w in zip(sims[i], words, strict=True)]
        best = max(range(len(score)), key=score.__getitem__)
        row = _word_features(view, point, reading, best)
        here = float(sims[i][best])
        rival = max((float(s[best]) for j, s in enumerate(sims) if j != i), default=0.0)
        row |= {
            "near": here,
            "near_top": float(sims[i].max()),
            "near_background": here - float(back[best]),
            "near_question": here - float(asked[best]),
            "near_rival": here - rival,
            "near_reference": _reference(i, near),
            "bind": _binding(view, i, reading, near),
        }
        false, where, gap = _nearest_false(view, point, near, sims[i])
        row |= {"false_gap": gap, "has_false": float(false >= 0)}
        found.append(Match(best, row, false, where))
    return found


def add_second(matches: Sequence[Match], view: QuestionView, second: Similarity) -> list[Match]:
    """Return the matches with a second embedding's opinion of the same windows.

    `second.windows` has one row for each match, in order.
    """
    found = []
    for i, match in enumerate(matches):
        row = dict(match.row)
        if match.window >= 0:
            v = second.windows[i]
            own = float((second.question.points[i] @ v).max())
            others = [float((p @ v).max()) for j, p in enumerate(second.question.points) if j != i]
            row["second"] = own - float((second.question.background @ v).mean())
            row["second_rival"] = own - max(others, default=0.0)
            row["second_question"] = own - float((second.question.asked @ v).max())
        found.append(Match(match.window, row, match.misconception, match.false_window))
    return found


def _lexical(view: QuestionView, point: PointView, reading: Reading) -> list[float]:
    return [coverage(point.units, have, view.asked_units) for have in reading.units]


def _word_features(view: QuestionView, point: PointView, reading: Reading, best: int) -> Row:
    truth = point.texts[0] if point.texts else ""
    claim = reading.windows[best].text if best >= 0 else ""
    have = reading.units[best] if best >= 0 else frozenset()
    against, agree = relations.conflicts(claim, truth)
    here = fold(claim)
    whole = fold(reading.said)
    named = sum(view.terms[t].search(here) is not None for t in point.terms)
    anywhere = sum(view.terms[t].search(whole) is not None for t in point.terms)
    count = max(1, len(point.terms))
    return {
        "words": coverage(point.units, have, view.asked_units),
        "words_plain": coverage(point.units, have),
        "words_anywhere": coverage(point.units, reading.all_units, view.asked_units),
        "terms": named / count,
        "terms_anywhere": anywhere / count,
        "against": float(against),
        "agree": float(agree),
        "negation": float((relations.negations(claim) > 0) != (relations.negations(truth) > 0)),
        "number": float(relations.number_conflict(claim, truth)),
        "length": math.log1p(len(claim)) / 5.0,
        "parrot": rules.restates(claim, view.asked_units) if claim else 1.0,
    }


def _reference(index: int, near: Similarity) -> float:
    """Return how near the answer comes to the model answer's passages on one key point."""
    if len(near.question.reference) == 0:
        return float((near.windows @ near.question.points[index].T).max())
    own = near.question.reference @ near.question.points[index].T
    order = own.max(axis=1).argsort()[::-1][:2]
    return float((near.windows @ near.question.reference[order].T).max())


def _binding(view: QuestionView, index: int, reading: Reading, near: Similarity) -> float:
    """Return how much better a point fits clauses on its own subject than on another's.

    Zero when the question sets nothing side by side or the answer does not tell them apart.
    """
    parts = view.points[index].parts
    if not parts or len(view.entities) < 2:
        return 0.0
    n = len(reading.clauses)
    texts = [c.text for c in reading.clauses]
    about = relations.subjects(texts, view.entities)
    place = {w.clauses + (w.answer,): i for i, w in enumerate(reading.windows)}
    rows = [place.get(c.clauses + (c.answer,), -1) for c in reading.clauses]
    total = 0.0
    for (who, _), vector in zip(parts, near.question.parts[index], strict=True):
        scores = [float(near.windows[rows[j]] @ vector) if rows[j] >= 0 else 0.0 for j in range(n)]
        own = [s for s, whom in zip(scores, about, strict=True) if whom == who]
        other = [s for s, whom in zip(scores, about, strict=True) if len(whom) == 1 and whom != who]
        if own and other:
            total += max(own) - max(other)
        elif other and max(other) > 0:
            total -= 0.1
    return total / len(parts)


def _nearest_false(
    view: QuestionView, point: PointView, near: Similarity, sims: Vectors
) -> tuple[int, int, float]:
    """Return the misconception of a point that the answer comes nearest to, where, by how much."""
    best = (-1, -1, 0.0)
    for text, owner in enumerate(view.misconception_point):
        if owner not in point.misconceptions:
            continue
        scores = near.windows @ near.question.misconceptions[text]
        where = int((scores - 0.5 * sims).argmax())
        gap = float(scores[where] - sims[where])
        if best[0] < 0 or gap > best[2]:
            best = (text, where, gap)
    return best


def answer_row(view: QuestionView, reading: Reading, matches: Sequence[Match]) -> Row:
    """Return the features of the whole answer: how it is said, and how it fits as a whole."""
    text = reading.said
    size = max(20.0, float(len(text)))
    cues = rules.cue_counts(text)
    row = {f"cue_{name}": 100.0 * count / size for name, count in cues.items()}
    row |= {
        "length": math.log1p(len(text)) / 6.0,
        "parrot": rules.restates(text, view.asked_units) if text else 1.0,
        "reference_words": coverage(view.reference_units, reading.all_units, view.asked_units),
        "named": rules.named_share(text, view.terms),
    }
    return row | _summary(matches)


def _summary(matches: Sequence[Match]) -> Row:
    found: Row = {}
    for name in (
        "near",
        "near_top",
        "near_reference",
        "words",
        "against",
        "bind",
        "false_gap",
        "second",
    ):
        values = sorted((m.row.get(name, 0.0) for m in matches), reverse=True) or [0.0]
        found[f"mean_{name}"] = sum(values) / len(values)
        found[f"max_{name}"] = values[0]
        found[f"min_{name}"] = values[-1]
    return found


def dot(row: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return the weighted sum; `1` in the weights is the constant."""
    return weights.get("1", 0.0) + sum(
        value * weights[name] for name, value in row.items() if name in weights
    )
