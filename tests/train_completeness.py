"""Fit agent/voice/completeness.json: does a stretch of words end where a sentence ends?

Run by hand: `python -m tests.train_completeness`. Learns from turns with the places marked where a
speaker stops to think (tests/data/spoken_turns.toml), and from the shipped bank's sentences and
spoken ones (tests/data/spoken_sentences.toml), whole against cut between two words; what follows a
word at all is counted over the bank. Prints, for marked turns that a fit has not seen, how many of
the open places pass where a share of the ends does.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from agent.voice.completeness import FILE, Ends, endings, features, sureness
from tools.knowledge.bank import SHIPPED, load_bank

LEAST_SEEN = 3
SMALLEST = 0.04
SPOKEN = Path(__file__).parent / "data" / "spoken_sentences.toml"
TURNS = Path(__file__).parent / "data" / "spoken_turns.toml"
MISHEARD_SHARE = 0.5
SPOKEN_WEIGHT = 3.0
BANK_WEIGHT = 0.5
"""Of a sentence of the bank, where a marked turn counts about 2: nobody talks like a textbook."""
BANK_EVERY = 4
"""So many sentences of the bank to one that is learned from; with all of them, open places of
unseen turns passed more often (4.1 against 3.6 % where half of the ends pass)."""
PENALTY = 2.0
FOLDS = 5
LEAST_FOLLOWED = 4
INSIDE_WEIGHT = 0.3
"""Of a cut between a noun and what it names: speakers stop to think between phrases, seldom within
one (Maclay and Osgood, Hesitation phenomena in spontaneous English speech, Word 1959)."""
CLAUSE_LABEL = 0.3
"""A clause that ends at a comma: words as whole as this."""


def sentences(lang: str) -> list[str]:
    found = set()
    for question in load_bank(SHIPPED).questions:
        texts = [
            question["reference"].get(lang, ""),
            *(p["text"].get(lang, "") for p in question["key_points"]),
        ]
        for text in texts:
            found |= {
                s.strip() for s in re.split(r"[。！？!?；;\n]|\.\s", text) if len(s.strip()) > 8
            }
    return sorted(found)


def spoken(lang: str) -> list[str]:
    return [s.rstrip("。.") for s in tomllib.loads(SPOKEN.read_text(encoding="utf-8"))[lang]]


def cut_up(
    sentence: str, lang: str, most: int, rng: random.Random
) -> list[tuple[str, float, float]]:
    """The whole sentence and some of its beginnings: words, how finished they are, weight."""
    import jieba.posseg

    bare = re.sub(r"[（(].*?[）)]|[“”\"'`]", "", sentence).rstrip(".")
    if lang == "zh":
        tagged = [(pair.word, pair.flag[0]) for pair in jieba.posseg.lcut(bare)]
    else:
        tagged = [(word, "") for word in re.findall(r"\S+\s*", bare)]
    words = [word for word, _ in tagged]
    cuts = [n for n in range(1, len(words)) if "".join(words[:n]).strip(" ，,")]
    rows = [(bare, 1.0, 1.0)]
    for cut in rng.sample(cuts, min(most, len(cuts))):
        head = "".join(words[:cut]).strip()
        at_comma = head[-1] in "，,：:、" or words[cut].strip()[:1] in ("，", ",")
        inside = tagged[cut - 1][1] in "na" and (tagged[cut][1] in "na" or words[cut] == "的")
        label = CLAUSE_LABEL if at_comma else 0.0
        rows.append((head.rstrip("，,：:、"), label, INSIDE_WEIGHT if inside else 1.0))
    return rows


@cache
def homophones() -> dict[tuple[str, ...], list[str]]:
    """Words of one or two characters by their sound, the commonest first."""
    import jieba
    from pypinyin import lazy_pinyin

    jieba.initialize()
    found: dict[tuple[str, ...], list[str]] = {}
    ranked = sorted(jieba.dt.FREQ.items(), key=lambda item: -item[1])[:60_000]
    for word, _ in ranked:
        if len(word) <= 2 and all("\u4e00" <= c <= "\u9fff" for c in word):
            found.setdefault(tuple(lazy_pinyin(word)), []).append(word)
    return found


def misheard(text: str, rng: random.Random) -> str:
    """The text with its last word or the one before as a recogniser might have heard it."""
    import jieba
    from pypinyin import lazy_pinyin

    words = jieba.lcut(text)
    at = len(words) - 1 - rng.randrange(min(2, len(words)))
    others = [w for w in homophones().get(tuple(lazy_pinyin(words[at])), []) if w != words[at]]
    if not others:
        return text
    words[at] = rng.choice(others[:4])
    return "".join(words)


class Row(NamedTuple):
    text: str
    label: float
    weight: float
    turn: str
    marked: bool


def marked(lang: str) -> list[Row]:
    """Marked turns: every open place, every place that may be an end, and the end."""
    rows = []
    for turn in tomllib.loads(TURNS.read_text(encoding="utf-8"))[lang].split("\n"):
        said, open_places = "", max(1, turn.count("|"))
        for piece in re.split(r"([|/])", turn):
            if piece and piece in "|/":
                bare = said.rstrip("，,、：: ")
                rows.append(Row(bare, float(piece == "/"), 9.0 / open_places, turn, True))
            else:
                said += piece
        if turn:
            rows.append(Row(said.rstrip("。.？?"), 1.0, 6.0, turn, True))
    return rows


def examples(lang: str, rng: random.Random) -> list[Row]:
    """All rows; a sentence weighs as much whole as cut."""
    rows = marked(lang)
    bank = sentences(lang)[::BANK_EVERY]
    for own, found in ((BANK_WEIGHT, bank), (SPOKEN_WEIGHT, spoken(lang))):
        for sentence in found:
            parts = cut_up(sentence, lang, 12 if own > 1 else 5, rng)
            for text, label, likely in parts:
                weight = 3.0 if label == 1.0 else 3.0 * likely / (len(parts) - 1)
                rows.append(Row(text, label, weight * own, sentence, False))
    if lang == "zh":
        for row in list(rows):
            if rng.random() < MISHEARD_SHARE:
                rows.append(row._replace(text=misheard(row.text, rng)))
    return rows


def followed(lang: str) -> dict[str, list[int]]:
    """How often each ending in the bank is followed by a full stop, a comma, another word."""
    import jieba

    found: dict[str, list[int]] = {"all": [0, 0, 0]}
    for text in sorted(bank_texts(lang)):
        bare = re.sub(r"[（(].*?[）)]|[“”\"'`《》]", "", text)
        cut = jieba.lcut(bare) if lang == "zh" else re.findall(r"[\w'-]+|[^\w\s]", bare.casefold())
        words = [w for w in cut if w.strip()] + ["。"]
        for at, (word, after) in enumerate(pairwise(words)):
            kind = 0 if after in "。！？；!?;." else 1 if after in "，,：:" else 2
            if not re.match(r"\w", word) or (kind == 2 and not re.match(r"[\w、]", after)):
                continue
            before = words[at - 1] if at and re.match(r"\w", words[at - 1]) else "^"
            keys = {key for way in endings([before, word], lang) for key in way}
            for key in ["all", *keys]:
                found.setdefault(key, [0, 0, 0])[kind] += 1
    return {key: n for key, n in found.items() if sum(n) >= LEAST_FOLLOWED}


def bank_texts(lang: str) -> set[str]:
    def texts(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for part in value.values():
                yield from texts(part)
        elif isinstance(value, list | tuple):
            for part in value:
                yield from texts(part)
        elif isinstance(value, str) and len(value) > 8:
            yield value

    def is_own(text: str) -> bool:
        return any("\u4e00" <= c <= "\u9fff" for c in text) == (lang == "zh")

    return {t for q in load_bank(SHIPPED).questions for t in texts(dict(q)) if is_own(t)}


Features = Callable[[str], frozenset[str]]


def fit(rows: list[Row], seen_in: Features) -> dict[str, float]:
    counts: Counter[str] = Counter()
    sources: dict[str, set[str]] = {}
    for row in rows:
        for name in seen_in(row.text):
            sources.setdefault(name, set()).add(row.turn)
    counts.update({name: len(turns) for name, turns in sources.items()})
    names = [name for name, n in counts.items() if n >= LEAST_SEEN]
    place = {name: at for at, name in enumerate(names)}
    at = [
        (r, place[name])
        for r, row in enumerate(rows)
        for name in seen_in(row.text)
        if name in place
    ]
    x = csr_matrix((np.ones(len(at)), tuple(zip(*at, strict=True))), (len(rows), len(names)))
    y, w = np.array([row.label for row in rows]), np.array([row.weight for row in rows])

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ theta
        p = 1 / (1 + np.exp(-z))
        value = float(np.sum(w * (np.logaddexp(0, z) - y * z)) + PENALTY * theta @ theta)
        return value, x.T @ (w * (p - y)) + 2 * PENALTY * theta

    theta = minimize(
        loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", options={"maxiter": 150}
    ).x
    return {n: round(float(v), 2) for n, v in zip(names, theta, strict=True) if abs(v) >= SMALLEST}


def fold(turn: str) -> int:
    return int(hashlib.sha256(turn.encode()).hexdigest(), 16) % FOLDS


def judge_unseen(rows: list[Row], lang: str, ends_seen: Ends, seen_in: Features) -> None:
    """Print how open places and ends are told apart in marked turns left out of the fit.

    Judged as it ships: the rules of completeness, and the model where they do not decide.
    """
    scores: dict[bool, list[float]] = {True: [], False: []}
    for number in range(FOLDS):
        weights = fit([r for r in rows if fold(r.turn) != number], seen_in)
        for row in {r.text: r for r in rows if r.marked and fold(r.turn) == number}.values():
            sure = sureness(row.text, lang, {"weights": weights, "ends": ends_seen})
            scores[row.label == 1.0].append(sure)
    ends, cuts = np.sort(scores[True]), np.array(scores[False])
    print("   AUC", round(float(np.mean([np.mean(cuts < s) for s in ends])), 3))
    for share in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95):
        limit = ends[int(len(ends) * (1 - share))]
        passing = np.mean(cuts >= limit)
        print(f"   {share:.0%} of the ends are above {limit:.2f}, {passing:.1%} of the open places")


def train(lang: str) -> dict[str, Any]:
    rows, ends = examples(lang, random.Random(4)), followed(lang)
    seen_in: Features = cache(lambda text: frozenset(features(text, lang, ends)))
    print(lang, len(rows), "rows,", sum(r.marked for r in rows), "of them marked")
    judge_unseen(rows, lang, ends, seen_in)
    weights = fit(rows, seen_in)
    print("  ", len(weights), "weights,", len(ends), "endings")
    return {"weights": weights, "ends": ends}


if __name__ == "__main__":
    table = {lang: train(lang) for lang in ("zh", "en")}
    FILE.write_text(json.dumps(table, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
