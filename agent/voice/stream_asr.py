"""Recognition while the candidate still speaks, so that the final text is ready soon after the end.

Speech is gathered into groups of some seconds that close at a pause. Each pause has the open group
recognised anew; a group that is long enough is sealed. What is left at the end is one group, so the
cost of the final text does not grow with the turn. One worker keeps the order.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from agent.voice.audio import level_db
from agent.voice.base import (
    FRAME_S,
    Asr,
    HeardWord,
    Recognised,
    Samples,
    VoiceError,
)

SPEECH_ABOVE = 0.5
PRE_ROLL_S = 0.35
CLOSE_AFTER_S = 0.2
SEAL_AFTER_S = 8.0
SEAL_PAUSE_S = 1.2
CUT_AFTER_S = 14.0
"""Speech without any pause is cut at its quietest frame of the last seconds."""
_CUT_WINDOW_S = 3.0
_ONSET_FRAMES = 2
_BREATH_S = 0.3
_FAR_DB = 16.0
"""Below the candidate's own level by this much is somebody else: for headsets, where talk in the
room is 20 dB and more below, one's own fading words 12 dB (measured on the packaged voices)."""
_OWN_UP, _OWN_DOWN = 0.2, 0.003
_FORGET_DB = 0.01
"""A frame of far speech lowers the level by this: whoever leans back is heard again in seconds."""
HANGS_AFTER_S = 30.0


@dataclass
class _Group:
    start_frame: int
    frames: list[Samples]
    probabilities: list[float]
    result: Recognised | None = None
    covers_frames: int = 0
    length: int = 0
    """Frames taken in, kept also when the sound itself is let go."""
    sealed: bool = False


