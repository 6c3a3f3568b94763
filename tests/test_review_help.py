from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.reviewing import cues
from agent.reviewing.floors import sentences
from agent.reviewing.helping import Around, help_in

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "review" / "help.jsonl")
    .read_text("utf-8")
    .splitlines()
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["said"][:24])
def test_help_is_told_from_asking_and_confirming(row: dict[str, str]) -> None:
    found = help_in(sentences(row["said"]), Around(row["before"], row["before"], row["after"]))
    assert found.kind == row["kind"]
    assert found.words in row["said"]


@pytest.mark.parametrize(
    ("said", "admits"),
    [
        ("表头要拼到每一行上，不然检索出来看不懂。", False),
        ("模型不知道的内容要让它拒答。", False),
        ("这个我没有仔细测过，可能会有一些重复。", True),
        ("具体的公式我不太记得了。", True),
    ],
)
def test_not_knowing_is_admitted_by_the_speaker_of_themselves(said: str, admits: bool) -> None:
    assert cues.shows("candidate", "admits", said) == admits
