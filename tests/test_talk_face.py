from __future__ import annotations

import io

from rich.console import Console

from agent.cli.talk_face import SpokenFace
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
