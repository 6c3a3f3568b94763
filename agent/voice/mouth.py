"""From the interviewer's sentences to sound: synthesised one by one while the next is written."""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from agent.voice.base import Aside, Samples, Say, Tts, VoiceError
from agent.voice.normalise import speakable
from agent.voice.playback import Playback
from agent.voice.signals import Passed, Saying, Signal, Trouble

SYNTHESIS_TIMEOUT_S = 60.0
_CLAUSE_END = re.compile(r"[，；：]|[,;:](?=\s)")
_LONG_CHARS = 14
_LEAST_CHARS = 3
_ALWAYS_WARM = 2
"""So many phrases after the first are made ready however long each takes: the first sounds."""
_TOO_SLOW_S = 1.0


@dataclass(frozen=True)
class _Reply:
    """One reply on its way: what is read and not yet spoken, what came without sound."""

    stream: AsyncIterator[Say | Aside]
    generation: int
    unspoken: list[Say]
    queue: asyncio.Queue[Say | None] = field(default_factory=asyncio.Queue)


class Mouth:
    """Speaks replies; one worker keeps the sentences in order."""

    def __init__(self, tts: Tts | None, lang: str, signals: deque[Signal]) -> None:
        self._tts = tts
        self._lang = lang
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="tts")
        self._kept: dict[str, Samples] = {}
        self._reader: asyncio.Task[None] | None = None
        self._speaker: asyncio.Task[None] | None = None
        self._warming: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self.playback = Playback()
        self.signals = signals
        self.unspoken: list[Say] = []
        """Of the present reply: sentences that came without sound, or after it was stopped."""

    def warm(self, phrases: Sequence[str]) -> asyncio.Task[None]:
        """Begin to synthesise standing phrases ahead of need, the likeliest first; only once.

        On a machine too slow or too busy for it the rest is left: it would only hold up replies.
        So it is after a failure, which a reply will tell of if it stays.
        """
        if self._warming is None:
            self._warming = asyncio.get_running_loop().create_task(self._warm(phrases))
        return self._warming

    def start(self, stream: AsyncIterator[Say | Aside]) -> None:
        """Speak a reply; what an earlier one still has to say is read to its end unspoken."""
        self.unspoken = []
        reply = _Reply(stream, self.playback.generation, self.unspoken)
        loop = asyncio.get_running_loop()
        self._reader = loop.create_task(self._read(reply, self._reader))
        self._speaker = loop.create_task(self._speak(reply))
        self._speaker.add_done_callback(lambda _: self._ready.set())

    @property
    def is_done(self) -> bool:
        """Whether the reply is read, synthesised and played to its end."""
        return self.is_read and self.playback.is_idle

    @property
    def is_read(self) -> bool:
        """Whether nothing more will be queued."""
        return self._speaker is None or self._speaker.done()

    async def settle(self) -> None:
        """Wait until a clip is ready to be played or the reply is over."""
        while not self.is_read and self.playback.is_idle and not self.unspoken:
            self._ready.clear()
            await self._ready.wait()

    async def finish(self) -> None:
        """Wait until the reply is read to its end, spoken or not."""
        if self._reader is not None:
            await self._reader

    def check(self) -> None:
        """Raise what ended reading, speaking or making ready before its time."""
        for task in (self._reader, self._speaker, self._warming):
            if task is not None and task.done() and not task.cancelled():
                task.result()

    def stop(self) -> tuple[Say, int] | None:
        """Fall silent for good; return what was cut and how much of it was heard."""
        return self.playback.cancel()

    async def _read(self, reply: _Reply, before: asyncio.Task[None] | None) -> None:
        try:
            if before is not None and not before.done():
                await before
            if reply.generation != self.playback.generation:
                return  # taken back before it began: nobody waits for it any more
            async for item in reply.stream:
                if isinstance(item, Aside):
                    self.signals.append(Passed(item.event))
                else:
                    reply.queue.put_nowait(item)
        finally:
            reply.queue.put_nowait(None)

    async def _speak(self, reply: _Reply) -> None:
        is_first = True
        while (say := await reply.queue.get()) is not None:
            self.signals.append(Saying(say.text))
            for piece in self.pieces(say) if is_first and not say.fixed else [say]:
                sound = None
                if reply.generation == self.playback.generation:
                    sound = await self._sound(piece)
                if sound is None or not self.playback.add(reply.generation, piece, sound):
                    reply.unspoken.append(piece)
                self._ready.set()
            is_first = is_first and say.fixed

    async def _sound(self, say: Say) -> Samples | None:
        text = speakable(say.text, self._lang)
        if self._tts is None or not text:
            return None
        if text in self._kept:
            return self._kept[text]
        try:
            sound, _ = await self._synthesise(self._tts, text)
        except VoiceError as error:
            self.signals.append(Trouble(str(error)))
            return None
        if say.fixed:
            self._kept[text] = sound
        return sound

    async def _warm(self, phrases: Sequence[str]) -> None:
        for number, phrase in enumerate(phrases):
            text = speakable(phrase, self._lang)
            if self._tts is None or not text or text in self._kept:
                continue
            try:
                self._kept[text], took_s = await self._synthesise(self._tts, text)
            except VoiceError:
                return
            if number >= _ALWAYS_WARM and took_s > _TOO_SLOW_S:
                return

    async def _synthesise(self, tts: Tts, text: str) -> tuple[Samples, float]:
        """Return the sound and the seconds it took, without those it stood in the queue."""
        worker = self._worker

        def work() -> tuple[Samples, float]:
            begun = time.monotonic()
            return tts.synthesise(text, self._lang), time.monotonic() - begun

        call = asyncio.get_running_loop().run_in_executor(worker, work)
        try:
            return await asyncio.wait_for(call, SYNTHESIS_TIMEOUT_S)
        except TimeoutError:
            # Not cancelled: what waits behind it has a time-out of its own, and says so.
            worker.shutdown(wait=False)
            if worker is self._worker:
                self._worker = ThreadPoolExecutor(1, thread_name_prefix="tts")
            message = f"the voice hangs (over {SYNTHESIS_TIMEOUT_S:.0f} s)"
            raise VoiceError(message) from None

    def kept(self, text: str) -> Samples | None:
        """Return the sound of words that is ready before they are said, if it is."""
        return self._kept.get(speakable(text, self._lang))

    def pieces(self, say: Say) -> list[Say]:
        """Cut a first sentence where its sound begins soonest.

        Not at all when the whole is ready; behind the longest beginning that is ready; else behind
        the first clause of a long one.
        """
        if self.kept(say.text) is not None:
            return [say]
        for end in range(len(say.text) - 1, 0, -1):
            head, rest = say.text[:end], say.text[end:]
            if head[-1].isalnum() or not any(c.isalnum() for c in rest):
                continue
            if self.kept(head) is not None:
                return _cut(say, end)
        return opening(say)

    def close(self) -> None:
        """Let the worker go."""
        for task in (self._warming, self._speaker, self._reader):
            if task is not None:
                task.cancel()
        self._worker.shutdown(wait=False, cancel_futures=True)


def opening(say: Say) -> list[Say]:
    """Cut a long first sentence behind its first clause: its sound is ready that much sooner."""
    for mark in _CLAUSE_END.finditer(say.text):
        head = say.text[: mark.end()]
        is_inside = head.count("(") + head.count("（") > head.count(")") + head.count("）")
        if len(say.text) < _LONG_CHARS or is_inside or head.count("`") % 2:
            continue
        if _LEAST_CHARS < len(head) < len(say.text) - _LEAST_CHARS:
            return _cut(say, mark.end())
    return [say]


def _cut(say: Say, end: int) -> list[Say]:
    rest = replace(say, text=say.text[end:], start=say.start + end)
    return [replace(say, text=say.text[:end]), rest]
