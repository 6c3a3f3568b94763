"""Headings that a document marks: `#`, underlines, `<h1>` to `<h6>`, labels, fenced answers."""

from __future__ import annotations

import re
from bisect import bisect_left

from tools.knowledge.importers.contents import key
from tools.knowledge.importers.model import Heading
from tools.knowledge.importers.shapes import (
    asks,
    could_be_bare_heading,
    ends_as_question,
    fence_of,
    is_code,
    number_of,
)

_HASH = re.compile(r"^ {0,3}(#{1,6})(?:[ \t]+(.*?)|(?<=##)([^\s#].*?))?[ \t]*#*[ \t]*$")
_HTML = re.compile(r"<h([1-6])\b[^>]{0,500}>(.*?)</h\1\s*>", re.I)
_HTML_OPEN = re.compile(r"^\s*<h([1-6])\b[^>]{0,500}>", re.I)
_TAG = re.compile(r"<[^>]{0,500}>")
_ASKED = re.compile(
    r"^(?:\*\*)?(?:问题?|提问|面试官|Q|Question)\s*\d{0,3}\s*[:：.]\s*(?:\*\*)?\s*(\S.*)$", re.I
)
_ANSWERED = re.compile(r"^(?:\*\*)?(?:答|答案|回答|候选人|A|Answer)\s*\d{0,3}\s*[:：.]", re.I)
_HTML_STANDS_ABOVE = 10.0
"""HTML headings in a Markdown text are put there to be linked to: they stand above `#` ones."""


def fenced(lines: list[str]) -> list[bool]:
    """Tell of each line whether it lies in a code fence (its marks included)."""
    inside = [False] * len(lines)
    marks = [(i, *found) for i, line in enumerate(lines) if (found := fence_of(line))]
    never: dict[str, int] = {}
    at = 0
    while at < len(marks):
        start, mark, _ = marks[at]
        at += 1
        if len(mark) >= never.get(mark[0], 1 << 30):
            continue
        close = next(
            (
                n
                for n in range(at, len(marks))
                if not marks[n][2] and marks[n][1][0] == mark[0] and len(marks[n][1]) >= len(mark)
            ),
            None,
        )
        if close is None:
            never[mark[0]] = min(never.get(mark[0], 1 << 30), len(mark))
            continue
        for i in range(start, marks[close][0] + 1):
            inside[i] = True
        at = close + 1
    return inside


def plain(text: str) -> str:
    """Return a heading's words without tags, emphasis, links and decoration."""
    text = _TAG.sub("", text)
    text = re.sub(r"!\[[^\]]{0,300}\]\([^)]{0,2000}\)", "", text)
    text = re.sub(r"\[([^\]]{0,300})\]\([^)]{0,2000}\)", r"\1", text)
    text = re.sub(r"\*\*|__|`|==|~~", "", text)
    return re.sub(r"\s+", " ", text).strip(" \t*#-—=")


def heading_of(line: int, text: str, rank: float, form: str) -> Heading:
    """Make a heading of its text, taking the number off for the title."""
    shown = plain(text)
    number = number_of(shown)
    title = number.rest if number else shown
    return Heading(line, shown, title.rstrip(":： ").strip(), rank, form)  # type: ignore[arg-type]


def marked_headings(lines: list[str], skip: set[int], linked: set[str]) -> list[Heading]:
    """Find the headings that the markup of the document shows, in order."""
    inside = fenced(lines)
    usable = [not inside[i] and i not in skip for i in range(len(lines))]
    found = _html(lines, usable)
    if len(found) >= 3:
        for heading in found:
            heading.rank -= _HTML_STANDS_ABOVE
    html_lines = {h.line for h in found}
    found += [h for h in _hashes(lines, usable) if h.line not in html_lines]
    found.sort(key=lambda h: h.line)
    for heading in found:
        heading.linked = key(heading.text) in linked
    return sorted(found + _unmarked(lines, inside, usable, found), key=lambda h: h.line)


def labelled_headings(lines: list[str], skip: set[int]) -> list[Heading]:
    """Find the questions of a text that writes them as pairs of `Q:` and `A:`."""
    inside = fenced(lines)
    asked, answers = [], 0
    for i, line in enumerate(lines):
        if inside[i] or i in skip or len(line) > 2000:
            continue
        if found := _ASKED.match(line.strip()):
            asked.append(heading_of(i + 1, found.group(1), 1.0, "numbered"))
        elif _ANSWERED.match(line.strip()):
            answers += 1
    return asked if min(len(asked), answers) >= 2 else []


