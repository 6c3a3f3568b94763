"""`kaoguan talk` in a terminal, heard and spoken to through a virtual sound card: real parts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.voice.audio import silence
from agent.voice.base import Samples
from tests.virtual_sound import Terminal, VirtualSound, missing, wait_for

pytestmark = pytest.mark.slow
SLOW_S = 240.0
"""For a machine that does several things at once."""
LINES = (
    *("我觉得主要的原因是", "这样训练会更加稳定。", "等一下，我还想补充一点，这样收敛也会更快。"),
    *("我们后来还试了别的方法，因为", "而且不需要更多的数据。", "这个问题我不太清楚。"),
    "它的作用是让训练更加稳定。",
)


class Live:
    """A talk under way: what is said to it, and what it keeps."""

    def __init__(self, folder: Path, data: Path, models: Path) -> None:
        from agent.voice.backends.kokoro import KokoroTts

        self.sound = VirtualSound(folder)
        self.sound.record(folder / "loudspeaker.raw")
        environment = {**self.sound.environment, "KAOGUAN_MODELS": str(models), "TERM": "xterm"}
        self.terminal = Terminal(folder, environment)
        self._data = data
        voice = KokoroTts(models / "kokoro", "zm_yunxi")
        self._said = {text: voice.synthesise(text, "zh") for text in LINES}

    def say(self, text: str) -> Samples:
        return self._said[text]

    def events(self, kind: str) -> list[dict[str, Any]]:
        from agent.interviewer import LEDGER_FILE
        from sessions.ledger import open_ledger

        ledger = open_ledger(self._data / LEDGER_FILE)
        try:
            return [e for e in ledger.events() if e["kind"] == kind]
        finally:
            ledger.close()

    def more_than(self, kind: str, count: int) -> bool:
        return len(self.events(kind)) > count

    def answered(self, count: int) -> bool:
        return len(self.answers()) > count

    def answers(self) -> list[str]:
        turns = [e["body"] for e in self.events("turn")]
        return [t["text"] for t in turns if t["speaker"] == "candidate"]

    def until(self, what: str, ready: Callable[[], bool]) -> None:
        wait_for(ready, SLOW_S, what, self.terminal.screen)

    def until_listening(self) -> None:
        """Wait for the floor, and for the loudspeaker to fall silent."""
        self.terminal.wait("正在听", SLOW_S)
        self.until("silence", lambda: not self.sounds())

    def sounds(self) -> bool:
        return bool(np.abs(self.sound.heard(0.3).astype(np.int32)).max(initial=0) > 300)


@pytest.fixture
def live(models: Path, tmp_path: Path, data_folder: Path) -> Iterator[Live]:
    if not os.environ.get("KAOGUAN_LIVE"):
        pytest.skip("in real time and a quarter of an hour: run it alone by `make live`")
    if lacks := missing():
        pytest.skip(f"a virtual sound card needs: {lacks}")
    talk = Live(tmp_path / "live", data_folder, models)
    yield talk
    talk.terminal.kill()
    talk.sound.close()


@pytest.fixture
def models() -> Path:
    from agent.voice.models import installed, packaged_models

    folder = Path(os.environ.get("KAOGUAN_MODELS", "models"))
    if not all(installed(model, folder) for model in packaged_models().values()):
        pytest.skip("set KAOGUAN_MODELS to a folder with the packaged speech models")
    return folder


def test_a_live_interview_waits_is_interrupted_reopened_killed_and_taken_up(live: Live) -> None:
    live.terminal.start("talk", "--format", "standard", "--lang", "zh")
    live.until_listening()

    # five seconds of thought after an open word
    first, second = live.say("我觉得主要的原因是"), live.say("这样训练会更加稳定。")
    live.sound.speak(np.concatenate([first, silence(5.0), second, silence(0.5)]))
    live.until("the first answer", lambda: len(live.answers()) == 1)
    assert "原因" in live.answers()[0] and "稳定" in live.answers()[0]

    # the interviewer is interrupted in mid-sentence
    more = live.say("等一下，我还想补充一点，这样收敛也会更快。")
    mouth = live.sound.mouth()
    live.until("the interviewer's voice", live.sounds)
    live.until("a longer sentence", lambda: len(live.events("turn")) >= 3 and live.sounds())
    live.sound.speak(more, mouth)
    live.terminal.wait("被打断", SLOW_S)
    live.until("the second answer", lambda: len(live.answers()) == 2)
    assert live.events("unsaid"), "what was not heard is in the ledger"

    # going on after the turn was taken and before the interviewer sounds
    live.until_listening()
    opened = len(live.events("heard_withdrawn"))
    for _ in range(4):
        heard, taken = len(live.events("heard")), len(live.answers())
        mouth, rest = live.sound.mouth(), live.say("而且不需要更多的数据。")
        live.sound.speak(live.say("我们后来还试了别的方法，因为"))
        live.until("an answer", partial(live.more_than, "heard", heard))
        live.sound.speak(rest, mouth)
        live.until("an end", partial(live.answered, taken))
        if len(live.events("heard_withdrawn")) > opened:
            break
        live.until_listening()
    assert len(live.events("heard_withdrawn")) > opened, live.terminal.screen()
    assert "您继续说" in live.terminal.screen()
    assert "方法" in live.answers()[-1] and "数据" in live.answers()[-1]

    # the power goes
    live.until_listening()
    kept, heard = live.answers(), len(live.events("heard"))
    live.sound.speak(np.concatenate([live.say("这个问题我不太清楚。"), silence(0.3)]))
    live.until("a heard answer", partial(live.more_than, "heard", heard))
    live.terminal.kill()
    live.terminal.start("talk", "--continue", "--lang", "zh")
    live.until_listening()
    assert live.answers()[: len(kept)] == kept, "nothing that was taken is lost or doubled"
    live.sound.speak(np.concatenate([live.say("它的作用是让训练更加稳定。"), silence(0.3)]))
    live.until("an answer after the crash", partial(live.answered, len(kept)))
    assert len({e["session"] for e in live.events("turn")}) == 1

    # what came out of the loudspeaker is what stands in the ledger
    from agent.voice.backends.whisper import WhisperAsr

    live.terminal.keys("C-c")
    sound = live.sound.heard()
    loud = np.flatnonzero(np.abs(sound.astype(np.int32)) > 500)
    start = max(0, int(loud[0]) - 8_000)
    models = Path(os.environ["KAOGUAN_MODELS"])
    spoken = WhisperAsr(models / "whisper-base").recognise(
        sound[start : start + 20 * 16_000], "zh", ()
    )
    opening = next(e["body"]["text"] for e in live.events("turn"))
    shared = set(spoken.text) & set(opening)
    assert len(shared) >= 8, f"{spoken.text} / {opening}"
