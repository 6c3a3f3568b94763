"""How long the stages after a turn take, with the embedded interviewer and the neural voice."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from agent.assembly import Setup
from agent.cli.spoken import models_folder
from agent.conversation import SpokenConversation
from agent.interviewer import open_interview
from agent.settings import data_folder
from agent.voice.backends.kokoro import KokoroTts
from agent.voice.base import Heard, Say
from agent.voice.models import model_folder
from agent.voice.normalise import speakable
from sessions.ledger import open_ledger

_ANSWERS = (
    "主要是为了让训练更稳定，避免数值太大。",
    "我不太清楚，能给一点提示吗？",
    "我理解它是先计算相似度，然后归一化，再加权求和。",
    "我们当时用的是混合检索，效果比单一的向量检索好。",
    "这个我没有用过，不过了解它的基本原理。",
    "复杂度是平方级的，所以序列长的时候会很慢。",
)


async def stages() -> dict[str, list[float]]:
    """Return seconds by stage: the first answer-dependent sentence, and its sound."""
    tts = KokoroTts(model_folder("kokoro", models_folder(data_folder())))
    tts.synthesise(speakable("好的。", "zh"), "zh")
    found: dict[str, list[float]] = {
        "first words of the reply (after a cached acknowledgement)": [],
        "their sound (CPU s)": [],
        "first words that depend on the answer, heard": [],
    }
    text, sound, both = found.values()
    with tempfile.TemporaryDirectory(prefix="kaoguan-") as folder:
        ledger = open_ledger(Path(folder) / "ledger.db")
        setup = Setup(format="quick")
        async with open_interview(setup, ledger, Path(folder)) as interviewer:
            talk = SpokenConversation(interviewer)
            async for _ in talk.begin():
                pass
            for answer in _ANSWERS:
                begun, first = time.perf_counter(), None
                async for item in talk.reply(Heard(raw=answer, seconds=4.0)):
                    if not isinstance(item, Say):
                        continue
                    if item.fixed:
                        talk.floor_taken(item.turn)
                    elif first is None:
                        first = time.perf_counter() - begun
                        cpu = time.process_time()
                        tts.synthesise(speakable(item.text, "zh"), "zh")
                        text.append(first)
                        sound.append(time.process_time() - cpu)
                        both.append(text[-1] + sound[-1])
                if talk.is_closed:
                    break
        ledger.close()
    return found
