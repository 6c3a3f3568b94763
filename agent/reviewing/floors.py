"""A transcript's blocks as turns and floors: who holds the floor.

Words are given back to their speaker where the recogniser cut a sentence across the change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from agent.reviewing import cues
from sessions.records import Speaker, Turn, Word
from sessions.transcript import Block

SENTENCE = re.compile(r"(?:[^。！？!?\n.]|\.(?!\s|$))*(?:[。！？!?\n]|\.(?=\s|$))*")
"""A full stop of English ends a sentence where a blank follows: not in 3.5, not in a name."""
_LATIN = re.compile(r"[A-Za-z']+\s*")
_STRAY_QUESTION = re.compile(r"^[^。！!]{2,24}?[？?]")
_PARTICLES = re.compile(r"^[的了吗吧呢么]{1,2}(?=[呃啊嗯，。？?、])")


@dataclass
class Floor:
    """All of one role's blocks until the floor passes."""

    number: int
    role: Speaker
    turns: list[Turn] = field(default_factory=list)
    start_s: float | None = None
    line: int = 0
    before: str = ""
    """Words at the head of the other's next turn that belong to this floor."""
    lost: int = 0
    """How many characters at the head of the first turn belong to the floor before."""

    @property
    def text(self) -> str:
        """The words as they were meant to be divided: for reading, never for quoting."""
        own = "\n".join(turn["text"] for turn in self.turns)[self.lost :]
        return own + self.before

    @property
    def meant(self) -> str:
        """The words with misheard terms put right: to find what was asked, never for quoting."""
        if not any("repaired" in turn for turn in self.turns):
            return self.text
        return "\n".join(turn.get("repaired", turn["text"]) for turn in self.turns) + self.before

    def turn_at(self, start: int, end: int) -> tuple[Turn, int, int] | None:
        """Return the turn that holds most of `text[start:end]`, with the place in its own text.

        None where no turn of the floor holds any of it: the words were given back by the other.
        """
        held: list[tuple[int, Turn, int, int]] = []
        at = -self.lost
        for turn in self.turns:
            own = turn["text"]
            low, high = max(0, start - at), min(end - at, len(own))
            if high > low:
                held.append((high - low, turn, low, high))
            at += len(own) + 1
        return max(held, key=lambda one: one[0])[1:] if held else None

    @property
    def seconds(self) -> float:
        """How long the floor was held, silence after it included."""
        return sum(turn.get("seconds", 0.0) for turn in self.turns)


def turns_of(
    blocks: Sequence[Block], roles: Mapping[str, Speaker], session: str, begun: datetime
) -> list[Turn]:
    """Return one turn a block, with ids t1, t2 … and times counted from `begun`."""
    turns = []
    for block in blocks:
        end = block.end_s if block.end_s is not None else block.start_s
        turn = Turn(
            id=f"t{block.number}",
            session=session,
            number=block.number,
            speaker=roles[block.label],
            text=block.text,
            at=(begun + timedelta(seconds=end or 0.0)).isoformat(),
            stage="",
            question="",
            heard=True,
        )
        if block.start_s is not None and block.end_s is not None:
            turn["seconds"] = round(block.end_s - block.start_s, 1)
        if block.words and block.start_s is not None:
            turn["from_s"] = block.start_s
            turn["words"] = [_from(word, block.start_s) for word in block.words]
        turns.append(turn)
    return turns


def _from(word: Word, start_s: float) -> Word:
    return {
        **word,
        "start_s": round(word["start_s"] - start_s, 2),
        "end_s": round(word["end_s"] - start_s, 2),
    }


def floors_of(turns: Sequence[Turn], blocks: Sequence[Block]) -> list[Floor]:
    """Join the turns of one role that follow each other, and give stray words back."""
    floors: list[Floor] = []
    for turn, block in zip(turns, blocks, strict=True):
        if not floors or floors[-1].role != turn["speaker"]:
            floors.append(
                Floor(len(floors), turn["speaker"], start_s=block.start_s, line=block.line)
            )
        floors[-1].turns.append(turn)
    for before, after in pairwise(floors):
        _give_back(before, after)
    return floors


def _give_back(before: Floor, after: Floor) -> None:
    head = after.turns[0]["text"]
    found = _PARTICLES.match(head)
    if found is None and after.role == "candidate" and len(head) > 30:
        found = _STRAY_QUESTION.match(head)
        if found and not re.search("你|your?\\b", found[0]):
            found = None
        if found and cues.shows("candidate", "asks_back", found[0]):
            found = None
    if found:
        before.before, after.lost = found[0], found.end()


def size(text: str) -> int:
    """Return how long a text is in Chinese characters; a word of Latin letters counts as two."""
    return len(_LATIN.sub("xx", text))


def placed_sentences(text: str) -> list[tuple[int, str]]:
    """Return the sentences of a text with where each begins, blank ones left out."""
    return [(m.start(), m[0]) for m in SENTENCE.finditer(text) if m[0].strip()]


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, blank ones left out."""
    return [sentence for _, sentence in placed_sentences(text)]


def is_backchannel(floor: Floor) -> bool:
    """Return whether a floor only says that its speaker listens or agrees."""
    text = floor.text.strip()
    return len(text) <= 3 or (len(text) <= 24 and cues.shows("candidate", "agrees", text))
