"""From items to questions, and the bank's file: written whole, the same when repeated."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock

from sessions.records import KeyPoint, Question, Wording
from tools.knowledge.bank import SHIPPED, bank_path, read_jsonl_bank, write_jsonl_bank
from tools.knowledge.glossary import load_glossary
from tools.knowledge.importers.contents import key
from tools.knowledge.importers.model import Imported, ImportFailed, Item, Progress, Written
from tools.knowledge.importers.pipeline import import_file
from tools.knowledge.importers.shapes import asks, is_facet, number_of, strip_label
from tools.knowledge.importers.statements import language_of, reference

_LEVEL = 3
_SIDE_ZH = re.compile(
    r"(?:区别|对比|比较|原理|流程|过程|作用|方法|步骤|优缺点|机制|结构|算法|公式|构建|标准|指标|经验|建议|好处)$"
)
_ORDER_ZH = re.compile(r"^(?:请|简单|介绍|解释|描述|简述|简说|说|讲|谈|概括|列举|比较|阐述)")
_VERSION = 1
"""Raised when the same document would give other questions than before."""


def to_questions(imported: Imported, bank_name: str) -> list[Question]:
    """Return the questions of an import; personal items stay out, equal ones are merged.

    A merged question names every place it came from in `source`.
    """
    found: dict[str, Question] = {}
    for item in imported.items:
        if item.kind == "personal" or not key(item.title):
            continue
        question = _question(item, imported.source, bank_name)
        known = found.get(question["id"])
        found[question["id"]] = _merged(known, question) if known else question
    return list(found.values())


def _question(item: Item, source: str, bank_name: str) -> Question:
    lang = language_of(item.title)
    if lang == "en" and not asks(item.title):
        lang = language_of(item.answer + "".join(item.section))
    text = _wording(item, lang)
    wording: Wording = {"zh": text} if lang == "zh" else {"en": text}
    told = language_of(item.answer or item.title)
    points: list[KeyPoint] = [
        KeyPoint(
            id=f"k{n}", text=_in(told, point), weight=float(3 if n == 1 else 2 if n <= 3 else 1)
        )
        for n, point in enumerate(item.key_points, 1)
    ]
    spoken = {lang: [item.title]} if key(item.title) != key(text) else {}
    answer = reference(item.answer, item.title) if item.has_answer else ""
    return Question(
        id=_identifier(bank_name, text),
        bank=bank_name,
        topic=item.topic,
        level=_LEVEL,
        kind=item.asks,
        scope=item.scope,
        wording=wording,
        spoken=spoken,
        example={},
        key_points=points,
        misconceptions=[],
        reference=_in(told, answer) if answer else {},
        hints=[],
        follow_ups=[],
        terms=_terms(item),
        prerequisites=[],
        source=f"{source}:{item.line}",
    )


def _in(lang: str, text: str) -> Wording:
    return {"zh": text} if lang == "zh" else {"en": text}


def _identifier(bank_name: str, text: str) -> str:
    """Return an id that depends on the question's words alone, so that a second import finds it."""
    slug = re.sub(r"\s+", "-", bank_name.strip())
    return f"{slug}-{hashlib.sha256(key(text).encode()).hexdigest()[:12]}"


def _wording(item: Item, lang: str) -> str:
    """Return the heading as one would ask it aloud."""
    title = strip_label(item.title)
    alone = title
    if item.section and (is_facet(title) or (item.scope == "project" and not asks(title))):
        number = number_of(item.section[-1])
        above = (number.rest if number else item.section[-1]).strip()
        alone = f"{above}：{title}" if lang == "zh" else f"{above}: {title}"
    if lang == "en":
        return alone if asks(title) else f"Please explain {alone}."
    if title.endswith(("?", "？", "。")):
        return alone
    if _ORDER_ZH.match(title):
        return f"{alone}。"
    if asks(title):
        return f"{alone}？"
    return f"请讲讲{alone}。" if _SIDE_ZH.search(title) else f"请介绍一下{alone}。"


