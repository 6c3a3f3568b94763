"""Hearings of terms kept as text: `sentence with [heard|meant]`, one sentence a line."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tools.knowledge.text import fold

DATA = Path(__file__).with_name("data")
BY_EAR = DATA / "terms_by_ear.txt"
BY_WHISPER = DATA / "terms_by_whisper.txt"
TALK = DATA / "ordinary_talk.txt"
_SPOT = re.compile(r"\[([^|\]]*)\|([^\]]*)\]")


class Spot(NamedTuple):
    """`[start:end]` of a text was heard where `meant` was said."""

    start: int
    end: int
    meant: str


class Hearing(NamedTuple):
    """What was heard, and which terms in it were something else."""

    text: str
    spots: tuple[Spot, ...]


def plain(text: str) -> str:
    """Return a text without what does not count in a comparison."""
    return re.sub(r"[\W_]+", "", fold(text))


def parse(line: str) -> Hearing:
    text, spots, at = "", [], 0
    for match in _SPOT.finditer(line):
        text += line[at : match.start()]
        spots.append(Spot(len(text), len(text) + len(match[1]), match[2]))
        text += match[1]
        at = match.end()
    return Hearing(text + line[at:], tuple(spots))


def lines_of(file: Path) -> list[str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def hearings(file: Path) -> Iterator[Hearing]:
    for line in lines_of(file):
        yield parse(line)


def is_measured(hearing: Hearing) -> bool:
    """Return whether a hearing is kept out of the fit, by its terms."""
    return any(zlib.crc32(fold(spot.meant).encode()) % 2 for spot in hearing.spots)
