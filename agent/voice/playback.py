"""The interviewer's voice on its way out: clips that can be stopped between two samples.

Every clip carries the number of the generation it was made for; cancelling moves the number on, so
that what was synthesised for a stopped turn can never be heard. Safe between the sound card's
thread and the loop.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from threading import Lock

import numpy as np

from agent.voice.base import RATE_HZ, Samples, Say

_FADE_SAMPLES = RATE_HZ // 200
_CLAUSE = re.compile(r"[,，;；:：。.!！?？、]\s*")


@dataclass
class Clip:
    """One sentence as sound."""

    say: Say
    samples: Samples
    at: int = 0
    """Samples played."""

    def heard_chars(self) -> int:
        """Return about how many characters were heard: sound and text are taken as even."""
        if not len(self.samples):
            return len(self.say.text)
        return round(len(self.say.text) * self.at / len(self.samples))

    def clause_start(self) -> int:
        """Return the sample at which the clause now playing began."""
        heard, start = self.heard_chars(), 0
        for mark in _CLAUSE.finditer(self.say.text):
            if mark.end() < heard:
                start = mark.end()
        return round(len(self.samples) * start / max(1, len(self.say.text)))


class Playback:
    """The queue of clips and what of them was played."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._clips: deque[Clip] = deque()
        self._started: deque[Say] = deque()
        self._paused = False
        self._fade: Samples = np.zeros(0, np.int16)
        self.generation = 0

    def add(self, generation: int, say: Say, samples: Samples) -> bool:
        """Queue a clip; False when its generation is over."""
        with self._lock:
            if generation != self.generation:
                return False
            self._clips.append(Clip(say, samples))
            return True

    def pull(self, count: int) -> Samples:
        """Return the next samples to play; silence when there are none."""
        out = np.zeros(count, np.int16)
        with self._lock:
            tail = self._fade[:count]
            out[: len(tail)] = tail
            self._fade = self._fade[len(tail) :]
            at = 0
            while at < count and self._clips and not self._paused:
                clip = self._clips[0]
                if clip.at == 0:
                    self._started.append(clip.say)
                piece = clip.samples[clip.at : clip.at + count - at]
                out[at : at + len(piece)] = piece
                at += len(piece)
                clip.at += len(piece)
                if clip.at >= len(clip.samples):
                    self._clips.popleft()
        return out

    def pause(self) -> None:
        """Fall silent at once, keeping the place."""
        with self._lock:
            if not self._paused and self._clips:
                self._cut_softly(self._clips[0])
            self._paused = True

    def resume(self) -> None:
        """Go on from the start of the clause that was cut."""
        with self._lock:
            if self._clips:
                self._clips[0].at = self._clips[0].clause_start()
            self._paused = False

    def cancel(self) -> tuple[Say, int] | None:
        """Drop everything; return the clip that was cut and how many characters were heard."""
        with self._lock:
            cut = None
            if self._clips:
                clip = self._clips[0]
                if not self._paused:
                    self._cut_softly(clip)
                cut = clip.say, clip.heard_chars()
            self._clips.clear()
            self._paused = False
            self.generation += 1
            return cut

    def _cut_softly(self, clip: Clip) -> None:
        rest = clip.samples[clip.at : clip.at + _FADE_SAMPLES]
        if clip.at and len(rest):
            fade = np.linspace(1.0, 0.0, len(rest))
            self._fade = np.asarray(rest * fade, np.int16)

    def take_started(self) -> list[Say]:
        """Return the clips that began to play since the last call."""
        with self._lock:
            begun = list(self._started)
            self._started.clear()
            return begun

    @property
    def current(self) -> Say | None:
        """The words now playing or held."""
        with self._lock:
            return self._clips[0].say if self._clips else None

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits to be played."""
        return not self._clips

    @property
    def is_paused(self) -> bool:
        """Whether it holds its place in silence."""
        return self._paused
