"""The edge of the bank: a table of TOML or JSON becomes a checked Question, or a clear error.

Checks shape only; what makes a question good is `lint`'s business.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast, get_args

from sessions.records import FollowUpKind, Question, QuestionKind, Scope, Wording

_KINDS = frozenset(get_args(QuestionKind))
_SCOPES = frozenset(get_args(Scope))
_FOLLOW_UPS = frozenset(get_args(FollowUpKind))
_TOML_FIELDS = frozenset(
    "id level kind zh en spoken_zh spoken_en example_zh example_en prerequisites terms source"
    " reference_zh reference_en hints_zh hints_en key_point misconception follow_up problem".split()
)
_RECORD_FIELDS = Question.__required_keys__ | Question.__optional_keys__


class BankError(Exception):
    """A bank cannot be read; the message names file, question and field in one line."""


class _Reader:
    """Takes fields out of one table and fails by their names."""

    def __init__(self, table: Any, where: str) -> None:
        if not isinstance(table, dict):
            raise BankError(f"{where}: not a table but {type(table).__name__}")
        self.table: dict[str, Any] = table
        self.where = where

    def fail(self, name: str, problem: str) -> BankError:
        return BankError(f"{self.where}: {name}: {problem}")

    def text(self, name: str, default: str | None = None) -> str:
        value = self.table.get(name, default)
        if value is None:
            raise self.fail(name, "missing")
        if not isinstance(value, str):
            raise self.fail(name, f"a text is wanted, not {value!r:.60}")
        return value.strip()

    def one_of(self, name: str, allowed: frozenset[str], default: str | None = None) -> Any:
        value = self.text(name, default)
        if value not in allowed:
            raise self.fail(name, f"{value!r} is none of {', '.join(sorted(allowed))}")
        return value

    def number(self, name: str, low: float, high: float, default: float | None = None) -> float:
        value = self.table.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.fail(name, "missing" if value is None else f"{value!r:.60} is no number")
        if not low <= value <= high:
            raise self.fail(name, f"{value} lies outside {low:g} to {high:g}")
        return value

    def texts(self, name: str) -> list[str]:
        value = self.table.get(name, [])
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise self.fail(name, f"a list of texts is wanted, not {value!r:.60}")
        return [v.strip() for v in value]

    def term_lists(self, name: str) -> list[list[str]]:
        rows = self.table.get(name, [])
        good = isinstance(rows, list) and all(
            isinstance(row, list) and row and all(isinstance(v, str) and v.strip() for v in row)
            for row in rows
        )
        if not good:
            raise self.fail(name, "a list of [name, alias, …] is wanted")
        return [[v.strip() for v in row] for row in rows]

    def tables(self, name: str) -> list[_Reader]:
        rows = self.table.get(name, [])
        if not isinstance(rows, list):
            raise self.fail(name, "a list of tables is wanted")
        return [_Reader(row, f"{self.where}: {name} {n}") for n, row in enumerate(rows, 1)]

    def wording(self, name: str) -> Wording:
        value = self.table.get(name, {})
        good = isinstance(value, dict) and set(value) <= {"zh", "en"}
        if not good or not all(isinstance(v, str) for v in value.values()):
            raise self.fail(name, "texts under zh and en are wanted")
        return cast(Wording, {k: v for k, v in value.items() if v.strip()})

    def pair(self, prefix: str = "") -> Wording:
        """Read `<prefix>zh` and `<prefix>en`, of which an absent one is left out."""
        found = {lang: self.text(prefix + lang, "") for lang in ("zh", "en")}
        return cast(Wording, {lang: text for lang, text in found.items() if text})

    def refuse_unknown(self, known: frozenset[str]) -> None:
        if unknown := sorted(set(self.table) - known):
            raise self.fail(unknown[0], "is no field of a question")


def question_of(row: Any, path: Path, bank: str) -> Question:
    """Return the question of one `[[question]]` table; its topic is the file's name."""
    name = row.get("id", "?") if isinstance(row, dict) else "?"
    read = _Reader(row, f"{path.name}: question {name}")
    read.refuse_unknown(_TOML_FIELDS)
    question: dict[str, Any] = {
        "id": read.text("id"),
        "bank": bank,
        "topic": path.stem,
        "level": read.table.get("level"),
        "kind": read.text("kind"),
        "scope": "shared",
        "wording": {"zh": read.text("zh"), "en": read.text("en")},
        "spoken": {"zh": read.texts("spoken_zh"), "en": read.texts("spoken_en")},
        "example": read.pair("example_"),
        "key_points": [_point(r) for r in read.tables("key_point")],
        "misconceptions": [_misconception(r) for r in read.tables("misconception")],
        "reference": read.pair("reference_"),
        "hints": _hints(read),
        "follow_ups": [
            {"key_point": r.text("key_point"), "kind": r.text("kind"), "text": r.pair()}
            for r in read.tables("follow_up")
        ],
        "terms": read.term_lists("terms"),
        "prerequisites": read.texts("prerequisites"),
        "source": read.text("source"),
    }
    if "problem" in read.table:
        question["problem"] = read.table["problem"]
    return check_record(question, read.where)


