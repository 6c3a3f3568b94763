"""What an import passes from step to step: headings, items, the result, and its one error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from sessions.records import Question, QuestionKind, Scope

Progress = Callable[[int, int], None]
"""Called as (done, total); the unit is lines, rows or files, whichever the step counts."""

ItemKind = Literal["question", "topic", "section", "project", "personal", "empty"]


class ImportFailed(Exception):
    """A document cannot be imported; the message says in one line what is wrong and what to do."""


@dataclass(frozen=True)
class Source:
    """The text of a document, ready to be cut."""

    path: str
    lines: list[str]
    """Without line ends; line numbers count from 1, so line n is `lines[n - 1]`."""
    cleaned: Counter[str] = field(default_factory=Counter)
    """Repairs made while reading, by rule."""


@dataclass
class Heading:
    """A line that opens a section or an item."""

    line: int
    text: str
    """As the document shows it, without markup but with its number."""
    title: str
    """Without number and trailing colon."""
    rank: float
    """Smaller stands higher."""
    form: Literal["divider", "section", "marked", "numbered", "bare"]
    linked: bool = False
    """True when the table of contents links to it."""
    sequence: int = -1
    """Which run of numbers it belongs to; -1 when it has no number."""


@dataclass(frozen=True)
class Raw:
    """An item as segmented: a heading and the lines of its answer, still uncleaned."""

    line: int
    heading: str
    title: str
    section: tuple[str, ...]
    body: tuple[str, ...]
    marked: bool
    """True when a heading of the document's markup, a number or its wording makes it an item."""


@dataclass(frozen=True)
class Item:
    """One question or topic found in a document, cleaned and masked."""

    heading: str
    title: str
    line: int
    section: tuple[str, ...]
    kind: ItemKind
    scope: Scope
    asks: QuestionKind
    topic: str
    answer: str
    key_points: tuple[str, ...]
    has_answer: bool
    note: str = ""
    """What a person should look at, e.g. that the answer breaks off; empty when nothing."""


@dataclass(frozen=True)
class Imported:
    """Everything found in one document."""

    source: str
    """File name without folder: a folder may name its owner."""
    shape: str
    """How the document was read: marked, notes, dialogue or rows."""
    items: tuple[Item, ...]
    cleaned: dict[str, int]
    """How often each cleaning and masking rule acted."""


@dataclass(frozen=True)
class Written:
    """What writing a bank did; counts of questions."""

    added: int
    changed: int
    unchanged: int
    questions: tuple[Question, ...] = field(default=(), repr=False)
