"""Finding questions for words that were spoken, mis-heard or half-remembered.

Words, terms and sounds are matched at once; the meaning (a sentence embedding) is asked when they
do not decide and its vectors are there, so the first search never waits for an embedding.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sessions.records import Question
from tools.knowledge.bank import Bank
from tools.knowledge.embed import Embedder, EmbedError, load_embedder
from tools.knowledge.glossary import Glossary, load_glossary
from tools.knowledge.importers.model import Item
from tools.knowledge.index_store import Progress, open_lexicon
from tools.knowledge.lexical import Lexicon, best
from tools.knowledge.ranking import agreement
from tools.knowledge.text import use_jieba_cache
from tools.knowledge.tokens import Entry, Tokens, query_tokens
from tools.knowledge.vectors import Meanings, VectorFile

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

ReasonKind = Literal["term", "heard", "word", "sense", "sound", "asks", "meaning"]

# Weights by field (Title, Body, Context) and sort of token, and of the meaning's standard scores
# against a best lexical score of 1. Listwise logistic regression with weights of at least 0 over
# 730 queries of our own wording: 480 colloquial, mis-heard and half-remembered ones for headings of
# imported documents, 250 for the shipped bank's questions known by their formal wording alone.
_WEIGHTS: Mapping[str, float] = {
    "Tw": 0.01, "Tb": 0.02, "Tt": 0.52, "Ts": 0.47, "Ta": 0.52, "Tp": 0.18, "Tg": 0.1,
    "Bw": 0.28, "Bt": 0.31, "Bs": 0.19, "Cw": 0.03, "Ct": 0.06,
}  # fmt: skip
_MEANING = {"title": 0.03, "body": 0.17}
_RERANKED = 20
_DECIDED = 0.25
"""Lead of the first over the second, as a part of the first, from which words alone decide: about
half of the queries; the first place is then right 1 to 2 in 100 less often than with meaning."""
_CLOSE = 2.5  # standard scores from which the meaning is named as a reason
_LONGEST_QUERY = 400
_MOST_REASONS = 6


@dataclass(frozen=True)
class Reason:
    """One thing that a hit and the query share."""

    kind: ReasonKind
    text: str


@dataclass(frozen=True)
class Hit:
    """A question found, with the reasons, strongest first."""

    key: str
    title: str
    score: float
    """Against the best hit's, which is 1: comparable within one search only."""
    why: tuple[Reason, ...]


@dataclass(frozen=True)
class Filters:
    """What a hit must be; None allows all."""

    topics: frozenset[str] | None = None
    levels: tuple[int, int] | None = None
    """Lowest and highest, both allowed."""
    scopes: frozenset[str] | None = None
    kinds: frozenset[str] | None = None

    def allow(self, entry: Entry) -> bool:
        """Return whether an entry passes."""
        return (
            (self.topics is None or entry.topic in self.topics)
            and (self.levels is None or self.levels[0] <= entry.level <= self.levels[1])
            and (self.scopes is None or entry.scope in self.scopes)
            and (self.kinds is None or entry.kind in self.kinds)
        )


NO_FILTERS = Filters()