def _hashes(lines: list[str], usable: list[bool]) -> list[Heading]:
    found = []
    comments = _comments(lines)
    for i, line in enumerate(lines):
        if not usable[i] or len(line) > 2000:
            continue
        if line.lstrip()[:1] == "#" and (match := _HASH.match(line)):
            if i not in comments:
                text = match.group(2) or match.group(3) or ""
                found.append(heading_of(i + 1, text, float(len(match.group(1))), "marked"))
        elif _is_underlined(lines, i, usable):
            level = 1.0 if lines[i + 1].lstrip().startswith("=") else 2.0
            found.append(heading_of(i + 1, line, level, "marked"))
    return found


def _comments(lines: list[str]) -> set[int]:
    """Return the `#` lines that stand in a block of unfenced program text."""
    found: set[int] = set()
    start = 0
    while start < len(lines):
        end = start
        while end < len(lines) and lines[end].lstrip().startswith("#"):
            end += 1
        above, below = start - 1, end
        if end > start and any(0 <= i < len(lines) and is_code(lines[i]) for i in (above, below)):
            found.update(i for i in range(start, end) if not lines[i].lstrip().startswith("##"))
        start = end + 1
    return found


def _is_underlined(lines: list[str], i: int, usable: list[bool]) -> bool:
    text = lines[i].strip()
    if i + 1 >= len(lines) or not usable[i + 1] or not 1 < len(text) <= 80:
        return False
    if not re.fullmatch(r"\s{0,3}(={3,}|-{3,})\s*", lines[i + 1]):
        return False
    alone = i == 0 or not lines[i - 1].strip()
    return alone and text[0] not in "-*+>|=#<" and not text.endswith(("。", "；", ";"))


def _html(lines: list[str], usable: list[bool]) -> list[Heading]:
    found = []
    for i, line in enumerate(lines):
        if not usable[i] or "<h" not in line[:4000].lower():
            continue
        text = line[:4000]
        if _HTML_OPEN.match(text) and "</h" not in text.lower():
            text = " ".join(part[:500] for part in lines[i : i + 5])
        for match in _HTML.finditer(text):
            found.append(heading_of(i + 1, match.group(2), float(match.group(1)), "marked"))
    return found


def _unmarked(
    lines: list[str], inside: list[bool], usable: list[bool], found: list[Heading]
) -> list[Heading]:
    """Find questions that a marked document writes as plain lines under its headings."""
    at = [h.line for h in found]
    fences = _answers_are_fenced(lines, inside, found)
    more = []
    for i, line in enumerate(lines):
        text = line.strip().strip("*")
        if not usable[i] or not 1 < len(text) <= 200 or line[:1] in " \t#<|>":
            continue
        place = bisect_left(at, i + 1)
        if place < len(at) and at[place] == i + 1:
            continue
        above = found[place - 1] if place else None
        if above and (above.linked or (asks(above.title) and not fences)):
            continue
        number = number_of(text)
        asked = bool(number and asks(number.rest) and len(number.rest) <= 120)
        bold = line.strip().startswith("**") and ends_as_question(text)
        if not (asked or bold or (fences and _opens_fence(lines, inside, i, bool(number)))):
            continue
        rank = above.rank + 1 if above else 1.0
        more.append(heading_of(i + 1, text, rank, "numbered" if number else "bare"))
    return more


def _answers_are_fenced(lines: list[str], inside: list[bool], found: list[Heading]) -> bool:
    opening = sum(1 for h in found if (n := _next(lines, h.line)) is not None and inside[n])
    return opening >= 3 and opening * 2 >= len(found)


def _opens_fence(lines: list[str], inside: list[bool], i: int, numbered: bool) -> bool:
    below = _next(lines, i + 1)
    if below is None or not inside[below] or (i and lines[i - 1].strip() and not numbered):
        return False
    return numbered or could_be_bare_heading(lines[i])


def _next(lines: list[str], start: int) -> int | None:
    return next((i for i in range(start, min(len(lines), start + 20)) if lines[i].strip()), None)
