"""A chat endpoint on loopback that fails in every way a real one can: real HTTP, real bytes."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Answer = Callable[["Exchange"], Awaitable[None]]


@dataclass
class Exchange:
    """One request and the means to answer it."""

    body: dict[str, Any]
    headers: dict[str, str]
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def head(self, status: int = 200, kind: str = "text/event-stream", **more: str) -> None:
        lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
        await self.send(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def delta(self, finish: str | None = None, **delta: Any) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        await self.event({"id": "x", "object": "chat.completion.chunk", "created": 1,
                          "model": "m", "choices": [choice]})  # fmt: skip

    async def event(self, data: Any) -> None:
        await self.send(f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode())

    async def done(self) -> None:
        await self.send(b"data: [DONE]\n\n")


@dataclass
class FaultServer:
    """Answers each request with the next of `answers`; the last one stands for all that follow."""

    answers: Sequence[Answer]
    seen: list[Exchange] = field(default_factory=list)
    port: int = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            pairs = (line.split(":", 1) for line in head[1:] if ":" in line)
            headers = {name.strip().lower(): value.strip() for name, value in pairs}
            raw = await reader.readexactly(int(headers.get("content-length", "0")))
            exchange = Exchange(json.loads(raw or b"{}"), headers, writer)
            self.seen.append(exchange)
            await self.answers[min(len(self.seen), len(self.answers)) - 1](exchange)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serve(
    *answers: Answer, context: ssl.SSLContext | None = None
) -> AsyncIterator[FaultServer]:
    fault = FaultServer(answers)
    server = await asyncio.start_server(fault.handle, "127.0.0.1", 0, ssl=context)
    fault.port = server.sockets[0].getsockname()[1]
    try:
        yield fault
    finally:
        server.close()


# ---- answers


def says(text: str, pieces: int = 4, usage: dict[str, Any] | None = None) -> Answer:
    async def answer(e: Exchange) -> None:
        await e.head()
        await e.delta(role="assistant", content="")
        for start in range(0, len(text), pieces):
            await e.delta(content=text[start : start + pieces])
        await e.delta(finish="stop")
        if usage:
            await e.event({"id": "x", "object": "chat.completion.chunk", "created": 1,
                           "model": "m", "choices": [], "usage": usage})  # fmt: skip
        await e.done()

    return answer


def status(code: int, message: str = "no", **headers: str) -> Answer:
    async def answer(e: Exchange) -> None:
        await e.head(code, "application/json", **headers)
        await e.send(json.dumps({"error": {"message": message, "type": "x"}}).encode())

    return answer


def cut_after(text: str, sent: int) -> Answer:
    """Stop after so many characters, in the middle of an event and of the connection."""

    async def answer(e: Exchange) -> None:
        await e.send(b"HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n")  # fmt: skip
        for char in text[:sent]:
            choice = {"index": 0, "delta": {"content": char}, "finish_reason": None}
            data = f"data: {json.dumps({'choices': [choice]})}\n\n".encode()
            await e.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        await e.send(b'40\r\ndata: {"choi')
        e.writer.transport.abort()

    return answer


def silent_end(text: str) -> Answer:
    """Close politely without a finish reason: a proxy that gave up."""

    async def answer(e: Exchange) -> None:
        await e.head()
        await e.delta(content=text)

    return answer


def stalls(text: str = "") -> Answer:
    async def answer(e: Exchange) -> None:
        await e.head()
        if text:
            await e.delta(content=text)
        await asyncio.sleep(3)

    return answer


async def never_answers(e: Exchange) -> None:
    await asyncio.sleep(3)


async def empty(e: Exchange) -> None:
    await e.head()
    await e.delta(role="assistant", content="")
    await e.delta(finish="stop")
    await e.done()


def garbage(data: bytes) -> Answer:
    async def answer(e: Exchange) -> None:
        await e.head()
        await e.send(data)

    return answer


def endless(piece: str) -> Answer:
    async def answer(e: Exchange) -> None:
        await e.head()
        while not e.writer.is_closing():
            await e.delta(content=piece)
            await asyncio.sleep(0)  # let the reader of the same loop have its turn

    return answer


async def pings_for_ever(e: Exchange) -> None:
    await e.head()
    for _ in range(300):
        await e.send(b": ping\n\n")
        await asyncio.sleep(0.01)


def finishes(reason: str, text: str = "", **delta: Any) -> Answer:
    async def answer(e: Exchange) -> None:
        await e.head()
        if text or delta:
            await e.delta(content=text, **delta)
        await e.delta(finish=reason)
        await e.done()

    return answer


async def error_in_stream(e: Exchange) -> None:
    await e.head()
    await e.delta(content="嗯。")
    await e.event({"error": {"message": "overloaded", "code": 529}})


def calls(*pieces: tuple[int, str | None, str], text: str = "") -> Answer:
    """Native tool calls: (index, name or None, piece of the arguments)."""

    async def answer(e: Exchange) -> None:
        await e.head()
        if text:
            await e.delta(content=text)
        for index, name, arguments in pieces:
            function = {"arguments": arguments} | ({"name": name} if name else {})
            row = {"index": index, "function": function}
            await e.delta(tool_calls=[row | ({"id": f"c{index}"} if name else {})])
        await e.delta(finish="tool_calls")
        await e.done()

    return answer


def whole(content: str, usage: bool = True) -> Answer:
    """A reply that is not streamed."""

    async def answer(e: Exchange) -> None:
        await e.head(200, "application/json")
        message = {"role": "assistant", "content": content}
        body: dict[str, Any] = {"id": "x", "object": "chat.completion", "created": 1, "model": "m",
                                "choices": [{"index": 0, "message": message}]}  # fmt: skip
        if usage:
            body["usage"] = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
        await e.send(json.dumps(body).encode())

    return answer
