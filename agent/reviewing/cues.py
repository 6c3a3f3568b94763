"""The table of cues: which sort of thing a speaker's words show."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("cues.toml")


@cache
def _table() -> dict[str, dict[str, re.Pattern[str]]]:
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    pieces = raw.pop("pieces")

    def whole(part: str) -> str:
        # Braces of a count hold no name.
        return re.sub(r"\{([a-z_]+)\}", lambda m: str(pieces[m[1]]), part)

    return {
        speaker: {
            name: re.compile("|".join(f"(?:{whole(part)})" for part in parts), re.I)
            for name, parts in sorts.items()
        }
        for speaker, sorts in raw.items()
    }


def find(speaker: str, sort: str, text: str) -> re.Match[str] | None:
    """Return the first place where the words of a speaker show this."""
    return _table()[speaker][sort].search(text)


def shows(speaker: str, sort: str, text: str) -> bool:
    """Return whether the words of a speaker show this."""
    return find(speaker, sort, text) is not None


def count(speaker: str, sort: str, text: str) -> int:
    """Return at how many places the words show this."""
    return sum(1 for _ in _table()[speaker][sort].finditer(text))
