from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.reviewing import cues
from agent.reviewing.floors import placed_sentences
from agent.reviewing.helping import Around, help_in

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "review" / "help.jsonl")
    .read_text("utf-8")
    .splitlines()
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["said"][:24])
def test_help_is_told_from_asking_and_confirming(row: dict[str, str]) -> None:
    found = help_in(
        placed_sentences(row["said"]), Around(row["before"], row["before"], row["after"])
    )
    assert found.kind == row["kind"]
    assert found.words in row["said"]


NOT_OF_ONESELF = (
    "表头要拼到每一行上，不然检索出来看不懂。",
    "模型不知道的内容要让它拒答。",
    "客户不知道自己要什么。",
    "他们不清楚这个指标。",
    "老师不懂这个。",
    "数据不确定的时候就转人工。",
    "标注员自己也不太清楚。",
    "我发现用户不知道怎么问。",
    "这里的不确定性很高。",
    "运营他们没有用过这个功能。",
    "用户忘记了密码就走短信。",
    "The users were not sure what to click.",
)
OF_ONESELF = (
    "这个我没有仔细测过，可能会有一些重复。",
    "具体的公式我不太记得了。",
    "我看不懂这篇论文。",
    "这个方面我不太清楚。",
    "嗯，不太了解。",
    "这块也不太懂。",
    "我对底层的实现不太熟悉。",
    "Kubernetes 不太熟。",
    "我们没有对比过。",
    "这个我忘了。",
    "I'm not really sure about that.",
)


@pytest.mark.parametrize("said", OF_ONESELF)
def test_not_knowing_is_admitted_by_the_speaker_of_themselves(said: str) -> None:
    assert cues.shows("candidate", "admits", said)


@pytest.mark.parametrize("said", NOT_OF_ONESELF)
def test_what_others_do_not_know_is_no_admission(said: str) -> None:
    assert not cues.shows("candidate", "admits", said)
