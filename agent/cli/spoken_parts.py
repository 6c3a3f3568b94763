"""The speech parts of a spoken interview: loaded side by side, used once, named on the screen."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from agent.cli.talk_face import spoken
from agent.settings import Voice
from agent.voice.base import VoiceError
from agent.voice.floor import Parts

if TYPE_CHECKING:
    from rich.console import Console

    from agent.voice.base import Asr, Tts, Vad

T = TypeVar("T")
_LED = ("follow_up", "hint", "clarify", "ask", "challenge", "step_down")
"""Moves whose wordings begin with words that are always the same."""
_SAMPLE = {"zh": "好的，我们开始。", "en": "All right, let us begin."}


def models_folder(data: Path) -> Path:
    """Return where packaged speech models lie."""
    chosen = os.environ.get("KAOGUAN_MODELS")
    return Path(chosen).expanduser() if chosen else data / "models"


async def load_parts(console: Console, voice: Voice, models: Path, lang: str) -> Parts:
    """Load and warm the parts in threads; the screen names what is still awaited.

    What a part loads at its first use would stop the talk for seconds later.

    Raises:
        VoiceError: A part that was asked for cannot be used.
    """
    waiting: list[str] = []
    async with _shown(console, waiting, lang) as shown:

        async def named(name: str, work: Awaitable[T]) -> T:
            waiting.append(name)
            shown()
            result = await work
            waiting.remove(name)
            shown()
            return result

        vad, asr, tts, _ = await asyncio.gather(
            named("part_vad", asyncio.to_thread(_load_vad)),
            named("part_asr", asyncio.to_thread(_load_asr, voice.asr_model, models)),
            named("part_tts", asyncio.to_thread(_load_tts, voice, models, lang)),
            named("part_words", asyncio.to_thread(_warm_words, lang)),
        )
    return Parts(vad, asr, tts)


@contextlib.asynccontextmanager
async def _shown(
    console: Console, waiting: Sequence[str], lang: str
) -> AsyncIterator[Callable[[], None]]:
    """Show what is awaited on a line of its own, that goes away when all is there."""
    with console.status(spoken("loading", lang, parts="")) as status:

        def show() -> None:
            parts = spoken("list_mark", lang).join(spoken(name, lang) for name in waiting)
            status.update(spoken("loading", lang, parts=parts))

        yield show


def standing_phrases(lang: str) -> tuple[str, ...]:
    """Return what the embedded interviewer begins replies with, whatever it asks: kept as sound."""
    from agent.conversation import ACKNOWLEDGEMENTS
    from agent.models.embedded import phrases

    table = phrases()[lang]
    whole = [*table["ack"]["nothing"], *table["ack"]["gained"], *table["before"]["let_go"]]
    leads = [text.split("{")[0] for name in _LED for text in table["move"][name]]
    named = (*ACKNOWLEDGEMENTS[lang], *whole, *leads)
    return tuple(dict.fromkeys(phrase.strip() for phrase in named if phrase.strip()))


def phrases_ahead(lang: str, tts: Tts | None, *, has_model: bool) -> Sequence[str]:
    """Return the phrases to synthesise ahead of need.

    A chat model begins its replies as it likes, and a service is paid for every sentence: then only
    what is said after any answer.
    """
    from agent.conversation import ACKNOWLEDGEMENTS

    if has_model or bool(getattr(tts, "where", "")):
        return ACKNOWLEDGEMENTS[lang]
    return standing_phrases(lang)


def _load_vad() -> Vad:
    from agent.voice.backends.silero import SileroVad

    return SileroVad()


def _load_asr(name: str, models: Path) -> Asr:
    from agent.voice.backends.choose import choose_asr

    return choose_asr(name, models)


def _load_tts(voice: Voice, models: Path, lang: str) -> Tts | None:
    from agent.voice.backends.choose import choose_tts
    from agent.voice.normalise import speakable

    tts = choose_tts(voice.tts, voice.voice, models)
    if tts is not None:
        with contextlib.suppress(VoiceError):  # the talk itself will say so
            tts.synthesise(speakable(_SAMPLE[lang], lang), lang)
    return tts


def _warm_words(lang: str) -> None:
    from agent.voice.completeness import completeness
    from tools.knowledge.terms import repair

    completeness(_SAMPLE[lang], lang)
    repair(_SAMPLE[lang])
