"""The spoken interview, frame by frame: who has the floor, when it passes, and what is taken back.

Time is the microphone's: 32 ms a frame. A turn is provisional until the first sound of the reply
plays. Sees the interviewer only as a Conversation.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from agent.voice.audio import is_clipping, level_db
from agent.voice.barge_in import BargeIn, verdict
from agent.voice.base import (
    FRAME_S,
    Conversation,
    Cues,
    Heard,
    Samples,
    Say,
    VoiceError,
)
from agent.voice.endpointing import View, decide
from agent.voice.floor import Floor, Options, Parts, encouragement, heard_turn, learn, may_cut_in
from agent.voice.mouth import Mouth
from agent.voice.signals import (
    FalseAlarm,
    Interrupted,
    Level,
    Nudged,
    Partial,
    Signal,
    State,
    StateChanged,
    Trouble,
    TurnReopened,
    TurnTaken,
)
from agent.voice.stream_asr import SPEECH_ABOVE, StreamAsr

_LEVEL_EVERY, _REOPEN_FRAMES = 6, 4
_SAME_ANSWER_S = 1.5  # speech so soon over the reply goes on with the answer before


class VoiceLoop:
    """Listens, decides, speaks."""

    def __init__(self, parts: Parts, conversation: Conversation, options: Options) -> None:
        self._vad = parts.vad
        self._conversation = conversation
        self._options = options
        self._ear = StreamAsr(parts.asr)
        self._signals: deque[Signal] = deque()
        self._mouth = Mouth(parts.tts, options.lang, self._signals)
        self.playback = self._mouth.playback
        self._barge = BargeIn(headphones=options.headphones)
        self._floor = Floor()
        self._cues = Cues(lang="en" if options.lang == "en" else "zh")
        self._typed: deque[str] = deque()
        self._frames = 0
        self._shown = ""

    @property
    def state(self) -> State:
        """Who has the floor."""
        return self._floor.state

    @property
    def is_over(self) -> bool:
        """Whether the interview is closed and its last words are spoken."""
        return self._conversation.is_closed and self._mouth.is_done

    @property
    def is_quiet(self) -> bool:
        """Whether the candidate has the floor and has said nothing yet."""
        return self._floor.state == "listening" and self._ear.speech_s <= 0.0

    def type(self, text: str) -> None:
        """Take a typed answer: it ends whatever is being said."""
        self._typed.append(text)

    async def run(self, frames: AsyncIterator[Samples]) -> AsyncIterator[Signal]:
        """Hold the interview over these frames; yield what happens."""
        self._mouth.start(self._conversation.begin())
        self._enter("speaking")
        try:
            async for frame in frames:
                await self._tick(frame)
                for signal in self._drain():
                    yield signal
                if self.is_over:
                    break
            await self._mouth.finish()
        except VoiceError as error:
            yield Trouble(str(error))
            await self._rescue()
        finally:
            self.close()
        for signal in self._drain():
            yield signal

    def close(self) -> None:
        """Let the workers go."""
        self._ear.close()
        self._mouth.close()

    async def _rescue(self) -> None:
        """The microphone is gone: keep what was said of the open turn."""
        if self._floor.state == "thinking":
            await self._mouth.settle()
            self._commit("")
        self._ear.flush()
        await self._ear.settle()
        if self._ear.text and self._floor.state == "listening":
            self._end("the microphone was lost")
            await self._mouth.settle()
            self._commit("")
        await self._mouth.finish()

    async def _tick(self, frame: Samples) -> None:
        self._ear.check()
        self._mouth.check()
        probability = self._vad.probability(frame)
        self._frames += 1
        if self._frames % _LEVEL_EVERY == 0:
            self._signals.append(Level(level_db(frame), is_clipping(frame)))
        for say in self.playback.take_started():
            self._sounded(say)
        if self._typed and self._floor.state != "thinking":
            self._take_typed(self._typed.popleft())
        elif self._floor.state == "listening":
            self._listen(frame, probability)
        elif self._floor.state == "thinking":
            self._think(frame, probability)
        else:
            self._speak(frame, probability)
        if self._options.lockstep:
            await self._ear.settle()
            if self._floor.state != "listening":
                await self._mouth.settle()
        await asyncio.sleep(0)  # also then: what settles at once would let nobody else run

    def _listen(self, frame: Samples, probability: float) -> None:
        self._ear.feed(frame, probability)
        self._show_partial()
        ear, floor = self._ear, self._floor
        if ear.speech_s > 0 and ear.is_current and not ear.text and ear.silence_s > 1.0:
            ear.begin_turn(self._cues.lang, self._cues.terms)  # a door, a cough: no words in it
            return
        view = View(ear.silence_s, ear.speech_s, ear.text, ear.is_current, floor.nudged)
        decision = decide(view, self._cues, learn(floor.pauses))
        if decision.act == "nudge":
            floor.nudged = True
            self._signals.append(Nudged())
            self._mouth.start(encouragement(self._cues.lang))
            self._enter("speaking")
        elif decision.act == "end":
            self._end(decision.why, decision.hold_s)
        elif may_cut_in(ear, self._cues, floor):
            floor.cut_in = True
            self._end("over budget")

    def _end(self, why: str, hold_s: float = 0.0) -> None:
        heard = heard_turn(self._ear, self._floor)
        self._signals.append(TurnTaken(heard.raw, round(self._ear.silence_s, 3), why))
        self._answer(heard, hold_s)

    def _answer(self, heard: Heard, hold_s: float = 0.0) -> None:
        self._floor.pending = heard
        self._floor.held_frames = round(hold_s / FRAME_S)
        if self._floor.held_frames:
            self.playback.pause()
        self._mouth.start(self._conversation.reply(heard))
        self._enter("thinking")

    def _think(self, frame: Samples, probability: float) -> None:
        floor = self._floor
        self._ear.feed(frame, probability)
        hears = probability >= SPEECH_ABOVE
        if self._barge.triggers(hears) and self._ear.silence_s < _REOPEN_FRAMES * FRAME_S:
            if floor.pending is not None and not floor.pending.typed:
                self._reopen()
        elif floor.held_frames > 0:
            floor.held_frames -= 1
            if not floor.held_frames:
                self.playback.resume()
        elif self._mouth.unspoken and self.playback.is_idle:
            # No sound came of it: the words stand on the screen, the floor passes all the same.
            self._commit(self._mouth.unspoken[0].turn)
            self._enter("speaking")
        elif self._mouth.is_done:
            self._listen_next(keep=False)

    def _reopen(self) -> None:
        self._mouth.stop()
        self._conversation.withdraw("")
        self._floor.pending = None
        self._signals.append(TurnReopened())
        self._enter("listening")

    def _sounded(self, say: Say) -> None:
        """The first sound of a reply plays: the turn before it stands."""
        self._mouth.warm(self._options.phrases)
        if self._floor.state == "thinking":
            self._commit(say.turn)
            self._enter("speaking")

    def _commit(self, turn: str) -> None:
        floor = self._floor
        if floor.pending is None:
            return
        floor.pauses.extend(p for p in self._ear.pauses_s if p < 6.0)
        floor.candidate_turn, floor.pending, floor.continues = turn, None, ""
        floor.nudged = False
        self._conversation.floor_taken(turn)
        self._begin_turn()

    def _speak(self, frame: Samples, probability: float) -> None:
        floor = self._floor
        sounding = not self.playback.is_idle and not self.playback.is_paused
        floor.spoke_s += FRAME_S if sounding else 0.0
        hears = self._barge.hears_candidate(probability, level_db(frame), sounding=sounding)
        self._ear.feed(frame, probability if hears or floor.barge else 0.0)
        if not floor.barge and self._barge.triggers(hears):
            floor.barge = True
            self.playback.pause()
        if floor.barge:
            self._judge()
        elif self._mouth.is_done:
            self._listen_next(keep=False)

    def _judge(self) -> None:
        ear = self._ear
        text = ear.text if ear.is_current and ear.speech_s > 0 else None
        current = self.playback.current
        outcome = verdict(ear.speech_s, ear.silence_s, text, current.text if current else "")
        if outcome == "false alarm":
            self._floor.barge = False
            self._signals.append(FalseAlarm())
            self.playback.resume()
            self._begin_turn()
        elif outcome == "interruption":
            self._interrupt()

    def _interrupt(self) -> None:
        floor = self._floor
        cut = self._mouth.stop()
        turn = floor.candidate_turn
        if cut is not None:
            say, heard = cut
            self._signals.append(Interrupted(say.text[heard:]))
            if say.turn:
                self._conversation.unsaid(say.turn, say.start + heard)
        elif not self._mouth.is_read:
            self._conversation.unsaid(turn, 0)
        floor.continues = turn if floor.spoke_s < _SAME_ANSWER_S else ""
        floor.barge = False
        self._listen_next(keep=True)

    def _listen_next(self, *, keep: bool) -> None:
        self._floor.cut_in = False
        self._cues = self._conversation.listening()
        if not keep:
            self._begin_turn()
        self._enter("listening")

    def _begin_turn(self) -> None:
        self._ear.begin_turn(self._cues.lang, self._cues.terms)
        self._barge.reset()
        self._floor.offset_s = self._frames * FRAME_S

    def _take_typed(self, text: str) -> None:
        floor = self._floor
        if floor.state == "speaking":
            floor.barge = False
            cut = self._mouth.stop()
            if cut is not None and cut[0].turn:
                self._conversation.unsaid(cut[0].turn, cut[0].start + cut[1])
        self._answer(Heard(raw=text, continues=floor.continues, typed=True))

    def _enter(self, state: State) -> None:
        if state == "thinking" or (state == "speaking" and self._floor.state == "listening"):
            self._floor.spoke_s = 0.0
        if state == "listening" or state != self._floor.state:
            self._floor.state = state
            self._signals.append(StateChanged(state))

    def _show_partial(self) -> None:
        if self._ear.trouble is not None:
            self._signals.append(Trouble(str(self._ear.trouble)))
            self._ear.trouble = None
        if self._ear.text != self._shown:
            self._shown = self._ear.text
            self._signals.append(Partial(self._shown))

    def _drain(self) -> list[Signal]:
        return [self._signals.popleft() for _ in range(len(self._signals))]