class Searcher:
    """An index over entries; the constructor builds the words' part, vectors come on request."""

    def __init__(
        self,
        entries: Sequence[Entry],
        folder: Path | None = None,
        embedder: Callable[[], Embedder] | None = load_embedder,
        progress: Progress | None = None,
    ) -> None:
        self.entries = list(entries)
        self._glossary: Glossary = load_glossary()
        cache = None if folder is None else folder / "cache" / "search"
        if folder is not None:
            use_jieba_cache(folder / "cache")
        self._lexicon: Lexicon
        self._lexicon, self._owners = open_lexicon(self.entries, self._glossary, cache, progress)
        self._embedder = embedder
        self._vectors_folder = None if folder is None else folder / "cache" / "vectors"
        self._meanings: Meanings | None = None
        self._opening = threading.Lock()
        self._mask = lru_cache(maxsize=32)(self._make_mask)

    def warm(self) -> None:
        """Build missing vectors in the background; returns at once."""
        threading.Thread(target=self._start_meanings, name="vectors-open", daemon=True).start()

    def build_vectors(self, progress: Progress | None = None, within_s: float = math.inf) -> None:
        """Build missing vectors now, for so long at most; nothing when no embedding can be loaded.

        What was built is kept: the next call goes on from there.
        """
        if (meanings := self._open_meanings()) is not None:
            meanings.build(progress, within_s)

    def close(self) -> None:
        """Stop building vectors."""
        if self._meanings is not None:
            self._meanings.stop()

    @property
    def has_meaning(self) -> bool:
        """True when the vectors of all entries are there."""
        return self._meanings is not None and self._meanings.is_ready

    def search(
        self, query: str, k: int = 10, filters: Filters = NO_FILTERS, thorough: bool = False
    ) -> list[Hit]:
        """Return the k best hits, best first.

        `thorough` asks the meaning even where the words decide (some 20 ms more).
        """
        query = query[:_LONGEST_QUERY].strip()
        if not query or k < 1 or not self.entries:
            return []
        tokens = query_tokens(query, self._glossary)
        lookup = self._lexicon.look_up(tokens, _WEIGHTS)
        scores = self._lexicon.scores(lookup) * self._mask(filters)
        top = float(scores.max())
        if top > 0:
            scores = scores / top
        meaning: dict[str, Floats] = {}
        if self.has_meaning and (thorough or not _decided(scores)):
            meaning = self._meaning(query)
            for kind, likeness in meaning.items():
                scores = scores + _MEANING[kind] * likeness
            scores = scores * self._mask(filters)
        found = self._ranked(query, scores, k)
        shared = self._lexicon.matching(lookup, list(found))
        return [
            self._hit(place, score, _reasons(names, tokens), meaning)
            for (place, score), names in zip(found.items(), shared, strict=True)
        ]

    def _ranked(self, query: str, scores: Floats, k: int) -> dict[int, float]:
        """Return the k best places with their scores, best first; the first ones looked at well."""
        found = {place: float(scores[place]) for place in best(scores, max(k, _RERANKED))}
        for place in list(found)[:_RERANKED]:
            found[place] += agreement(query, self.entries[self._owners[place]])
        ordered = sorted(found.items(), key=lambda pair: -pair[1])[:k]
        return {place: score / ordered[0][1] for place, score in ordered}  # the first is above 0

    def _hit(
        self, place: int, score: float, reasons: list[Reason], meaning: Mapping[str, Floats]
    ) -> Hit:
        entry = self.entries[self._owners[place]]
        close = max((float(likeness[place]) for likeness in meaning.values()), default=0.0)
        if close >= _CLOSE:
            reasons.append(Reason("meaning", f"{close:.1f}"))
        return Hit(entry.key, entry.titles[0], score, tuple(reasons))

    def _meaning(self, query: str) -> dict[str, Floats]:
        """Return the likeness of every place by kind of text."""
        import numpy as np

        if self._meanings is None or self._embedder is None:
            return {}
        vector = self._embedder().encode([query], "query")[0]
        found = self._meanings.likeness(vector) or {}
        owners = np.array(self._owners)
        return {
            kind: np.where(owners >= 0, likeness[np.maximum(owners, 0)], 0).astype(np.float32)
            for kind, likeness in found.items()
        }

    def _make_mask(self, filters: Filters) -> Floats:
        import numpy as np

        allowed = [owner >= 0 and filters.allow(self.entries[owner]) for owner in self._owners]
        return np.array(allowed, dtype=np.float32)

    def _open_meanings(self) -> Meanings | None:
        with self._opening:
            if self._meanings is None and self._embedder is not None:
                try:
                    file = VectorFile(self._embedder(), self._vectors_folder)
                except EmbedError:
                    self._embedder = None  # words alone, as long as no embedding is installed
                else:
                    self._meanings = Meanings(self.entries, file)
            return self._meanings

    def _start_meanings(self) -> None:
        if (meanings := self._open_meanings()) is not None:
            meanings.start()


def open_searcher(
    *banks: Bank,
    folder: Path | None = None,
    embedder: Callable[[], Embedder] | None = load_embedder,
    progress: Progress | None = None,
) -> Searcher:
    """Return a searcher over banks; a hit's key is the question's id."""
    entries = [entry_of(question) for bank in banks for question in bank.questions]
    return Searcher(entries, folder, embedder, progress)


def entry_of(question: Question) -> Entry:
    """Return what search knows of a question."""
    wording, spoken = question["wording"], question["spoken"]
    titles = [wording.get("zh", ""), wording.get("en", "")]
    titles += [*spoken.get("zh", ()), *spoken.get("en", ())]
    answers = [*question["reference"].values()]
    answers += [text for point in question["key_points"] for text in point["text"].values()]
    answers += [" ".join(names) for names in question["terms"]]
    return Entry(
        key=question["id"],
        titles=tuple(title for title in titles if title),
        body="\n".join(str(answer) for answer in answers),
        topic=question["topic"],
        level=question["level"],
        scope=question["scope"],
        kind=question["kind"],
    )


def entry_of_item(item: Item, key: str) -> Entry:
    """Return what search knows of an item of an imported document."""
    return Entry(
        key=key,
        titles=(item.title or item.heading,),
        body=item.answer,
        context=" / ".join(item.section),
        topic=item.topic,
        scope=item.scope,
        kind=item.asks,
    )


def _decided(scores: Floats) -> bool:
    """Return whether the first leads so far that the meaning would not change it."""
    import numpy as np

    if len(scores) < 2:
        return True
    second, first = np.partition(scores, -2)[-2:]
    return bool(first > 0 and first - second >= _DECIDED * first)


def _reasons(matched: Mapping[str, float], tokens: Tokens) -> list[Reason]:
    """Name what was shared, weightiest first; sounds only where nothing clearer was."""
    kinds: dict[str, ReasonKind] = {
        "t": "term", "w": "word", "s": "sense", "a": "asks", "p": "sound"
    }  # fmt: skip
    weight: dict[tuple[ReasonKind, str], float] = {}
    for name, value in matched.items():
        token = name[1:]
        kind = "heard" if token[0] == "t" and tokens[token] < 1 else kinds.get(token[0])
        if kind is not None:
            weight[kind, token[1:]] = weight.get((kind, token[1:]), 0.0) + value
    ordered = [Reason(*pair) for pair in sorted(weight, key=lambda pair: -weight[pair])]
    clear = [reason for reason in ordered if reason.kind != "sound"]
    return (clear or ordered)[:_MOST_REASONS]
