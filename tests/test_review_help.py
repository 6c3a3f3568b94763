from __future__ import annotations

import json
from pathlib import Path

import pytest

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
