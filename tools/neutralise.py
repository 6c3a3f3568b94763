"""Candidate's words made harmless before they enter a prompt: they can open no tag, close no block.

Every character that begins markup in some dialect is replaced by one that begins none, one for
one, so that places in the harmless text are the same places in the raw text. Look-alikes and the
usual encodings of these characters are replaced too, lest a model read them as what they imitate.
What the words *say* is not judged here: that an instruction in an answer has no effect is the
business of the prompt, the conduct gate and the machine that decides.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_ANGLES = "<＜﹤〈\u2329⟨⦑⧼❬❮❰˂ᐸᚲ≺⋖⪡"
_ANGLE = "‹"
_SQUARES = "[［【〖⟦⁅❲"
_SQUARE = "〔"
_SQUARE_ENDS = "]］】〗⟧⁆❳"
_BRACE = "❴"

_ANGLE_OPEN = re.compile(f"[{_ANGLES}]")
_SQUARE_OPEN = re.compile(
    f"[{re.escape(_SQUARES)}]([^{re.escape(_SQUARES + _SQUARE_ENDS)}\\n]{{1,60}})"
    f"(?=[{re.escape(_SQUARE_ENDS)}]|\\Z)"
)
_CALL_OBJECT = re.compile(
    r"[{｛](?=\s*[\"'“‘＂]?\s*(?:name|parameters|arguments|type|function)\b)", re.I
)
_ENCODED = re.compile(r"&(?=(?:lt|lsqb|lbrack|#0*(?:60|91)|#x0*(?:3c|5b))\b)", re.I)
_ESCAPED = re.compile(r"\\(?=(?:u\{?0*|x|U0{4,6})(?:3c|5b))", re.I)
_PERCENT = re.compile(r"%(?=(?:25)*(?:3c|5b))", re.I)

_SWAPS: tuple[tuple[re.Pattern[str], str], ...] = (
    (_ANGLE_OPEN, _ANGLE),
    (_CALL_OBJECT, _BRACE),
    (_ENCODED, "＆"),
    (_ESCAPED, "＼"),
    (_PERCENT, "％"),
)

_MARKER_WORDS = frozenset(
    """think toolcalls toolcall tools toolresults args callid inst sysprompt systemprompt
    availabletools toolcontent img prefix suffix middle""".split()
)
"""Words that some model's template sets in square brackets, joined and in lower case."""

_LEAST_CAPITALS = 3
"""A bracketed word all in capitals and so long is taken for a marker; `a[N]` is code."""


@dataclass(frozen=True)
class Neutralised:
    """A harmless text and the raw one it stands for, of the same length, place by place."""

    text: str
    raw: str

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """Return where in the raw text a stretch of the harmless text lies."""
        size = len(self.raw)
        first = min(max(start, 0), size)
        return first, min(max(end, first), size)

    @property
    def changed(self) -> int:
        """How many characters were replaced."""
        return sum(a != b for a, b in zip(self.text, self.raw, strict=True))


def neutralise(text: str) -> Neutralised:
    """Return the text with nothing in it that a parser or a prompt could read as markup."""
    harmless = _SQUARE_OPEN.sub(_swap_marker, text)
    for pattern, swap in _SWAPS:
        harmless = pattern.sub(swap, harmless)
    return Neutralised(harmless, text)


def _swap_marker(found: re.Match[str]) -> str:
    """Replace the bracket of a word that looks like a marker; leave lists and indices alone."""
    letters = "".join(char for char in unicodedata.normalize("NFKC", found[1]) if char.isalpha())
    capitals = len(letters) >= _LEAST_CAPITALS and letters.isupper()
    if capitals or letters.casefold() in _MARKER_WORDS:
        return _SQUARE + found[1]
    return found[0]