def check_record(record: Any, where: str) -> Question:
    """Return a record as a Question; raises BankError naming the field that is not right."""
    if (
        isinstance(record, Mapping)
        and isinstance(record.get("id"), str)
        and "question" not in where
    ):
        where = f"{where}: question {record['id']}"
    read = _Reader(record, where)
    read.refuse_unknown(_RECORD_FIELDS)
    wording = read.wording("wording")
    if not wording:
        raise read.fail("wording", "missing in both languages")
    points = [_check_point(r) for r in read.tables("key_points")]
    _check_targets(read, points)
    level = read.number("level", 1, 5)
    if level != int(level):
        raise read.fail("level", f"{level} is no whole number")
    question = Question(
        id=_identifier(read),
        bank=read.text("bank"),
        topic=read.text("topic"),
        level=int(level),
        kind=read.one_of("kind", _KINDS),
        scope=read.one_of("scope", _SCOPES),
        wording=wording,
        spoken=_spoken(read),
        example=read.wording("example"),
        key_points=read.table.get("key_points", []),
        misconceptions=read.table.get("misconceptions", []),
        reference=read.wording("reference"),
        hints=_hint_ladder(read),
        follow_ups=read.table.get("follow_ups", []),
        terms=read.term_lists("terms"),
        prerequisites=read.texts("prerequisites"),
        source=read.text("source"),
    )
    if "problem" in read.table:
        question["problem"] = _problem(read)
    if question["kind"] == "code":
        _check_known(question, read)
    return question


def _point(read: _Reader) -> dict[str, Any]:
    return {"id": read.text("id"), "text": read.pair(), "weight": read.table.get("weight", 1)}


def _misconception(read: _Reader) -> dict[str, Any]:
    return {
        "key_point": read.text("key_point"),
        "text": read.pair(),
        "correction": read.pair("correction_"),
    }


def _hints(read: _Reader) -> list[Wording]:
    zh, en = read.texts("hints_zh"), read.texts("hints_en")
    if len(zh) != len(en) and zh and en:
        raise read.fail("hints_en", f"{len(en)} hints against {len(zh)} in Chinese")
    rows = max(len(zh), len(en))
    return [cast(Wording, {k: v[i] for k, v in (("zh", zh), ("en", en)) if v}) for i in range(rows)]


def _hint_ladder(read: _Reader) -> list[Wording]:
    steps = read.table.get("hints", [])
    if not isinstance(steps, list) or len(steps) not in (0, 3):
        raise read.fail("hints", "none or a ladder of 3 is wanted")
    return [_Reader({"hint": step}, f"{read.where}: hints").wording("hint") for step in steps]


def _check_point(read: _Reader) -> str:
    read.number("weight", 0.1, 10)
    if not read.wording("text"):
        raise read.fail("text", "missing in both languages")
    return read.text("id")


def _check_targets(read: _Reader, points: list[str]) -> None:
    """Misconceptions and follow-ups must aim at a key point of the same question."""
    if len(set(points)) != len(points):
        raise read.fail("key_points", "an id is used twice")
    for name in ("misconceptions", "follow_ups"):
        for row in read.tables(name):
            target = row.text("key_point")
            if target not in points:
                raise row.fail("key_point", f"{target!r} is no key point of this question")
            if not row.wording("text"):
                raise row.fail("text", "missing in both languages")
            if name == "follow_ups":
                row.one_of("kind", _FOLLOW_UPS)
            else:
                row.wording("correction")


def _identifier(read: _Reader) -> str:
    value = read.text("id")
    if not value or any(c.isspace() for c in value):
        raise read.fail("id", f"{value!r} is empty or holds a space")
    return value


def _spoken(read: _Reader) -> dict[str, list[str]]:
    value = read.table.get("spoken", {})
    if not isinstance(value, dict) or not set(value) <= {"zh", "en"}:
        raise read.fail("spoken", "lists of texts under zh and en are wanted")
    return {lang: _Reader(value, f"{read.where}: spoken").texts(lang) for lang in value}


def _problem(read: _Reader) -> dict[str, Any]:
    problem = read.table["problem"]
    if not isinstance(problem, dict):
        raise read.fail("problem", "a table is wanted")
    copy: dict[str, Any] = json.loads(json.dumps(problem))
    return copy


def _check_known(question: Question, read: _Reader) -> None:
    """Code is judged by the tests of a shipped problem, so the question must name one."""
    from tools.knowledge.problems import load_problems

    if "problem" not in question:
        raise read.fail("problem", "missing: kind code wants the id of a coding problem")
    name = question["problem"].get("id")
    if str(name) not in load_problems():
        raise read.fail("problem", f"{name!r:.60} is the id of no coding problem")
