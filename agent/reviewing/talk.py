"""What was said about one question: its exchanges, in the order of the talk."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from agent.reviewing import cues
from agent.reviewing.floors import Floor, is_backchannel
from agent.reviewing.helping import NO_HELP, Help, Helped
from sessions.records import Move, Turn

Part = Literal["opening", "talk", "code", "design", "reverse", "close"]
Asked = tuple[str, str]
"""The bank's question and topic that a turn clearly asks; each may be empty."""


@dataclass
class Exchange:
    """One interviewer floor with what it does, and the candidate's floor after it."""

    asked: Floor
    answer: Floor | None
    move: Move = "follow_up"
    helped: Helped = NO_HELP
    match: Asked = ("", "")
    """What of the bank the interviewer's words clearly ask."""
    credited: bool = False
    """The interviewer was wrong here, and the candidate right."""

    @property
    def turns(self) -> list[Turn]:
        """The turns of both speakers."""
        return [*self.asked.turns, *(self.answer.turns if self.answer else [])]

    @property
    def yields(self) -> bool:
        """Whether the answer only gives in to an interviewer who was wrong."""
        return (
            self.credited
            and self.answer is not None
            and cues.shows("candidate", "agrees_first", self.answer.text)
        )

    @property
    def help(self) -> Help:
        """The kind of help that the interviewer's words give."""
        return self.helped.kind


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
