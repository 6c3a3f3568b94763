"""Our own graded answers: questions with their rubric as labelled, answers with their labels."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tools.grading import score

FOLDER = Path(__file__).parent / "data" / "graded"


@dataclass(frozen=True)
class Answer:
    question: str
    kind: str
    text: str
    covered: tuple[str, ...]
    partial: tuple[str, ...]
    error_level: int
    clarity: float


@cache
def QUESTIONS() -> dict[str, Any]:
    rows = (FOLDER / "questions.jsonl").read_text("utf-8").splitlines()
    return {q["id"]: q for q in map(json.loads, rows)}


@cache
def load_answers() -> tuple[Answer, ...]:
    rows = (FOLDER / "answers.jsonl").read_text("utf-8").splitlines()
    return tuple(
        Answer(
            r["question"],
            r["kind"],
            r["answer"],
            tuple(r["covered"]),
            tuple(r["partial"]),
            r["error_level"],
            r["clarity"],
        )
        for r in map(json.loads, rows)
    )


def is_measured(question: str) -> bool:
    """Whether a question is kept apart for measuring: one of five, by its name alone."""
    return zlib.crc32(question.encode()) % 5 == 0


def target(answer: Answer, question: dict[str, Any]) -> float:
    """The score by the rule, from the labels; fixed values for the capped kinds."""
    if answer.kind == "evasive":
        return 3.0
    if answer.kind == "keyword-stuffing":
        return 19.0
    points = [
        {
            "key_point": p["id"],
            "verdict": "covered"
            if p["id"] in answer.covered
            else "partial"
            if p["id"] in answer.partial
            else "missed",
            "quotes": [],
        }
        for p in question["key_points"]
    ]
    weights = score.weights_of(question["key_points"])
    return score.overall(points, answer.clarity, answer.error_level, "content", weights, 1.0)
