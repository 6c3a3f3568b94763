"""Whether a sentence gives a text away: how much of what the text adds it says, word by word.

Chinese is compared by pairs of characters, Latin script by words cut to their stems; the words
that the question, the hints and the candidate already used do not count.
"""

from __future__ import annotations

import re

REVEALED = 0.6
"""Share of a forbidden text's own units, said in one turn, that counts as giving it away; a guess
checked on the gate's own good and bad replies."""
ADDED = 0.25
"""Share that the sentence at hand must bring itself when others before it brought the rest."""
LEAST = 4
"""A text with fewer units of its own is too short to tell."""

_RUN = re.compile(r"[\u4e00-\u9fff]+|[A-Za-z][A-Za-z0-9]*|\d+(?:\.\d+)?")
_STOP = frozenset(
    """a an the of to in on at by for with from into over under and or but not no nor so if then
    than that this these those it its is are was were be been being do does did has have had
    can could will would may might must shall should as when while which what who how why
    where there each every all any some more most less much many very too also only just one
    you your we our they their he she i me my because since between both such same other about
    up down out""".split()
)


def units(text: str) -> frozenset[str]:
    """Return what the text is made of."""
    found: set[str] = set()
    for run in _RUN.findall(text):
        if "\u4e00" <= run[0] <= "\u9fff":
            found.update(run[i : i + 2] for i in range(len(run) - 1))
        elif (word := run.lower()) not in _STOP:
            found.add(_stem(word))
    return frozenset(found)


def _stem(word: str) -> str:
    """Cut the commonest English endings; both sides are cut alike, so roughness does no harm."""
    for ending in ("ations", "ation", "ings", "ing", "ies", "ied", "ed", "es", "ly", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def gives_away(secret: str, sentence: str, said: str, allowed: str) -> bool:
    """Return whether the sentence, after what was said before it in the turn, tells the secret."""
    own = units(secret) - units(allowed)
    if len(own) < LEAST:
        return False
    here = own & units(sentence)
    together = own & (here | units(said))
    return len(together) >= REVEALED * len(own) and len(here) >= ADDED * len(own)
