"""One model call turned into spoken sentences: stream, parse, gate, and finish what is missing.

The model may fail, fall silent, break the rules of conduct or cut its text; the turn still ends
with what the move needs, said by the embedded interviewer and labelled so.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from agent.models.conduct import Gate, OpenGate, Rules
from agent.models.embedded import NAME
from agent.sentences import Sentences
from sessions.journal import Reply
from sessions.records import Message
from tools.base import ChatModel, ModelError, ToolCall
from tools.protocol import Malformed, Parser, Speech

NEEDS_QUESTION = frozenset(
    {
        "ask",
        "follow_up",
        "clarify",
        "challenge",
        "rephrase",
        "example",
        "step_down",
        "return_to_earlier",
        "redirect",
        "paraphrase",
    }
)
"""Moves whose turn is not whole without a question."""


@dataclass
class _Turn:
    """What has come of the turn so far."""

    gate: Gate
    say: Callable[[str], None]
    spoken: list[str] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    malformed: int = 0

    def speak(self, sentence: str) -> None:
        """Say the sentence when the gate lets it pass."""
        if sentence.strip() and self.gate.passes(sentence):
            self.spoken.append(sentence)
            self.say(sentence)


@dataclass(frozen=True)
class Speaker:
    """The models that may speak this turn, and what they may do."""

    model: ChatModel
    fallback: ChatModel
    tools: Sequence[dict[str, Any]]
    rules: Rules
    move: str


async def speak(
    speaker: Speaker,
    messages: Sequence[Message],
    say: Callable[[str], None],
    keep: Callable[[str], None],
    already: Sequence[str] = (),
) -> Reply:
    """Run one round: `say` gets each sentence as it passes, `keep` each raw piece as it streams.

    `already` are sentences of this turn spoken before a crash: they stay, and are not said again.
    """
    turn = _Turn(gate=Gate(speaker.rules), say=say)
    for sentence in already:
        turn.gate.passes(sentence)
        turn.spoken.append(sentence)
    fallback = ""
    if already:
        fallback = "interrupted"
    else:
        try:
            await _run(speaker.model, speaker.tools, messages, turn, keep)
        except ModelError as error:
            fallback = str(error)
    if not fallback and not turn.calls and _is_unfinished(turn, speaker.move):
        fallback = "refused by the gate" if turn.gate.dropped else "nothing usable was said"
    elif not fallback and _is_unfinished(turn, speaker.move) and not _asks_for_result(turn):
        fallback = "the move needs a question and none was asked"
    if fallback:
        await _finish(speaker, messages, turn, keep)
    return Reply(
        spoken="".join(turn.spoken),
        calls=[asdict(call) for call in turn.calls],
        malformed=turn.malformed,
        dropped=[{"rule": rule, "text": text} for rule, text in turn.gate.dropped],
        model=speaker.model.name,
        fallback=fallback,
    )


def _asks_for_result(turn: _Turn) -> bool:
    from tools.table import TOOLS

    return any(TOOLS[c.name].kind == "need" for c in turn.calls if c.name in TOOLS)


def _is_unfinished(turn: _Turn, move: str) -> bool:
    if not turn.spoken:
        return True
    return move in NEEDS_QUESTION and turn.gate.questions == 0


async def _run(
    model: ChatModel,
    tools: Sequence[dict[str, Any]],
    messages: Sequence[Message],
    turn: _Turn,
    keep: Callable[[str], None],
) -> None:
    parser, sentences = Parser(tools), Sentences()

    def take(events: Sequence[Any]) -> None:
        for event in events:
            if isinstance(event, Speech):
                for sentence in sentences.feed(event.text):
                    turn.speak(sentence)
            elif isinstance(event, ToolCall):
                turn.calls.append(event)
            elif isinstance(event, Malformed):
                turn.malformed += 1

    try:
        async for piece in _pieces(model, messages):
            keep(piece)
            take(parser.feed(piece))
    finally:
        take(parser.close())
        for sentence in sentences.close():
            turn.speak(sentence)


async def _pieces(model: ChatModel, messages: Sequence[Message]) -> AsyncIterator[str]:
    async for piece in model.stream(messages):
        yield piece


async def _finish(
    speaker: Speaker, messages: Sequence[Message], turn: _Turn, keep: Callable[[str], None]
) -> None:
    """Let the embedded interviewer say what the move still lacks; never a second question."""
    if turn.gate.questions and speaker.move in NEEDS_QUESTION:
        return
    rest = _Turn(gate=OpenGate(speaker.rules), say=lambda _: None)
    await _run(speaker.fallback, speaker.tools, messages, rest, lambda _: None)
    sentences = rest.spoken
    if turn.spoken and speaker.move in NEEDS_QUESTION:
        # What the model said stands in for our acknowledgement: only our question is missing.
        sentences = [s for s in rest.spoken if rest.gate.is_ours(s)] or rest.spoken[-1:]
    for sentence in sentences:
        turn.spoken.append(sentence)
        turn.say(sentence)
    turn.calls = turn.calls or rest.calls


def answered_by(reply: Reply) -> str:
    """Return the label of who wrote the turn."""
    if reply["model"] == NAME or not reply["fallback"]:
        return reply["model"]
    return f"{NAME} (fallback: {reply['fallback']})"
