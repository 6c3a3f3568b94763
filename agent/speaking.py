"""One model call turned into spoken sentences: stream, parse, gate, and finish what is missing.

The model may fail, fall silent, break the rules of conduct or cut its text; the turn still ends
with what the move needs, said by the embedded interviewer and labelled so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from agent.models.conduct import Gate, OpenGate, Rules, bridges
from agent.models.embedded import NAME
from agent.sentences import Sentences
from sessions.journal import Reply
from sessions.records import Message
from tools.base import ChatModel, ModelError, ToolCall
from tools.protocol import Event, Malformed, Parser, Speech

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


_ENDS = ("。", "！", "？", "!", "?", "…", ".", "”", "」")
MOST_ERRORS = 20
"""Malformed calls whose reasons are kept."""


@dataclass
class _Turn:
    """What has come of the turn so far."""

    gate: Gate
    say: Callable[[str], None]
    spoken: list[str] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    malformed: int = 0
    repairs: int = 0

    def speak(self, sentence: str) -> None:
        """Say the sentence when the gate lets it pass."""
        if sentence.strip() and self.gate.passes(sentence):
            self.spoken.append(sentence)
            self.say(sentence)

    @property
    def looks_up(self) -> bool:
        """Whether a call was made whose result the model waits for."""
        from tools.table import TOOLS

        return any(TOOLS[c.name].kind == "need" for c in self.calls if c.name in TOOLS)


@dataclass(frozen=True)
class Speaker:
    """The models that may speak this round, and what they may do."""

    model: ChatModel
    fallback: ChatModel
    tools: Sequence[dict[str, Any]]
    rules: Rules
    move: str
    earlier: tuple[str, ...] = ()
    """Sentences of this turn's earlier rounds: one question a turn, not one a round."""
    may_look: bool = True
    """Whether a further round is left; in the last one the model has to speak."""
    withheld: str = ""
    """Why the model must not be asked at all, as `code: detail`."""


async def speak(
    speaker: Speaker,
    messages: Sequence[Message],
    say: Callable[[str], None],
    keep: Callable[[str], None],
    already: Sequence[str] = (),
) -> Reply:
    """Run one round: `say` gets each sentence as it passes, `keep` each raw piece as it streams.

    `already` are sentences of this round spoken before a crash: they stay, and are not said again.
    """
    turn = _Turn(gate=Gate(speaker.rules), say=say)
    for sentence in speaker.earlier:
        turn.gate.passes(sentence)
    for sentence in already:
        turn.gate.passes(sentence)
        turn.spoken.append(sentence)
    fallback = speaker.withheld or ("interrupted" if already else "")
    if not fallback:
        try:
            await _run(speaker.model, speaker.tools, messages, turn, keep)
        except ModelError as error:
            fallback = str(error)
    fallback = fallback or _lacking(turn, speaker)
    if fallback:
        await _finish(speaker, messages, turn)
    elif turn.looks_up and not turn.spoken and not speaker.earlier:
        turn.speak(_bridge(speaker, messages))
    return _reply(turn, speaker, fallback)


def _reply(turn: _Turn, speaker: Speaker, fallback: str) -> Reply:
    return Reply(
        spoken="".join(turn.spoken),
        calls=[asdict(call) for call in turn.calls],
        malformed=turn.malformed,
        errors=turn.errors,
        repairs=turn.repairs,
        dropped=[{"rule": rule, "text": text} for rule, text in turn.gate.dropped],
        model=speaker.model.name,
        fallback=fallback,
    )


def _lacking(turn: _Turn, speaker: Speaker) -> str:
    """Return why the round is not whole as it stands, or nothing."""
    if turn.looks_up and speaker.may_look:
        return ""
    if not _is_unfinished(turn, speaker):
        return ""
    if turn.gate.dropped:
        return f"gate: {turn.gate.dropped[0][0]}"
    return "no_question" if turn.spoken or speaker.earlier else "unusable"


def _is_unfinished(turn: _Turn, speaker: Speaker) -> bool:
    if not turn.spoken and not speaker.earlier:
        return True
    return speaker.move in NEEDS_QUESTION and turn.gate.questions == 0


async def _run(
    model: ChatModel,
    tools: Sequence[dict[str, Any]],
    messages: Sequence[Message],
    turn: _Turn,
    keep: Callable[[str], None],
) -> None:
    """Stream one reply through parser and gate; a sentence that a failure cut is not said."""
    parser, sentences = Parser(tools), Sentences()
    stream = model.stream(messages)
    try:
        async for piece in stream:
            keep(piece)
            if not _take(parser.feed(piece), sentences, turn):
                break
        _take(parser.close(), sentences, turn)
        for sentence in sentences.close():
            turn.speak(sentence)
    except ModelError:
        _take(parser.close(), sentences, turn)
        for sentence in sentences.close():
            if sentence.rstrip().endswith(_ENDS):
                turn.speak(sentence)
        raise
    finally:
        turn.repairs += parser.repairs
        close = getattr(stream, "aclose", None)
        if close is not None:
            await close()


def _take(events: Sequence[Event], sentences: Sentences, turn: _Turn) -> bool:
    """Say and keep what came; return False when the model goes on talking after a look-up."""
    for event in events:
        if isinstance(event, Speech):
            if turn.looks_up and event.text.strip():
                return False
            for sentence in sentences.feed(event.text):
                turn.speak(sentence)
        elif isinstance(event, ToolCall):
            turn.calls.append(event)
        elif isinstance(event, Malformed):
            turn.malformed += 1
            if len(turn.errors) < MOST_ERRORS:
                turn.errors.append(event.reason[:300])
    return True


def _bridge(speaker: Speaker, messages: Sequence[Message]) -> str:
    options = bridges(speaker.rules.lang)
    return options[len(messages) % len(options)]


async def _finish(speaker: Speaker, messages: Sequence[Message], turn: _Turn) -> None:
    """Let the embedded interviewer say what the move still lacks; never a second question."""
    if turn.gate.questions and speaker.move in NEEDS_QUESTION:
        return
    rest = _Turn(gate=OpenGate(speaker.rules), say=lambda _: None)
    await _run(speaker.fallback, speaker.tools, messages, rest, lambda _: None)
    sentences = rest.spoken
    if (turn.spoken or speaker.earlier) and speaker.move in NEEDS_QUESTION:
        # What the model said stands in for our acknowledgement: only our question is missing.
        sentences = [s for s in rest.spoken if rest.gate.is_ours(s)] or rest.spoken[-1:]
    for sentence in sentences:
        turn.spoken.append(sentence)
        turn.say(sentence)
    turn.calls = [c for c in turn.calls if not _waits(c)] or rest.calls


def _waits(call: ToolCall) -> bool:
    """A look-up whose result nobody will read: the turn is finished without it."""
    from tools.table import TOOLS

    return call.name in TOOLS and TOOLS[call.name].kind == "need"


def answered_by(reply: Reply) -> str:
    """Return the label of who wrote the turn."""
    if reply["model"] == NAME or not reply["fallback"]:
        return reply["model"]
    return f"{NAME} (fallback: {reply['fallback']})"
