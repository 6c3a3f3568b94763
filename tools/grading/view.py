"""A question made ready for matching: its texts in pieces, their vectors, things to tell apart.

Nothing here depends on an answer, so one view serves every answer to the question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sessions.records import Lang, Misconception, Question, Wording
from tools.grading import relations
from tools.grading.units import derived_terms, term_patterns, units

if TYPE_CHECKING:
    from tools.knowledge.embed import Embedder, Vectors

_PIECE = re.compile(r"[^，。；;,、！？!?\n]+")
_SENTENCE = re.compile(r"[^。；;！？!?\n]+")
BACKGROUND = (
    "训练时每个批次都会更新一次参数。",
    "这个方法在实际项目里效果不错。",
    "模型的输入先经过分词再变成向量。",
    "我们用验证集来选择超参数。",
    "线上服务需要控制延迟和成本。",
    "数据质量比数据数量更重要。",
    "这个库提供了现成的接口可以直接调用。",
    "实验结果用多次运行的平均值来报告。",
    "The model is trained on a large amount of data.",
    "We evaluated the system on a held-out set.",
)
"""Sentences of the field that answer nothing: what any answer is a little like."""


@dataclass(frozen=True)
class PointView:
    """One key point ready for matching."""

    id: str
    weight: float
    texts: tuple[str, ...]
    """Its wording in each language that exists."""
    units: dict[str, float]
    terms: tuple[int, ...]
    """Which of the question's terms it names."""
    parts: tuple[tuple[frozenset[str], str], ...]
    """Its clauses: whom each is about, and what it says of it."""
    pieces: tuple[str, ...]
    """Its clauses as they stand: half a point is one of them."""
    probes: tuple[str, ...]
    """The point made false: relations turned round, names exchanged."""
    misconceptions: tuple[int, ...]


@dataclass(frozen=True)
class QuestionView:
    """One question ready for matching."""

    question: Question
    asked: tuple[str, ...]
    asked_units: frozenset[str]
    points: tuple[PointView, ...]
    terms: tuple[re.Pattern[str], ...]
    entities: tuple[str, ...]
    reference: tuple[str, ...]
    """Sentences and clauses of the model answer."""
    reference_units: dict[str, float]
    misconceptions: tuple[str, ...]
    misconception_of: tuple[int, ...]
    """For each text above, the index of the question's misconception."""
    corrections: tuple[str, ...]
    """For each text above, what is right instead."""
    false_units: tuple[dict[str, float], ...]
    """For each text above, the pieces that neither key point nor correction has."""


@dataclass(frozen=True)
class QuestionVectors:
    """The vectors of a view under one embedding, rows of unit length."""

    asked: Vectors
    points: tuple[Vectors, ...]
    parts: tuple[Vectors, ...]
    pieces: tuple[Vectors, ...]
    probes: tuple[Vectors, ...]
    reference: Vectors
    misconceptions: Vectors
    corrections: Vectors
    background: Vectors


def texts_of(wording: Wording, lang: Lang) -> tuple[str, ...]:
    """Return the wording in the language asked for and then in the other, where they exist."""
    order = ("zh", "en") if lang == "zh" else ("en", "zh")
    return tuple(t for name in order if (t := str(wording.get(name, "")).strip()))


def view_of(question: Question, lang: Lang) -> QuestionView:
    """Make a question ready for matching."""
    asked = texts_of(question["wording"], lang)
    stated = [texts_of(p["text"], lang) for p in question["key_points"]]
    reference = texts_of(question["reference"], lang)
    groups = question["terms"] or derived_terms([t for texts in stated for t in texts[:1]])
    terms = tuple(term_patterns(groups))
    names = tuple(relations.entities(" ".join(asked[:1]), [t[0] if t else "" for t in stated]))
    false = [texts_of(m["text"], lang) for m in question["misconceptions"]]
    flat = [t for texts in false for t in texts]
    owner = [m["key_point"] for m in question["misconceptions"]]
    right = [t for m in question["misconceptions"] for t in _corrections(m, lang)]
    return QuestionView(
        question=question,
        asked=asked,
        asked_units=frozenset(u for text in asked for u in units(text)),
        points=tuple(
            _point(p["id"], float(p["weight"]), texts, terms, names, owner)
            for p, texts in zip(question["key_points"], stated, strict=True)
        ),
        terms=terms,
        entities=names,
        reference=tuple(pieces(reference[0])) if reference else (),
        reference_units=units(" ".join(reference)),
        misconceptions=tuple(t for texts in false for t in texts),
        misconception_of=tuple(i for i, texts in enumerate(false) for _ in texts),
        corrections=tuple(right),
        false_units=tuple(_only_false(t, r, stated) for t, r in zip(flat, right, strict=True)),
    )


