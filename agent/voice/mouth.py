"""From the interviewer's sentences to sound: synthesised one by one while the next is written."""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

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


class Mouth:
    """Speaks replies; one worker keeps the sentences in order."""

    def __init__(self, tts: Tts | None, lang: str, signals: deque[Signal]) -> None:
        self._tts = tts
        self._lang = lang
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="tts")
        self._kept: dict[str, Samples] = {}
        self._reader: asyncio.Task[None] | None = None
        self._speaker: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self.playback = Playback()
        self.signals = signals
        self.unspoken: list[Say] = []
        """Of the present reply: sentences that came without sound, or after it was stopped."""

    async def warm(self, phrases: Sequence[str]) -> None:
        """Synthesise standing phrases ahead of need, the likeliest first.

        On a machine too slow or too busy for it the rest is left: it would only hold up replies.
        """
        for number, phrase in enumerate(phrases):
            begun = time.monotonic()
            await self._sound(Say("", phrase, fixed=True))
            if number >= _ALWAYS_WARM and time.monotonic() - begun > _TOO_SLOW_S:
                return

    def start(self, stream: AsyncIterator[Say | Aside]) -> None:
        """Speak a reply; what an earlier one still has to say is read to its end unspoken."""
        queue: asyncio.Queue[Say | None] = asyncio.Queue()
        generation = self.playback.generation
        self.unspoken = []
        loop = asyncio.get_running_loop()
        self._reader = loop.create_task(self._read(stream, queue, self._reader))
        self._speaker = loop.create_task(self._speak(queue, generation))
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

    def stop(self) -> tuple[Say, int] | None:
        """Fall silent for good; return what was cut and how much of it was heard."""
        return self.playback.cancel()

    async def _read(
        self,
        stream: AsyncIterator[Say | Aside],
        queue: asyncio.Queue[Say | None],
        before: asyncio.Task[None] | None,
    ) -> None:
        try:
            if before is not None and not before.done():
                await before
            async for item in stream:
                if isinstance(item, Aside):
                    self.signals.append(Passed(item.event))
                else:
                    queue.put_nowait(item)
        finally:
            queue.put_nowait(None)

    async def _speak(self, queue: asyncio.Queue[Say | None], generation: int) -> None:
        is_first = True
        while (say := await queue.get()) is not None:
            self.signals.append(Saying(say.text))
            for piece in opening(say) if is_first and not say.fixed else [say]:
                sound = None
                if generation == self.playback.generation:
                    sound = await self._sound(piece)
                if sound is None or not self.playback.add(generation, piece, sound):
                    self.unspoken.append(piece)
                self._ready.set()
            is_first = is_first and say.fixed
        if self._reader is not None and self._reader.done():
            self._reader.result()

    async def _sound(self, say: Say) -> Samples | None:
        if self._tts is None:
            return None
        text = speakable(say.text, self._lang)
        if not text:
            return None
        if text in self._kept:
            return self._kept[text]
        call = asyncio.get_running_loop().run_in_executor(
            self._worker, self._tts.synthesise, text, self._lang
        )
        try:
            sound = await asyncio.wait_for(call, SYNTHESIS_TIMEOUT_S)
        except (TimeoutError, VoiceError) as error:
            message = str(error) or f"the voice hangs (over {SYNTHESIS_TIMEOUT_S:.0f} s)"
            self.signals.append(Trouble(message))
            if isinstance(error, TimeoutError):
                self._worker.shutdown(wait=False, cancel_futures=True)
                self._worker = ThreadPoolExecutor(1, thread_name_prefix="tts")
            return None
        if say.fixed:
            self._kept[text] = sound
        return sound

    def close(self) -> None:
        """Let the worker go."""
        for task in (self._speaker, self._reader):
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
            rest = replace(say, text=say.text[mark.end() :], start=say.start + mark.end())
            return [replace(say, text=head), rest]
    return [say]
