"""Whole replies of a model: each of the bad ones breaks one rule, each of the good ones none."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest

from agent.models.conduct import Gate, Rule, Rules
from agent.sentences import Sentences

FOLDER = Path(__file__).parent / "data" / "conduct"
TURNS = tomllib.loads((FOLDER / "turns.toml").read_text(encoding="utf-8"))


def rows(name: str) -> list[dict[str, Any]]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


BAD, GOOD = rows("bad.jsonl"), rows("good.jsonl")


def read_through(row: dict[str, Any]) -> tuple[Gate, str]:
    turn = TURNS[row["turn"]]
    gate = Gate(Rules(**{**turn, "forbidden": tuple(turn.get("forbidden", ()))}))
    cutter = Sentences()
    sentences = [*cutter.feed(row["reply"]), *cutter.close()]
    return gate, "".join(s for s in sentences if s.strip() and gate.passes(s))


@pytest.mark.parametrize("row", BAD, ids=lambda row: f"{row['breaks']}:{row['reply'][:24]}")
def test_a_reply_that_breaks_a_rule_loses_the_sentence_that_does(row: dict[str, Any]) -> None:
    gate, spoken = read_through(row)
    assert {rule for rule, _ in gate.dropped} == {row["breaks"]}, (gate.dropped, spoken)
    assert all(text.strip() not in spoken for _, text in gate.dropped)


@pytest.mark.parametrize("row", GOOD, ids=lambda row: row["reply"][:30])
def test_a_good_reply_passes_whole(row: dict[str, Any]) -> None:
    gate, spoken = read_through(row)
    assert gate.dropped == [] and spoken.strip() == row["reply"].strip()


def test_there_are_sixty_of_each_and_every_rule_is_broken_in_both_languages_or_said_why() -> None:
    assert len(BAD) >= 60 and len(GOOD) >= 60
    broken = {(row["breaks"], TURNS[row["turn"]]["lang"]) for row in BAD}
    rules = set(get_args(Rule))
    assert {rule for rule, _ in broken} == rules
    assert {rule for rule in rules if (rule, "en") not in broken} == {"too_long"}


def test_at_most_one_question_leaves_the_gate() -> None:
    for row in [*BAD, *GOOD]:
        gate, spoken = read_through(row)
        assert gate.questions <= 1
        assert spoken.count("？") + spoken.count("?") <= 1, spoken


def test_an_endless_reply_does_not_fill_the_memory() -> None:
    gate = Gate(Rules(lang="zh", max_chars=170))
    for _ in range(5_000):
        gate.passes("恭喜你通过了这一轮。" * 20)
    assert gate.drops == 5_000 and len(gate.dropped) <= 40
    assert max(len(text) for _, text in gate.dropped) <= 300
