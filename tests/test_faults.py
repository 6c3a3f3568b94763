"""Every way in which a model can fail: the turn is finished, labelled, and the session goes on."""

from __future__ import annotations

import logging
import socket
import ssl
import subprocess
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.assembly import Setup
from agent.events import Notice, Said
from agent.interviewer import open_interview
from agent.models.faults import ModelFault, calm_line
from agent.models.openai_compatible import Limits, OpenAICompatible
from agent.models.presets import Endpoint
from sessions.ledger import open_ledger
from tests import fault_server as fs

QUICK = Limits(timeout_s=0.4, most_s=1.5, most_chars=4_000, retries=2, patience_s=1.0)
MESSAGES: Any = [{"role": "system", "content": "你是面试官"}, {"role": "user", "content": "你好"}]
KEY = "sk-secret-0123456789abcdef"


def client(base_url: str, **options: Any) -> OpenAICompatible:
    waits: list[float] = options.pop("waits", [])

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    endpoint = Endpoint("m", base_url, key_envs=("KAOGUAN_API_KEY",))
    return OpenAICompatible(endpoint, options.pop("limits", QUICK), sleep=sleep, **options)


async def read(model: OpenAICompatible) -> tuple[str, str]:
    """Return the text and the fault's code."""
    text = ""
    try:
        async for piece in model.stream(MESSAGES):
            text += piece
    except ModelFault as fault:
        return text, fault.code
    finally:
        await model.aclose()
    return text, ""


