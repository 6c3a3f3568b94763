from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from agent.cli.spoken_parts import load_parts, standing_phrases
from agent.cli.talk_face import SpokenFace
from agent.settings import Voice
from agent.voice.base import Say, VoiceError
from agent.voice.mouth import opening
from agent.voice.signals import Interrupted, Saying, TurnReopened, TurnTaken


def test_every_spoken_sentence_is_a_whole_line_of_its_own() -> None:
    """A prompt stands below: what is written without its line end would be drawn over."""
    out = io.StringIO()
    face = SpokenFace(Console(file=out, width=80), "zh")
    face.show(Saying("好的。"))
    assert out.getvalue().endswith("好的。\n")
    face.show(Saying("请说说 [批归一化]。"))
    face.show(TurnTaken("它用批次的均值", 0.7, "finished"))
    face.show(TurnReopened())
    face.show(Interrupted("后半句"))
    face.show(Saying("请继续。"))
    lines = out.getvalue().splitlines()
    assert lines[:3] == ["考官 › 好的。", "  请说说 [批归一化]。", "你 › 它用批次的均值"]
    assert "后半句" in lines[4] and lines[5] == "考官 › 请继续。"


_FIRST_LINE = """
import click, sys
import agent.cli.talk as talk
def echo(line="", **more):
    print(line)
    heavy = {"langgraph", "onnxruntime", "faster_whisper", "jieba", "openai"}
    print(sorted(heavy & set(sys.modules)))
    sys.exit(0)
click.echo = echo
talk.command.main(["--lang", "en"])
"""


def test_the_first_line_stands_on_the_screen_before_anything_heavy_is_imported() -> None:
    """A busy machine takes many seconds over the imports and the models."""
    done = subprocess.run(
        [sys.executable, "-c", _FIRST_LINE], capture_output=True, text=True, timeout=120
    )
    assert done.stdout.splitlines() == ["Getting the spoken interview ready …", "[]"], done.stderr


async def test_what_is_still_loading_is_named_on_the_screen(tmp_path: Path) -> None:
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=True)
    voice = Voice(asr_model=str(tmp_path / "no-such-model"), tts="none")
    with pytest.raises(VoiceError, match="no-such-model"):
        await load_parts(console, voice, tmp_path, "en")
    assert "Loading: " in out.getvalue() and "recognition" in out.getvalue()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_sounds_kept_ready_are_what_replies_really_begin_with(lang: str) -> None:
    kept = standing_phrases(lang)
    assert 15 < len(kept) < 60 and len(set(kept)) == len(kept)
    assert not any(slot in phrase for phrase in kept for slot in "{}")


def test_a_led_question_begins_with_a_kept_sound() -> None:
    led = Say("t", "往下走一步，如果数据量翻十倍会怎么样？")
    assert opening(led)[0].text in standing_phrases("zh")
