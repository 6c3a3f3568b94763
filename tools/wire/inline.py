"""Inline code: whether a marker stands between backticks on one line, and where the code ends."""

from __future__ import annotations

import re

from tools.wire.reader import Reader, Wait

LINE_CHARS = 2_000
"""How far along a line the end of inline code is sought."""

_STEP = re.compile(r"`+|\n|\{|\\.|\"")


def code_end(reader: Reader, ticks: int, skip: int) -> Wait[int]:
    """Return how many characters from here the inline code ends; 0 when it does not.

    `skip` characters are the marker itself. Backticks inside a JSON string end no code: then the
    marker before them is a call's.
    """
    while True:
        text = reader.buf[reader.pos : reader.pos + LINE_CHARS]
        final = reader.eof or len(text) == LINE_CHARS
        found = _search(text, ticks, skip, final)
        if found is not None or final:
            return found or 0
        yield from reader.more(batch=max(1, len(text) // 4))


def _search(text: str, ticks: int, skip: int, final: bool) -> int | None:
    """Return the end of the code, 0 when the line ends first, None when neither shows."""
    body, quoted = False, False
    for step in _STEP.finditer(text, skip):
        sign = step.group()
        if sign == "\n":
            return 0
        if sign == "{":
            body = True
        elif sign == '"':
            quoted = body and not quoted
        elif sign[0] == "`":
            if step.end() == len(text) and not final:
                return None
            if len(sign) == ticks and not quoted:
                return step.end()
    return None
