"""Any OpenAI-compatible chat endpoint, streamed through the `openai` package."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from sessions.records import Message
from tools.base import ModelError

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam

DEFAULT_BASE_URL = "https://api.openai.com/v1"
RETRIES = 2
"""Further tries after a refused connection, a time-out, 429 or 5xx, before the first piece."""


class OpenAICompatible:
    """One model at one endpoint; the key comes from the environment and is shown nowhere."""

    def __init__(self, model: str, base_url: str = "", timeout_s: float = 30.0) -> None:
        self._model = model
        self._base_url = base_url or os.environ.get("OPENAI_BASE_URL") or DEFAULT_BASE_URL
        self._timeout_s = timeout_s

    @property
    def name(self) -> str:
        """The model's name at its endpoint."""
        return self._model

    @property
    def where(self) -> str:
        """Host that the words are sent to."""
        return urlsplit(self._base_url).netloc or self._base_url

    async def stream(self, messages: Sequence[Message]) -> AsyncIterator[str]:
        """Yield the reply as it comes.

        Raises:
            ModelError: The endpoint cannot be reached, refuses, or breaks off.
        """
        import openai

        client = openai.AsyncOpenAI(
            api_key=os.environ.get("OPENAI_API_KEY") or "none",
            base_url=self._base_url,
            timeout=self._timeout_s,
            max_retries=RETRIES,
        )
        try:
            async with client:
                stream = await client.chat.completions.create(
                    model=self._model,
                    messages=cast("list[ChatCompletionMessageParam]", list(messages)),
                    stream=True,
                )
                async for chunk in stream:
                    if chunk.choices and chunk.choices[0].delta.content:
                        yield chunk.choices[0].delta.content
        except openai.OpenAIError as error:
            raise ModelError(f"{type(error).__name__}: {str(error)[:200]}") from error
