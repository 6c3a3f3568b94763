"""From headings to items: which heading is a container, which an item, which part of an answer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tools.knowledge.importers.marked import fenced
from tools.knowledge.importers.model import Heading, Raw
from tools.knowledge.importers.shapes import (
    asks,
    could_be_bare_heading,
    is_bullet,
    is_debris,
    is_facet,
)

_NOTHING = re.compile(
    r"!\[[^\]]*\]\([^)]*\)|<[^>]{0,500}>|^\s*(?:`{3,}|~{3,}).*$|^\s*>?\s*(?:`{3,}|[-=*_]{2,})\s*$"
    r"|^\s*答(?:案)?\s*[:：；;]|^\s*[a-z]?链接\s*[:：].*$|https?://\S+",
)

_UNWRITTEN = re.compile(
    r"待补充?|待续|未完待续|略|\W*(?:todo|tbd)\W*|to be (?:written|continued)", re.I
)


@dataclass
class _Node:
    heading: Heading
    end: int
    """Last line of its own text, before any child."""
    children: list[_Node] = field(default_factory=list)
    last: int = 0
    """Last line of everything below it."""


@dataclass
class _Text:
    lines: list[str]
    skip: set[int]
    inside: list[bool]

    def cut(self, first: int, last: int) -> list[str]:
        """Return lines `first` to `last`, counted from 1."""
        return [
            self.lines[i]
            for i in range(first - 1, min(last, len(self.lines)))
            if i not in self.skip
        ]


def items_of(headings: list[Heading], lines: list[str], skip: set[int]) -> list[Raw]:
    """Decide of every heading what it is and return the items in document order."""
    text = _Text(lines, skip, fenced(lines))
    roots = _tree(headings, len(lines))
    items: list[Raw] = []
    for root in roots:
        alone = len(roots) == 1 and len(root.children) >= 2 and not asks(root.heading.title)
        _resolve(root, (), text, items, is_document_title=alone)
    return sorted(items, key=lambda item: item.line)


def has_text(lines: list[str]) -> bool:
    """Tell whether lines hold any words besides images, links, marks and an empty answer label."""
    return any(
        len(re.findall(r"\w", _NOTHING.sub("", line[:2000]))) >= 2 and not is_debris(line)
        for line in lines
    )


def _only_labels(lines: list[str]) -> bool:
    """Tell whether lines are nothing but the captions of pictures that were lost."""
    told = [line for line in lines if line.strip()]
    return not any(
        is_bullet(line) or not (could_be_bare_heading(line) or is_facet(line) or is_debris(line))
        for line in told
    )


def _tree(headings: list[Heading], length: int) -> list[_Node]:
    roots: list[_Node] = []
    stack: list[_Node] = []
    for n, heading in enumerate(headings):
        end = headings[n + 1].line - 1 if n + 1 < len(headings) else length
        node = _Node(heading, end, last=end)
        while stack and stack[-1].heading.rank >= heading.rank:
            stack.pop()
        for above in stack:
            above.last = end
        (stack[-1].children if stack else roots).append(node)
        stack.append(node)
    return roots


def _resolve(
    node: _Node, section: tuple[str, ...], text: _Text, items: list[Raw], *, is_document_title: bool
) -> None:
    heading = node.heading
    own = text.cut(heading.line + 1, node.end)
    kept, merged = _split(node, has_text(own))
    body = own + [line for child in merged for line in text.cut(child.heading.line, child.last)]
    if heading.form == "section" and kept and not merged and _only_facets(own):
        body = text.cut(heading.line + 1, kept[-1].last)
    if heading.form != "marked" and not asks(heading.title) and _only_labels(body):
        body = []
    silent = heading.form == "divider" or is_document_title or not heading.title
    silent = silent or bool(_UNWRITTEN.fullmatch(heading.title))
    if not silent and (has_text(body) or (not kept and _stands_alone(heading))):
        sure = heading.form != "bare" or asks(heading.title)
        items.append(Raw(heading.line, heading.text, heading.title, section, tuple(body), sure))
    below = section if not heading.title else (*section, heading.text)
    for child in kept:
        _resolve(child, below, text, items, is_document_title=False)


def _split(node: _Node, has_own: bool) -> tuple[list[_Node], list[_Node]]:
    """Part the children into those that stand for themselves and those that answer the heading."""
    heading, children = node.heading, node.children
    linked = [child for child in children if child.heading.linked]
    if heading.linked:
        return linked, [child for child in children if not child.heading.linked]
    asking = [child for child in children if asks(child.heading.title)]
    if asks(heading.title):
        stand = asking if len(asking) * 2 > len(children) else []
        stand = [c for c in children if c in stand or c in linked or c.heading.form == "bare"]
        return stand, [c for c in children if c not in stand]
    facets = [child for child in children if is_facet(child.heading.title)]
    narrow = heading.form in ("numbered", "bare")
    if narrow and not has_own and facets and len(facets) * 2 >= len(children):
        return [], children
    if len(children) == 1 and not has_own and children[0].heading.form == "bare":
        return ([], children) if heading.form == "section" else (children, [])
    if facets and has_own and heading.form != "divider":
        return [c for c in children if c not in facets], facets
    return children, []


def _only_facets(own: list[str]) -> bool:
    words = [line.strip() for line in own if line.strip()]
    return bool(words) and all(is_facet(word) for word in words)


def _stands_alone(heading: Heading) -> bool:
    """Tell whether a heading without any text is worth keeping as a question to be written."""
    return heading.form in ("marked", "numbered", "section") or asks(heading.title)
