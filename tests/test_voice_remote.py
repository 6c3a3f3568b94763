"""Recognition and speech by an OpenAI-compatible service: real HTTP to a server on loopback."""

from __future__ import annotations

import io
import json
import struct
import wave
from collections.abc import Iterator
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from agent.voice.backends.choose import choose_asr, choose_tts
from agent.voice.base import VoiceError


class SpeechService:
    """Answers as told; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.answers: list[tuple[int, str, bytes]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                service.asked.append((self.path, headers, read(self.headers, body)))
                status, kind, answer = service.answers.pop(0)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def json(self, status: int = 200, **body: Any) -> None:
        self.answers.append((status, "application/json", json.dumps(body).encode()))

    def sound(self, data: bytes) -> None:
        self.answers.append((200, "audio/wav", data))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/v1"


def read(headers: Any, body: bytes) -> dict[str, Any]:
    """The fields of a JSON or multipart body."""
    kind = headers["Content-Type"]
    if kind == "application/json":
        return json.loads(body)
    message = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    found = {}
    for part in message.get_payload():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        found[name] = data if part.get_filename() else data.decode("utf-8")
    return found


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[SpeechService]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    found = SpeechService()
    thread = Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


def tone(rate_hz: int, seconds: float) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        wave_form = np.sin(np.arange(round(rate_hz * seconds)) * 2 * np.pi * 440 / rate_hz)
        file.writeframes((wave_form * 9_000).astype("<i2").tobytes())
    return out.getvalue()


def test_speech_goes_out_as_a_wav_with_the_terms_and_comes_back_as_words(
    service: SpeechService, tmp_path: Path
) -> None:
    asr = choose_asr(f"whisper-1@{service.url}", tmp_path)
    service.json(text="我們用了梯度裁剪", words=[{"word": "我們", "start": 0.1, "end": 0.4}])
    found = asr.recognise(np.full(16_000, 500, np.int16), "zh", ("梯度裁剪", "动量"))
    path, _, fields = service.asked[0]
    assert path == "/v1/audio/transcriptions"
    assert fields["model"] == "whisper-1" and fields["language"] == "zh"
    assert "梯度裁剪" in fields["prompt"] and "动量" in fields["prompt"]
    with wave.open(io.BytesIO(fields["file"])) as sent:
        assert (sent.getframerate(), sent.getnchannels(), sent.getnframes()) == (16_000, 1, 16_000)
    assert found.text == "我们用了梯度裁剪"
    assert [(w.start_s, w.end_s) for w in found.words] == [(0.1, 0.4)]
    assert asr.name == f"whisper-1 at {service.url}"


def test_a_model_without_word_times_is_asked_again_without_them(
    service: SpeechService, tmp_path: Path
) -> None:
    asr = choose_asr(f"gpt-transcribe@{service.url}", tmp_path)
    service.json(400, error={"message": "verbose_json is not supported"})
    service.json(text="it works")
    assert asr.recognise(np.full(8_000, 500, np.int16), "en", ()).text == "it works"
    assert service.asked[1][2]["response_format"] == "json"


def test_a_failing_service_is_one_error_that_names_it(
    service: SpeechService, tmp_path: Path
) -> None:
    asr = choose_asr(f"whisper-1@{service.url}", tmp_path)
    for _ in range(2):
        service.json(500, error={"message": "out of memory"})
    with pytest.raises(VoiceError, match=service.url):
        asr.recognise(np.full(8_000, 500, np.int16), "en", ())


@pytest.mark.parametrize("rate_hz", [16_000, 24_000, 44_100])
def test_a_sentence_is_spoken_at_our_rate_whatever_the_service_sends(
    service: SpeechService, tmp_path: Path, rate_hz: int
) -> None:
    tts = choose_tts(f"tts-1@{service.url}", "nova", tmp_path)
    assert tts is not None
    service.sound(tone(rate_hz, 0.5))
    sound = tts.synthesise("请介绍一下你自己。", "zh")
    path, _, fields = service.asked[0]
    assert path == "/v1/audio/speech"
    assert (fields["input"], fields["voice"]) == ("请介绍一下你自己。", "nova")
    assert abs(len(sound) - 8_000) < 40 and 8_000 < np.abs(sound).max() < 10_000
    crossings = np.count_nonzero(np.diff(np.signbit(sound)))
    assert 430 < crossings < 450, "the tone of 440 Hz is still one"


def test_a_wav_streamed_before_its_length_was_known_is_read_whole(
    service: SpeechService, tmp_path: Path
) -> None:
    tts = choose_tts(f"tts-1@{service.url}", "", tmp_path)
    assert tts is not None
    data = bytearray(tone(24_000, 0.5))
    data[4:8] = data[40:44] = struct.pack("<I", 0xFFFFFFFF)
    service.sound(bytes(data))
    assert abs(len(tts.synthesise("Hello.", "en")) - 8_000) < 40


def test_what_is_no_sound_is_an_error_that_names_the_service(
    service: SpeechService, tmp_path: Path
) -> None:
    tts = choose_tts(f"tts-1@{service.url}", "", tmp_path)
    assert tts is not None
    service.sound(b"<html>busy</html>")
    with pytest.raises(VoiceError, match=service.url):
        tts.synthesise("Hello.", "en")


def test_the_key_of_the_environment_goes_to_the_service_that_was_named(
    service: SpeechService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a-key")
    tts = choose_tts(f"tts-1@{service.url}", "", tmp_path)
    assert tts is not None
    service.sound(tone(24_000, 0.2))
    tts.synthesise("Hello.", "en")
    assert service.asked[0][1]["authorization"] == "Bearer a-key"


def test_the_talk_says_where_the_voice_is_sent_and_never_that_it_stays(
    service: SpeechService, tmp_path: Path
) -> None:
    from click.testing import CliRunner

    from agent.cli.main import cli
    from agent.voice.audio import silence, write_audio

    write_audio(tmp_path / "nothing.wav", silence(0.3))
    command = ["talk", "--format", "quick", "--lang", "zh", "--tts", "none", "--plain"]
    sound = ["--file", str(tmp_path / "nothing.wav"), "--asr", f"whisper-1@{service.url}"]
    done = CliRunner().invoke(cli, [*command, *sound])
    assert service.url in done.output and "你的声音会发送到" in done.output
    assert "不会离开" not in done.output
