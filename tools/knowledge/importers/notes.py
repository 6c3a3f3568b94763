"""Headings of notes without markup, found by form: numbers, short bare lines, question bullets."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tools.knowledge.importers.marked import fenced
from tools.knowledge.importers.model import Heading
from tools.knowledge.importers.numbering import Numbering, is_between, numbered_headings
from tools.knowledge.importers.shapes import (
    CJK,
    asks,
    breaks_off,
    bullet_text,
    could_be_bare_heading,
    ends_as_question,
    is_bullet,
    is_code,
    is_facet,
    is_lone_bullet,
    is_table_row,
    strip_label,
    visible,
)
from tools.knowledge.importers.wrapping import goes_on, wrap_width

_DIVIDER = re.compile(r"^[\s`]*[-=*_~]{3,}\s*([^-=*_~|].{0,60}?)\s*[-=*_~]{3,}[\s`]*$")
_LONGEST_QUESTION_BULLET = 40
_COMMON = frozenset(
    "模型 方法 问题 参数 数据 训练 过程 算法 技术 系统 使用 如何 什么 区别 应用 介绍 计算 结构 原理"
    " 实现 处理 大模 学习 基于 进行 生成 支持 可以 以及 之间 不同 常见 主要"
    " the of and for in to a an with how what why is are vs on model models data".split()
)


@dataclass
class _Place:
    """Where the walk stands: the numbered heading above, and a bare one since."""

    above: Heading | None = None
    bare: Heading | None = None
    chain: tuple[Heading, ...] = ()
    """The headings that enclose `above`, outermost first."""
    own_text: bool = False
    """Whether text stood between `above` and here."""
    torn: bool = False
    """Whether a bullet lost its text to the lines here."""
    wrap: int = 0
    """Columns at which the text is wrapped; 0 when every paragraph is one line."""


def notes_headings(lines: list[str], skip: set[int]) -> list[Heading]:
    """Find the headings of a text that marks none, in order."""
    inside = fenced(lines)
    usable = [not inside[i] and i not in skip and len(lines[i]) < 2000 for i in range(len(lines))]
    dividers = {
        i: match.group(1)
        for i, line in enumerate(lines)
        if usable[i]
        and len(line) < 200
        and (match := _DIVIDER.match(line))
        and not is_table_row(line)
    }
    numbering = numbered_headings(lines, usable, dividers)
    at = {heading.line: heading for heading in numbering.headings}
    found: list[Heading] = []
    place = _Place(wrap=wrap_width([line for i, line in enumerate(lines) if usable[i]]))
    for i, line in enumerate(lines):
        if heading := at.get(i + 1):
            chain = tuple(
                h for h in (*place.chain, place.above, place.bare) if h and h.rank < heading.rank
            )
            place = _Place(heading, None, chain, wrap=place.wrap)
            found.append(heading)
        elif usable[i] and line.strip():
            if is_lone_bullet(line) or is_bullet(line):
                place.torn = is_lone_bullet(line)
            bare = _bare(lines, i, usable, place, numbering, at)
            if bare is not None:
                place.bare, place.torn = bare, False
                found.append(bare)
            elif place.bare is None and not is_lone_bullet(line):
                place.own_text = True
    return sorted(found + _question_bullets(lines, usable, found), key=lambda h: h.line)


def _bare(
    lines: list[str], i: int, usable: list[bool], place: _Place, numbering: Numbering,
    at: dict[int, Heading],
) -> Heading | None:  # fmt: skip
    """Return the heading that an unmarked line is, or None when it belongs to the text above."""
    line = lines[i].strip()
    emphasised = re.fullmatch(r"\*\*(.+?)\*\*[:：]?", line)
    line = emphasised.group(1) if emphasised else line
    if is_bullet(lines[i]) or lines[i][:1] in " \t" or not could_be_bare_heading(line):
        return None
    title = strip_label(line).rstrip(":： ")
    if is_facet(title) or len(re.findall(r"\w", title)) < 3:
        return None
    if i and goes_on(lines[i - 1], place.wrap):
        return None
    if (place.torn or _is_torn_off(lines, i)) and not ends_as_question(visible(line)):
        return None
    below = next((j for j in range(i + 1, min(i + 6, len(lines))) if lines[j].strip()), None)
    if below is None or (not usable[below] and not lines[below].startswith(("`", "~"))):
        return None
    follower = at.get(below + 1)
    if follower and not _may_follow(follower, place, numbering, below):
        return None
    if _is_part_of_text_above(title, i + 1, place, numbering):
        return None
    return Heading(i + 1, line, title, _bare_rank(place, numbering, i + 1), "bare")


def _may_follow(follower: Heading, place: _Place, numbering: Numbering, below: int) -> bool:
    """Tell whether a numbered heading may stand right under a bare one: only as its first part."""
    depth = place.above.rank if place.above else 0.0
    return follower.form == "numbered" and follower.rank > depth


def _is_torn_off(lines: list[str], i: int) -> bool:
    """Tell whether the line is the rest of the one above: a wrapped line or a lost bullet."""
    above = next((j for j in range(i - 1, max(-1, i - 3), -1) if lines[j].strip()), None)
    if above is None:
        return False
    text = lines[above].rstrip()
    if is_lone_bullet(text) or text.endswith(" -"):
        return True
    if above != i - 1:
        return False
    announced = text.endswith((":", "：")) and not asks(text)
    return announced or (len(text) > 20 and breaks_off(text)) or is_code(text)


def _is_part_of_text_above(title: str, line: int, place: _Place, numbering: Numbering) -> bool:
    near = [h for h in (place.bare, place.above) if h]
    if near and near[0].line == line - 1 and _repeats(title, near[0].title):
        return True
    if asks(title) or place.above is None:
        return False
    if any(_is_parallel(title, h.title) for h in near):
        return False
    enclosing = [h for h in (*place.chain, place.above) if h.form == "numbered"]
    if any(is_between(h, line, numbering) for h in enclosing):
        return True
    container = place.above.form in ("section", "divider") and not place.own_text
    outer = [*place.chain, place.above] if container else list(place.chain)
    known = set().union(*(_words(h.title) for h in outer)) if outer else set()
    words = _words(title) - known
    return any(words & _words(h.title) for h in near if h not in outer)


def _repeats(a: str, b: str) -> bool:
    """Tell whether a title says again what the title right above it says."""
    first, second = ({t[n : n + 2] for n in range(len(t) - 1)} for t in (a, b))
    return len(first & second) * 10 >= 7 * max(1, min(len(first), len(second)))


def _is_parallel(a: str, b: str) -> bool:
    """Tell whether two titles are built alike and end in the same words: neighbours."""
    same = 0
    while same < min(len(a), len(b)) and a[-1 - same] == b[-1 - same]:
        same += 1
    return same >= 4 and same < min(len(a), len(b)) and bool(re.search(f"[{CJK}]", a[-same:]))


def _words(title: str) -> set[str]:
    latin = set(re.findall(r"[a-z][a-z0-9]+", title.lower()))
    pairs = {run[n : n + 2] for run in re.findall(f"[{CJK}]+", title) for n in range(len(run) - 1)}
    return (latin | pairs) - _COMMON


def _bare_rank(place: _Place, numbering: Numbering, line: int) -> float:
    if place.above is None:
        return 1.0
    if place.above.form in ("section", "divider"):
        return place.above.rank + 1
    between = is_between(place.above, line, numbering) or not place.own_text
    parent = place.chain[-1] if place.chain else None
    if parent and parent.form == "bare" and not between:
        return parent.rank
    return place.above.rank + (0.5 if between else 0.0)


def _question_bullets(lines: list[str], usable: list[bool], found: list[Heading]) -> list[Heading]:
    """Find questions written as list items whose answers are the items below them."""
    more: list[Heading] = []
    bounds = [h.line for h in found] + [len(lines) + 1]
    for n, heading in enumerate(found):
        if asks(heading.title):
            continue
        rows = [i for i in range(heading.line, bounds[n + 1] - 1) if usable[i] and lines[i].strip()]
        asked = [k for k, i in enumerate(rows) if _asks_as_bullet(lines[i])]
        if len(asked) < 2 or asked[0] != 0:
            continue
        answered = [
            k
            for k in asked
            if k + 1 < len(rows) and k + 1 not in asked and is_bullet(lines[rows[k + 1]])
        ]
        if len(answered) == len(asked):
            for k in asked:
                text = bullet_text(lines[rows[k]])
                rank = heading.rank + 0.5
                more.append(Heading(rows[k] + 1, text, text.rstrip(":： "), rank, "bare"))
    return more


def _asks_as_bullet(line: str) -> bool:
    text = bullet_text(line)
    return (
        is_bullet(line)
        and len(text) <= _LONGEST_QUESTION_BULLET
        and asks(text)
        and not re.search("[，,。；;：:]", text)
    )