def _terms(item: Item) -> list[list[str]]:
    if not item.has_answer:
        return []
    glossary = load_glossary()
    matches = glossary.find(f"{item.title}\n" + "\n".join(item.key_points))
    names = list(dict.fromkeys(match.name for match in matches))[:8]
    return [list(dict.fromkeys(glossary.terms[name].spellings))[:6] for name in names]


def _merged(a: Question, b: Question) -> Question:
    """Return one question of two equal ones: the fuller answer, all sources."""
    better, other = (a, b) if _fullness(a) >= _fullness(b) else (b, a)
    merged = better.copy()
    sources = [*a["source"].split("; "), *b["source"].split("; ")]
    merged["source"] = "; ".join(dict.fromkeys(sources))
    merged["terms"] = (better["terms"] + [t for t in other["terms"] if t not in better["terms"]])[
        :8
    ]
    return merged


def _fullness(question: Question) -> tuple[int, int]:
    return len(question["key_points"]), sum(len(str(v)) for v in question["reference"].values())


def write_bank(questions: Sequence[Question], name: str, folder: Path) -> Written:
    """Add questions to the bank `<folder>/banks/<name>.jsonl`; nothing is ever taken out.

    The file is replaced whole, under a lock: a break-off leaves the old one.
    """
    if name == SHIPPED:
        raise ImportFailed(f"the name {name!r} belongs to the shipped bank; choose another one")
    path = bank_path(name, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        known = {q["id"]: q for q in read_jsonl_bank(path, name).questions} if path.exists() else {}
        added = changed = unchanged = 0
        for question in questions:
            old = known.get(question["id"])
            new = _joined(old, question) if old else question
            if old is None:
                added += 1
            elif old == new:
                unchanged += 1
            else:
                changed += 1
            known[question["id"]] = new
        result = tuple(known.values())
        if added or changed:
            write_jsonl_bank(path, result)
    return Written(added, changed, unchanged, result)


def _joined(old: Question, new: Question) -> Question:
    """Return what a bank keeps when a question comes again, from the same or another document."""
    files = {s.rpartition(":")[0] for s in new["source"].split("; ")}
    elsewhere = [s for s in old["source"].split("; ") if s.rpartition(":")[0] not in files]
    if not elsewhere:
        return new
    kept = _merged(old, new) if _fullness(old) != _fullness(new) else old.copy()
    kept["source"] = "; ".join(dict.fromkeys([*elsewhere, *new["source"].split("; ")]))
    return kept


def import_all(
    paths: Iterable[Path | str], name: str, folder: Path, *, progress: Progress | None = None
) -> dict[str, Written]:
    """Import documents one after the other into one bank; begin again where a break-off left it.

    A document is done when the bank holds it; one that has not changed since is not read again.
    Returns what was done by file name, without the skipped ones.
    """
    todo = [Path(path) for path in paths]
    record = bank_path(name, folder).with_suffix(".sources.json")
    done = _read_record(record)
    results: dict[str, Written] = {}
    for n, path in enumerate(todo):
        mark = _mark(path)
        if done.get(path.name) != mark or not bank_path(name, folder).exists():
            results[path.name] = write_bank(to_questions(import_file(path), name), name, folder)
            done[path.name] = mark
            part = record.with_suffix(".part")
            part.write_text(json.dumps(done, ensure_ascii=False, indent=1), encoding="utf-8")
            part.replace(record)
        if progress:
            progress(n + 1, len(todo))
    return results


def _read_record(path: Path) -> dict[str, str]:
    try:
        kept: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(k): str(v) for k, v in kept.items()} if isinstance(kept, dict) else {}


def _mark(path: Path) -> str:
    digest = hashlib.sha256(f"importer {_VERSION}\n".encode())
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise ImportFailed(
            f"{path.name}: cannot be read ({error.strerror or error}); check the path"
        ) from error
    return digest.hexdigest()


def dry_run_table(imported: Imported) -> list[dict[str, Any]]:
    """Return one row an item for a table on screen or as JSON: what would be imported, and how."""
    return [
        {
            "line": item.line,
            "heading": item.heading,
            "kind": item.kind,
            "scope": item.scope,
            "topic": item.topic,
            "has_answer": item.has_answer,
            "characters": len(item.answer),
            "key_points": len(item.key_points),
            "note": item.note,
        }
        for item in imported.items
    ]
