"""Where the spoken interview stands, and what is learned and judged of a turn from its words."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from agent.voice.base import Asr, Cues, Heard, Say, Tts, Vad
from agent.voice.endpointing import Habits
from agent.voice.signals import State
from agent.voice.stream_asr import StreamAsr

_NUDGES = {"zh": "不着急，想到哪里就说到哪里。", "en": "Take your time, start wherever you like."}
_LEAST_PAUSES = 8
_TAIL_SHARE = 3
_NEW_BELOW = 0.4
_CUT_IN_PAUSE_S = 0.4


@dataclass(frozen=True)
class Parts:
    """The speech parts of one interview."""

    vad: Vad
    asr: Asr
    tts: Tts | None


@dataclass
class Options:
    """How the loop runs."""

    lang: str = "zh"
    lockstep: bool = False
    """Wait for recognition and synthesis before the next frame: for files and tests."""
    headphones: bool = True
    phrases: Sequence[str] = ()
    """Standing phrases to synthesise ahead."""


@dataclass
class Floor:
    """Where the interview stands."""

    state: State = "listening"
    nudged: bool = False
    cut_in: bool = False
    candidate_turn: str = ""
    """Id of the last committed candidate turn."""
    pending: Heard | None = None
    continues: str = ""
    held_frames: int = 0
    """For which the first sound of the reply is still held back."""
    barge: bool = False
    spoke_s: float = 0.0
    """How long the interviewer has been heard in this reply."""
    offset_s: float = 0.0
    pauses: deque[float] = field(default_factory=lambda: deque(maxlen=60))


def learn(pauses_s: Sequence[float]) -> Habits:
    """Return the candidate's pausing, once there is enough of their own speech to tell."""
    if len(pauses_s) < _LEAST_PAUSES:
        return Habits()
    ordered = sorted(pauses_s)
    return Habits(pause_s=ordered[int(len(ordered) * 0.9)])


def heard_turn(ear: StreamAsr, floor: Floor) -> Heard:
    """Return the turn as the ear has it."""
    first, last = ear.span_s
    return Heard(
        raw=ear.text,
        words=ear.words(),
        seconds=round(last - first, 3),
        wait_s=round(first, 3),
        offset_s=round(floor.offset_s + first, 3),
        continues=floor.continues,
    )


def may_cut_in(ear: StreamAsr, cues: Cues, floor: Floor) -> bool:
    """Return whether an answer over its budget may be cut: at a pause, when it adds little."""
    if cues.budget_s <= 0 or floor.cut_in or ear.span_s[1] < cues.budget_s:
        return False
    return ear.silence_s >= _CUT_IN_PAUSE_S and ear.is_current and adds_little(ear.text)


def adds_little(text: str) -> bool:
    """Return whether the last third of a long answer says little that was not said before."""
    words = "".join(text.split()).casefold()
    cut = len(words) - len(words) // _TAIL_SHARE
    before = {words[i : i + 2] for i in range(cut - 1)}
    tail = [words[i : i + 2] for i in range(cut, len(words) - 1)]
    if not tail or not before:
        return False
    return sum(pair not in before for pair in tail) / len(tail) < _NEW_BELOW


async def encouragement(lang: str) -> AsyncIterator[Say]:
    """Yield the one gentle sentence for a long silence."""
    yield Say("", _NUDGES[lang], fixed=True)
