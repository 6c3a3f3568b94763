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
from agent.voice.backends.remote import KEY_ENVS, RemoteAsr, RemoteTts
from agent.voice.base import Recognised, VoiceError
from agent.voice.stream_asr import StreamAsr


class SpeechService:
    """Answers as told; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.answers: list[tuple[int, str, bytes]] = []
        self.moved = ""
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                service.asked.append((self.path, headers, read(self.headers, body)))
                status, kind, answer = service.answers.pop(0)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                if service.moved:
                    self.send_header("Location", service.moved)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def json(self, status: int = 200, **body: Any) -> None:
        self.answers.append((status, "application/json", json.dumps(body).encode()))

    def redirect(self, url: str) -> None:
        self.moved = url
        self.answers.append((307, "text/plain", b""))

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
    for name in KEY_ENVS:
        monkeypatch.delenv(name, raising=False)
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


@pytest.mark.parametrize("status", [400, 422])
def test_a_model_without_word_times_is_asked_again_without_them(
    service: SpeechService, tmp_path: Path, status: int
) -> None:
    asr = choose_asr(f"gpt-transcribe@{service.url}", tmp_path)
    service.json(status, error={"message": "verbose_json is not supported"})
    service.json(text="it works")
    service.json(text="again")
    assert asr.recognise(np.full(8_000, 500, np.int16), "en", ()).text == "it works"
    assert asr.recognise(np.full(8_000, 500, np.int16), "en", ()).text == "again"
    formats = [fields["response_format"] for _, _, fields in service.asked]
    assert formats == ["verbose_json", "json", "json"], "asked for times only until refused"


def test_a_failing_service_is_one_error_that_names_it(
    service: SpeechService, tmp_path: Path
) -> None:
    asr = choose_asr(f"whisper-1@{service.url}", tmp_path)
    service.json(500, error={"message": "out of memory"})
    with pytest.raises(VoiceError, match=service.url):
        asr.recognise(np.full(8_000, 500, np.int16), "en", ())


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html", b"<html>busy</html>"),
        ("application/json", b"[1, 2]"),
        ("application/json", b'"text"'),
        ("application/json", b"null"),
        ("application/json", b'{"text": "it wo'),
        ("application/json", b"\xff\xfe"),
        ("application/json", b""),
        ("application/json", b'{"error": "busy"}'),
        ("application/json", b'{"text": null}'),
        ("application/json", b'{"text": ["it works"]}'),
    ],
)
def test_an_answer_that_is_no_transcript_is_an_error_that_names_the_service(
    service: SpeechService, kind: str, body: bytes
) -> None:
    asr = RemoteAsr("whisper-1", service.url)
    service.answers.append((200, kind, body))
    with pytest.raises(VoiceError, match=service.url):
        asr.recognise(np.full(8_000, 500, np.int16), "en", ())


@pytest.mark.parametrize(
    "words",
    [
        [{"word": "it"}, {"word": "works", "start": 0.1, "end": 0.4}],
        [
            {"word": "it", "start": None, "end": None},
            {"word": "works", "start": 0.1, "end": 0.4},
            {"word": None, "start": 0.5, "end": 0.6},
            {"word": "x", "start": "soon", "end": 0.6},
            7,
        ],
    ],
)
def test_words_without_times_are_left_out_and_the_text_stays(
    service: SpeechService, words: list[Any]
) -> None:
    asr = RemoteAsr("whisper-1", service.url)
    service.json(text="it works", words=words)
    found = asr.recognise(np.full(8_000, 500, np.int16), "en", ())
    assert found.text == "it works"
    assert [(w.text, w.start_s, w.end_s) for w in found.words] == [("works", 0.1, 0.4)]


@pytest.mark.parametrize("words", [7, "it works", {"word": "it"}])
def test_words_that_are_no_list_are_left_out(service: SpeechService, words: Any) -> None:
    asr = RemoteAsr("whisper-1", service.url)
    service.json(text="it works", words=words)
    assert asr.recognise(np.full(8_000, 500, np.int16), "en", ()) == Recognised("it works", (), 0.5)


@pytest.mark.parametrize("url", ["http:///v1", "https://", "http1://host/v1"])
def test_an_address_that_is_none_is_refused_at_the_start(url: str, tmp_path: Path) -> None:
    for choose in (choose_asr, lambda name, models: choose_tts(name, "", models)):
        with pytest.raises(VoiceError, match="no address"):
            choose(f"m@{url}", tmp_path)


def test_a_redirect_is_not_followed(service: SpeechService) -> None:
    asr = RemoteAsr("whisper-1", service.url)
    service.redirect(service.url.replace("127.0.0.1", "localhost") + "/elsewhere")
    service.json(text="it works")
    with pytest.raises(VoiceError, match=service.url):
        asr.recognise(np.full(8_000, 500, np.int16), "en", ())
    assert len(service.asked) == 1


def test_a_service_on_this_machine_is_asked_without_the_proxy(
    service: SpeechService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    asr = RemoteAsr("whisper-1", service.url)
    service.json(text="it works")
    assert asr.recognise(np.full(8_000, 500, np.int16), "en", ()).text == "it works"


def test_name_and_password_of_an_address_are_never_shown(service: SpeechService) -> None:
    url = service.url.replace("//", "//me:hidden@")
    for part in (RemoteAsr("whisper-1", url), RemoteTts("tts-1", "", url)):
        assert part.where == service.url and "hidden" not in part.name


async def test_a_failure_of_a_moment_costs_no_words(service: SpeechService) -> None:
    ear = StreamAsr(RemoteAsr("whisper-1", service.url))
    ear.begin_turn("en", ())
    service.json(500, error={"message": "busy"})
    service.json(text="it works")
    for frame in (*[np.full(512, 2_000, np.int16)] * 20, *[np.zeros(512, np.int16)] * 10):
        ear.feed(frame, 0.9 if frame.any() else 0.0)
    await ear.settle()
    ear.close()
    assert ear.text == "it works" and ear.trouble is None


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
    monkeypatch.setenv("KAOGUAN_API_KEY", "our-key")
    tts = choose_tts(f"tts-1@{service.url}", "", tmp_path)
    assert tts is not None
    service.sound(tone(24_000, 0.2))
    tts.synthesise("Hello.", "en")
    assert service.asked[1][1]["authorization"] == "Bearer our-key"


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
