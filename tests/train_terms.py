"""Count the words of the shipped bank for tools/knowledge/plausibility.py and fit the term repair.

Run by hand: `python -m tests.train_terms counts`, then `rows SOURCE` for each of SOURCES (minutes
each), then `fit`. Each half of the bank is read with the word counts of the other half, so that the
evidence is that of unseen text. First a fit on one half is printed with what it does on the other:
hearings of other terms, answers of other questions, other talk. What is shipped is fitted on all.
"""

from __future__ import annotations

import json
import math
import pickle
import re
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from pathlib import Path
from tempfile import gettempdir
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize

from tests.heard_terms import BY_EAR, BY_WHISPER, TALK, Hearing, Spot, hearings, is_measured, plain
from tests.misheard_sentences import sentences
from tools.knowledge.bank import load_bank
from tools.knowledge.plausibility import COUNTS_FILE, EDGE, Counts, tokens
from tools.knowledge.term_evidence import NAMES, Reading, Surroundings, readings
from tools.knowledge.term_stretch import stretches
from tools.knowledge.term_targets import spoken_words
from tools.knowledge.term_topics import TOPICS_FILE
from tools.knowledge.term_weights import WEIGHTS_FILE
from tools.knowledge.text import FILLERS

LEAST_PAIR = 2
LATIN_TEXT = 10
"""English text counts by a tenth: its words are rarer in Chinese talk."""
PRIOR = 1.0
OWN_KINDS = ("hl", "ll")
"""Scripts heard and meant that have weights of their own beside those of all."""
SOURCES = ("made0", "made1", "plain0", "plain1", "ear0", "whisper0", "talk0")
FILES = {"ear": BY_EAR, "whisper": BY_WHISPER, "talk": TALK}
WEIGHTS = {"ear": 3.0, "talk": 4.0, "term": 0.5, "right": 0.5, "blurred": 0.2}
"""Of texts: hearings written by hand tell more than made ones; recognisers mostly mishear terms, so
sentences with another word mis-heard count least."""
LEAST_TOPIC, LEAST_TOLD = 4, 4.0
Array = np.ndarray[Any, np.dtype[np.float64]]
_RUN = re.compile(r"[\u3400-\u9fffA-Za-z0-9 _-]+")


class Row(NamedTuple):
    """One way to read a part of a text."""

    kind: str
    evidence: tuple[float, ...]
    right: bool
    start: int
    end: int


class Text(NamedTuple):
    """A text with what can be read in it, and which parts of it were heard wrongly."""

    kind: str
    size: int
    spots: tuple[Spot, ...]
    measured: bool
    rows: list[Row]


def bank_lines(half: int | None = None) -> Iterator[str]:
    """Yield everything the bank says, or what the questions of one half say."""
    for question in load_bank().questions:
        if half is None or zlib.crc32(question["id"].encode()) % 2 == half:
            yield from _texts(question)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if re.search(r"[\u3400-\u9fff]| .* ", value):
            yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in ("source", "id"):
                yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def term_lines() -> Iterator[str]:
    """Yield every phrase of the spoken words a few times, as if it stood alone in a text."""
    for word in spoken_words():
        if " " in word:
            yield from [word] * (5 * LATIN_TEXT)


