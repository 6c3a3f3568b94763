from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest

from agent.voice.base import Aside, Cues, Heard, Recognised, Say, VoiceError
from agent.voice.mouth import Mouth, opening
from agent.voice.signals import (
    FalseAlarm,
    Interrupted,
    Nudged,
    Signal,
    Trouble,
    TurnReopened,
    TurnTaken,
)
from tests.voice_fakes import ScriptedConversation, Stage, SteadyTts, WordAsr, hush, spoken

WORDS = [
    "残差连接的好处是训练会更稳定",
    "然后",
    "推理的时候用滑动平均",
    "嗯",
    "等一下我还没说完这个问题",
    "就是",
]
LONG_REPLY = "好的，我们接着看下一个问题，请你说说批归一化在训练和推理的时候有什么不同。"


async def opened(stage: Stage) -> Stage:
    await stage.feed(hush(0.1))
    await stage.until("listening")
    return stage


async def test_a_finished_answer_is_taken_after_about_seven_tenths_of_a_second() -> None:
    talk = ScriptedConversation("谢谢。")
    stage = await opened(Stage(talk, WordAsr(WORDS)))
    await stage.feed(hush(0.5), spoken(0, 2.0))
    await stage.until("speaking")
    (taken,) = stage.of(TurnTaken)
    assert isinstance(taken, TurnTaken)
    assert 0.6 <= taken.waited_s <= 0.9
    assert talk.heard[0].raw == WORDS[0]
    await stage.end()


async def test_a_pause_of_six_seconds_after_an_open_word_does_not_end_the_turn() -> None:
    talk = ScriptedConversation("谢谢。")
    stage = await opened(Stage(talk, WordAsr(WORDS)))
    await stage.feed(spoken(0, 1.5), spoken(1, 0.5), hush(6.0), spoken(2, 1.5))
    assert stage.of(TurnTaken) == []
    await stage.until("speaking")
    assert talk.heard[0].raw == WORDS[0] + WORDS[1] + WORDS[2]
    assert 9.0 < talk.heard[0].seconds < 10.0
    await stage.end()


async def test_going_on_before_the_first_sound_withdraws_the_answer_and_loses_nothing() -> None:
    gate = threading.Event()
    gate.set()
    talk = ScriptedConversation("好的，我们换一个问题。")
    tts = SteadyTts(gate)
    stage = await opened(Stage(talk, WordAsr(WORDS), tts, lockstep=False))
    gate.clear()
    await stage.feed(spoken(0, 1.5))
    await stage.until("thinking")
    await stage.feed(hush(0.2), spoken(2, 1.0))
    assert stage.of(TurnReopened)
    assert talk.happened == [("taken", "opening")] or talk.happened[-1] == ("withdraw", WORDS[0])
    gate.set()
    await stage.until("thinking")
    await stage.until("speaking")
    assert talk.heard[-1].raw == WORDS[0] + WORDS[2]
    assert ("taken", "h2") in talk.happened
    await stage.end()


async def test_speech_over_the_interviewer_stops_it_within_two_hundred_milliseconds() -> None:
    talk = ScriptedConversation(LONG_REPLY, "好的。")
    stage = await opened(Stage(talk, WordAsr(WORDS)))
    await stage.feed(spoken(0, 1.5))
    await stage.until("speaking")
    await stage.feed(hush(1.6))
    before = len(stage.played)
    await stage.feed(spoken(4, 2.0))
    sounding = [at for at, out in enumerate(stage.played[before:]) if np.any(out)]
    assert max(sounding) * 0.032 <= 0.2
    await stage.until("listening")
    await stage.until("speaking")
    cut = stage.of(Interrupted)[0]
    assert isinstance(cut, Interrupted)
    assert cut.unsaid and LONG_REPLY.endswith(cut.unsaid)
    assert ("unsaid", "h1", len(LONG_REPLY) - len(cut.unsaid)) in talk.happened
    assert talk.heard[1].raw == WORDS[4]
    await stage.end()


async def test_a_hum_lets_the_interviewer_go_on_at_the_clause() -> None:
    talk = ScriptedConversation(LONG_REPLY)
    stage = await opened(Stage(talk, WordAsr(WORDS)))
    await stage.feed(spoken(0, 1.5))
    await stage.until("speaking")
    await stage.feed(hush(1.0), spoken(3, 0.3), hush(1.0))
    assert stage.of(FalseAlarm) and not stage.of(Interrupted)
    await stage.until("listening")
    sounded = sum(int(np.count_nonzero(out)) for out in stage.played) / 16_000
    assert sounded >= len(LONG_REPLY) / 10
    await stage.end()


async def test_a_second_answer_right_after_the_first_sound_continues_the_first() -> None:
    talk = ScriptedConversation(LONG_REPLY, "好的。")
    stage = await opened(Stage(talk, WordAsr(WORDS)))
    await stage.feed(spoken(0, 1.5))
    await stage.until("speaking")
    await stage.feed(hush(0.3), spoken(2, 2.0))
    await stage.until("listening")
    await stage.until("speaking")
    assert talk.heard[1].continues == "h1"
    await stage.end()


