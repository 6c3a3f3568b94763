"""The one way a document takes: read, segment, clean, mask, classify, extract."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from tools.knowledge.importers.classify import asks_of, breaks_off, kind_of, missing, topic_of
from tools.knowledge.importers.cleaning import clean_answer, drop_html_blocks
from tools.knowledge.importers.contents import contents
from tools.knowledge.importers.documents import read_document
from tools.knowledge.importers.marked import labelled_headings, marked_headings
from tools.knowledge.importers.model import Heading, Imported, ImportFailed, Item, Progress, Raw
from tools.knowledge.importers.notes import notes_headings
from tools.knowledge.importers.outline import items_of
from tools.knowledge.importers.privacy import mask
from tools.knowledge.importers.reading import file_kind, read_text
from tools.knowledge.importers.rows import read_rows
from tools.knowledge.importers.statements import key_points
from tools.knowledge.importers.wrapping import join_wrapped, wrap_width

_FEWEST_MARKED = 2
"""Marked headings from which a document counts as one that marks its headings."""


def import_file(path: Path | str, *, progress: Progress | None = None) -> Imported:
    """Find every question and topic of one document; raises ImportFailed in one line.

    Nothing is written. `progress` is called while the file is read and while items are cleaned.
    """
    path = Path(path)
    kind = file_kind(path)
    counts: Counter[str] = Counter()
    if kind in ("csv", "jsonl", "json"):
        shape, raws = "rows", read_rows(path, kind, progress)
    else:
        source = read_document(path, kind) if kind in ("docx", "pdf") else read_text(path, progress)
        counts.update(source.cleaned)
        shape, raws = segment(source.lines, counts)
    if not raws:
        raise ImportFailed(
            f"{path.name}: no question was found; number the questions or mark them with '#'"
        )
    items: list[Item] = []
    masked: dict[str, str] = {}
    for n, raw in enumerate(raws, 1):
        section = tuple(masked.get(part) or _remember(part, masked, counts) for part in raw.section)
        items.append(_item(raw, section, counts))
        if progress and (n % 200 == 0 or n == len(raws)):
            progress(n, len(raws))
    name = mask(path.name, counts)
    return Imported(name, shape, tuple(items), dict(sorted(counts.items())))


def segment(lines: list[str], counts: Counter[str]) -> tuple[str, list[Raw]]:
    """Cut a text into items by the shape it has, and name the shape."""
    lines = drop_html_blocks(lines, counts)
    skip, linked = contents(lines)
    if skip:
        counts["line of contents left out"] += len(skip)
    shape, headings = _headings(lines, skip, linked)
    raws = items_of(headings, lines, skip)
    wrap = wrap_width(lines)
    if wrap:
        raws = [replace(raw, body=join_wrapped(raw.body, wrap, counts)) for raw in raws]
    return shape, raws


def _headings(lines: list[str], skip: set[int], linked: set[str]) -> tuple[str, list[Heading]]:
    marked = marked_headings(lines, skip, linked)
    if sum(heading.form == "marked" for heading in marked) >= _FEWEST_MARKED:
        return "marked", marked
    if labelled := labelled_headings(lines, skip):
        return "dialogue", labelled
    if notes := notes_headings(lines, skip):
        return "notes", notes
    return "marked", marked


def _remember(part: str, masked: dict[str, str], counts: Counter[str]) -> str:
    """Mask a section's heading once, however many items stand under it."""
    masked[part] = mask(part, counts)
    return masked[part]


def _item(raw: Raw, section: tuple[str, ...], counts: Counter[str]) -> Item:
    title = mask(_tidy(raw.title), counts) or raw.title
    answer = mask(clean_answer(list(raw.body), raw.title, counts), counts)
    lack = missing(answer, raw.title)
    kind, scope = kind_of(raw, answer)
    if lack and kind != "personal":
        kind, scope = "empty", "draft"
    if kind == "personal":
        counts["personal item kept apart"] += 1
        answer = ""
    topic = topic_of(title, section, answer)
    note = lack or ("the answer may break off" if breaks_off(answer) else "")
    points = key_points(answer, title) if not lack and answer else ()
    return Item(
        heading=mask(raw.heading, counts),
        title=title,
        line=raw.line,
        section=section,
        kind=kind,
        scope=scope,
        asks=asks_of(topic, scope, title),
        topic=topic,
        answer=answer,
        key_points=points,
        has_answer=not lack,
        note=note,
    )


def _tidy(title: str) -> str:
    """Return a title without unfinished marks and stray punctuation at its ends."""
    for word in ("todo", "TODO", "tbd"):
        title = title.removesuffix(word).rstrip("-—、,， ") if title.endswith(word) else title
    return title.strip(" ,，、;；:：-—=*")
