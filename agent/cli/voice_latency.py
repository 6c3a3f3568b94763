"""How long the stages after a turn take, with the embedded interviewer and the neural voice."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from agent.assembly import Setup
from agent.cli.spoken_parts import models_folder, standing_phrases
from agent.conversation import ACKNOWLEDGEMENTS, SpokenConversation
from agent.interviewer import load_embeddings, open_interview
from agent.settings import data_folder
from agent.voice.backends.kokoro import KokoroTts
from agent.voice.base import RATE_HZ, Heard, Say
from agent.voice.models import model_folder
from agent.voice.mouth import Mouth
from agent.voice.normalise import speakable
from sessions.ledger import open_ledger
from tools.knowledge.terms import repair

_ANSWERS = (
    "主要是为了让训练更稳定，避免数值太大。",
    "我不太清楚，能给一点提示吗？",
    "我理解它是先计算相似度，然后归一化，再加权求和。",
    "我们当时用的是混合检索，效果比单一的向量检索好。",
    "这个我没有用过，不过了解它的基本原理。",
    "复杂度是平方级的，所以序列长的时候会很慢。",
    "应该跟数据的分布有关系，分布变了就要重新训练。",
    "我会先看一下坏例子，再决定要不要换模型。",
    "主要的代价是显存，要把中间的结果都存下来。",
    "两种都可以，看线上能接受多少延迟。",
)


@dataclass(frozen=True)
class Reply:
    """One answer's way to the first words that depend on it."""

    text_s: float
    """From the standing first phrase to the first sentence of the reply."""
    text_cpu_s: float
    sound_s: float
    """From that sentence to the sound of its first piece that is not kept ready."""
    sound_cpu_s: float
    kept_s: float
    """How long the standing phrases before that piece sound."""

    def heard_s(self, before_s: float, text_s: float, sound_s: float) -> float:
        """Return when that piece is heard, with `before_s` of sound before the reply."""
        return max(max(before_s, text_s) + self.kept_s, text_s + sound_s)


async def replies() -> list[Reply]:
    """Hold a short interview and time each reply, with the neural voice."""
    tts = KokoroTts(model_folder("kokoro", models_folder(data_folder())))
    tts.synthesise(speakable("好的。", "zh"), "zh")
    repair(_ANSWERS[0])
    mouth = Mouth(tts, "zh", deque())
    found: list[Reply] = []
    with tempfile.TemporaryDirectory(prefix="kaoguan-") as folder:
        ledger = open_ledger(Path(folder) / "ledger.db")
        setup = Setup(format="quick")
        async with open_interview(setup, ledger, Path(folder)) as interviewer:
            talk = SpokenConversation(interviewer, repair)
            async for _ in talk.begin():
                pass
            await load_embeddings()
            await mouth.warm(standing_phrases("zh"))
            for answer in _ANSWERS:
                found.extend([r async for r in _timed(talk, answer, tts, mouth)])
                if talk.is_closed:
                    break
        ledger.close()
    mouth.close()
    return found


async def _timed(
    talk: SpokenConversation, answer: str, tts: KokoroTts, mouth: Mouth
) -> AsyncIterator[Reply]:
    """Yield the times of one reply, once its first piece without a kept sound is there."""
    text: tuple[float, float] | None = None
    begun = said = _now()
    kept_s, is_over = 0.0, False
    async for item in talk.reply(Heard(raw=answer, seconds=4.0)):
        if not isinstance(item, Say) or is_over:
            continue
        if item.fixed:
            talk.floor_taken(item.turn)
            begun = _now()
            continue
        pieces = mouth.pieces(item) if text is None else [item]
        if text is None:
            text, said = _since(begun), _now()
        for piece in pieces:
            sound = mouth.kept(piece.text)
            if sound is not None:
                kept_s += len(sound) / RATE_HZ
                continue
            await asyncio.to_thread(tts.synthesise, speakable(piece.text, "zh"), "zh")
            yield Reply(*text, *_since(said), kept_s)
            is_over = True
            break


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(then: tuple[float, float]) -> tuple[float, float]:
    return time.perf_counter() - then[0], time.process_time() - then[1]


def acknowledgement_s(tts_folder: Path) -> dict[str, float]:
    """Return how long each standing first phrase sounds; their sound is kept ready."""
    tts = KokoroTts(tts_folder)
    sounds = {p: tts.synthesise(speakable(p, "zh"), "zh") for p in ACKNOWLEDGEMENTS["zh"]}
    return {phrase: len(sound) / RATE_HZ for phrase, sound in sounds.items()}