def _corrections(row: Misconception, lang: Lang) -> list[str]:
    """Return one correction for each text of a misconception."""
    count = len(texts_of(row["text"], lang))
    found = texts_of(row["correction"], lang)
    return [found[min(i, len(found) - 1)] if found else "。" for i in range(count)]


def _only_false(text: str, right: str, stated: Sequence[Sequence[str]]) -> dict[str, float]:
    true = set(units(right)).union(*(units(t) for texts in stated for t in texts[:1]))
    return {u: w for u, w in units(text).items() if u not in true}


def _point(
    name: str,
    weight: float,
    texts: tuple[str, ...],
    terms: Sequence[re.Pattern[str]],
    names: tuple[str, ...],
    owners: Sequence[str],
) -> PointView:
    first = texts[0] if texts else ""
    said = [m.group() for m in _PIECE.finditer(first)]
    about = relations.subjects(said, names) if names else []
    parts = (
        [
            (who, relations.without_names(text, names))
            for who, text in zip(about, said, strict=True)
            if len(who) == 1 and len(text.strip()) >= 4
        ]
        if names
        else []
    )
    return PointView(
        id=name,
        weight=weight,
        texts=texts,
        units=units(first),
        terms=tuple(i for i, t in enumerate(terms) if t.search(" ".join(texts).lower())),
        parts=tuple(parts),
        pieces=tuple(t.strip() for t in said if len(t.strip()) >= 4),
        probes=_probes(first, names),
        misconceptions=tuple(i for i, owner in enumerate(owners) if owner == name),
    )


def _probes(text: str, names: tuple[str, ...]) -> tuple[str, ...]:
    found = [relations.flipped(text)] if relations.flipped(text) else []
    here = [n for n in names if n in text.lower()]
    for name in here[:1]:
        found += [relations.swapped(text, name, other) for other in names if other != name][:2]
    return tuple(found)


def pieces(text: str) -> list[str]:
    """Return a text's sentences, and pairs of its clauses where a sentence has several."""
    found: list[str] = []
    for sentence in _SENTENCE.findall(text):
        clauses = [c.strip() for c in _PIECE.findall(sentence) if c.strip()]
        found.append(sentence.strip())
        if len(clauses) > 2:
            found.extend("，".join(clauses[i : i + 2]) for i in range(len(clauses) - 1))
    return [f for f in found if len(f) >= 4]


def vectors_of(view: QuestionView, embedder: Embedder) -> QuestionVectors:
    """Embed a view's texts in one batch."""
    fixed = [view.asked, BACKGROUND, view.reference, view.misconceptions, view.corrections]
    groups: list[Sequence[str]] = list(fixed)
    groups += [p.texts for p in view.points]
    groups += [[text for _, text in p.parts] for p in view.points]
    groups += [p.pieces for p in view.points]
    groups += [p.probes for p in view.points]
    flat = [text for group in groups for text in group]
    rows = embedder.encode(flat, "query")
    cut: list[Vectors] = []
    at = 0
    for group in groups:
        cut.append(rows[at : at + len(group)])
        at += len(group)
    n = len(view.points)
    return QuestionVectors(
        asked=cut[0],
        background=cut[1],
        reference=cut[2],
        misconceptions=cut[3],
        corrections=cut[4],
        points=tuple(cut[5 : 5 + n]),
        parts=tuple(cut[5 + n : 5 + 2 * n]),
        pieces=tuple(cut[5 + 2 * n : 5 + 3 * n]),
        probes=tuple(cut[5 + 3 * n :]),
    )
