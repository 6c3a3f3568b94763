"""Does the candidate speak over the interviewer, or was it a cough, a hum, our own echo? Pure."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from agent.voice.base import FRAME_S

TRIGGER_ABOVE = 0.6
TRIGGER_FRAMES = 2
"""Of the last three: about 65 ms of speech stops the interviewer, what is none lets it go on."""
CONFIRM_S = 1.5
"""Speech as long as this is an interruption, whatever the words."""
SETTLE_S = 0.35
"""Silence after which short speech is judged by its words."""
_ECHO_MARGIN_DB = 9.0
_CALIBRATION_FRAMES = 20
"""The first 0.6 s of our own voice tell how loud its echo is."""
_ECHO_LIKE = 0.6
_HUM = re.compile(
    r"(?:嗯|哦|噢|喔|啊|呃|额|唔|哼|咳|对|是|好|行|的|吧|ok(?:ay)?|yeah|yes|right|mm+|hmm*|uh|huh|um|oh|"
    r"i see|sure|[\s,，.。!！?？…])+",
    re.IGNORECASE,
)
_UNHEARD = re.compile(r"\W+")


def is_hum(text: str) -> bool:
    """Return whether the words only accompany: 嗯, 对, 好, okay."""
    return not text.strip() or _HUM.fullmatch(text.strip()) is not None


def is_echo(heard: str, said: str) -> bool:
    """Return whether the words heard are the ones our own loudspeaker says."""
    short, long = _UNHEARD.sub("", heard).casefold(), _UNHEARD.sub("", said).casefold()
    if len(short) < 2 or not long:
        return False
    blocks = SequenceMatcher(None, short, long, autojunk=False).get_matching_blocks()
    return sum(b.size for b in blocks if b.size > 1) / len(short) >= _ECHO_LIKE


@dataclass
class BargeIn:
    """Watches the microphone while the interviewer speaks."""

    headphones: bool = True
    """Without them the loudspeaker is heard too, and only what is clearly louder counts."""
    echo_db: float = -90.0
    _sounded: int = 0
    _recent: deque[bool] = field(default_factory=lambda: deque(maxlen=TRIGGER_FRAMES + 1))

    def hears_candidate(self, probability: float, db: float, *, sounding: bool) -> bool:
        """Return whether this frame may be the candidate's, given that we sound or not."""
        if self.headphones or not sounding:
            return probability >= TRIGGER_ABOVE
        self._sounded += 1
        louder = db > self.echo_db + _ECHO_MARGIN_DB and self._sounded > _CALIBRATION_FRAMES
        if not louder:
            # The echo is learned fast upwards and slowly down.
            rate = 0.3 if db > self.echo_db else 0.02
            self.echo_db += rate * (db - self.echo_db)
        return louder and probability >= TRIGGER_ABOVE

    def triggers(self, hears: bool) -> bool:
        """Take one frame; return whether the interviewer should fall silent now."""
        self._recent.append(hears)
        return sum(self._recent) >= TRIGGER_FRAMES

    def reset(self) -> None:
        """Forget the last frames."""
        self._recent.clear()


def verdict(speech_s: float, silence_s: float, text: str | None, said: str) -> str:
    """Return `interruption`, `false alarm` or `open`; `text` is None while it is not known."""
    if speech_s >= CONFIRM_S and text is not None and not is_echo(text, said):
        return "interruption"
    if speech_s >= 2 * CONFIRM_S:
        return "interruption"
    if silence_s < SETTLE_S or text is None:
        return "open"
    return "false alarm" if is_hum(text) or is_echo(text, said) else "interruption"


__all__ = ["FRAME_S", "BargeIn", "is_echo", "is_hum", "verdict"]
