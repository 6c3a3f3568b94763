from __future__ import annotations

import time

import pytest

from tools.knowledge.sound import distance, phones
from tools.knowledge.terms import repair


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("这里的损失是二元交叉商损失", "交叉熵损失"),
        ("那么持序差分和蒙特卡洛有什么区别", "时序差分"),
    ],
)
def test_a_term_written_with_other_characters_of_its_sound_is_repaired(
    heard: str, meant: str
) -> None:
    assert meant in repair(heard).text


@pytest.mark.parametrize(
    "right",
    [
        "反向传播的时候梯度会逐层变小，所以要用残差连接。",
        "今天下午我们先去吃饭，然后再讨论这个方案是否可行。",
        "正向传播和反向传播各走一遍，参数更新一次。",
        "I would start with the loss function and then look at the gradients.",
        "",
    ],
)
def test_right_text_stays_as_it_is(right: str) -> None:
    assert repair(right).text == right


def test_changes_keep_their_place_in_the_raw_text() -> None:
    raw = "然后，损失是二元交叉商损失，对吧"
    result = repair(raw)
    assert result.changes
    for change in result.changes:
        assert raw[change.start : change.end] == change.heard
        assert change.term in result.text


def test_what_is_not_sure_enough_is_a_hint_and_changes_nothing() -> None:
    raw = "损失是二元交叉商损失"
    result = repair(raw, sure=1.01)
    assert result.text == raw
    assert not result.changes
    assert result.hints


def test_time_grows_linearly_with_the_text() -> None:
    piece = "我们先把数据清洗一遍，然后看看结果怎么样。"
    repair(piece)

    def seconds(times: int) -> float:
        start = time.process_time()
        repair(piece * times)
        return time.process_time() - start

    assert seconds(80) < 12 * seconds(20) + 0.2


def test_english_spelled_by_ear_lies_near_its_chinese_transliteration() -> None:
    near = distance(phones("方训扣"), phones("function call"), 9)
    far = distance(phones("天气预报"), phones("function call"), 9)
    assert near < far / 2
