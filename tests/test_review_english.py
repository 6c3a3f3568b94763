"""A recorded interview held in English goes through the whole review."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent.review import Wanted, keep, review
from agent.reviewing.events import Reviewed
from agent.reviewing.floors import sentences, size
from sessions.ledger import open_ledger
from sessions.report.build import build_report
from sessions.report.render import labels, to_html
from sessions.transcript import read_transcript
from tools.knowledge.bank import load_bank
from tools.knowledge.search import open_searcher

TALK = Path(__file__).parent / "data" / "review" / "talk_en.txt"


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Reviewed:
    bank = load_bank()
    searcher = open_searcher(bank, folder=tmp_path_factory.mktemp("search"))
    return review(read_transcript(TALK), bank, searcher, Wanted())


def test_the_language_and_the_roles_are_found(reviewed: Reviewed) -> None:
    assert reviewed.lang == "en"
    assert reviewed.review["labels"] == {"Speaker 1": "interviewer", "Speaker 2": "candidate"}


def test_what_was_not_known_is_the_weakest(reviewed: Reviewed) -> None:
    worst = reviewed.review["findings"][0]
    assert "overlap is too large" in worst["title"]
    assert any("not sure" in quote["text"] for quote in worst["evidence"])


def test_the_answer_that_was_told_is_a_moment(reviewed: Reviewed) -> None:
    told = [m["quote"]["text"] for m in reviewed.review["moments"] if m["kind"] == "answer"]
    assert any("duplicates" in text for text in told)


def test_every_quote_ends_with_its_sentence(reviewed: Reviewed) -> None:
    turns = {turn["id"]: turn["text"] for turn in reviewed.turns}
    quotes = [q for f in reviewed.review["findings"] for q in f["evidence"]]
    assert quotes
    for quote in quotes:
        assert turns[quote["turn"]][quote["start"] : quote["end"]] == quote["text"]
        assert len(sentences(quote["text"])) == 1


def test_own_questions_and_the_team_are_summarised(reviewed: Reviewed) -> None:
    assert any("your team" in line for line in reviewed.review["reverse_questions"])
    assert any("customer support" in line for line in reviewed.review["company_facts"])


def test_the_page_speaks_english_alone(reviewed: Reviewed, tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "ledger.db")
    keep(reviewed, ledger)
    report: Any = build_report(ledger, reviewed.session)
    ledger.close()
    page = to_html(report)
    assert labels("en")["review_title"] in page
    assert not any("\u4e00" <= char <= "\u9fff" for char in page)


@pytest.mark.parametrize(
    ("text", "count"),
    [("It is 3.5 percent. Right? Yes", 3), ("对。OK.你训练的模型呢？", 2), ("e.g. this one", 2)],
)
def test_an_english_full_stop_ends_a_sentence_where_a_blank_follows(text: str, count: int) -> None:
    found = sentences(text)
    assert "".join(found) == text and len(found) == count


def test_a_word_of_latin_letters_is_as_long_as_two_characters() -> None:
    assert size("训练模型") == 4
    assert size("train the model") == 6
