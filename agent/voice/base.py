"""What the spoken interview needs of its parts and of the interviewer: protocols and records.

Knows no recogniser, no synthesiser and no interviewer; audio is mono int16 at 16 kHz unless said.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
"""Mono int16 at RATE_HZ."""

RATE_HZ = 16_000
FRAME_SAMPLES = 512
"""One step of the voice detector: 32 ms."""
FRAME_S = FRAME_SAMPLES / RATE_HZ

Patience = Literal["short", "normal", "long", "code"]
AnswerKind = Literal["open", "yes_no", "code"]


class VoiceError(Exception):
    """A speech part is missing or failed; the message says what to do."""


@dataclass(frozen=True)
class Cues:
    """What the interviewer knows of the answer it waits for."""

    patience: Patience = "normal"
    terms: tuple[str, ...] = ()
    """Technical terms of the topic, never of the reference answer alone."""
    answer_kind: AnswerKind = "open"
    lang: Literal["zh", "en"] = "zh"
    budget_s: float = 0.0
    """How long an answer may run before the interviewer may cut in; 0 never cuts in."""


@dataclass(frozen=True)
class HeardWord:
    """One recognised word, times counted from the start of the turn."""

    text: str
    start_s: float
    end_s: float
    confidence: float


@dataclass(frozen=True)
class Heard:
    """A turn of the candidate as it was heard."""

    raw: str
    words: tuple[HeardWord, ...] = ()
    seconds: float = 0.0
    """From the first to the last sound."""
    wait_s: float = 0.0
    """From the end of the interviewer's speech to the first sound; negative when it cut in."""
    offset_s: float = 0.0
    """Where the turn begins in the recording of the session."""
    repaired: str = ""
    """Text after term repair; empty until the interviewer's side has repaired it."""
    continues: str = ""
    """Id of the turn that this one goes on with after the interviewer had begun to speak."""
    typed: bool = False


@dataclass(frozen=True)
class Say:
    """Words to speak."""

    turn: str
    text: str
    start: int = 0
    """Where the words begin in the interviewer's turn."""
    fixed: bool = False
    """A standing phrase whose sound is kept."""


@dataclass(frozen=True)
class Aside:
    """Something for the screen that is not spoken; passed through unseen."""

    event: Any


class Conversation(Protocol):
    """The interviewer, as the voice loop sees it."""

    @property
    def is_closed(self) -> bool:
        """Whether the interview is over."""
        ...

    def listening(self) -> Cues:
        """Return the cues of the answer that is awaited now."""
        ...

    def begin(self) -> AsyncIterator[Say | Aside]:
        """Say the first words."""
        ...

    def reply(self, heard: Heard) -> AsyncIterator[Say | Aside]:
        """Take a provisional turn; the rest follows once `floor_taken` says it was committed."""
        ...

    def withdraw(self, turn_id: str) -> None:
        """Take a provisional turn back: the candidate went on."""
        ...

    def unsaid(self, turn_id: str, from_char: int) -> None:
        """Note that the interviewer's turn was not heard from this character on."""
        ...

    def floor_taken(self, turn_id: str) -> None:
        """Note that the first audio after this turn plays: the turn stands."""
        ...


@dataclass(frozen=True)
class Recognised:
    """What a recogniser made of one stretch of speech."""

    text: str
    words: tuple[HeardWord, ...] = ()
    seconds: float = field(default=0.0)


class Vad(Protocol):
    """Tells speech from other sound, frame by frame."""

    def probability(self, frame: Samples) -> float:
        """Return the probability that this frame of FRAME_SAMPLES is speech."""
        ...

    def reset(self) -> None:
        """Forget what was heard."""
        ...


class Asr(Protocol):
    """Turns speech into text; blocking, called from a worker thread."""

    @property
    def name(self) -> str:
        """Name with version, for the records."""
        ...

    def recognise(self, samples: Samples, lang: str, terms: Sequence[str]) -> Recognised:
        """Return the text of a stretch that holds speech."""
        ...


class Tts(Protocol):
    """Turns text into speech; blocking, called from a worker thread."""

    @property
    def name(self) -> str:
        """Name with version, for the records and the cache."""
        ...

    def synthesise(self, text: str, lang: str) -> Samples:
        """Return the sound of one speakable sentence."""
        ...
