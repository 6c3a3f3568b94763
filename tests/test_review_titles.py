"""Titles in an interviewer's words: short and clean, and nothing that was not said."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.reviewing.dividing import OTHER, asking_of, otherness
from agent.reviewing.floors import Floor, sentences, size
from agent.reviewing.naming import TITLE_CHARS, plain
from agent.reviewing.talk import Exchange
from agent.reviewing.threads import threads_of
from sessions.records import Speaker

DATA = Path(__file__).parent / "data" / "review"


def _rows(name: str) -> list[dict[str, Any]]:
    lines = (DATA / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


OPENS, TITLES = _rows("opens"), _rows("titles")


@pytest.mark.parametrize("row", TITLES, ids=lambda row: row["title"][:16])
def test_a_title_is_what_was_asked_without_the_words_of_seeking(row: dict[str, str]) -> None:
    assert plain(row["said"]) == row["title"]


def test_nothing_said_gives_an_empty_title() -> None:
    assert plain("") == plain("  ") == ""


def _seconds(said: str) -> float:
    def once() -> float:
        begun = time.process_time()
        plain(said)
        return time.process_time() - begun

    return min(once() for _ in range(3))


def test_a_title_of_very_long_words_takes_time_in_step_with_their_length() -> None:
    piece = "缓存失效之后数据库会被请求打满所以要加锁再回源"
    assert _seconds(piece * 1600) < 16 * max(_seconds(piece * 200), 0.002)


def _everything_asked() -> Iterator[str]:
    for row in OPENS:
        yield from (row["asked"], row["next"])
    for line in (DATA / "talk.txt").read_text("utf-8").splitlines():
        yield from sentences(line)
    for row in TITLES:
        yield row["said"]


@pytest.mark.parametrize("said", sorted(set(_everything_asked())))
def test_a_title_leaves_words_out_and_puts_none_in(said: str) -> None:
    title = re.sub(r"[\W…]", "", plain(said)).casefold()
    letters = iter(re.sub(r"\W", "", said).casefold())
    assert all(letter in letters for letter in title), plain(said)
    assert 0 < size(plain(said)) <= TITLE_CHARS


def _floor(number: int, role: Speaker, text: str) -> Floor:
    turn = {"id": f"t{number}", "text": text, "speaker": role}
    return Floor(number, role, [turn])  # type: ignore[list-item]


def test_what_shares_nothing_with_the_talk_before_is_another_question() -> None:
    right = 0
    for row in OPENS:
        before = [
            Exchange(_floor(0, "interviewer", row["asked"]), _floor(1, "candidate", row["answer"]))
        ]
        asking = asking_of(_floor(2, "interviewer", row["next"]))
        right += (otherness(asking, row["asked"], before) >= OTHER) == row["new"]
    assert right >= len(OPENS) - 1


def test_a_question_that_drifts_over_many_turns_is_divided_where_its_words_part() -> None:
    floors = []
    for row in _rows("drift"):
        floors.append(_floor(len(floors), "interviewer", row["asked"]))
        floors.append(_floor(len(floors), "candidate", row["answer"]))
    found = threads_of(floors)
    assert [len(thread.exchanges) for thread in found] == [4, 4]
    assert [thread.number for thread in found] == [1, 2]
