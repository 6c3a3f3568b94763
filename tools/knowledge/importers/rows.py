"""Tables and records: CSV, TSV, JSONL and JSON files of questions and answers."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.knowledge.importers.marked import plain
from tools.knowledge.importers.model import ImportFailed, Progress, Raw
from tools.knowledge.importers.reading import encoding_of
from tools.knowledge.importers.shapes import asks, number_of

_QUESTION = (
    "question questions 问题 题目 提问 面试题 问 title heading q query prompt instruction input"
    " wording"
).split()
_ANSWER = (
    "answer answers 答案 回答 参考答案 解析 答 a reference response output completion solution"
).split()
_SECTION = "section category topic chapter tag 分类 类别 章节 主题 知识点 topic_name".split()
_LARGEST_JSON = 64 * 1024 * 1024
_LARGEST_FIELD = 8 * 1024 * 1024


def read_rows(path: Path, kind: str, progress: Progress | None = None) -> list[Raw]:
    """Return the rows of a table or record file; raises ImportFailed with the line at fault."""
    encoding = encoding_of(path)
    encoding = "gb18030" if encoding == "mixed" else encoding
    readers = {"csv": _csv_rows, "jsonl": _jsonl_rows, "json": _json_rows}
    total = path.stat().st_size
    items: list[Raw] = []
    try:
        for line, question, answer, section in readers[kind](path, encoding):
            if raw := _raw(line, question, answer, section):
                items.append(raw)
            if progress and line % 1000 == 0:
                progress(min(line * 100, total), total)
    except RecursionError as error:
        raise ImportFailed(
            f"{path.name}: is nested too deeply to be questions and answers"
        ) from error
    except UnicodeError as error:
        raise ImportFailed(
            f"{path.name}: the encoding changes inside the file; save it as UTF-8"
        ) from error
    if not items:
        raise ImportFailed(
            f"{path.name}: no row holds a question; name a column 'question' or '问题'"
        )
    return items


def _raw(line: int, question: str, answer: str, section: str) -> Raw | None:
    heading = plain(question.replace("\n", " "))[:2000]
    if not heading:
        return None
    number = number_of(heading)
    title = (number.rest if number else heading).rstrip(":： ")
    return Raw(line, heading, title, (section,) if section else (), tuple(answer.split("\n")), True)


def _csv_rows(path: Path, encoding: str) -> Iterator[tuple[int, str, str, str]]:
    csv.field_size_limit(_LARGEST_FIELD)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        sample = file.read(64 * 1024)
        file.seek(0)
        delimiter = max(",\t;|", key=sample[:4000].count) if path.suffix.lower() != ".tsv" else "\t"
        rows = csv.reader((line.replace("\0", "") for line in file), delimiter=delimiter)
        try:
            first = next(rows, [])
            columns = _columns(first, path.name)
            if not columns[3]:
                yield (1, *_cells(first, columns))
            start = rows.line_num + 1
            for row in rows:
                if any(cell.strip() for cell in row):
                    yield (start, *_cells(row, columns))
                start = rows.line_num + 1
        except csv.Error as error:
            raise ImportFailed(
                f"{path.name}:{rows.line_num}: is no table ({error}); check quotes and separators"
            ) from error


def _columns(header: list[str], name: str) -> tuple[int, int, int, bool]:
    """Return where question, answer and section stand (-1: nowhere), and if there is a header."""
    names = [cell.strip().strip("\ufeff").lower() for cell in header]

    def place(wanted: list[str]) -> int:
        return next((names.index(w) for w in wanted if w in names), -1)

    question, answer = place(_QUESTION), place(_ANSWER)
    if question >= 0:
        return question, answer, place(_SECTION), True
    if len(header) >= 2 and asks(header[0]):
        return 0, 1, -1, False
    raise ImportFailed(
        f"{name}: no column is named 'question' or '问题' (found: {', '.join(names)[:80]})"
    )


def _cells(row: list[str], columns: tuple[int, int, int, bool]) -> tuple[str, str, str]:
    question, answer, section = (
        row[place].strip() if 0 <= place < len(row) else "" for place in columns[:3]
    )
    return question, answer, section


def _jsonl_rows(path: Path, encoding: str) -> Iterator[tuple[int, str, str, str]]:
    with path.open(encoding=encoding, errors="replace") as file:
        for line, text in enumerate(file, 1):
            if not text.strip():
                continue
            if len(text) > _LARGEST_FIELD:
                raise ImportFailed(f"{path.name}:{line}: one record is over 8 MB; split it")
            try:
                record = json.loads(text.replace("\0", ""))
            except ValueError as error:
                raise ImportFailed(f"{path.name}:{line}: is no JSON record ({error})") from error
            yield (line, *_fields(record))


def _json_rows(path: Path, encoding: str) -> Iterator[tuple[int, str, str, str]]:
    if path.stat().st_size > _LARGEST_JSON:
        raise ImportFailed(
            f"{path.name}: JSON over 64 MB is not read whole; write one record a line (.jsonl)"
        )
    try:
        data = json.loads(path.read_text(encoding=encoding, errors="replace"))
    except ValueError as error:
        raise ImportFailed(f"{path.name}: is no JSON ({error})") from error
    if isinstance(data, dict):
        lists = [value for value in data.values() if isinstance(value, list)]
        data = max(lists, key=len) if lists else [data]
    for n, record in enumerate(data if isinstance(data, list) else [], 1):
        yield (n, *_fields(record))


def _fields(record: Any) -> tuple[str, str, str]:
    """Return question, answer and section of a record; empty texts when it holds none."""
    if not isinstance(record, dict):
        return "", "", ""
    talk = record.get("messages") or record.get("conversations")
    if isinstance(talk, list):
        return _first_pair(talk)
    low = {str(name).strip().lower(): value for name, value in record.items()}
    question, answer, section = (
        next((_text(low[name]) for name in wanted if name in low and _text(low[name])), "")
        for wanted in (_QUESTION, _ANSWER, _SECTION)
    )
    return question, answer, section


def _first_pair(talk: list[Any]) -> tuple[str, str, str]:
    said = {"user": "", "assistant": ""}
    for turn in talk:
        if isinstance(turn, dict):
            role = str(turn.get("role") or turn.get("from") or "").lower()
            role = {"human": "user", "gpt": "assistant", "bot": "assistant"}.get(role, role)
            if role in said and not said[role]:
                said[role] = _text(turn.get("content") or turn.get("value"))
    return said["user"], said["assistant"], ""


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict):
        return _text(value.get("zh") or value.get("en"))
    if isinstance(value, list):
        return "\n".join(_text(v) for v in value if isinstance(v, str))
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