FAULTS: dict[str, tuple[fs.Answer, str, str]] = {
    "401": (fs.status(401, f"Incorrect API key provided: {KEY}"), "", "unauthorized"),
    "403": (fs.status(403), "", "unauthorized"),
    "404 model": (fs.status(404, "the model `m` does not exist"), "", "no_model"),
    "429": (fs.status(429, "slow down", Retry_After="0.2"), "", "rate_limited"),
    "429 for long": (fs.status(429, "slow down", Retry_After="3600"), "", "rate_limited"),
    "500": (fs.status(500, "oops"), "", "server_error"),
    "503": (fs.status(503, "loading model"), "", "server_error"),
    "400": (fs.status(400, "bad"), "", "bad_request"),
    "400 filter": (fs.status(400, "content_filter triggered"), "", "content_filter"),
    "redirect": (fs.status(307, "go", Location="http://127.0.0.1:9/v1"), "", "redirected"),
    "cut": (fs.cut_after("方差这点有了。那", 8), "方差这点有了。那", "cut"),
    "cut at once": (fs.cut_after("", 0), "", "cut"),
    "polite cut": (fs.silent_end("方差这点有了。"), "方差这点有了。", "cut"),
    "stall at once": (fs.never_answers, "", "stalled"),
    "stall later": (fs.stalls("嗯。"), "嗯。", "stalled"),
    "pings only": (fs.pings_for_ever, "", "stalled"),
    "empty": (fs.empty, "", "empty"),
    "no events": (fs.garbage(b""), "", "empty"),
    "not json": (fs.garbage(b"data: {oops\n\n"), "", "garbage"),
    "not utf-8": (fs.garbage(b"data: \xff\xfe\x00\n\n"), "", "garbage"),
    "html": (fs.garbage(b"<html><body>502</body></html>\n\n"), "", "empty"),
    "odd shapes": (fs.garbage(b'data: {"choices": [{"delta": null}]}\n\n'
                              b'data: {"choices": null}\n\ndata: [1, 2]\n\ndata: 3\n\n'
                              b'data: {"choices": [{"delta": {"content": 7}}]}\n\n'), "", "empty"),
    "deep json": (fs.garbage(b"data: " + b"[" * 200_000 + b"\n\n"), "", "garbage"),
    "endless": (fs.endless("好。"), "好。", "endless"),
    "filter": (fs.finishes("content_filter", "嗯。"), "嗯。", "content_filter"),
    "refusal": (fs.finishes("stop", "", refusal="I cannot"), "", "declined"),
    "length": (fs.finishes("length", "方差"), "方差", "cut"),
    "error in stream": (fs.error_in_stream, "嗯。", "server_error"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
async def test_every_fault_is_known_by_its_code(name: str) -> None:
    answer, begins, code = FAULTS[name]
    async with fs.serve(answer) as server:
        text, found = await read(client(server.base_url))
    assert found == code and text.startswith(begins)
    assert calm_line(code, "zh") != code != calm_line(code, "en")


def _make_certificate(folder: Path) -> None:
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        capture_output=True,
    )  # fmt: skip
    if made.returncode:
        pytest.skip("openssl is not here to make a certificate nobody trusts")


async def test_a_closed_port_an_unknown_host_and_a_bad_certificate_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert await read(client(f"http://127.0.0.1:{port}/v1")) == ("", "refused")

    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", unknown)
        assert await read(client("http://model.invalid/v1")) == ("", "dns")

    _make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    async with fs.serve(fs.says("嗯"), context=context) as server:
        address = f"https://127.0.0.1:{server.port}/v1"
        assert await read(client(address)) == ("", "tls")


async def test_a_passing_fault_is_retried_after_the_time_the_server_asks_for() -> None:
    waits: list[float] = []
    answers = fs.status(429, Retry_After="0.7"), fs.status(500), fs.says("好的，开始。")
    async with fs.serve(*answers) as server:
        assert await read(client(server.base_url, waits=waits)) == ("好的，开始。", "")
    assert waits[0] == 0.7 and 0 < waits[1] <= 1.0 and len(server.seen) == 3


@pytest.mark.parametrize(("answer", "requests"), [
    (fs.status(500), 3), (fs.status(401), 1), (fs.status(404), 1),
    (fs.status(429, Retry_After="3600"), 1), (fs.cut_after("嗯。", 2), 1),
])  # fmt: skip
async def test_retries_are_bounded_and_never_repeat_what_was_said(
    answer: fs.Answer, requests: int
) -> None:
    async with fs.serve(answer) as server:
        await read(client(server.base_url))
    assert len(server.seen) == requests


async def test_after_a_failed_turn_the_next_one_asks_once_and_recovers() -> None:
    answers = [fs.status(500)] * 4 + [fs.says("回来了。")] * 2
    async with fs.serve(*answers) as server:
        model = client(server.base_url)
        for expected, requests in (("server_error", 3), ("server_error", 4), ("", 5)):
            code = ""
            try:
                async for _ in model.stream(MESSAGES):
                    pass
            except ModelFault as fault:
                code = fault.code
            assert (code, len(server.seen)) == (expected, requests)
        await model.aclose()


async def test_the_key_is_in_no_message_and_no_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("KAOGUAN_API_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    said = []
    echoing = fs.garbage(f'data: {{"error": {{"message": "{KEY}"}}}}\n\n'.encode())
    for answer in (fs.status(401, f"bad {KEY}"), fs.status(400, KEY), fs.status(500, KEY), echoing):
        async with fs.serve(answer) as server:
            model = client(server.base_url)
            with pytest.raises(ModelFault) as raised:
                async for _ in model.stream(MESSAGES):
                    pass
            await model.aclose()
            assert server.seen[0].headers["authorization"] == f"Bearer {KEY}"
            said.append(str(raised.value) + repr(raised.value) + repr(model.endpoint))
    assert KEY not in "".join(said) and KEY not in caplog.text


@asynccontextmanager
async def interview_with(model: OpenAICompatible, tmp_path: Path) -> Any:
    ledger = open_ledger(tmp_path / "ledger.db")
    setup = replace(Setup(format="quick", seed=3), model=model)
    async with open_interview(setup, ledger, tmp_path) as interviewer:
        yield interviewer
    ledger.close()


@pytest.mark.parametrize("name", FAULTS)
async def test_whatever_fails_the_turn_ends_with_our_words_one_calm_line_and_a_label(
    name: str, tmp_path: Path
) -> None:
    answer, _, code = FAULTS[name]
    async with fs.serve(answer) as server:
        model = client(server.base_url)
        async with interview_with(model, tmp_path) as interviewer:
            began = time.monotonic()
            events = [event async for event in interviewer.begin()]
            notices = [e for e in events if isinstance(e, Notice)]
            spoken = "".join(e.text for e in events if isinstance(e, Said))
            reply = interviewer.interview.journal.last("reply")
            turn = interviewer.interview.journal.recent_turns(1)[0]
        assert time.monotonic() - began < 10
    assert spoken.count("？") <= 1 and len(spoken) > 5 and turn["text"] == spoken
    assert [n.detail for n in notices] == [calm_line(code, "zh")]
    assert reply["fallback"].startswith(code) and turn["answered_by"].startswith("embedded")


async def test_the_session_outlives_the_fault_and_the_model_speaks_again(tmp_path: Path) -> None:
    answers = (
        fs.says("你好，请你介绍一下自己。"),
        *[fs.status(500)] * 3,
        fs.says("嗯，那你负责哪一块？"),
    )
    async with (
        fs.serve(*answers) as server,
        interview_with(client(server.base_url), tmp_path) as interviewer,
    ):
        labels = []
        for stream in (interviewer.begin(), None, None):
            async for _ in stream or interviewer.reply("我做过检索增强，主要负责召回。"):
                pass
            labels.append(interviewer.interview.journal.recent_turns(1)[0]["answered_by"])
    assert labels[0] == "m" and labels[1].startswith("embedded (fallback: server_error")
    assert labels[2] == "m"


@pytest.mark.parametrize(
    "text", ["作为一个 AI 语言模型，我无法参与面试。", "I'm sorry, but I can't assist."]
)
async def test_a_refusal_in_words_is_not_said_and_the_turn_goes_on(
    text: str, tmp_path: Path
) -> None:
    async with (
        fs.serve(fs.says(text)) as server,
        interview_with(client(server.base_url), tmp_path) as interviewer,
    ):
        spoken = "".join([e.text async for e in interviewer.begin() if isinstance(e, Said)])
        reply = interviewer.interview.journal.last("reply")
    assert text[:8] not in spoken and spoken
    assert reply["dropped"] and reply["fallback"].startswith("gate")
