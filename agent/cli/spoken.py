"""One spoken interview from the terminal: parts, devices, the loop, and the keyboard beside it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.conversation import _SPOKEN_COMMANDS, Conversation, Paused
from agent.cli.face import words
from agent.cli.spoken_parts import load_parts, models_folder, phrases_ahead
from agent.cli.talk_face import SpokenFace, spoken
from agent.conversation import SpokenConversation
from agent.interviewer import Interviewer, load_embeddings, open_interview
from agent.settings import Settings
from agent.voice.audio import read_audio
from agent.voice.backends.choose import is_hard_to_understand
from agent.voice.base import FRAME_SAMPLES, Samples, VoiceError
from agent.voice.devices import FileMicrophone, Loudspeaker, Microphone, Recorder
from agent.voice.floor import Options, Parts
from agent.voice.loop import VoiceLoop
from agent.voice.signals import Trouble
from tools.knowledge.terms import repair

if TYPE_CHECKING:
    from rich.console import Console

    from agent.assembly import Setup
    from agent.cli.talk import Wishes
    from sessions.ledger import Ledger


class SpokenInterview:
    """Holds a spoken interview to its end, its pause, or the end of its recording."""

    def __init__(self, console: Console, settings: Settings, wishes: Wishes) -> None:
        self._console = console
        self._settings = settings
        self._wishes = wishes
        self._lang = settings.general.lang
        self._has_model = False

    async def hold(self, setup: Setup, ledger: Ledger, folder: Path, session: str) -> None:
        """Open the interview and talk it through.

        Raises:
            VoiceError: A speech part that was asked for cannot be used.
            Paused: The candidate pauses, or the recording has ended.
        """
        wishes, voice = self._wishes, self._settings.voice
        answers = read_audio(wishes.file) if wishes.file else None
        self._has_model = setup.model is not None
        parts = await load_parts(self._console, voice, models_folder(folder), self._lang)
        chat = Conversation(self._console, self._settings, as_json=wishes.as_json, scripted=True)
        async with open_interview(setup, ledger, folder, session) as interviewer:
            self._lang = interviewer.interview.lang
            chat._lang = self._lang
            away = self._say_where(parts)
            chat._head(interviewer, setup, resumed=False, local=not away)
            self._head(parts)
            if session:  # last: the words that it announces are the next line
                self._console.print(words("resumed", self._lang), style="dim")
            recorder = self._recorder(folder, interviewer.session)
            loading = asyncio.create_task(load_embeddings())
            try:
                await self._talk(interviewer, parts, answers, recorder, chat)
                if not loading.done():
                    await loading
            finally:
                loading.cancel()
                if recorder is not None:
                    recorder.close()
            chat._foot(interviewer, ledger)

    def _say_where(self, parts: Parts) -> bool:
        """Say which sound and words leave this machine; return whether any do."""
        away = False
        for key, part in (("remote_asr", parts.asr), ("remote_tts", parts.tts)):
            if where := getattr(part, "where", ""):
                self._console.print(spoken(key, self._lang, where=where))
                away = True
        return away

    def _head(self, parts: Parts) -> None:
        # The names of the records also hold what a person need not read: kind, speed, address.
        asr = parts.asr.name.removeprefix("whisper ")
        tts = " ".join(parts.tts.name.split()[:2]) if parts.tts else "–"
        echo = (
            ""
            if self._wishes.file
            else spoken("speakers" if self._wishes.speakers else "headphones", self._lang)
        )
        line = spoken("parts", self._lang, asr=asr, tts=tts, echo=echo)
        self._console.print(line, style="dim")
        if is_hard_to_understand(parts.tts, self._lang):
            self._console.print(spoken("hard_voice", self._lang), style="yellow")
        if not self._wishes.file:
            self._console.print(spoken("keys", self._lang), style="dim")
        self._console.print()

    def _recorder(self, folder: Path, session: str) -> Recorder | None:
        if self._wishes.out is not None:
            return Recorder(self._wishes.out)
        if not self._wishes.keep_audio:
            return None
        audio = folder / "audio"
        audio.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._console.print(spoken("audio_kept", self._lang, path=audio / f"{session}.wav"))
        return Recorder(audio / f"{session}.wav", goes_on=True)

    async def _talk(
        self,
        interviewer: Interviewer,
        parts: Parts,
        answers: Samples | None,
        recorder: Recorder | None,
        chat: Conversation,
    ) -> None:
        before = recorder.seconds_before if recorder else 0.0
        conversation = SpokenConversation(interviewer, repair, before)
        options = Options(
            lang=self._lang,
            lockstep=answers is not None,
            headphones=not self._wishes.speakers,
            phrases=phrases_ahead(self._lang, parts.tts, has_model=self._has_model),
        )
        loop = VoiceLoop(parts, conversation, options)
        face = SpokenFace(self._console, self._lang)
        if answers is not None:
            await self._from_file(loop, face, answers, recorder)
            if not interviewer.is_closed:
                raise Paused("file_ended")
            return
        lost = await self._from_microphone(loop, face, recorder, interviewer, chat)
        if lost and not interviewer.is_closed:
            self._console.print(spoken("typing_instead", self._lang), style="yellow")
            from agent.cli.typing import typed

            chat._scripted = False
            await chat._exchange(interviewer, typed(self._console, self._lang))

    async def _from_file(
        self, loop: VoiceLoop, face: SpokenFace, answers: Samples, recorder: Recorder | None
    ) -> None:
        source = FileMicrophone(answers, live=self._wishes.live)

        async def frames() -> AsyncIterator[Samples]:
            async for frame in source.frames(
                lambda: loop.state != "listening", lambda: loop.is_quiet
            ):
                voice = loop.playback.pull(FRAME_SAMPLES)
                if recorder is not None:
                    recorder.add(frame, voice)
                yield frame

        async for signal in loop.run(frames()):
            face.show(signal)

    async def _from_microphone(
        self,
        loop: VoiceLoop,
        face: SpokenFace,
        recorder: Recorder | None,
        interviewer: Interviewer,
        chat: Conversation,
    ) -> bool:
        """Talk live; return whether the microphone was lost or never there."""
        voice = self._settings.voice
        speaker: Loudspeaker | None = None
        try:
            speaker = Loudspeaker(loop.playback, voice.output_device)
        except VoiceError as error:
            face.show(Trouble(str(error)))
        microphone = Microphone(voice.input_device)

        async def frames() -> AsyncIterator[Samples]:
            async for frame in microphone.frames():
                if speaker is None:
                    played = loop.playback.pull(FRAME_SAMPLES)
                else:
                    played = speaker.take_played(FRAME_SAMPLES)
                if recorder is not None:
                    recorder.add(frame, played)
                yield frame

        keyboard = asyncio.create_task(self._keyboard(loop, face, interviewer, chat))
        lost = False
        try:
            async for signal in loop.run(frames()):
                face.show(signal)
                lost = lost or (isinstance(signal, Trouble) and "microphone" in signal.message)
                if keyboard.done():
                    keyboard.result()
        finally:
            keyboard.cancel()
            with contextlib.suppress(asyncio.CancelledError, Paused):
                await keyboard
            if speaker is not None:
                speaker.close()
        return lost

    async def _keyboard(
        self, loop: VoiceLoop, face: SpokenFace, interviewer: Interviewer, chat: Conversation
    ) -> None:
        """Take what is typed while the talk runs; the status line stands below the prompt."""
        import sys

        if not sys.stdin.isatty():
            return
        from prompt_toolkit import PromptSession
        from prompt_toolkit.patch_stdout import patch_stdout

        session: PromptSession[str] = PromptSession(
            bottom_toolbar=lambda: face.status, refresh_interval=0.15
        )
        with patch_stdout(raw=True):
            while True:
                try:
                    line = (await session.prompt_async("› ")).strip()
                except (EOFError, KeyboardInterrupt):
                    raise Paused("paused") from None
                if not line:
                    continue
                if not line.startswith("/"):
                    loop.type(line)
                elif line in _SPOKEN_COMMANDS:
                    loop.type(words(_SPOKEN_COMMANDS[line], self._lang))
                elif line == "/end":
                    loop.type(words("end_words", self._lang))
                else:
                    await chat._take(interviewer, line)
