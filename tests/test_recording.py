"""A recording that was kept: gone on with after a break, never overwritten."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agent.voice.base import RATE_HZ, VoiceError
from agent.voice.devices import Recorder

soundfile = pytest.importorskip("soundfile", reason="the voice extra is not installed")


def sound(value: int) -> np.ndarray:
    return np.full(512, value, np.int16)


def test_a_session_taken_up_again_adds_to_its_recording(tmp_path: Path) -> None:
    path = tmp_path / "s.wav"
    for part in (1, 2):
        recorder = Recorder(path, goes_on=True)
        assert recorder.seconds_before == (part - 1) * 512 / RATE_HZ
        recorder.add(sound(part), sound(10 * part))
        recorder.close()
    heard, rate = soundfile.read(path, dtype="int16")
    assert rate == RATE_HZ and heard.shape == (1024, 2)
    assert heard[0].tolist() == [1, 10] and heard[-1].tolist() == [2, 20]


def test_a_file_named_by_hand_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    for value in (1, 2):
        recorder = Recorder(path)
        recorder.add(sound(value), sound(value))
        recorder.close()
    assert soundfile.info(path).frames == 512


def test_a_damaged_recording_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.wav"
    path.write_bytes(b"not a recording")
    with pytest.raises(VoiceError, match=r"s\.wav"):
        Recorder(path, goes_on=True)
    assert path.read_bytes() == b"not a recording"
