"""Finding a model's quote in what the candidate said: letters must match, marks and blanks may not.

Models change a comma or a blank when they copy; they may not change a letter. What is found comes
back as offsets into the raw turn, so the quote that is kept is always the candidate's own text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from agent.model_grading.request import BLANK
from sessions.records import Quote
from tools.grading.evidence import AnswerText, Mapped, quote

LEAST_LETTERS = 4
"""A shorter stretch proves nothing, unless it is all that was said (a guess)."""


def find_quote(
    said: str, answers: Sequence[AnswerText], shown: Sequence[Mapped], *, last: bool = False
) -> Quote | None:
    """Return where the candidate said these words, or None when they are nobody's or too few.

    `shown` holds the turns as the model saw them. With `last` the latest place wins: where
    something false was said, the newest words stand.
    """
    wanted = "".join(letter for letter, _ in _letters(said))
    pairs = list(zip(answers, shown, strict=True))
    for answer, text in reversed(pairs) if last else pairs:
        letters = _letters(text.text)
        have = "".join(letter for letter, _ in letters)
        if not wanted or BLANK in wanted or len(wanted) < min(LEAST_LETTERS, len(have)):
            continue
        at = have.rfind(wanted) if last else have.find(wanted)
        if at < 0:
            continue
        start, end = text.span(letters[at][1], letters[at + len(wanted) - 1][1] + 1)
        found = quote(answer, start, end)
        return found if found["text"] else None
    return None


def _letters(text: str) -> list[tuple[str, int]]:
    """Return the letters and digits of a text in plain form, each with its place."""
    found: list[tuple[str, int]] = []
    for place, char in enumerate(text):
        plain = unicodedata.normalize("NFKC", char).casefold()
        if char == BLANK:
            found.append((BLANK, place))  # so that no quote reaches across blanked words
            continue
        found.extend((letter, place) for letter in plain if letter.isalnum())
    return found
