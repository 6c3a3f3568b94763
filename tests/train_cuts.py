"""Choose the cuts of the grader: what a verdict, a doubt or an evasion takes."""

from __future__ import annotations

from typing import Any

from tests.graded_set import target
from tools.evaluate.grading_metrics import level, qwk
from tools.grading import judge, score, whole

START = {"full": 0.4, "some": 0.35, "false": 0.5, "evasive": 0.5}
CHOICES = {
    "full": (0.3, 0.35, 0.4, 0.45, 0.5),
    "some": (0.25, 0.3, 0.35, 0.4, 0.45),
    "false": (0.35, 0.5, 0.65),
    "evasive": (0.4, 0.5, 0.6),
}


class Held:
    """A sample judged by weights that never saw its question; only the cuts are open."""

    def __init__(self, sample: Any, odds: list[tuple[float, float]], table: Any) -> None:
        self.sample, self.odds = sample, odds
        row = whole.with_odds(sample.row, sample.matches, self.odds)
        self.evasive, self.false = (judge.chance(row, table[n]) for n in ("evasive", "false"))
        self.mixed = judge.doubted_odds(sample.matches, row, odds, table)
        self.target = target(sample.answer, sample.question)
        self.weights = score.weights_of(sample.question["key_points"])

    def decide(self, cut: Any) -> tuple[float, list[Any]]:
        if self.evasive >= cut["evasive"]:
            return 3.0, ["missed"] * len(self.odds)
        verdicts = judge.verdicts_of(self.sample.matches, self.odds, self.mixed, self.false, cut)
        points: Any = [
            {"key_point": n, "verdict": v, "quotes": []}
            for n, v in zip(self.weights, verdicts, strict=True)
        ]
        error = judge.settled(verdicts)
        return score.overall(points, 8.0, error, "content", self.weights, 1.0), verdicts


def worth(held: list[Held], cut: Any) -> float:
    """Agreement in bands plus key-point F1, less the share of false answers above 50."""
    given, hit, over, under, high, bad = [], 0.0, 0.0, 0.0, 0.0, 0.0
    for one in held:
        total, verdicts = one.decide(cut)
        given.append(total)
        answer, weight = one.sample.answer, one.sample.weight
        if answer.kind in ("wrong-but-fluent", "evasive"):
            bad += weight
            high += weight * (total > 50)
        for point, verdict in zip(one.weights, verdicts, strict=True):
            if point not in answer.partial:
                right = point in answer.covered
                hit += weight * (right and verdict == "covered")
                over += weight * (not right and verdict == "covered")
                under += weight * (right and verdict != "covered")
    f1 = 2 * hit / max(1e-9, 2 * hit + over + under)
    weights = [h.sample.weight for h in held]
    agreement = qwk(level([h.target for h in held]), level(given), weights)
    return agreement + f1 - high / max(1e-9, bad)


def best(held: list[Held]) -> dict[str, Any]:
    """One cut after the other, three times round: coarse on purpose, so that it fits no noise."""
    found: dict[str, Any] = dict(START)
    for _ in range(3):
        for name, values in CHOICES.items():
            options = [found | {name: value} for value in values]
            found = max(
                (o for o in options if o["some"] <= o["full"]), key=lambda o: worth(held, o)
            )
    return found
