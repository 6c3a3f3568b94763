from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import pytest

np = pytest.importorskip("numpy")
soundfile = pytest.importorskip("soundfile")

from agent.reviewing import audio  # noqa: E402
from agent.reviewing.decoding import channels_of  # noqa: E402
from agent.voice.base import RATE_HZ, HeardWord, Recognised  # noqa: E402
from sessions.transcript import TranscriptError  # noqa: E402


class CountingAsr:
    """Says which stretch it was given, and fails when told to."""

    name = "counting"

    def __init__(self, fails_at: int = -1) -> None:
        self.calls = 0
        self._fails_at = fails_at

    def recognise(self, samples: Any, lang: str, terms: Any) -> Recognised:
        self.calls += 1
        if self.calls == self._fails_at:
            raise KeyboardInterrupt
        return Recognised(f"words {len(samples)}")


def _noise(seconds: float, low: int, high: int, seed: int) -> Any:
    spectrum = np.zeros(int(seconds * RATE_HZ) // 2 + 1, dtype=complex)
    random = np.random.default_rng(seed)
    hz = np.fft.rfftfreq(int(seconds * RATE_HZ), 1 / RATE_HZ)[: len(spectrum)]
    inside = (hz >= low) & (hz < high)
    spectrum[inside] = np.exp(2j * np.pi * random.random(inside.sum()))
    sound = np.fft.irfft(spectrum, int(seconds * RATE_HZ))
    return sound / np.abs(sound).max() * 0.5


def _recording(path: Path, stereo: bool) -> list[tuple[int, int]]:
    deep = [_noise(2, 100, 900, seed) for seed in (1, 2)]
    bright = [_noise(2, 1800, 5000, seed) for seed in (3, 4)]
    silence = np.zeros(RATE_HZ)
    parts = [deep[0], silence, bright[0], silence, deep[1], silence, bright[1]]
    mono = np.concatenate(parts)
    spans, at = [], 0
    for number, part in enumerate(parts):
        if number % 2 == 0:
            spans.append((at, at + len(part)))
        at += len(part)
    if not stereo:
        soundfile.write(path, mono, RATE_HZ)
        return spans
    left, right = np.zeros(len(mono)), np.zeros(len(mono))
    for number, (a, b) in enumerate(spans):
        (left if number % 2 == 0 else right)[a:b] = mono[a:b]
    soundfile.write(path, np.stack([left, right], axis=1), RATE_HZ)
    return spans


def _loud(samples: Any, pause_s: float = 0.7) -> list[tuple[int, int]]:
    frames = samples[: len(samples) // RATE_HZ * RATE_HZ].reshape(-1, RATE_HZ)
    loud = [i for i, frame in enumerate(frames) if np.abs(frame).mean() > 50]
    runs: list[tuple[int, int]] = []
    for i in loud:
        if runs and runs[-1][1] == i * RATE_HZ:
            runs[-1] = (runs[-1][0], (i + 1) * RATE_HZ)
        else:
            runs.append((i * RATE_HZ, (i + 1) * RATE_HZ))
    return runs


@pytest.mark.parametrize("stereo", [True, False])
def test_two_speakers_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stereo: bool
) -> None:
    _recording(tmp_path / "talk.wav", stereo)
    monkeypatch.setattr(audio, "speech_in", _loud)
    found = audio.transcribe(
        tmp_path / "talk.wav", tmp_path / "data", lambda *_: None, CountingAsr()
    )
    assert [b.label for b in found.blocks] == ["speaker 1", "speaker 2"] * 2
    assert [b.start_s for b in found.blocks] == [0.0, 3.0, 6.0, 9.0]


def test_an_interrupted_run_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _recording(tmp_path / "talk.wav", True)
    monkeypatch.setattr(audio, "speech_in", _loud)
    place = (tmp_path / "talk.wav", tmp_path / "data", lambda *_: None)
    with pytest.raises(KeyboardInterrupt):
        audio.transcribe(*place, CountingAsr(fails_at=3), "zh")
    again = CountingAsr()
    audio.transcribe(*place, again, "zh")
    assert again.calls == 2
    assert not list((tmp_path / "data").rglob("*.jsonl"))


def test_a_file_without_sound_says_so(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"no sound at all")
    with pytest.raises(TranscriptError, match="cannot be read as sound"):
        audio.transcribe(tmp_path / "x.wav", tmp_path, lambda *_: None, CountingAsr())


class SureIn:
    """Recognises with more confidence in one language."""

    name = "sure"

    def __init__(self, lang: str) -> None:
        self._lang = lang

    def recognise(self, samples: Any, lang: str, terms: Any) -> Recognised:
        word = HeardWord("word", 0.0, 0.5, 0.9 if lang == self._lang else 0.4)
        return Recognised(f"{lang} words", (word,))


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("leaks", [0.0, 0.03])
def test_a_silent_side_is_no_speaker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: int, leaks: float
) -> None:
    _recording(tmp_path / "mono.wav", False)
    talk, rate_hz = soundfile.read(tmp_path / "mono.wav")
    hiss = np.random.default_rng(6).normal(0, 1e-4, len(talk))
    both = [talk, leaks * talk + hiss]
    soundfile.write(tmp_path / "talk.wav", np.stack(both[:: 1 - 2 * side], axis=1), rate_hz)
    [heard] = channels_of(tmp_path / "talk.wav")
    assert np.abs(heard).max() == pytest.approx(32_768 * np.abs(talk).max(), rel=0.01)
    monkeypatch.setattr(audio, "speech_in", _loud)
    found = audio.transcribe(
        tmp_path / "talk.wav", tmp_path / "data", lambda *_: None, CountingAsr()
    )
    assert [b.label for b in found.blocks] == ["speaker 1", "speaker 2"] * 2


