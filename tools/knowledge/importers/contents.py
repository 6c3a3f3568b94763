"""Tables of contents and outlines: lines that repeat headings which stand further down."""

from __future__ import annotations

import itertools
import re
import unicodedata

from tools.knowledge.importers.shapes import is_bullet, is_table_row

_LINK = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)、])?\s*\[(.{1,300})\]\(\s*([^)\s]*)[^)]*\)\s*$")
_LONGEST_ENTRY = 160
_FEWEST_ENTRIES = 4
_FEWEST_MARKED = 20
"""Lines that begin as marked headings do; from so many on only such lines are headings. A guess."""
_SHARE_FOUND = 0.6
"""An outline may hold a few lines that were renamed below; a guess, not measured."""


def key(text: str) -> str:
    """Return a heading reduced to what does not change between contents and text."""
    text = unicodedata.normalize("NFKC", re.sub(r"<[^>]{0,300}>", "", text[:400])).lower()
    return re.sub(r"[\W_]+", "", text)


def contents(lines: list[str]) -> tuple[set[int], set[str]]:
    """Return the indices of lines that only list headings, and the keys of linked titles."""
    linked, taken = _linked_entries(lines)
    return _with_title(lines, taken | _plain_entries(lines)), linked


def _linked_entries(lines: list[str]) -> tuple[set[str], set[int]]:
    entries = {
        i: found
        for i, line in enumerate(lines)
        if "](" in line and len(line) < 800 and (found := _LINK.match(line))
    }
    if len(entries) < _FEWEST_ENTRIES:
        return set(), set()
    elsewhere = {
        key(line)
        for i, line in enumerate(lines)
        if i not in entries and line.lstrip()[:1] in ("#", "<")
    }
    taken = {
        i
        for i, found in entries.items()
        if found.group(2).startswith("#") or key(found.group(1)) in elsewhere
    }
    if len(taken) < _FEWEST_ENTRIES:
        return set(), set()
    return {key(entries[i].group(1)) for i in taken}, taken


def _plain_entries(lines: list[str]) -> set[int]:
    last: dict[str, int] = {}
    keys: list[str] = []
    marks = ("#", "<h", "<H")
    marked = sum(line.lstrip().startswith(marks) for line in lines) >= _FEWEST_MARKED
    for i, line in enumerate(lines):
        usable = 0 < len(line.strip()) <= _LONGEST_ENTRY and not is_table_row(line)
        name = key(line) if usable else ""
        keys.append(name if len(name) > 1 else "")
        heads = line.lstrip().startswith(marks) if marked else not is_bullet(line)
        if name and heads:
            last[name] = i
    repeated = [bool(name) and last.get(name, -1) > i for i, name in enumerate(keys)]
    taken: set[int] = set()
    start = 0
    while start < len(lines):
        if not repeated[start]:
            start += 1
            continue
        end, hits = _run(repeated, start)
        places = [last[keys[i]] for i in range(start, end) if repeated[i] and last[keys[i]] >= end]
        together = sum(1 for a, b in itertools.pairwise(places) if b == a + 1)
        enough = len(places) >= max(_FEWEST_ENTRIES, _SHARE_FOUND * (end - start))
        if enough and together * 2 < len(places):
            taken.update(range(start, end))
        start = end if hits else start + 1
    return taken


def _run(repeated: list[bool], start: int) -> tuple[int, int]:
    """Return the end (exclusive) and the hits of a run that bears one miss at a time."""
    end, hits, i = start + 1, 1, start + 1
    while i < len(repeated):
        if repeated[i]:
            end, hits, i = i + 1, hits + 1, i + 1
        elif i + 1 < len(repeated) and repeated[i + 1]:
            i += 1
        else:
            break
    return end, hits


def _with_title(lines: list[str], taken: set[int]) -> set[int]:
    """Add the words above a list of contents (at the very top of a document) to it."""
    if not taken:
        return taken
    first = min(taken)
    above = [i for i in range(first) if lines[i].strip()]
    if len(above) == 1 and len(lines[above[0]].strip()) <= 20:
        return taken | {above[0]}
    return taken
