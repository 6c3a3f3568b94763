from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from agent.cli.spoken_parts import load_parts, phrases_ahead, standing_phrases
from agent.cli.talk_face import SpokenFace
from agent.conversation import ACKNOWLEDGEMENTS
from agent.settings import Voice
from agent.voice.base import Samples, Say, VoiceError
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


def test_only_what_the_embedded_interviewer_says_here_is_made_ready_in_full() -> None:
    class Service:
        name, where = "a service", "https://speech.example/v1"

        def synthesise(self, text: str, lang: str) -> Samples:
            raise AssertionError

    assert phrases_ahead("en", None, has_model=False) == standing_phrases("en")
    assert phrases_ahead("en", None, has_model=True) == ACKNOWLEDGEMENTS["en"]
    assert phrases_ahead("en", Service(), has_model=False) == ACKNOWLEDGEMENTS["en"]


def test_without_turns_that_were_taken_the_latency_has_no_figures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from agent.cli import evaluate_voice, voice_latency

    async def replies() -> list[voice_latency.Reply]:
        return [voice_latency.Reply(0.2, 0.1, 0.5, 0.4, 0.0)]

    monkeypatch.setattr(voice_latency, "replies", replies)
    monkeypatch.setattr(voice_latency, "acknowledgement_s", lambda folder: {"好的。": 0.6})
    monkeypatch.setattr("agent.voice.models.model_folder", lambda name, models: models)
    rows = evaluate_voice.latency([], [])
    assert rows["end of turn → first word that depends on the answer"] == {"p50": None, "p95": None}


def test_words_after_a_kept_opening_are_heard_when_made_and_when_the_opening_is_over() -> None:
    from agent.cli.voice_latency import Reply

    reply = Reply(0.2, 0.1, 3.0, 2.0, kept_s=1.5)
    assert reply.heard_s(0.6, 0.2, 3.0) == 3.2
    assert reply.heard_s(0.6, 0.2, 0.5) == 2.1
