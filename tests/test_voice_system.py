"""The system's voice through pyttsx3: real speech where there is an engine, and its faults."""

from __future__ import annotations

import shutil
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from agent.voice.backends import system
from agent.voice.backends.choose import choose_tts, is_hard_to_understand
from agent.voice.base import RATE_HZ, VoiceError

pytest.importorskip("pyttsx3")


@pytest.fixture
def engine() -> None:
    import sys

    if sys.platform.startswith("linux") and shutil.which("espeak-ng") is None:
        pytest.skip("the system's voice on Linux needs: apt-get install espeak-ng")


@pytest.mark.usefixtures("engine")
def test_each_sentence_becomes_sound_of_a_likely_length(tmp_path: Path) -> None:
    tts = choose_tts("pyttsx3", "", tmp_path)
    assert tts is not None
    short = tts.synthesise("Hello.", "en")
    long = tts.synthesise("Please describe a project that you are proud of in some detail.", "en")
    chinese = tts.synthesise("请介绍一下你自己。", "zh")
    for sound in (short, long, chinese):
        assert sound.dtype == np.int16 and np.abs(sound.astype(np.int32)).max() > 1_000
    assert 0.2 < len(short) / RATE_HZ < 2.0
    assert 2.0 < len(long) / RATE_HZ < 8.0
    assert 1.0 < len(chinese) / RATE_HZ < 6.0


def test_chinese_is_written_as_pinyin_because_the_engine_misreads_characters() -> None:
    assert system.pinyin("用 Python 写").split() == ["yong4", "Python", "xie3"]


def test_the_hard_chinese_voice_is_known_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    assert is_hard_to_understand(system.SystemTts(), "zh")
    assert not is_hard_to_understand(system.SystemTts(), "en")


FAULTS = {
    "hangs": ("import time; time.sleep(60)", "no answer"),
    "dies": ("import os; os._exit(3)", "exit code 3"),
    "raises": ("raise RuntimeError('no audio device')", "no audio device"),
    "writes nothing": ("", "no file|empty file"),
    "prints": ("print('noise' * 10_000)", "empty file"),
}


@pytest.mark.parametrize("fault", list(FAULTS))
def test_a_fault_of_the_engine_stays_in_its_process(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, reason = FAULTS[fault]
    fake = f"""
    class Engine:
        def setProperty(self, name, value): pass
        def getProperty(self, name): return []
        def save_to_file(self, text, path): pass
        def runAndWait(self):
            {body or "pass"}
    def init(): return Engine()
    """
    (tmp_path / "pyttsx3.py").write_text(textwrap.dedent(fake), encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(system, "_TIMEOUT_S", 1.5 if fault == "hangs" else 20.0)
    monkeypatch.setattr(system, "_TRIES", 1)
    begun = time.monotonic()
    with pytest.raises(VoiceError, match=reason):
        system.SystemTts().synthesise("Hello.", "en")
    assert time.monotonic() - begun < 19.0
