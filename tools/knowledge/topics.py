"""The topic tree: names of the topics and which topics each one needs first."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TOPICS_FILE = Path(__file__).with_name("topics.toml")


@dataclass(frozen=True)
class Topic:
    """One topic of the bank, in the order of the file."""

    id: str
    zh: str
    en: str
    needs: tuple[str, ...]
    """Ids of the topics one should know before this one."""


@cache
def load_topics() -> dict[str, Topic]:
    """Read the topics in file order; the result is shared, do not change it."""
    table = tomllib.loads(TOPICS_FILE.read_text(encoding="utf-8"))
    return {
        name: Topic(name, row["zh"], row["en"], tuple(row.get("needs", ())))
        for name, row in table.items()
    }
