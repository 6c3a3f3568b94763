"""Our own graded answers: questions with their rubric as labelled, answers with their labels."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tools.evaluate.graded_rows import score_by_rule

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
    return {q["id"]: q for q in rows_of("questions.jsonl")}


def rows_of(name: str) -> list[dict[str, Any]]:
    return [json.loads(row) for row in (FOLDER / name).read_text("utf-8").splitlines()]


def answer_of(row: dict[str, Any]) -> Answer:
    return Answer(
        row["question"],
        row["kind"],
        row["answer"],
        tuple(row["covered"]),
        tuple(row["partial"]),
        row["error_level"],
        row["clarity"],
    )


@cache
def load_answers() -> tuple[Answer, ...]:
    return tuple(map(answer_of, rows_of("answers.jsonl")))


def short_hash(text: str) -> str:
    """How second.jsonl and corrected.jsonl name an answer without repeating it."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def twice_read() -> list[tuple[Answer, Answer]]:
    """The answers read by two: as labelled first, before any correction, and by the second."""
    before = {(r["question"], r["answer"]): r for r in rows_of("corrected.jsonl")}
    now = {(r["question"], short_hash(r["answer"])): r for r in rows_of("answers.jsonl")}
    pairs = []
    for second in rows_of("second.jsonl"):
        key = second["question"], second["answer"]
        text = now[key]["answer"]
        first = now[key] | before.get(key, {}) | {"answer": text}
        pairs.append((answer_of(first), answer_of(second | {"answer": text})))
    return pairs


def target(answer: Answer, question: Any) -> float:
    """The score by the rule, from the labels; fixed values for the capped kinds."""
    covered, partial = frozenset(answer.covered), frozenset(answer.partial)
    rest = (answer.error_level, answer.clarity)
    return score_by_rule(question, answer.kind, covered, partial, rest)
