"""Speed of the speech parts and the thinking-pause table; `make bench` prints them."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.bench


def models() -> Path:
    folder = Path(os.environ.get("KAOGUAN_MODELS", ""))
    if not (folder / "kokoro" / "complete").exists():
        pytest.skip("set KAOGUAN_MODELS to a folder with the packaged models")
    return folder


def test_recognition_time_by_length() -> None:
    from agent.voice.audio import silence
    from agent.voice.backends.kokoro import KokoroTts
    from agent.voice.backends.whisper import WhisperAsr

    voice, asr = KokoroTts(models() / "kokoro"), WhisperAsr(models() / "whisper-base")
    begun = time.process_time()
    sentence = voice.synthesise("残差连接让梯度可以直接传到前面的层。", "zh")
    rate = (time.process_time() - begun) / (len(sentence) / 16_000)
    print(f"\nsynthesis: {rate:.2f} CPU s a second of speech")
    for seconds in (3, 6, 12):
        sound = np.resize(np.concatenate([sentence, silence(0.3)]), seconds * 16_000)
        begun, cpu = time.perf_counter(), time.process_time()
        asr.recognise(sound, "zh", ())
        wall = time.perf_counter() - begun
        print(f"recognition of {seconds:>2} s: {wall:.2f} s, {time.process_time() - cpu:.2f} CPU s")


def test_endpointing_decisions_are_cheap() -> None:
    from agent.voice.base import Cues
    from agent.voice.endpointing import View, decide

    decide(View(0.5, 2.0, "预热", True), Cues())
    begun = time.perf_counter()
    for number in range(2_000):
        decide(View(0.5, 2.0, f"它的作用是让第{number % 50}层", True), Cues())
    print(f"\nendpointing: {(time.perf_counter() - begun) / 2_000 * 1e6:.0f} µs a decision")
