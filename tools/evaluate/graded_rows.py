"""Graded answers read from JSONL: the questions with their key points, and answers with labels.

A row with `answer` is an answer: `question` (or `item_id`), `answer`, `covered`, `partial`, and
optionally `kind`, `score` (0 to 100), `error_level` (0 to 3) and `clarity` (0 to 10). Without
`score` it follows from the labels by tools/grading/score.py. A row with `key_points` is a question:
a whole Question record, or `id`, `question`, `key_points` (id, text, weight), and optionally
`reference_answer` and `topic`. Both sorts may stand in one file.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sessions.records import AnswerKind, PointGrade, Question
from tools.grading import score
from tools.grading.plain import plain_question

BESIDE = ("questions.jsonl", "items.jsonl")
"""Files beside an answers file that are looked into for its questions."""
_CJK = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[A-Za-z]{2,}")
_WHOLE = (("id", str), ("topic", str), ("kind", str), ("wording", dict), ("reference", dict))
"""What a whole Question record must have besides its key points; the rest may be left out."""
_FIXED = {"evasive": 3.0, "keyword-stuffing": 19.0, "stuffing": 19.0}
"""Scores of kinds that are capped whatever their points, where no score was given."""


class RowsError(Exception):
    """A file of graded answers cannot be read; the message names file, line and what is wrong."""


@dataclass(frozen=True)
class GradedAnswer:
    """One answer with a person's labels."""

    key: str
    """The same for the same answer to the same question, whatever file it stands in."""
    question: Question
    text: str
    kind: str
    covered: frozenset[str]
    partial: frozenset[str]
    score: float
    error_level: int
    language: str
    """`zh`, `en` or `mixed`, by what it is written in."""


def read_graded(
    paths: Sequence[Path], find: Callable[[str], Question | None] = lambda name: None
) -> list[GradedAnswer]:
    """Return the answers of some files or folders; `find` looks for questions that none holds.

    Raises:
        RowsError: A row is no answer or question, or an answer's question is nowhere.
    """
    questions: dict[str, Question] = {}
    rows: list[tuple[str, dict[str, Any]]] = []
    for path in _files(paths):
        for place, row in _rows(path):
            if "answer" in row:
                rows.append((place, row))
            elif "key_points" in row:
                question = _question(place, row)
                questions[question["id"]] = question
            else:
                raise RowsError(f"{place}: neither `answer` nor `key_points` is in this row")
    if not rows:
        raise RowsError(f"{paths[0]}: holds no graded answer")
    beside = _beside(paths)
    found: dict[str, GradedAnswer] = {}
    for place, row in rows:
        name = str(row.get("question", row.get("item_id", "")))
        held = questions.get(name) or beside.get(name) or find(name)
        if held is None:
            raise RowsError(
                f"{place}: question {name!r} is in none of the files and not in the bank"
            )
        answer = _answer(place, row, held)
        found.setdefault(answer.key, answer)
    return list(found.values())


def is_held_out(question_id: str) -> bool:
    """Say whether a question was kept apart when the embedded grader was fitted: one of five."""
    return zlib.crc32(question_id.encode()) % 5 == 0


def language_of(text: str) -> str:
    """Return what an answer is written in; Chinese with its usual technical terms is `zh`."""
    chinese, words = len(_CJK.findall(text)), len(_WORD.findall(text))
    if not chinese:
        return "en"
    # a Chinese word has about 1.6 characters, so this is where English words become the half
    return "mixed" if words >= chinese / 1.6 else "zh"


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        inside = [path / name for name in (*BESIDE, "answers.jsonl")] if path.is_dir() else [path]
        here = [one for one in inside if one.is_file()]
        if not here:
            raise RowsError(f"{path}: there is no such file, or no answers.jsonl in it")
        found += here
    return found


def _beside(paths: Sequence[Path]) -> dict[str, Question]:
    """Return the questions of the files that lie beside the answers, when some do."""
    places = {path.parent / name for path in paths if path.is_file() for name in BESIDE}
    found: dict[str, Question] = {}
    for path in sorted(place for place in places if place.is_file()):
        for place, row in _rows(path):
            if "key_points" in row and "answer" not in row:
                question = _question(place, row)
                found.setdefault(question["id"], question)
    return found


def _rows(path: Path) -> list[tuple[str, dict[str, Any]]]:
    try:
        # not splitlines: an answer may hold a line separator that JSON leaves as it is
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise RowsError(f"{path}: is no UTF-8 text") from error
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise RowsError(f"{path}:{number}: is no JSON: {error}") from error
        if not isinstance(row, dict):
            raise RowsError(f"{path}:{number}: is no JSON object")
        found.append((f"{path}:{number}", row))
    return found


def _question(place: str, row: Mapping[str, Any]) -> Question:
    try:
        if "wording" in row:
            for name, sort in _WHOLE:
                if not isinstance(row.get(name), sort):
                    raise RowsError(f"{place}: is no question: `{name}` is missing or malformed")
            whole = {"misconceptions": [], "hints": [], "follow_ups": [], "terms": [], **row}
            for point in whole["key_points"]:
                _ = (point["id"], dict(point["text"]), float(point["weight"]))
            return cast(Question, whole)
        made = plain_question(
            str(row["id"]), row["question"], row["key_points"], row.get("reference_answer", "")
        )
        return {**made, "topic": str(row.get("topic", ""))}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RowsError(f"{place}: is no question: {type(error).__name__} {error}") from error


def _answer(place: str, row: Mapping[str, Any], question: Question) -> GradedAnswer:
    ids = {point["id"] for point in question["key_points"]}
    try:
        text, kind = str(row["answer"]), str(row.get("kind", "answer"))
        covered, partial = frozenset(row["covered"]), frozenset(row.get("partial", ()))
        level, clarity = int(row.get("error_level", 0)), float(row.get("clarity", 7.0))
        given = row.get("score")
        number = None if given is None else float(given)
    except (KeyError, TypeError, ValueError) as error:
        raise RowsError(f"{place}: is no graded answer: {type(error).__name__} {error}") from error
    unknown = sorted((covered | partial) - ids)
    if unknown:
        raise RowsError(f"{place}: question {question['id']!r} has no key point {unknown[0]!r}")
    if level not in score.DEDUCTION or not 0 <= clarity <= 10 or not 0 <= (number or 0) <= 100:
        raise RowsError(f"{place}: score must be 0 to 100, error_level 0 to 3 and clarity 0 to 10")
    key = hashlib.sha256(f"{question['id']}\0{text}".encode()).hexdigest()[:16]
    if number is None:
        number = score_by_rule(question, kind, covered, partial, (level, clarity))
    return GradedAnswer(
        key=key,
        question=question,
        text=text,
        kind=kind,
        covered=covered,
        partial=partial,
        score=number,
        error_level=level,
        language=language_of(text),
    )


def score_by_rule(
    question: Question,
    kind: str,
    covered: frozenset[str],
    partial: frozenset[str],
    rest: tuple[int, float],
) -> float:
    """Return the score that labels amount to; `rest` is error level and clarity."""
    if kind in _FIXED:
        return _FIXED[kind]
    points = [
        PointGrade(
            key_point=p["id"],
            verdict="covered"
            if p["id"] in covered
            else "partial"
            if p["id"] in partial
            else "missed",
            quotes=[],
        )
        for p in question["key_points"]
    ]
    content: AnswerKind = "content"
    weights = score.weights_of(question["key_points"])
    return score.overall(points, rest[1], rest[0], content, weights, 1.0)
