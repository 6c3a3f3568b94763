"""Paragraphs that were broken at a fixed width: recognising them and joining them again."""

from __future__ import annotations

from collections import Counter

from tools.knowledge.importers.shapes import is_bullet, is_code, is_table_row, number_of

_STOPS = tuple("。！？；：.!?;:")
_NARROWEST = 30
_WIDEST = 120
"""Columns between which text is wrapped by hand or by an editor; guesses."""


def width(line: str) -> int:
    """Return the columns a line takes, a Chinese character counting two."""
    return sum(2 if ord(c) > 0x2E80 else 1 for c in line.rstrip())


def wrap_width(lines: list[str]) -> int:
    """Return the width at which most lines end, or 0 when the text is not wrapped."""
    widths = sorted(width(line) for line in lines if line.strip() and not is_table_row(line))
    if not widths:
        return 0
    widest = widths[int(len(widths) * 0.95)]
    full = sum(w >= 0.8 * widest for w in widths)
    return widest if _NARROWEST <= widest <= _WIDEST and full * 3 >= len(widths) else 0


def goes_on(above: str, wrap: int) -> bool:
    """Tell whether a line is so full and so open that its sentence goes on in the next one."""
    return wrap > 0 and width(above) >= 0.8 * wrap and not above.rstrip().endswith(_STOPS)


def join_wrapped(lines: tuple[str, ...], wrap: int, counts: Counter[str]) -> tuple[str, ...]:
    """Join the lines of broken paragraphs; lists, tables and program text stay as they are."""
    out: list[str] = []
    open_above = False
    for line in lines:
        text = line.strip()
        own = not text or is_bullet(line) or is_table_row(line) or is_code(line) or number_of(text)
        if open_above and not own:
            glue = " " if out[-1][-1:].isascii() and text[:1].isascii() else ""
            out[-1] += glue + text
            counts["wrapped line joined"] += 1
        else:
            out.append(line)
        open_above = not is_table_row(line) and goes_on(line, wrap)
    return tuple(out)
