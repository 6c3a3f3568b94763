"""Fit agent/voice/completeness.json: does a stretch of words end where a sentence ends?

Run by hand: `python -m tests.train_completeness`. Learns from the shipped bank's sentences, whole
against cut between two words; every fifth sentence is held out and its accuracy printed.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections import Counter

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from agent.voice.completeness import FILE, features
from tools.knowledge.bank import SHIPPED, load_bank

LEAST_SEEN = 4
SMALLEST = 0.15
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


def examples(lang: str, rng: random.Random) -> list[tuple[str, float, float, str]]:
    """Rows of (words, label, weight, sentence)."""
    import jieba

    rows = []
    for sentence in sentences(lang):
        bare = re.sub(r"[（(].*?[）)]|[“”\"'`]", "", sentence).rstrip(".")
        words = jieba.lcut(bare) if lang == "zh" else re.findall(r"\S+\s*", bare)
        cuts = [n for n in range(2, len(words)) if "".join(words[:n]).strip()]
        rows.append((bare, 1.0, 3.0, sentence))
        for cut in rng.sample(cuts, min(5, len(cuts))):
            head = "".join(words[:cut]).strip()
            at_comma = head[-1] in "，,：:、" or words[cut].strip()[:1] in ("，", ",")
            rows.append((head.rstrip("，,：:、"), CLAUSE_LABEL if at_comma else 0.0, 0.6, sentence))
    return rows


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
    whole = [sum(weights.get(f, 0) for f in set(features(r[0], lang))) for r in held if r[1] == 1]
    parts = [sum(weights.get(f, 0) for f in set(features(r[0], lang))) for r in held if r[1] == 0]
    auc = np.mean([np.mean(np.array(parts) < v) for v in whole])
    print(lang, len(train), "rows", len(weights), "weights; held-out AUC", round(float(auc), 3))
    return weights


if __name__ == "__main__":
    table = {lang: fit(lang) for lang in ("zh", "en")}
    FILE.write_text(json.dumps(table, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
