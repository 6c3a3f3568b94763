"""Grade labelled answers one after the other or some at a time, so that it can be broken off.

What is done is appended to a file as it comes; a run that begins with that file goes on from it.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sessions.records import Grade, Lang, Question
from tools.evaluate.graded_rows import GradedAnswer
from tools.evaluate.grading_metrics import (
    Measured,
    by,
    compare,
    interval,
    matrix,
    measure,
    repeatability,
)
from tools.grading.evidence import AnswerText

RESULT_VERSION = 1

GradeAnswer = Callable[[Question, Sequence[AnswerText], Lang], Awaitable[Grade]]


async def grade_all(
    answers: Sequence[GradedAnswer], grade: GradeAnswer, parallel: int
) -> AsyncIterator[tuple[GradedAnswer, Grade]]:
    """Yield each answer with its grade as it is done; at most `parallel` are under way."""
    waiting = iter(answers)
    running: dict[asyncio.Task[Grade], GradedAnswer] = {}
    try:
        while True:
            while len(running) < parallel and (answer := next(waiting, None)) is not None:
                running[asyncio.ensure_future(_one(answer, grade))] = answer
            if not running:
                return
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield running.pop(task), task.result()
    finally:
        for task in running:
            task.cancel()


async def _one(answer: GradedAnswer, grade: GradeAnswer) -> Grade:
    lang: Lang = "en" if answer.language == "en" else "zh"
    return await grade(answer.question, [AnswerText("answer", answer.text)], lang)


def to_repeat(answers: Sequence[GradedAnswer], count: int, seed: int = 0) -> list[GradedAnswer]:
    """Return answers to grade again and again: some of every kind, drawn by the seed."""
    draw = random.Random(seed)
    kinds: dict[str, list[GradedAnswer]] = {}
    for answer in answers:
        kinds.setdefault(answer.kind, []).append(answer)
    for group in kinds.values():
        draw.shuffle(group)
    chosen: list[GradedAnswer] = []
    while len(chosen) < count and any(kinds.values()):
        chosen += [group.pop() for group in kinds.values() if group]
    return chosen[:count]


def rounds_of(
    answers: Sequence[GradedAnswer], times: int, seed: int = 0
) -> list[list[GradedAnswer]]:
    """Return the further rounds over the same answers, each in an order of its own."""
    found = []
    for number in range(times - 1):
        again = list(answers)
        random.Random(seed + number + 1).shuffle(again)
        found.append(again)
    return found


def result_of(rows: Sequence[Measured], repeated: Mapping[str, Sequence[float | None]]) -> Any:
    """Return the whole result as JSON."""
    low, high = interval(rows)
    return {
        "version": RESULT_VERSION,
        "graders": sorted({row.grade["grader"] for row in rows}),
        "fallbacks": sum("fallback" in row.grade for row in rows),
        "questions": len({row.answer.question["id"] for row in rows}),
        "all": {**measure(rows), "qwk_low": low, "qwk_high": high},
        "by_kind": by(rows, lambda row: row.answer.kind),
        "by_topic": by(rows, lambda row: row.answer.question["topic"]),
        "by_language": by(rows, lambda row: row.answer.language),
        "matrix": matrix(rows),
        "repeated": repeatability(list(repeated.values())) if repeated else None,
        "rows": [_row(row) for row in rows],
    }


def _row(row: Measured) -> dict[str, Any]:
    return {
        "key": row.answer.key,
        "question": row.answer.question["id"],
        "kind": row.answer.kind,
        "label": row.answer.score,
        "grade": row.grade,
    }


def earlier_grades(path: Path) -> dict[str, Grade]:
    """Return the grades of an earlier result by the answers' keys.

    Raises:
        ValueError: The file is no such result.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
        return {row["key"]: row["grade"] for row in rows}
    except (KeyError, TypeError, UnicodeDecodeError, ValueError) as error:
        raise ValueError(f"{path}: is no result of `kaoguan eval grading --out`") from error


def against(rows: Sequence[Measured], earlier: Mapping[str, Grade]) -> dict[str, Any]:
    """Return this run beside an earlier one, whole and by kind."""
    scores = {key: g["overall"] for key, g in earlier.items() if g["overall"] is not None}
    kinds = sorted({row.answer.kind for row in rows})
    return {
        "graders": sorted({g["grader"] for g in earlier.values()}),
        "all": compare(rows, scores),
        "by_kind": {
            kind: compare([r for r in rows if r.answer.kind == kind], scores) for kind in kinds
        },
    }


def done_so_far(path: Path, mark: str) -> dict[str, Grade]:
    """Return the grades that an interrupted run of the same grader left in this file."""
    if not path.exists():
        return {}
    found: dict[str, Grade] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue  # the line that was being written when the run was broken off
        if isinstance(row, dict) and row.get("mark") == mark:
            found[row["key"]] = row["grade"]
    return found


def keep(path: Path, mark: str, answer: GradedAnswer, grade: Grade) -> None:
    """Append one grade to the file of a run under way; `mark` names grader and version."""
    # in ASCII, so that a line broken off is never half a character
    line = json.dumps({"mark": mark, "key": answer.key, "grade": grade}).encode() + b"\n"
    with path.open("ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")  # or the line after one broken off would be lost with it
        file.write(line)
