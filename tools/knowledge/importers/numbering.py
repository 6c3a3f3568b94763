"""Runs of numbers in a text without markup: which numbered lines are headings, and how deep.

Numbers jump, repeat and start again one level down; a number joins the innermost open run that it
continues, and a run of adjacent numbered lines without text between them is a list, not headings.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tools.knowledge.importers.model import Heading
from tools.knowledge.importers.shapes import (
    Number,
    asks,
    ends_as_question,
    is_table_row,
    number_of,
    visible,
)

_SECTION_STYLES = ("zh", "pad", "multi")
_WIDEST_GAP = 4
"""Numbers a heading may skip, as notes lose items; a guess."""
_DEEPEST = 12


@dataclass
class _Run:
    style: str
    values: tuple[int, ...]
    rank: float
    sequence: int
    asks: bool
    line: int


@dataclass
class Numbering:
    """The numbered headings of a text and where each run of numbers ends."""

    headings: list[Heading] = field(default_factory=list)
    last_line: dict[int, int] = field(default_factory=dict)
    """Line of the last member of each run."""


def numbered_headings(lines: list[str], usable: list[bool], dividers: dict[int, str]) -> Numbering:
    """Walk the text once and keep the numbered lines that are headings."""
    candidates = {
        i: number
        for i, line in enumerate(lines)
        if usable[i] and (number := _candidate(line)) is not None
    }
    listed = _lists(lines, candidates)
    found = Numbering()
    open_runs: list[_Run] = []
    for i in sorted(candidates.keys() | dividers.keys()):
        if i in dividers:
            open_runs.clear()
            found.headings.append(Heading(i + 1, dividers[i], dividers[i], 0.0, "divider"))
        elif i not in listed:
            _place(i, lines, candidates[i], open_runs, found)
    return found


def _candidate(line: str) -> Number | None:
    text = line.strip().strip("*").strip()
    if not text or (line[:1] in "-*•>|" and not line.startswith("**")) or is_table_row(text):
        return None
    number = number_of(text)
    return number if number and _reads_as_heading(number) else None


def _reads_as_heading(number: Number) -> bool:
    text = visible(number.rest.replace("**", ""))
    if not text or len(number.rest) > 300:
        return False
    if ends_as_question(text):
        return len(text) <= 160
    longest = 100 if number.style in _SECTION_STYLES or asks(text) else 60
    if len(text) > longest or text.endswith(tuple("。；;，,、!！")) or "。" in text:
        return False
    _, colon, tail = text.replace("：", ":").partition(":")
    if colon and len(tail) > 30 and not asks(text) and number.style not in _SECTION_STYLES:
        return False
    commas = text.count(",") + text.count("，")
    return commas < 2 or asks(text)


def _lists(lines: list[str], candidates: dict[int, Number]) -> set[int]:
    """Return the candidates that stand in a row with nothing between: items of a list."""
    listed: set[int] = set()
    rows = sorted(candidates)
    start = 0
    while start < len(rows):
        end = start + 1
        while end < len(rows) and _adjacent(lines, rows[end - 1], rows[end], candidates):
            end += 1
        row = rows[start:end]
        questions = sum(asks(candidates[i].rest) for i in row)
        if len(row) >= 3 and questions * 2 < len(row):
            listed.update(row)
        start = end
    return listed


def _adjacent(lines: list[str], a: int, b: int, candidates: dict[int, Number]) -> bool:
    if b - a > 2 or any(lines[i].strip() for i in range(a + 1, b)):
        return False
    first, second = candidates[a], candidates[b]
    same = first.style == second.style and first.style not in ("pad", "multi")
    return same and second.values[-1] == first.values[-1] + 1


def _place(
    i: int, lines: list[str], number: Number, open_runs: list[_Run], found: Numbering
) -> None:
    text = lines[i].strip()
    announced = i > 0 and lines[i - 1].rstrip().endswith((":", "："))
    run = _continued(number, open_runs, i, announced)
    if run is None:
        run = _begun(number, open_runs, len(found.last_line), i)
        if run is None:
            return
        open_runs.append(run)
    while open_runs[-1] is not run:
        open_runs.pop()
    run.values, run.line = number.values, i
    found.last_line[run.sequence] = i + 1
    form = "section" if number.style in _SECTION_STYLES else "numbered"
    title = number.rest.replace("**", "").rstrip(":： ").strip()
    found.headings.append(
        Heading(i + 1, text.strip("* "), title, run.rank, form, sequence=run.sequence)  # type: ignore[arg-type]
    )


def _continued(number: Number, open_runs: list[_Run], i: int, announced: bool) -> _Run | None:
    """Return the open run that the number continues: the next number, a gap, or a repeat."""
    same = [run for run in reversed(open_runs) if run.style == number.style]
    if number.style == "pad":
        return same[0] if same else None
    if number.style == "multi":
        same = [
            run
            for run in same
            if len(run.values) == len(number.values) and run.values[:-1] == number.values[:-1]
        ] or [run for run in same if len(run.values) == len(number.values) and run.rank <= 3]
        return same[0] if same else None
    value = number.values[-1]
    exact = [run for run in same if value == run.values[-1] + 1]
    if exact:
        alike = [run for run in exact if run.asks == asks(number.rest)]
        return (alike or exact)[0]
    if value <= 1:
        again = [r for r in same[:1] if r.values[-1] == value and r.asks == asks(number.rest)]
        return again[0] if again and i - again[0].line > 1 and not announced else None
    for run in same:
        if run.values[-1] + 1 < value <= run.values[-1] + 1 + _WIDEST_GAP:
            return run
    repeated = [run for run in same if value == run.values[-1] and i - run.line > 1]
    return repeated[0] if repeated else None


def _begun(number: Number, open_runs: list[_Run], sequence: int, i: int) -> _Run | None:
    """Open a new run at the right depth, or return None when the number cannot start one."""
    value = number.values[-1]
    top = open_runs[-1].rank if open_runs else 0.0
    run = _Run(number.style, number.values, top + 1, sequence, asks(number.rest), i)
    if number.style == "zh":
        if any(r.style not in _SECTION_STYLES for r in open_runs):
            return run if value == 1 and top < _DEEPEST else None
        run.rank = 1.0
    elif number.style == "pad":
        run.rank = 2.0
    elif number.style == "multi":
        parents = [r for r in open_runs if r.values[-1] == number.values[-2] and r.style != "pad"]
        run.rank = parents[-1].rank + 1 if parents else 3.0
    elif (value > 1 and not (asks(number.rest) and not open_runs)) or top >= _DEEPEST:
        return None
    while open_runs and open_runs[-1].rank >= run.rank:
        open_runs.pop()
    return run


def is_between(heading: Heading, line: int, numbering: Numbering) -> bool:
    """Tell whether a later member of the heading's run follows after the line."""
    return heading.sequence >= 0 and numbering.last_line.get(heading.sequence, 0) > line
