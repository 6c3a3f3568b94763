"""Hand-written speech parts: sound whose samples say which word it is; a scripted interviewer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence

import numpy as np

from agent.voice.base import (
    FRAME_SAMPLES,
    RATE_HZ,
    Aside,
    Cues,
    Heard,
    HeardWord,
    Recognised,
    Samples,
    Say,
    VoiceError,
)
from agent.voice.floor import Options, Parts
from agent.voice.loop import VoiceLoop
from agent.voice.signals import Signal

LOUD = 2_000


def spoken(word: int, seconds: float) -> Samples:
    """Sound of word number `word`, in whole frames."""
    frames = max(1, round(seconds * RATE_HZ / FRAME_SAMPLES))
    return np.full(frames * FRAME_SAMPLES, LOUD + word, np.int16)


def hush(seconds: float) -> Samples:
    return np.zeros(max(1, round(seconds * RATE_HZ / FRAME_SAMPLES)) * FRAME_SAMPLES, np.int16)


class LoudnessVad:
    def probability(self, frame: Samples) -> float:
        return 0.95 if int(frame.max()) >= LOUD else 0.02

    def reset(self) -> None:
        pass


class WordAsr:
    """Reads the word numbers back from the samples."""

    name = "words"

    def __init__(self, words: Sequence[str], failing: bool = False) -> None:
        self.words, self.failing = words, failing
        self.seconds: list[float] = []

    def recognise(self, samples: Samples, lang: str, terms: Sequence[str]) -> Recognised:
        self.seconds.append(len(samples) / RATE_HZ)
        if self.failing:
            raise VoiceError("the recogniser is broken")
        numbers = samples[samples >= LOUD].astype(int) - LOUD
        starts = [0, *(np.flatnonzero(np.diff(numbers)) + 1)] if len(numbers) else []
        text = "".join(self.words[numbers[at]] for at in starts)
        first = np.flatnonzero(samples >= LOUD)
        end = len(samples) / RATE_HZ
        words = (HeardWord(text, float(first[0]) / RATE_HZ, end, 0.9),) if len(first) else ()
        return Recognised(text, words, end)


class SteadyTts:
    """A tenth of a second a character; waits for `gate` when it has one."""

    name = "steady"

    def __init__(self, gate: threading.Event | None = None) -> None:
        self.gate = gate
        self.said: list[str] = []

    def synthesise(self, text: str, lang: str) -> Samples:
        self.said.append(text)
        if self.gate is not None:
            assert self.gate.wait(10)
        return np.full(len(text) * RATE_HZ // 10, 500, np.int16)


class ScriptedConversation:
    """Says what it is told to and keeps what happened to it."""

    def __init__(self, *replies: str, cues: Cues | None = None) -> None:
        self.replies = list(replies)
        self.cues = cues or Cues()
        self.heard: list[Heard] = []
        self.happened: list[tuple[object, ...]] = []
        self.is_closed = False

    def listening(self) -> Cues:
        return self.cues

    async def begin(self) -> AsyncIterator[Say | Aside]:
        yield Say("opening", "请讲。")

    async def reply(self, heard: Heard) -> AsyncIterator[Say | Aside]:
        self.heard.append(heard)
        turn = f"h{len(self.heard)}"
        assert self.replies, f"not expected to be asked about {heard.raw!r}"
        yield Say(turn, self.replies.pop(0))

    def withdraw(self, turn_id: str) -> None:
        self.replies.insert(0, "好的，谢谢。")
        self.happened.append(("withdraw", self.heard[-1].raw))

    def unsaid(self, turn_id: str, from_char: int) -> None:
        self.happened.append(("unsaid", turn_id, from_char))

    def floor_taken(self, turn_id: str) -> None:
        self.happened.append(("taken", turn_id))


class Stage:
    """A loop with scripted parts, fed piece by piece, its signals kept."""

    def __init__(
        self,
        conversation: ScriptedConversation,
        asr: WordAsr,
        tts: SteadyTts | None = None,
        *,
        lockstep: bool = True,
    ) -> None:
        self.conversation = conversation
        self.loop = VoiceLoop(
            Parts(LoudnessVad(), asr, tts or SteadyTts()), conversation, Options(lockstep=lockstep)
        )
        self.signals: list[Signal] = []
        self.played: list[Samples] = []
        self._frames: asyncio.Queue[Samples | Exception | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def _source(self) -> AsyncIterator[Samples]:
        while (item := await self._frames.get()) is not None:
            if isinstance(item, Exception):
                raise item
            self.played.append(self.loop.playback.pull(FRAME_SAMPLES))
            yield item
            self._frames.task_done()

    async def _run(self) -> None:
        async for signal in self.loop.run(self._source()):
            self.signals.append(signal)

    async def feed(self, *sounds: Samples) -> None:
        """Let the microphone hear these sounds."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        for sound in sounds:
            for at in range(0, len(sound), FRAME_SAMPLES):
                self._frames.put_nowait(sound[at : at + FRAME_SAMPLES])
        for _ in range(20_000):
            if self._frames.empty() or self._task.done():
                return
            await asyncio.sleep(0.001)
        raise AssertionError("the loop takes no frames")

    async def until(self, state: str, limit_s: float = 30.0) -> None:
        """Feed silence until the loop is in this state."""
        for _ in range(round(limit_s / 0.032)):
            if self.loop.state == state:
                return
            await self.feed(hush(0.032))
            await asyncio.sleep(0.001)
        raise AssertionError(f"never {state}: {self.signals[-5:]}")

    async def end(self, error: Exception | None = None) -> None:
        """Take the microphone away and let the loop finish."""
        self._frames.put_nowait(error)
        if self._task is not None:
            await self._task

    def of(self, kind: type) -> list[Signal]:
        return [s for s in self.signals if isinstance(s, kind)]
