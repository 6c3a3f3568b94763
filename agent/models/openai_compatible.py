"""Any OpenAI-compatible chat endpoint, streamed through the `openai` package.

One client a session, kept open so that a turn does not pay for a new connection, and closed with
the interview. Redirects are refused (words go only where the first line on screen says), proxies
are not used for this machine, and the key appears in no message. What is not bounded here is one
line of a stream without an end: its bytes gather until the time-out.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent.models.faults import RETRIED, ModelFault, fault_of, wire_errors
from agent.models.metering import Budget, Usage, estimate_prompt
from agent.models.native import wire_tools
from agent.models.presets import Endpoint
from agent.models.reply import Reply
from agent.models.roles import alternate
from sessions.records import Message

if TYPE_CHECKING:
    import openai

LIMIT_TOKENS = 4_000
"""Most tokens of a reply, thoughts included, where the endpoint takes a bound."""


@dataclass(frozen=True)
class Limits:
    """How long and how much a reply may be, and how patiently it is asked for."""

    timeout_s: float = 30.0
    """Without a piece of the reply."""
    most_s: float = 180.0
    """For the whole reply."""
    most_chars: int = 60_000
    retries: int = 2
    """Further tries before the first piece; none when the last turn failed too."""
    patience_s: float = 6.0
    """Longest wait before a further try: a server that asks for more is not waited for."""


class OpenAICompatible:
    """One model at one endpoint."""

    def __init__(
        self,
        endpoint: Endpoint,
        limits: Limits | None = None,
        budget: Budget | None = None,
        tools: Sequence[Mapping[str, Any]] = (),
        needs: frozenset[str] = frozenset(),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`tools` switches native calling on; `needs` are those that open a further round."""
        self.endpoint = endpoint
        self.budget = budget or Budget()
        self._limits = limits or Limits()
        self._tools = list(tools) if endpoint.native else []
        self._needs = needs
        self._sleep = sleep
        self._ask_usage = endpoint.usage
        self._usage = Usage()
        self._failed = False
        self._client: openai.AsyncOpenAI | None = None

    @property
    def name(self) -> str:
        """The model's name at its endpoint."""
        return self.endpoint.model

    @property
    def where(self) -> str:
        """Host that the words are sent to."""
        return self.endpoint.host

    @property
    def tool_mode(self) -> str:
        """`native` when the endpoint is given the tools, else `tagged`."""
        return "native" if self._tools else "tagged"

    def take_usage(self) -> Usage:
        """Return what was used since the last time this was asked."""
        used, self._usage = self._usage, Usage()
        return used

    async def aclose(self) -> None:
        """Close the connection."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def stream(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        """Yield the reply as it comes; native calls come as tagged text.

        Raises:
            ModelError: The endpoint cannot be reached, refuses, or breaks off.
        """
        tries = 1 if self._failed else 1 + self._limits.retries
        for number in range(tries):
            begun = False
            try:
                async with aclosing(self._reply(messages)) as pieces:
                    async for piece in pieces:
                        begun = True
                        yield piece
            except ModelFault as fault:
                self._failed = True
                wait = self._wait_before_next(fault, number)
                if begun or wait is None or number == tries - 1:
                    raise
                await self._sleep(wait)
            else:
                self._failed = False
                return

    def _wait_before_next(self, fault: ModelFault, number: int) -> float | None:
        """Return the seconds before a further try, or None when none is worth it."""
        if fault.code not in RETRIED:
            return None
        asked = fault.retry_after_s
        if asked is not None:
            return asked if asked <= self._limits.patience_s else None
        most: float = min(0.5 * 2**number, self._limits.patience_s)
        return random.uniform(most / 2, most)  # jitter: many clients must not come back at once

    async def _reply(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        """Ask once; in native mode a second time when the first reply was calls without a word."""
        wire: list[dict[str, Any]] = [dict(message) for message in alternate(messages)]
        first = Reply(self.where, self._limits.most_chars)
        async with aclosing(self._once(wire, first)) as pieces:
            async for piece in pieces:
                yield piece
        if first.spoke or not first.calls or self._needs & set(first.calls.names):
            return
        second = Reply(self.where, self._limits.most_chars)
        follow = [*wire, *first.calls.messages()]
        async with aclosing(self._once(follow, second, tool_choice="none")) as pieces:
            async for piece in pieces:
                yield piece

    async def _once(
        self, wire: list[dict[str, Any]], reply: Reply, **extra: Any
    ) -> AsyncGenerator[str, None]:
        prompt = estimate_prompt([Message(role="user", content=str(m["content"])) for m in wire])
        fault: ModelFault | None = None
        try:
            stream = await self._open(wire, extra)
            async with aclosing(_guarded(stream, self._limits)) as chunks:
                async for chunk in chunks:
                    for piece in reply.read(chunk):
                        yield piece
            reply.check_end()
        except ModelFault as error:
            fault = error
        except wire_errors() as error:
            fault = fault_of(error, self.where, self.endpoint.key())
            fault.__cause__ = error
        finally:
            self._usage = self._usage.plus(reply.used(prompt))
        if reply.thinking:
            yield "</think>"
        if reply.calls:
            yield reply.calls.tagged(complete=fault is None)
        if fault is not None:
            raise fault

    async def _open(self, wire: list[dict[str, Any]], extra: dict[str, Any]) -> Any:
        """Send the request; what the endpoint does not take is left out from then on."""
        import openai

        create = self.client().chat.completions.create  # loads much when first touched
        while True:
            options = self._options() | (extra if self._tools else {})
            try:
                async with asyncio.timeout(self._limits.timeout_s):
                    return await create(
                        model=self.name,
                        messages=wire,  # type: ignore[arg-type]
                        stream=True,
                        **options,
                    )
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if not self._give_up_option(str(error)):
                    raise

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = {}
        if self._ask_usage:
            options["stream_options"] = {"include_usage": True}
        if self.endpoint.limit:
            options[self.endpoint.limit] = LIMIT_TOKENS
        if self._tools:
            options["tools"] = wire_tools(self._tools)
        return options

    def _give_up_option(self, said: str) -> bool:
        """Leave out the optional part that the endpoint named, or one after the other."""
        if self._ask_usage and ("stream_options" in said or "tool" not in said):
            self._ask_usage = False
            return True
        if self._tools:
            self._tools = []
            return True
        return False

    def client(self) -> openai.AsyncOpenAI:
        """Return the session's client, made when first used."""
        import openai

        if self._client is None:
            transport = openai.DefaultAsyncHttpxClient(
                follow_redirects=False, trust_env=not self.endpoint.is_local
            )
            self._client = openai.AsyncOpenAI(
                api_key=self.endpoint.key() or "none",
                base_url=self.endpoint.base_url,
                timeout=self._limits.timeout_s,
                max_retries=0,
                http_client=transport,
            )
        return self._client


async def _guarded(stream: Any, limits: Limits) -> AsyncGenerator[Any, None]:
    """Yield the stream's chunks; raise when one is too long in coming, or there is no end."""
    clock = asyncio.get_running_loop().time
    end = clock() + limits.most_s
    iterator = aiter(stream)
    try:
        while True:
            left = end - clock()
            try:
                async with asyncio.timeout(min(limits.timeout_s, left)):
                    chunk = await anext(iterator, None)
            except TimeoutError:
                if left < limits.timeout_s:
                    raise ModelFault("endless", f"over {limits.most_s:.0f} s") from None
                raise
            if chunk is None:
                return
            yield chunk
    finally:
        await stream.close()
