"""Question banks: the shipped one in TOML, imported ones as JSONL of Question records.

A bank is read whole and checked at the edge; everything behind works on checked records.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sessions.records import Question
from tools.knowledge.schema import BankError, check_record, question_of

QUESTIONS_FOLDER = Path(__file__).with_name("questions")
SHIPPED = "kaoguan"
_CACHE_FORMAT = 1


@dataclass(frozen=True)
class Bank:
    """Questions under one name; the version changes whenever any of their content does."""

    name: str
    version: str
    questions: tuple[Question, ...]
    _by_id: dict[str, Question] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_id: dict[str, Question] = {}
        for question in self.questions:
            if question["id"] in by_id:
                raise BankError(f"bank {self.name}: question {question['id']}: id used twice")
            by_id[question["id"]] = question
        object.__setattr__(self, "_by_id", by_id)

    def get(self, id: str) -> Question | None:
        """Return the question of that id, or None."""
        return self._by_id.get(id)


def load_bank(name: str = SHIPPED, folder: Path | None = None) -> Bank:
    """Read a bank: the shipped one, or `<folder>/banks/<name>.jsonl`.

    `folder` is the data folder; with it the parsed form of the shipped bank is kept there.
    Raises BankError with one line naming file, question and field.
    """
    if name == SHIPPED:
        return read_toml_bank(QUESTIONS_FOLDER, name, folder)
    if folder is None:
        raise BankError(f"bank {name}: an imported bank needs the data folder to be read from")
    return read_jsonl_bank(bank_path(name, folder), name)


def bank_path(name: str, folder: Path) -> Path:
    """Where an imported bank lies under the data folder; refuses names that are no file name."""
    if not name or name != Path(name).name or name.startswith("."):
        raise BankError(f"bank {name!r}: not usable as a file name")
    return folder / "banks" / f"{name}.jsonl"


def bank_names(folder: Path | None = None) -> list[str]:
    """The shipped bank, then the imported ones by name."""
    imported = [] if folder is None else sorted(p.stem for p in (folder / "banks").glob("*.jsonl"))
    return [SHIPPED, *(name for name in imported if name != SHIPPED)]


def read_toml_bank(source: Path, name: str, folder: Path | None = None) -> Bank:
    """Read a folder of `<topic>.toml` files."""
    files = sorted(source.glob("*.toml"))
    contents = [path.read_bytes() for path in files]
    version = _version([path.name for path in files], contents)
    kept = None if folder is None else folder / "cache" / f"bank-{name}.json"
    if kept is not None and (cached := _read_cache(kept, version)) is not None:
        return Bank(name, version, tuple(cached))
    questions: list[Question] = []
    for path, content in zip(files, contents, strict=True):
        questions += _toml_questions(path, content, name)
    bank = Bank(name, version, tuple(questions))
    if kept is not None:
        _write_cache(kept, version, bank.questions)
    return bank


def read_jsonl_bank(path: Path, name: str) -> Bank:
    """Read one Question record a line."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BankError(f"bank {name}: {path}: {error.strerror or error}") from error
    questions: list[Question] = []
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise BankError(f"{path.name}:{number}: not a JSON record ({error})") from error
        questions.append(check_record(record, f"{path.name}:{number}"))
    return Bank(name, _version([path.name], [content]), tuple(questions))


def write_jsonl_bank(path: Path, questions: Sequence[Question]) -> None:
    """Write records one a line, whole or not at all."""
    lines = [json.dumps(question, ensure_ascii=False) + "\n" for question in questions]
    _replace(path, "".join(lines).encode("utf-8"))


def bank_of(name: str, questions: Sequence[Question]) -> Bank:
    """Return a bank of records held in memory."""
    content = json.dumps(list(questions), ensure_ascii=False, sort_keys=True).encode("utf-8")
    return Bank(name, _version([name], [content]), tuple(questions))


def _toml_questions(path: Path, content: bytes, bank: str) -> list[Question]:
    import tomllib

    try:
        table: dict[str, Any] = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BankError(f"{path.name}: not readable as TOML ({error})") from error
    rows = table.pop("question", [])
    if table or not isinstance(rows, list):
        raise BankError(f"{path.name}: holds something besides [[question]]: {', '.join(table)}")
    return [question_of(row, path, bank) for row in rows]


def _version(names: Sequence[str], contents: Sequence[bytes]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for name, content in zip(names, contents, strict=True):
        digest.update(name.encode("utf-8") + b"\0")
        digest.update(hashlib.blake2b(content, digest_size=16).digest())
    return digest.hexdigest()


def _read_cache(path: Path, version: str) -> list[Question] | None:
    try:
        kept = json.loads(path.read_bytes())
        if kept["format"] == _CACHE_FORMAT and kept["version"] == version:
            questions: list[Question] = kept["questions"]
            return questions
    except (OSError, ValueError, KeyError, TypeError):
        pass  # absent, damaged or old: it is only a copy
    return None


def _write_cache(path: Path, version: str, questions: Sequence[Question]) -> None:
    kept = {"format": _CACHE_FORMAT, "version": version, "questions": list(questions)}
    with contextlib.suppress(OSError):  # a full or read-only disk costs only the next start's time
        _replace(path, json.dumps(kept, ensure_ascii=False).encode("utf-8"))


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(path)