def test_the_quieter_of_two_microphones_stays_a_speaker(tmp_path: Path) -> None:
    _recording(tmp_path / "talk.wav", True)
    both, rate_hz = soundfile.read(tmp_path / "talk.wav")
    soundfile.write(tmp_path / "quiet.wav", both * [1.0, 0.2], rate_hz)
    assert len(channels_of(tmp_path / "quiet.wav")) == 2


def test_a_recording_is_told_from_others_without_being_held_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _recording(tmp_path / "talk.wav", True)
    channels = channels_of(tmp_path / "talk.wav")
    monkeypatch.setattr(audio, "speech_in", _loud)
    monkeypatch.setattr(audio, "channels_of", lambda path: channels)
    with (tmp_path / "talk.wav").open("r+b") as file:
        file.truncate(64_000_000)
    tracemalloc.start()
    try:
        found = audio.transcribe(
            tmp_path / "talk.wav", tmp_path / "data", lambda *_: None, CountingAsr(), "zh"
        )
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found.blocks) == 4
    assert most < 16_000_000


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_language_spoken_is_the_one_heard_most_surely(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    _recording(tmp_path / "talk.wav", True)
    monkeypatch.setattr(audio, "speech_in", _loud)
    found = audio.transcribe(
        tmp_path / "talk.wav", tmp_path / "data", lambda *_: None, SureIn(lang)
    )
    assert {block.text.split()[0] for block in found.blocks} == {lang}


def test_a_recording_of_a_phone_is_read_like_a_wav(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    sound = (_noise(2.0, 300, 900, 1) * 20_000).astype(np.int16)
    with av.open(str(tmp_path / "talk.m4a"), "w") as file:
        stream = file.add_stream("aac", rate=RATE_HZ)
        stream.layout = "mono"
        for at in range(0, len(sound) - 1023, 1024):
            frame = av.AudioFrame.from_ndarray(sound[None, at : at + 1024], "s16", "mono")
            frame.sample_rate, frame.pts = RATE_HZ, at
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    [heard] = channels_of(tmp_path / "talk.m4a")
    assert len(heard) == pytest.approx(len(sound), abs=4_096)
    assert np.abs(heard).max() > 3_000