def count(lines: Iterable[str]) -> Counts:
    words: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for line in lines:
        times = LATIN_TEXT if re.search(r"[\u3400-\u9fff]", line) else 1
        for run in _RUN.findall(line):
            row = [EDGE, *tokens(run), EDGE]
            if len(row) > 2:
                for word, after in pairwise(row):
                    words[word] += times
                    pairs[word, after] += times
    followers = Counter(word for (word, _), n in pairs.items() if n >= LATIN_TEXT)
    kept = {word: n // LATIN_TEXT for word, n in words.items() if n >= LATIN_TEXT}
    met = {pair: n // LATIN_TEXT for pair, n in pairs.items() if n >= LATIN_TEXT * LEAST_PAIR}
    return Counts(kept, met, followers, sum(kept.values()))


def write(counts: Counts) -> None:
    after: dict[str, list[str]] = defaultdict(list)
    for (a, b), n in sorted(counts.pairs.items()):
        after[a].append(f"{b or '|'}:{n}")
    head = "# Word, times in the shipped bank, different followers, pairs met twice or more.\n"
    rows = [
        " ".join([word or "|", str(n), str(counts.followers.get(word, 0)), *after[word]])
        for word, n in sorted(counts.words.items())
    ]
    COUNTS_FILE.write_text(head + "\n".join(rows) + "\n", encoding="utf-8")


def bank_topics() -> Iterator[tuple[str, str]]:
    """Yield every word of the bank that may tell a topic, with the topic of its question."""
    for question in load_bank().questions:
        for line in _texts(question):
            for word in tokens(line):
                if len(word) > 1 and word not in FILLERS:
                    yield word, question["topic"]


def write_topics() -> None:
    """Write the words that some topics have more than others, by the log likelihood ratio."""
    met: dict[str, Counter[str]] = defaultdict(Counter)
    for word, topic in bank_topics():
        met[word][topic] += 1
    usual = sum(met.values(), Counter())
    number = {topic: n for n, topic in enumerate(sorted(usual))}
    lines = [" ".join(f"{topic}:{usual[topic]}" for topic in sorted(usual))]
    for word, row in sorted(met.items()):
        whole = sum(row.values())
        told = sum(n * math.log(n * usual.total() / whole / usual[t]) for t, n in row.items())
        if whole >= LEAST_TOPIC and told >= LEAST_TOLD:
            lines.append(" ".join([word, *(f"{number[t]}:{n}" for t, n in sorted(row.items()))]))
    head = "# Telling words of the shipped bank, times met in the questions of each topic.\n"
    TOPICS_FILE.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


def texts_of(source: str) -> Iterator[tuple[str, Hearing, bool]]:
    """Yield the texts of a source with their kind, and whether they are kept for measuring."""
    name, half = source[:-1], int(source[-1])
    if name == "made":
        for made in sentences(list(bank_lines(half)), half):
            spots = (Spot(made.start, made.end, made.name),) if made.kind == "term" else ()
            yield made.kind, Hearing(made.text, spots), False
    elif name == "plain":
        for question in load_bank().questions:
            if zlib.crc32(question["id"].encode()) % 2 == half:
                yield "plain", Hearing(question["reference"]["zh"], ()), half == 1
    else:
        for number, hearing in enumerate(hearings(FILES[name])):
            yield name, hearing, number % 2 == 1 if name == "talk" else is_measured(hearing)


def make_rows(source: str) -> None:
    known = 1 - int(source[-1]) if source[:-1] in ("made", "plain") else None
    counts = count(chain(bank_lines(known), term_lines()))
    texts = []
    for kind, hearing, measured in texts_of(source):
        parts = list(stretches(hearing.text))
        around = Surroundings(hearing.text, (), parts)
        found = [reading for part in parts for reading in readings(part, around, counts)]
        rows = [row for reading in found if (row := labelled(reading, hearing)) is not None]
        texts.append(Text(kind, len(hearing.text), hearing.spots, measured, rows))
    _file(source).write_bytes(pickle.dumps(texts))


def labelled(reading: Reading, hearing: Hearing) -> Row | None:
    """Return a reading as right or wrong; None for the right term over a little more or less."""
    text, beside = hearing.text, False
    got = plain(text[: reading.start] + reading.target.term + text[reading.end :])
    for spot in hearing.spots:
        same = plain(spot.meant) == reading.target.plain or spot.meant == reading.target.name
        if got == plain(text[: spot.start] + spot.meant + text[spot.end :]) or (
            same and (spot.start, spot.end) == (reading.start, reading.end)
        ):
            return Row(reading.kind, reading.evidence, True, reading.start, reading.end)
        beside |= same and spot.start < reading.end and reading.start < spot.end
    if beside:
        return None
    return Row(reading.kind, reading.evidence, False, reading.start, reading.end)


def _file(source: str) -> Path:
    return Path(gettempdir()) / f"kaoguan-term-rows-{source}.pickle"


def load_texts(sources: Iterable[str] = SOURCES) -> list[Text]:
    return [text for s in sources for text in pickle.loads(_file(s).read_bytes())]


def fit_one(evidence: Array, right: Array, counts: Array) -> Array:
    """Fit a logistic decision, every weight shrunk by its column's spread but the first: it is one.

    Columns are centred for the search, or it would take thousands of steps.
    """
    mean, spread = evidence.mean(axis=0), evidence.std(axis=0) + 1e-9
    mean[0], spread[0] = 0.0, 1.0
    scaled = (evidence - mean) / spread
    shrink = np.r_[0.0, np.full(len(spread) - 1, PRIOR)]

    def loss(weights: Array) -> tuple[float, Array]:
        score = scaled @ weights
        slope = scaled.T @ (counts * (1 / (1 + np.exp(-score)) - right)) + shrink * weights
        each = np.logaddexp(0, score) - right * score
        return float(counts @ each + (shrink * weights) @ weights / 2), slope

    start = np.zeros(evidence.shape[1])
    options = {"maxiter": 1000}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x / spread
    found[0] -= found[1:] @ mean[1:]
    return np.asarray(found)


def by_kind(evidence: Array, kinds: Array) -> Array:
    """Return the evidence once for all, and again for the kinds that have weights of their own."""
    return np.hstack([evidence, *(evidence * (kinds == kind)[:, None] for kind in OWN_KINDS)])


def fit(texts: Iterable[Text]) -> dict[str, list[float]]:
    """Return the weights of each kind: those of all kinds, and what the kind adds to them."""
    rows = [(row, WEIGHTS.get(text.kind, 1.0)) for text in texts for row in text.rows]
    kinds = np.array([row.kind for row, _ in rows])
    evidence = np.array([row.evidence for row, _ in rows])
    right = np.array([float(row.right) for row, _ in rows])
    counts = np.array([weight for _, weight in rows])
    shared, *own = fit_one(by_kind(evidence, kinds), right, counts).reshape(-1, len(NAMES))
    added = dict(zip(OWN_KINDS, own, strict=True))
    return {
        kind: [round(float(w), 4) for w in shared + added.get(kind, 0.0)]
        for kind in ("hh", "hl", "lh", "ll")
    }


def taken(text: Text, weights: dict[str, list[float]]) -> list[tuple[float, Row]]:
    """Return what would be read in a text, without overlaps, with its chance."""
    scored = []
    for row in text.rows:
        score = float(np.dot(weights[row.kind], row.evidence))
        scored.append((1 / (1 + math.exp(-max(-30.0, min(30.0, score)))), row))
    made: list[tuple[float, Row]] = []
    for chance, row in sorted(scored, key=lambda pair: (-pair[0], pair[1].start - pair[1].end)):
        if all(row.end <= other.start or row.start >= other.end for _, other in made):
            made.append((chance, row))
    return made


def curve(texts: Sequence[Text], weights: dict[str, list[float]]) -> None:
    """Print the share of terms repaired against wrong repairs of right text, by chance."""
    made = [(text, taken(text, weights)) for text in texts]
    for sure in (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6):
        line = f"sure {sure}:"
        for kind in sorted({text.kind for text in texts}):
            own = [(text, [row for c, row in rows if c >= sure]) for text, rows in made]
            own = [(text, rows) for text, rows in own if text.kind == kind]
            spots = sum(len(text.spots) for text, _ in own)
            wrong = sum(not row.right for _, rows in own for row in rows)
            size = sum(text.size for text, _ in own)
            if spots:
                got = sum(row.right for _, rows in own for row in rows)
                line += f"  {kind} repaired {got / spots:.3f}"
            else:
                line += f"  {kind} wrong per 1,000 {1000 * wrong / size:.2f}"
        print(line)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["counts"]:
            write(count(chain(bank_lines(), term_lines())))
            write_topics()
        case ["rows", source]:
            make_rows(source)
        case ["fit"]:
            texts = load_texts()
            curve([t for t in texts if t.measured], fit(t for t in texts if not t.measured))
            rows = json.dumps({"evidence": list(NAMES), **fit(texts)}, indent=0)
            WEIGHTS_FILE.write_text(rows + "\n", encoding="utf-8")
