"""What the ear knew at each moment of a recorded turn, so that endings can be decided again.

Recognition runs once over a turn; rules, baselines and settings are then compared on the trace.
Knows of no interviewer: a decision here is only a time.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agent.voice.base import FRAME_S, FRAME_SAMPLES, RATE_HZ, Asr, Cues, Recognised, Samples, Vad
from agent.voice.endpointing import WAITS, Habits, View, Waits, decide
from agent.voice.stream_asr import StreamAsr


@dataclass(frozen=True)
class Moment:
    """The ear after one frame."""

    at_s: float
    silence_s: float
    speech_s: float
    text: str
    is_current: bool


@dataclass(frozen=True)
class Trace:
    """A turn and what was known when; recognition takes the time that `Cost` says."""

    moments: tuple[Moment, ...]
    cues: Cues
    end_s: float
    """End of the last word."""
    pauses_s: tuple[float, ...]
    final_s: float | None
    """Seconds from the end of the last word to the whole text, as counted; None if never there."""


@dataclass(frozen=True)
class Cost:
    """Seconds that recognition of a stretch takes: counted, so that no load can change a trace.

    The figures are those of Whisper base on one thread; a run prints what it measured beside them.
    """

    call_s: float = 0.2
    per_second: float = 0.06

    def of(self, sound_s: float) -> float:
        """Return the seconds for a stretch of this length."""
        return self.call_s + self.per_second * sound_s


class TimedAsr:
    """Runs a recogniser, counts the time of each call, and never does the same work twice."""

    def __init__(self, asr: Asr, file: Path | None = None, cost: Cost = Cost()) -> None:
        self._asr = asr
        self._file = file
        self._cost = cost
        self._known: dict[str, tuple[str, float]] = {}
        if file is not None and file.exists():
            self._known = {k: (t, s) for k, (t, s) in json.loads(file.read_text("utf-8")).items()}
        self.calls: list[float] = []
        """Counted seconds."""
        self.measured: list[tuple[float, float]] = []
        """Length of the sound and CPU seconds, kept ones as they were first measured."""

    @property
    def name(self) -> str:
        """Name of the recogniser inside."""
        return self._asr.name

    def recognise(self, samples: Samples, lang: str, terms: Sequence[str]) -> Recognised:
        """Recognise, or return what was recognised in these very samples before."""
        head = "\x00".join((self.name, lang, *terms)).encode()
        key = hashlib.sha256(head + samples.tobytes()).hexdigest()[:24]
        sound_s = len(samples) / RATE_HZ
        if key not in self._known:
            begun = time.process_time()
            result = self._asr.recognise(samples, lang, terms)
            self._known[key] = result.text, round(time.process_time() - begun, 3)
        text, seconds = self._known[key]
        self.measured.append((sound_s, seconds))
        self.calls.append(self._cost.of(sound_s))
        return Recognised(text)

    def save(self) -> None:
        """Keep what is known for the next run."""
        if self._file is not None:
            self._file.write_text(json.dumps(self._known, ensure_ascii=False), encoding="utf-8")


async def trace(
    samples: Samples,
    cues: Cues,
    parts: tuple[Vad, TimedAsr],
    end_s: float,
    pauses_s: Sequence[float],
) -> Trace:
    """Listen to a turn to its end, with text arriving as late as recognition made it."""
    vad, asr = parts
    vad.reset()
    ear = StreamAsr(asr)
    ear.begin_turn(cues.lang, cues.terms)
    moments: list[Moment] = []
    due: list[tuple[float, str, float]] = []  # when it is ready, the text, the speech it covers
    text, covered_s, ready_s = "", -1.0, 0.0
    for frame in frames_of(samples):
        ear.feed(frame, vad.probability(frame))
        now = (len(moments) + 1) * FRAME_S
        calls = len(asr.calls)
        await ear.settle()
        if len(asr.calls) > calls:
            ready_s = max(ready_s, now) + sum(asr.calls[calls:])
            due.append((ready_s, ear.text, ear.speech_s))
        while due and due[0][0] <= now:
            _, text, covered_s = due.pop(0)
        current = not due and ear.is_current and covered_s >= ear.speech_s
        moments.append(Moment(now, ear.silence_s, ear.speech_s, text, current))
    ear.close()
    whole = (m.at_s for m in moments if m.at_s >= end_s and m.is_current and m.text)
    known_s = next(whole, None)
    final_s = None if known_s is None else known_s - end_s
    return Trace(tuple(moments), cues, end_s, tuple(pauses_s), final_s)


def frames_of(samples: Samples) -> Iterator[Samples]:
    """Cut samples into whole frames; the rest is filled with silence."""
    for at in range(0, len(samples), FRAME_SAMPLES):
        frame = samples[at : at + FRAME_SAMPLES]
        yield np.pad(frame, (0, FRAME_SAMPLES - len(frame)))


Rule = Callable[[Moment, Cues], float | None]
"""Whether a moment ends the turn: None to wait, else the seconds until the reply sounds."""

SOUND_AFTER_S = 2 * FRAME_S
"""From the decision to the first sound of a standing phrase: two frames of the loop."""
NOTICED_AFTER_S = 3 * FRAME_S
"""Of speech, before a turn is re-opened."""


@dataclass(frozen=True)
class Outcome:
    """What a rule made of a turn."""

    taken_s: float | None
    """When the turn was taken for good; None when it never was."""
    reopened: int = 0
    """How often it had been taken and was opened again before anything sounded."""


def our_rule(waits: Waits = WAITS) -> Rule:
    """Return the rule of endpointing as the loop uses it."""

    def ends(moment: Moment, cues: Cues) -> float | None:
        view = View(moment.silence_s, moment.speech_s, moment.text, moment.is_current)
        decision = decide(view, cues, Habits(), waits)
        return decision.hold_s + SOUND_AFTER_S if decision.act == "end" else None

    return ends


def silence_rule(seconds: float) -> Rule:
    """Return the plain rule: so much silence ends the turn."""

    def ends(moment: Moment, cues: Cues) -> float | None:
        return SOUND_AFTER_S if moment.speech_s > 0 and moment.silence_s >= seconds else None

    return ends


def outcome(turn: Trace, rule: Rule) -> Outcome:
    """Return when the rule takes the turn; one that goes on before the first sound is re-opened."""
    reopened, at = 0, 0
    while at < len(turn.moments):
        moment = turn.moments[at]
        sounds_in_s = rule(moment, turn.cues)
        if sounds_in_s is None:
            at += 1
            continue
        frames = round((sounds_in_s - NOTICED_AFTER_S) / FRAME_S)
        later = range(at + 1, min(at + 1 + frames, len(turn.moments)))
        again = next((n for n in later if turn.moments[n].silence_s == 0.0), None)
        if again is None:
            return Outcome(moment.at_s, reopened)
        reopened, at = reopened + 1, again
    return Outcome(None, reopened)
