"""One streamed reply of an endpoint: its chunks, of whatever shape, turned into tagged text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from agent.models.faults import ModelFault
from agent.models.metering import Usage
from agent.models.native import NativeCalls


@dataclass
class Reply:
    """What has come so far."""

    where: str
    most_chars: int
    calls: NativeCalls = field(default_factory=NativeCalls)
    chars: int = 0
    spoke: bool = False
    thinking: bool = False
    finish: str = ""
    usage: Any = None

    def read(self, chunk: Any) -> list[str]:
        """Take one chunk and return what it adds to the text.

        Raises:
            ModelFault: The model declines, or there is no end to the reply.
        """
        self.usage = getattr(chunk, "usage", None) or self.usage
        choices = getattr(chunk, "choices", None)
        if not isinstance(choices, list) or not choices:
            return []
        delta = getattr(choices[0], "delta", None)
        self.finish = _text(choices[0], "finish_reason") or self.finish
        self.calls.take(getattr(delta, "tool_calls", None))
        if _text(delta, "refusal"):
            raise ModelFault("declined", self.where)
        pieces = self._pieces(delta)
        self.chars += sum(map(len, pieces))
        if self.chars + self.calls.chars > self.most_chars:
            raise ModelFault("endless", f"{self.where}: over {self.most_chars} characters")
        return pieces

    def _pieces(self, delta: Any) -> list[str]:
        """Return thought and words; a thought is set in its tags, which it cannot close itself."""
        pieces = []
        thought = _text(delta, "reasoning_content") or _text(delta, "reasoning")
        if thought:
            thought = thought.replace("</think>", "</ think>")
            pieces.append(thought if self.thinking else f"<think>{thought}")
            self.thinking = True
        content = _text(delta, "content")
        if content:
            pieces.append(f"</think>{content}" if self.thinking else content)
            self.thinking = False
            self.spoke = self.spoke or bool(content.strip())
        return pieces

    def check_end(self) -> None:
        """Judge how the stream ended.

        Raises:
            ModelFault: It was filtered, cut, or held nothing.
        """
        if self.finish == "content_filter":
            raise ModelFault("content_filter", self.where)
        if self.finish == "length":
            raise ModelFault("cut", f"{self.where} stopped at its length limit")
        if not self.spoke and not self.calls:
            raise ModelFault("empty", f"{self.where} sent no words")
        if not self.finish:
            raise ModelFault("cut", f"{self.where} ended the stream without saying so")

    def used(self, prompt: int) -> Usage:
        """Return what the reply used; reckoned from `prompt` and its length when nobody says."""
        given = self.usage
        told = [getattr(given, name, None) for name in ("prompt_tokens", "completion_tokens")]
        if not all(isinstance(number, int) for number in told):
            return Usage(prompt, (self.chars + 2) // 3, calls=1, estimated=True)
        details = getattr(given, "prompt_tokens_details", None)
        cached = getattr(details, "cached_tokens", None) or 0
        return Usage(given.prompt_tokens, given.completion_tokens, cached, calls=1)


def _text(holder: Any, name: str) -> str:
    value = getattr(holder, name, None)
    return value if isinstance(value, str) else ""
