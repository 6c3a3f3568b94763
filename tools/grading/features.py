"""The numbers a grade is decided by: one row for each key point, one for the whole answer.

Names are fixed here and weighed in weights.json; training and grading call the same functions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tools.grading import relations, rules
from tools.grading.directions import Directions
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
    """The vectors of a question and of an answer's windows under one embedding."""

    question: QuestionVectors
    windows: Vectors
    directions: Directions


def rows(view: QuestionView, reading: Reading, near: Similarity | None) -> list[Match]:
    """Return for each key point its best window: by meaning and words, or by words alone."""
    if near is None or not reading.windows:
        return [_lexical_match(view, point, reading) for point in view.points]
    sims = [(near.windows @ v.T).max(axis=1) for v in near.question.points]
    back = (near.windows @ near.question.background.T).mean(axis=1)
    asked = (near.windows @ near.question.asked.T).max(axis=1)
    falsity = near.directions.sounds_false(near.windows)
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
            "sounds_false": float(falsity[best]),
            "looks_made": near.directions.looks_made(
                near.windows[best], near.question.points[i][0]
            ),
        }
        row |= _probe_features(i, point, reading, near, score)
        false, where, contrast = _nearest_false(view, point, reading, near, sims[i])
        found.append(Match(best, row | contrast, false, where))
    return found


def _lexical_match(view: QuestionView, point: PointView, reading: Reading) -> Match:
    scores = _lexical(view, point, reading)
    best = max(range(len(scores)), key=scores.__getitem__, default=-1)
    return Match(best, _word_features(view, point, reading, best))


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


def _probe_features(
    index: int, point: PointView, reading: Reading, near: Similarity, score: Sequence[float]
) -> Row:
    """Return how much of a point's clauses is met, and whether its false twins fit better."""
    top = sorted(range(len(score)), key=score.__getitem__, reverse=True)[:3]
    best = near.windows[top]
    truth = float((best @ near.question.points[index].T).max())
    row: Row = {"piece_mean": truth, "piece_least": truth, "probe": 0.0}
    if len(near.question.pieces[index]):
        met = (near.windows @ near.question.pieces[index].T).max(axis=0)
        row["piece_mean"], row["piece_least"] = float(met.mean()), float(met.min())
    if len(near.question.probes[index]):
        row["probe"] = float((best @ near.question.probes[index].T).max()) - truth
    claims = [reading.windows[w].text for w in top]
    row["against_any"] = float(max(relations.conflicts(c, point.texts[0])[0] for c in claims))
    row["near_mean"] = float((best @ near.question.points[index].T).max(axis=1).mean())
    return row


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
    place = {(*w.clauses, w.answer): i for i, w in enumerate(reading.windows)}
    rows = [place.get((*c.clauses, c.answer), -1) for c in reading.clauses]
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
    view: QuestionView, point: PointView, reading: Reading, near: Similarity, sims: Vectors
) -> tuple[int, int, Row]:
    """Return the misconception of a point that the answer comes nearest to, where, and how near.

    Near means nearer than to the key point and to what is right instead: all three share words.
    """
    import numpy as np

    best = (-1, -1, {"false_gap": 0.0, "false_near": 0.0, "false_words": 0.0, "has_false": 0.0})
    for text, owner in enumerate(view.misconception_of):
        if owner not in point.misconceptions:
            continue
        scores = near.windows @ near.question.misconceptions[text]
        right = np.maximum(sims, near.windows @ near.question.corrections[text])
        gaps = scores - right + 0.3 * scores
        where = int(gaps.argmax())
        row = {
            "false_gap": float(scores[where] - right[where]),
            "false_near": float(scores[where]),
            "false_words": coverage(view.false_units[text], reading.units[where]),
            "has_false": 1.0,
        }
        if best[0] < 0 or row["false_gap"] > best[2]["false_gap"]:
            best = (text, where, row)
    return best


def dot(row: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return the weighted sum; `1` in the weights is the constant."""
    return weights.get("1", 0.0) + sum(
        value * weights[name] for name, value in row.items() if name in weights
    )
