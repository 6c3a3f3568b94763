"""What goes wrong with sound: one clear line each, the talk goes on, nothing said is lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import numpy as np
import pytest

from agent.voice import mouth, stream_asr
from agent.voice.audio import is_clipping, silence
from agent.voice.base import RATE_HZ, Recognised, Samples, VoiceError
from agent.voice.devices import Loudspeaker, Microphone
from agent.voice.playback import Playback
from agent.voice.signals import Level, Nudged, Saying, Trouble, TurnTaken
from agent.voice.traces import frames_of
from tests.voice_fakes import ScriptedConversation, Stage, SteadyTts, WordAsr, hush, spoken

WORDS = ["这样训练会更稳定，大概就是这样"]


async def test_no_microphone_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(VoiceError, match="no microphone can be opened") as caught:
        async for _ in Microphone("no such microphone").frames():
            pass
    assert "\n" not in str(caught.value)


def test_no_loudspeaker_is_one_line() -> None:
    with pytest.raises(VoiceError, match="no loudspeaker can be opened") as caught:
        Loudspeaker(Playback(), "no such loudspeaker")
    assert "\n" not in str(caught.value)


async def test_a_recogniser_that_hangs_is_named_once_and_the_next_answer_is_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream_asr, "HANGS_AFTER_S", 0.2)
    asr = HangingAsr(WORDS)
    talk = ScriptedConversation("谢谢。")
    stage = Stage(talk, asr)
    await stage.feed(hush(0.1))
    await stage.until("listening")
    await stage.feed(spoken(0, 1.0), hush(1.5))
    assert ["hangs" in s.message for s in stage.of(Trouble)] == [True]
    await stage.feed(spoken(0, 3.2))
    await stage.until("speaking")
    assert talk.heard[-1].raw == WORDS[0]
    asr.released.set()
    await stage.end()


class HangingAsr(WordAsr):
    """Does not come back from its first call."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__(words)
        self.released = threading.Event()

    def recognise(self, samples: Samples, lang: str, terms: Sequence[str]) -> Recognised:
        first = not self.seconds
        found = super().recognise(samples, lang, terms)
        if first:
            self.released.wait(20)
        return found


async def test_a_voice_that_hangs_leaves_its_words_on_the_screen_and_passes_the_floor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mouth, "SYNTHESIS_TIMEOUT_S", 0.2)
    gate = threading.Event()
    talk = ScriptedConversation("谢谢。")
    stage = Stage(talk, WordAsr(WORDS), SteadyTts(gate))
    await stage.feed(hush(0.1))
    await stage.until("listening")
    assert [s.text for s in stage.of(Saying)] == ["请讲。"]
    assert ["hangs" in s.message for s in stage.of(Trouble)] == [True]
    gate.set()
    await stage.end()


async def test_only_silence_takes_no_turn_and_recognises_nothing() -> None:
    talk, asr = ScriptedConversation(), WordAsr(WORDS)
    stage = Stage(talk, asr)
    await stage.feed(hush(0.1))
    await stage.until("listening")
    await stage.feed(hush(40.0))
    assert not stage.of(TurnTaken) and not asr.seconds and len(stage.of(Nudged)) == 1
    await stage.end()


async def test_clipping_is_shown() -> None:
    stage = Stage(ScriptedConversation(), WordAsr(WORDS))
    await stage.feed(hush(0.1))
    await stage.until("listening")
    await stage.feed(np.full(512 * 12, 32_767, np.int16))
    assert any(s.clipping for s in stage.of(Level))
    await stage.end()


def test_music_is_no_speech() -> None:
    """Chords with attacks and overtones; the real detector hears hardly any speech in them."""
    silero = pytest.importorskip("agent.voice.backends.silero")
    pytest.importorskip("faster_whisper")
    vad = silero.SileroVad()
    at = np.arange(RATE_HZ) / RATE_HZ
    bars = []
    for root in (220.0, 246.9, 261.6, 196.0, 220.0, 293.7):
        chord = sum(
            np.sin(2 * np.pi * root * ratio * over * at) / over
            for ratio in (1.0, 1.26, 1.5)
            for over in (1, 2, 3)
        )
        bars.append(chord * np.exp(-2.0 * at) * 4_000)
    music = np.asarray(np.concatenate(bars), np.int16)
    assert not is_clipping(music)
    heard = [vad.probability(frame) >= stream_asr.SPEECH_ABOVE for frame in frames_of(music)]
    assert np.mean(heard) < 0.2
    assert vad.probability(silence(0.032)) < 0.5


async def test_a_microphone_lost_while_the_interviewer_thinks_keeps_the_answer() -> None:
    gate = threading.Event()
    gate.set()
    talk = ScriptedConversation("谢谢。")
    tts = SteadyTts(gate)
    stage = Stage(talk, WordAsr(WORDS), tts, lockstep=False)
    await stage.feed(hush(0.1))
    await stage.until("listening")
    gate.clear()
    await stage.feed(spoken(0, 3.2))
    await stage.until("thinking")
    loop = asyncio.get_running_loop()
    loop.call_later(0.2, gate.set)
    await stage.end(VoiceError("the microphone was lost"))
    assert talk.heard[-1].raw == WORDS[0]
    assert ("taken", "") in talk.happened
    assert any("microphone" in s.message for s in stage.of(Trouble))