class StreamAsr:
    """The words of one turn, growing."""

    def __init__(self, asr: Asr) -> None:
        self._asr = asr
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="asr")
        self._task: asyncio.Task[None] | None = None
        self._queue: list[_Group] = []
        self._recent: deque[tuple[Samples, float]] = deque(maxlen=round(PRE_ROLL_S / FRAME_S))
        self._levels: deque[float] = deque(maxlen=5)
        self._own_db = -90.0
        self.trouble: VoiceError | None = None
        self.begin_turn("zh", ())

    def begin_turn(self, lang: str, terms: Sequence[str]) -> None:
        """Forget the turn before; the frame before the first sound stays as pre-roll."""
        self._lang, self._terms = lang, tuple(terms)
        self._groups: list[_Group] = []
        self._frame = 0
        self._first_speech = -1
        self._last_speech = -1
        self._speech_frames = 0
        self._run = 0
        self._pauses: list[float] = []

    # ---- what is known

    @property
    def silence_s(self) -> float:
        """Seconds since the last sound of speech, or since the turn began."""
        return (self._frame - 1 - max(self._last_speech, -1)) * FRAME_S

    @property
    def speech_s(self) -> float:
        """Seconds of speech in this turn."""
        return self._speech_frames * FRAME_S

    @property
    def span_s(self) -> tuple[float, float]:
        """First and last sound, in seconds from the start of the turn's listening."""
        return max(self._first_speech, 0) * FRAME_S, (self._last_speech + 1) * FRAME_S

    @property
    def pauses_s(self) -> Sequence[float]:
        """Pauses between stretches of this turn's speech."""
        return self._pauses

    @property
    def text(self) -> str:
        """All words so far."""
        glue = "" if self._lang == "zh" else " "
        return glue.join(g.result.text for g in self._groups if g.result and g.result.text).strip()

    @property
    def is_current(self) -> bool:
        """Whether the text covers all speech up to now."""
        return all(
            g.result is not None and g.start_frame + g.covers_frames > self._last_in(g)
            for g in self._groups
        )

    def words(self) -> tuple[HeardWord, ...]:
        """Return the words with times from the first sound of the turn."""
        found: list[HeardWord] = []
        for group in self._groups:
            shift = (group.start_frame - max(self._first_speech, 0)) * FRAME_S
            for word in group.result.words if group.result else ():
                start, end = max(0.0, word.start_s + shift), max(0.0, word.end_s + shift)
                found.append(replace(word, start_s=round(start, 3), end_s=round(end, 3)))
        return tuple(found)

    def _last_in(self, group: _Group) -> int:
        """Return the last frame of speech within a group."""
        for at in range(len(group.probabilities) - 1, -1, -1):
            if group.probabilities[at] >= SPEECH_ABOVE:
                return group.start_frame + at
        return group.start_frame - 1

    # ---- feeding

    def feed(self, frame: Samples, probability: float) -> None:
        """Take one frame."""
        speech = probability >= SPEECH_ABOVE and self._is_near(frame)
        probability = probability if speech or probability < SPEECH_ABOVE else 0.0
        self._run = self._run + 1 if speech else 0
        group = self._groups[-1] if self._groups and not self._groups[-1].sealed else None
        if speech and (self._run >= _ONSET_FRAMES or self.silence_s < CLOSE_AFTER_S):
            self._note_speech()
            if group is None:
                group = self._open()
        if group is not None:
            group.frames.append(frame)
            group.probabilities.append(probability)
            group.length = len(group.frames)
            self._grow(group)
        self._recent.append((frame, probability))
        self._frame += 1

    def _is_near(self, frame: Samples) -> bool:
        """Return whether the sound is about as loud as the candidate, not talk far off."""
        self._levels.append(level_db(frame))
        level = max(self._levels)
        if level < self._own_db - _FAR_DB:
            self._own_db -= _FORGET_DB
            return False
        rate = _OWN_UP if level > self._own_db else _OWN_DOWN
        self._own_db += rate * (level - self._own_db)
        return True

    def _note_speech(self) -> None:
        if self._first_speech < 0:
            self._first_speech = max(0, self._frame - _ONSET_FRAMES + 1)
        elif (gap := (self._frame - 1 - self._last_speech) * FRAME_S) > CLOSE_AFTER_S:
            self._pauses.append(gap)
        self._last_speech = self._frame
        self._speech_frames += 1

    def _open(self) -> _Group:
        before = self._groups[-1] if self._groups else None
        free = self._frame - (before.start_frame + before.length if before else 0)
        past = list(self._recent)[-free:] if free > 0 else []
        group = _Group(self._frame - len(past), [f for f, _ in past], [p for _, p in past])
        self._groups.append(group)
        return group

    def _grow(self, group: _Group) -> None:
        length_s = len(group.frames) * FRAME_S
        silence = self._frame - self._last_speech
        if silence == round(CLOSE_AFTER_S / FRAME_S):
            self._ask(group)
            group.sealed = length_s >= SEAL_AFTER_S
        elif silence * FRAME_S >= SEAL_PAUSE_S:
            group.sealed = True  # the pause itself is not kept, however long it becomes
            self._let_go(group)
        elif length_s >= CUT_AFTER_S:
            self._cut(group)

    def _cut(self, group: _Group) -> None:
        """Seal the group at its quietest frame and go on with the rest in a new one."""
        window = round(_CUT_WINDOW_S / FRAME_S)
        loudness = [float(np.abs(f.astype(np.int32)).mean()) for f in group.frames[-window:]]
        at = len(group.frames) - window + int(np.argmin(np.convolve(loudness, np.ones(5), "same")))
        rest = _Group(group.start_frame + at, group.frames[at:], group.probabilities[at:])
        del group.frames[at:], group.probabilities[at:]
        group.length, rest.length = len(group.frames), len(rest.frames)
        group.sealed = True
        self._groups.append(rest)
        self._ask(group)

    def _let_go(self, group: _Group) -> None:
        """Forget the sound of a sealed group once all its speech is recognised."""
        known = group.start_frame + group.covers_frames > self._last_in(group)
        if group.sealed and group.result is not None and known and group not in self._queue:
            group.frames.clear()

    # ---- recognising

    def _ask(self, group: _Group) -> None:
        if group.frames and group not in self._queue:
            self._queue.append(group)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        while self._queue:
            group = self._queue.pop(0)
            count = len(group.frames)
            kept = speech_only(group.probabilities[:count])
            sound = np.concatenate([group.frames[at] for at in kept])
            call = asyncio.get_running_loop().run_in_executor(
                self._worker, self._recognise, sound, self._lang, self._terms
            )
            failed: VoiceError | None = None
            try:
                group.result = _in_place(await asyncio.wait_for(call, HANGS_AFTER_S), kept)
            except TimeoutError:
                self._worker.shutdown(wait=False, cancel_futures=True)
                self._worker = ThreadPoolExecutor(1, thread_name_prefix="asr")
                failed = VoiceError(f"the recogniser hangs (over {HANGS_AFTER_S:.0f} s)")
            except VoiceError as error:
                failed = error
            if failed is not None:
                self.trouble = failed
                group.result = group.result or Recognised("")  # what was understood before stays
            group.covers_frames = count
            self._let_go(group)

    def _recognise(self, sound: Samples, lang: str, terms: Sequence[str]) -> Recognised:
        """Ask once more after a failure: mostly it is a moment's, and words would be lost."""
        try:
            return self._asr.recognise(sound, lang, terms)
        except VoiceError:
            return self._asr.recognise(sound, lang, terms)

    def check(self) -> None:
        """Raise what ended the recognition before its time."""
        if self._task is not None and self._task.done() and not self._task.cancelled():
            self._task.result()

    async def settle(self) -> None:
        """Wait until everything asked for is recognised."""
        if self._task is not None:
            await self._task

    def flush(self) -> None:
        """Have what is open recognised now."""
        for group in self._groups:
            if group.frames and group.start_frame + group.covers_frames <= self._last_in(group):
                self._ask(group)

    def close(self) -> None:
        """Let the worker go."""
        if self._task is not None:
            self._task.cancel()
        self._worker.shutdown(wait=False, cancel_futures=True)


def speech_only(probabilities: Sequence[float]) -> list[int]:
    """Return the frames to recognise: long silences are cut to a breath, nothing is invented."""
    breath = round(_BREATH_S / FRAME_S)
    near = [False] * len(probabilities)
    for at, probability in enumerate(probabilities):
        if probability >= SPEECH_ABOVE:
            for place in range(max(0, at - breath), min(len(near), at + breath + 1)):
                near[place] = True
    return [at for at, is_near in enumerate(near) if is_near] or list(range(len(near)))


def _in_place(result: Recognised, kept: Sequence[int]) -> Recognised:
    """Move the words' times from the shortened sound to the frames they were in."""

    def moved(time_s: float) -> float:
        index = min(int(time_s / FRAME_S), len(kept) - 1)
        return kept[index] * FRAME_S + (time_s - index * FRAME_S)

    words = tuple(replace(w, start_s=moved(w.start_s), end_s=moved(w.end_s)) for w in result.words)
    return replace(result, words=words)
