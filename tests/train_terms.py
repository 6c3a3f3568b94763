"""Count the words of the shipped bank for tools/knowledge/plausibility.py and fit the term repair.

Run by hand: `python -m tests.train_terms counts`, then `rows 0` and `rows 1` (minutes each), then
`fit`. Each half of the bank is read with the word counts of the other half, so that the evidence is
that of unseen text; every fifth term is held out and the shares are printed.
"""

from __future__ import annotations

import json
import pickle
import re
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from pathlib import Path
from tempfile import gettempdir
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize

from tests.misheard_sentences import Sentence, sentences
from tools.knowledge.bank import load_bank
from tools.knowledge.plausibility import COUNTS_FILE, EDGE, Counts, tokens
from tools.knowledge.term_evidence import NAMES, Surroundings, readings
from tools.knowledge.term_stretch import stretches
from tools.knowledge.term_targets import spoken_words
from tools.knowledge.term_weights import WEIGHTS_FILE

LEAST_PAIR = 2
LATIN_TEXT = 10
"""English text counts by a tenth: its words are rarer in Chinese talk."""
PRIOR = 0.3
BLURRED = 0.4
"""Weight of sentences with another word mis-heard: recognisers mostly mishear terms."""
LEAST_RIGHT = 20
Array = np.ndarray[Any, np.dtype[np.float64]]
_RUN = re.compile(r"[\u3400-\u9fffA-Za-z0-9 _-]+")


class Row(NamedTuple):
    kind: str
    evidence: tuple[float, ...]
    right: bool
    text: int  # number of the text in its half
    start: int
    end: int


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


def rows_of(number: int, sentence: Sentence, counts: Counts) -> Iterator[Row]:
    """Yield what can be read in a sentence, right where it restores what was said."""
    parts = list(stretches(sentence.text))
    around = Surroundings(sentence.text, (), parts)
    for part in parts:
        for reading in readings(part, around, counts):
            place = (reading.start, reading.end)
            same = reading.target.name == sentence.name
            overlaps = sentence.start < reading.end and reading.start < sentence.end
            if same and overlaps and place != (sentence.start, sentence.end):
                continue  # the same term over a little more or less: neither right nor wrong
            right = same and place == (sentence.start, sentence.end)
            yield Row(reading.kind, reading.evidence, right, number, *place)


def _file(half: int) -> Path:
    return Path(gettempdir()) / f"kaoguan-term-rows-{half}.pickle"


def make_rows(half: int) -> None:
    counts = count(chain(bank_lines(1 - half), term_lines()))
    texts = list(sentences(list(bank_lines(half)), half))
    rows = [row for n, text in enumerate(texts) for row in rows_of(n, text, counts)]
    _file(half).write_bytes(pickle.dumps((texts, rows)))


def fit_one(evidence: Array, right: Array, counts: Array) -> Array:
    """Fit a logistic decision; the first number is the constant and not shrunk."""

    def loss(weights: Array) -> tuple[float, Array]:
        score = evidence @ weights
        shrunk = np.r_[0, weights[1:]]
        slope = evidence.T @ (counts * (1 / (1 + np.exp(-score)) - right)) + PRIOR * shrunk
        each = np.logaddexp(0, score) - right * score
        return float(counts @ each + PRIOR * shrunk @ shrunk / 2), slope

    return np.asarray(minimize(loss, np.zeros(evidence.shape[1]), jac=True, method="L-BFGS-B").x)


def fit(halves: Iterable[int], with_held: bool) -> dict[str, list[float]]:
    found: dict[str, list[tuple[Row, float]]] = defaultdict(list)
    for half in halves:
        texts, rows = pickle.loads(_file(half).read_bytes())
        for row in rows:
            text = texts[row.text]
            if with_held or not text.held:
                found[row.kind].append((row, BLURRED if text.kind == "blurred" else 1.0))
    weights = {}
    for kind, rows in sorted(found.items()):
        if sum(row.right for row, _ in rows) >= LEAST_RIGHT:
            columns = [row.evidence for row, _ in rows], [row.right for row, _ in rows]
            fitted = fit_one(*map(np.array, columns), np.array([count for _, count in rows]))
            weights[kind] = [round(float(w), 4) for w in fitted]
    return weights


def curve(weights: dict[str, list[float]], half: int) -> None:
    """Print the share repaired against wrong repairs of right text, by chance."""
    texts, rows = pickle.loads(_file(half).read_bytes())
    by_text: dict[int, list[tuple[float, Row]]] = defaultdict(list)
    for row in rows:
        if row.kind in weights:
            score = float(np.dot(weights[row.kind], row.evidence))
            by_text[row.text].append((1 / (1 + np.exp(-score)), row))
    taken: list[tuple[float, Row]] = []
    for found in by_text.values():
        used: list[Row] = []
        for chance, row in sorted(found, key=lambda pair: -pair[0]):
            if all(row.end <= other.start or row.start >= other.end for other in used):
                used.append(row)
                taken.append((chance, row))
    size = {
        kind: sum(len(t.text) for t in texts if t.kind == kind) for kind in ("right", "blurred")
    }
    for sure in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        made = [row for chance, row in taken if chance >= sure]
        shares = []
        for held in (False, True):
            whole = sum(t.kind == "term" and t.held == held for t in texts)
            good = {r.text for r in made if r.right and texts[r.text].held == held}
            shares.append(len(good) / max(1, whole))
        wrong = [
            1000 * sum(texts[r.text].kind == kind for r in made) / max(1, size[kind])
            for kind in ("right", "blurred")
        ]
        print(
            f"sure {sure}: repaired {shares[0]:.3f}, terms held out {shares[1]:.3f}; wrong per "
            f"1,000 characters of right text {wrong[0]:.2f}, of blurred {wrong[1]:.2f}"
        )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["counts"]:
            write(count(chain(bank_lines(), term_lines())))
        case ["rows", half]:
            make_rows(int(half))
        case ["fit"]:
            for train in (0, 1):
                curve(fit([train], with_held=False), 1 - train)
            weights = fit([0, 1], with_held=True)
            WEIGHTS_FILE.write_text(
                json.dumps({"evidence": list(NAMES), **weights}, indent=0) + "\n", encoding="utf-8"
            )