async def test_typing_ends_what_is_being_said() -> None:
    talk = ScriptedConversation(LONG_REPLY, "收到。")
    stage = await opened(Stage(talk, WordAsr(WORDS)))
    await stage.feed(spoken(0, 1.5))
    await stage.until("speaking")
    stage.loop.type("我改成打字")
    await stage.feed(hush(0.5))
    await stage.until("listening")
    assert talk.heard[1].typed and talk.heard[1].raw == "我改成打字"
    await stage.end()


async def test_a_long_silence_gets_one_encouragement_and_no_second() -> None:
    stage = await opened(Stage(ScriptedConversation(), WordAsr(WORDS)))
    await stage.feed(hush(70.0))
    assert len(stage.of(Nudged)) == 1
    await stage.end()


async def test_a_lost_microphone_keeps_what_was_said() -> None:
    talk = ScriptedConversation("好的。")
    stage = await opened(Stage(talk, WordAsr(WORDS)))
    await stage.feed(spoken(0, 1.5), spoken(1, 0.4))
    await stage.end(VoiceError("the microphone was lost"))
    assert talk.heard[0].raw == WORDS[0] + WORDS[1]
    assert [s for s in stage.of(Trouble) if "microphone" in s.message]  # type: ignore[attr-defined]


async def test_a_recogniser_that_fails_is_named_in_one_line_and_ends_nothing() -> None:
    stage = await opened(Stage(ScriptedConversation(), WordAsr(WORDS, failing=True)))
    await stage.feed(spoken(0, 1.5), hush(3.0))
    messages = [s.message for s in stage.of(Trouble)]  # type: ignore[attr-defined]
    assert set(messages) == {"the recogniser is broken"}
    assert stage.loop.state == "listening"
    await stage.end()


async def test_a_code_round_waits_for_minutes() -> None:
    talk = ScriptedConversation(cues=Cues(patience="code", answer_kind="code"))
    stage = await opened(Stage(talk, WordAsr(WORDS)))
    await stage.feed(spoken(0, 1.5), hush(100.0))
    assert stage.of(TurnTaken) == []
    await stage.end()


@pytest.mark.parametrize("minutes", [1, 3])
async def test_the_last_recognition_is_as_short_after_minutes_as_after_seconds(
    minutes: int,
) -> None:
    asr = WordAsr(WORDS)
    stage = await opened(Stage(ScriptedConversation("好的。"), asr))
    for _ in range(minutes * 10):
        await stage.feed(spoken(2, 4.0), spoken(5, 1.5), hush(0.5))
    await stage.feed(spoken(0, 2.0))
    await stage.until("speaking")
    assert max(asr.seconds) <= 16.0
    assert asr.seconds[-1] <= 12.0
    await stage.end()


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("好，先听到这里。", ["好，先听到这里。"]),
        (
            "那再往下一层，如果数据量翻十倍会怎么样？",
            ["那再往下一层，", "如果数据量翻十倍会怎么样？"],
        ),
        ("请看函数 f(a, b) 的定义，它返回什么？", ["请看函数 f(a, b) 的定义，", "它返回什么？"]),
        ("共有1,000,000个样本需要在一天之内处理完。", None),
        ("Right, now tell me why it works.", ["Right,", " now tell me why it works."]),
    ],
)
def test_a_long_first_sentence_is_spoken_from_its_first_clause_on(
    text: str, pieces: list[str] | None
) -> None:
    cut = opening(Say("t", text, start=7))
    assert [piece.text for piece in cut] == (pieces or [text])
    assert "".join(piece.text for piece in cut) == text
    assert cut[-1].start == 7 + len(text) - len(cut[-1].text)


async def test_a_machine_too_slow_for_it_makes_only_the_first_phrases_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from agent.voice import mouth

    made = []

    class SlowTts(SteadyTts):
        def synthesise(self, text: str, lang: str) -> np.ndarray:
            time.sleep(mouth._TOO_SLOW_S + 0.05)
            made.append(text)
            return np.zeros(100, np.int16)

    monkeypatch.setattr(mouth, "_TOO_SLOW_S", 0.1)
    slow = mouth.Mouth(SlowTts(), "en", deque())
    await slow.warm(["One.", "Two.", "Three.", "Four.", "Five."])
    slow.close()
    assert made == ["One.", "Two.", "Three."]


