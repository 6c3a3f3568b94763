"""What was said about one question: its exchanges, in the order of the talk."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from agent.reviewing import cues
from agent.reviewing.floors import Floor, is_backchannel, size
from agent.reviewing.helping import NO_HELP, Helped
from sessions.records import Move, Turn

Part = Literal["opening", "talk", "code", "design", "reverse", "close"]
Given = tuple[Floor, Helped]
"""The interviewer's words that help, and how."""
Asked = tuple[str, str]
"""The bank's question and topic that a turn clearly asks; each may be empty."""


_GIVES_IN = 30
"""Characters up to which an answer that agrees first says nothing else."""
_YET = re.compile(r"不过|但|可是|还是|\b(?:but|however|still|though)\b", re.I)


@dataclass
class Exchange:
    """One interviewer floor with what it does, and the candidate's floor after it."""

    asked: Floor
    answer: Floor | None
    move: Move = "follow_up"
    helped: Helped = NO_HELP
    """What the interviewer's words here give away of the question."""
    match: Asked = ("", "")
    """What of the bank the interviewer's words clearly ask."""
    credited: bool = False
    """The interviewer was wrong here, and the candidate right."""
    parting: list[Given] = field(default_factory=list)
    """What the interviewer gave away of the question in a turn that leaves it for another."""

    @property
    def turns(self) -> list[Turn]:
        """The turns of both speakers."""
        return [*self.asked.turns, *(self.answer.turns if self.answer else [])]

    @property
    def yields(self) -> bool:
        """Whether the answer only gives in to an interviewer who was wrong."""
        if not self.credited or self.answer is None:
            return False
        text = self.answer.text
        short = size(text) <= _GIVES_IN and not _YET.search(text)
        return short and cues.shows("candidate", "agrees_first", text)

    @property
    def helps(self) -> list[Given]:
        """Where help on the question was given; words that were wrong give none."""
        given = [] if self.credited else [(self.asked, self.helped)]
        return [one for one in [*given, *self.parting] if one[1].kind]


@dataclass
class Thread:
    """Everything said about one question."""

    number: int
    part: Part
    exchanges: list[Exchange] = field(default_factory=list)
    terms: set[str] = field(default_factory=set)
    matches: set[str] = field(default_factory=set)
    """Bank questions that its turns clearly ask."""
    topics: set[str] = field(default_factory=set)
    """Topics that its turns clearly ask about."""
    approved: bool = False
    """The interviewer left it with praise."""

    @property
    def opening(self) -> str:
        """The interviewer's first words that ask something."""
        for exchange in self.exchanges:
            if cues.shows("interviewer", "asks", exchange.asked.text):
                return exchange.asked.text
        return self.exchanges[0].asked.text

    @property
    def answers(self) -> list[Floor]:
        """What the candidate said on it, backchannel left out."""
        found = [e.answer for e in self.exchanges if e.answer is not None]
        return [floor for floor in found if not is_backchannel(floor)]


def terms_of(text: str) -> set[str]:
    """Return the technical terms and foreign words of a text."""
    from tools.knowledge.glossary import load_glossary

    words = {w.lower() for w in re.findall(r"[A-Za-z][A-Za-z_]{1,}", text)}
    named = {match.name for match in load_glossary().find(text)}
    return named | (words - {"ok", "the", "and", "is", "it", "you", "what", "so", "to", "of"})
