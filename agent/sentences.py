"""Cut streamed speech into sentences, each as soon as it is complete."""

from __future__ import annotations

import re

_END = re.compile(r"[。！？!?…]+[”’」』\"')）]*|\n+|(?<=[a-zA-Z0-9)\"'])\.(?=\s)")
LONGEST = 400
"""Characters after which a sentence without an end is cut anyway."""


class Sentences:
    """Collects pieces of speech; gives back whole sentences, ends included."""

    def __init__(self) -> None:
        self._open = ""

    def feed(self, piece: str) -> list[str]:
        """Return the sentences that this piece completed."""
        self._open += piece
        done: list[str] = []
        while True:
            # An end at the very edge may still grow a closing quotation mark: wait for it.
            found = _END.search(self._open)
            if found is not None and found.end() < len(self._open):
                cut = found.end()
            elif len(self._open) > LONGEST:
                cut = LONGEST
            else:
                return done
            done.append(self._open[:cut])
            self._open = self._open[cut:]

    def close(self) -> list[str]:
        """Return what is left, when anything is."""
        rest, self._open = self._open, ""
        return [rest] if rest.strip() else []