class HeldConversation(ScriptedConversation):
    """Its first reply stops after one sentence until it is let go; later ones wait to stand."""

    def __init__(self, *replies: str) -> None:
        super().__init__(*replies)
        self.go_on = asyncio.Event()
        self.stands: dict[str, asyncio.Future[bool]] = {}

    async def reply(self, heard: Heard) -> AsyncIterator[Say | Aside]:
        self.heard.append(heard)
        turn = f"h{len(self.heard)}"
        stands = self.stands[turn] = asyncio.get_running_loop().create_future()
        yield Say(turn, "好的。", fixed=True)
        if await stands:
            yield Say(turn, self.replies.pop(0))
            if turn == "h1":
                await self.go_on.wait()
                yield Say(turn, "这是后来才写好的一句。")

    def withdraw(self, turn_id: str) -> None:
        waiting = [turn for turn, stands in self.stands.items() if not stands.done()]
        self.happened.append(("withdraw", *waiting))
        for turn in waiting:
            self.stands[turn].set_result(False)

    def floor_taken(self, turn_id: str) -> None:
        super().floor_taken(turn_id)
        if turn_id in self.stands:
            self.stands[turn_id].set_result(True)


async def interrupted_while_it_is_written() -> tuple[Stage, HeldConversation]:
    talk = HeldConversation(LONG_REPLY, "谢谢，我们继续。")
    stage = await opened(Stage(talk, WordAsr(WORDS), lockstep=False))
    await stage.feed(spoken(0, 1.5))
    await stage.until("speaking")
    await stage.feed(hush(2.0), spoken(4, 2.0))
    await stage.until("listening")
    assert stage.of(Interrupted)
    return stage, talk


async def test_a_sentence_that_comes_after_its_reply_was_stopped_takes_no_later_turn() -> None:
    stage, talk = await interrupted_while_it_is_written()
    await stage.feed(hush(0.5), spoken(0, 1.5))
    await stage.until("thinking")
    await stage.feed(hush(0.1))
    talk.go_on.set()
    await stage.until("speaking")
    assert [h[1] for h in talk.happened if h[0] == "taken"] == ["h1", "h2"]
    await asyncio.wait_for(stage.until("listening"), 20)
    await asyncio.wait_for(stage.end(), 5)


async def test_an_answer_that_goes_on_before_its_reply_has_begun_leaves_nothing_waiting() -> None:
    stage, talk = await interrupted_while_it_is_written()
    await stage.feed(hush(0.5), spoken(0, 1.5))
    await stage.until("thinking")
    await stage.feed(hush(0.1), spoken(2, 1.0))
    assert stage.of(TurnReopened)
    talk.go_on.set()
    await stage.until("thinking")
    await stage.until("speaking")
    assert talk.heard[-1].raw.endswith(WORDS[0] + WORDS[2]) and len(talk.heard) == 2
    await asyncio.wait_for(stage.until("listening"), 20)
    await asyncio.wait_for(stage.end(), 5)


@pytest.mark.parametrize("part", ["recogniser", "voice"])
async def test_a_fault_inside_a_part_ends_the_talk_and_is_not_swallowed(part: str) -> None:
    class BrokenAsr(WordAsr):
        def recognise(self, samples: np.ndarray, lang: str, terms: Sequence[str]) -> Recognised:
            raise ZeroDivisionError

    class BrokenTts(SteadyTts):
        def synthesise(self, text: str, lang: str) -> np.ndarray:
            if text == "谢谢。":
                raise ZeroDivisionError
            return super().synthesise(text, lang)

    asr = BrokenAsr(WORDS) if part == "recogniser" else WordAsr(WORDS)
    talk = ScriptedConversation("谢谢。")
    stage = await opened(Stage(talk, asr, BrokenTts()))
    await stage.feed(spoken(0, 1.5), hush(1.5))
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(stage.end(), 5)


async def test_warming_ends_with_the_talk_and_at_the_first_failure_without_a_word() -> None:
    class FailingTts(SteadyTts):
        def synthesise(self, text: str, lang: str) -> np.ndarray:
            super().synthesise(text, lang)
            raise VoiceError("no voice")

    tts, signals = FailingTts(), deque[Signal]()
    failing = Mouth(tts, "en", signals)
    await failing.warm(["One.", "Two."])
    failing.close()
    assert tts.said == ["One."] and not signals
    gate = threading.Event()
    held = Mouth(SteadyTts(gate), "en", signals)
    warming = held.warm(["One.", "Two."])
    await asyncio.sleep(0.05)
    held.close()
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await warming


async def test_a_first_sentence_is_cut_behind_what_is_ready_and_not_inside_it() -> None:
    ready = Mouth(SteadyTts(), "zh", deque())
    await ready.warm(
        ["嗯，好。", "好，先听到这里，我们继续往下看。", "那我接着问，", "那我接着问，你说："]
    )
    ready.close()
    for text, pieces in [
        ("好，先听到这里，我们继续往下看。", ["好，先听到这里，我们继续往下看。"]),
        ("那我接着问，你说：数据翻十倍，还行吗？", ["那我接着问，你说：", "数据翻十倍，还行吗？"]),
        ("那我接着问，为什么？", ["那我接着问，", "为什么？"]),
        ("如果数据量翻了十倍，会怎么样？", ["如果数据量翻了十倍，", "会怎么样？"]),
    ]:
        assert [piece.text for piece in ready.pieces(Say("t", text))] == pieces
