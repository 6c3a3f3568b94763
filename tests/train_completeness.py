"""Fit agent/voice/completeness.json: does a stretch of words end where a sentence ends?

Run by hand: `python -m tests.train_completeness`. Learns from the shipped bank's sentences and from
spoken ones (tests/data/spoken_sentences.toml), whole against cut between two words; every fifth
sentence is held out, and how well both kinds are told apart is printed for either source.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from agent.voice.completeness import FILE, features
from tools.knowledge.bank import SHIPPED, load_bank

LEAST_SEEN = 4
SMALLEST = 0.15
SPOKEN = Path(__file__).parent / "data" / "spoken_sentences.toml"
MISHEARD_SHARE = 0.5
SPOKEN_WEIGHT = 3.0
"""Of a spoken sentence, where one of the bank counts 1."""
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


def examples(lang: str, rng: random.Random) -> list[tuple[str, float, float, str]]:
    """Rows of (words, label, weight, sentence); a sentence weighs as much whole as cut."""
    rows = []
    for sentence in [*sentences(lang), *spoken(lang)]:
        own = SPOKEN_WEIGHT if sentence in SPOKEN_SET[lang] else 1.0
        parts = cut_up(sentence, lang, 12 if own > 1 else 5, rng)
        for text, label, likely in parts:
            weight = 3.0 if label == 1.0 else 3.0 * likely / (len(parts) - 1)
            rows.append((text, label, weight * own, sentence))
            if lang == "zh" and rng.random() < MISHEARD_SHARE:
                rows.append((misheard(text, rng), label, weight * own, sentence))
    return rows


SPOKEN_SET = {lang: frozenset(spoken(lang)) for lang in ("zh", "en")}


def fit(lang: str) -> dict[str, float]:
    rows = examples(lang, random.Random(4))
    held = [r for r in rows if int(hashlib.sha256(r[3].encode()).hexdigest(), 16) % 5 == 0]
    train = [r for r in rows if int(hashlib.sha256(r[3].encode()).hexdigest(), 16) % 5]
    seen = Counter(f for text, *_ in train for f in set(features(text, lang)))
    names = [f for f, n in seen.items() if n >= LEAST_SEEN]
    place = {f: at for at, f in enumerate(names)}

    def matrix(part: list[tuple[str, float, float, str]]) -> csr_matrix:
        at = [
            (r, place[f])
            for r, (text, *_) in enumerate(part)
            for f in set(features(text, lang))
            if f in place
        ]
        return csr_matrix((np.ones(len(at)), tuple(zip(*at, strict=True))), (len(part), len(names)))

    x, y = matrix(train), np.array([r[1] for r in train])
    w = np.array([r[2] for r in train])

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ theta
        p = 1 / (1 + np.exp(-z))
        value = float(np.sum(w * (np.logaddexp(0, z) - y * z)) + 0.6 * theta @ theta)
        return value, x.T @ (w * (p - y)) + 1.2 * theta

    theta = minimize(
        loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", options={"maxiter": 200}
    ).x
    weights = {
        f: round(float(v), 2) for f, v in zip(names, theta, strict=True) if abs(v) >= SMALLEST
    }
    print(lang, len(train), "rows", len(weights), "weights; held-out AUC:")
    for name, own in (("bank", False), ("spoken", True)):
        chosen = [r for r in held if (r[3] in SPOKEN_SET[lang]) == own]
        print("  ", name, round(auc(chosen, weights, lang), 3))
    return weights


def auc(rows: list[tuple[str, float, float, str]], weights: dict[str, float], lang: str) -> float:
    def score(text: str) -> float:
        return sum(weights.get(f, 0.0) for f in set(features(text, lang)))

    whole = [score(text) for text, label, *_ in rows if label == 1.0]
    parts = np.array([score(text) for text, label, *_ in rows if label == 0.0])
    return float(np.mean([np.mean(parts < v) for v in whole]))


if __name__ == "__main__":
    table = {lang: fit(lang) for lang in ("zh", "en")}
    FILE.write_text(json.dumps(table, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
