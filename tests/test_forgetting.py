"""What is forgotten is gone from every byte under the data folder, and stays gone."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from agent.forgetting import ForgetError, carry_out, plan_forgetting
from agent.interviewer import CHECKPOINT_FILE, LEDGER_FILE
from agent.past import STORE_FILE, known_of
from sessions.ledger import open_ledger
from sessions.lock import SessionBusy, session_lock
from sessions.memory import in_force
from sessions.report.build import build_report
from tests.remembered import MARK, copy_of_three

OTHER = "旁人说的话不受影响"


def prepared(tmp_path: Path):
    """Three sessions, a projection in the store, audio, a set-aside copy, another candidate."""
    folder, held = copy_of_three(tmp_path / "data")
    ledger = open_ledger(folder / LEDGER_FILE)
    ledger.append("turn", {"id": "t", "text": OTHER}, session="other-1", candidate="other")
    known_of(ledger, folder, "me")
    (folder / "audio").mkdir()
    for one in held:
        (folder / "audio" / f"{one.session}.wav").write_bytes(MARK.encode())
    (folder / "ledger.schema0.db").write_bytes(MARK.encode())
    return folder, held, ledger


def holding(folder: Path, text: str) -> list[str]:
    spellings = [text.encode(), json.dumps(text)[1:-1].encode(), text.encode("utf-16-le")]
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(one in path.read_bytes() for one in spellings)
    ]


def forget(folder: Path, ledger, what: str):
    plan = plan_forgetting(ledger, folder, "me", what)
    asyncio.run(carry_out(ledger, folder, plan))
    return plan


def said_on(ledger, topic: str) -> list[str]:
    """Everything the candidate said on a topic, from the ledger before it is erased."""
    topics = {
        e["body"]["question"]["id"]: e["body"]["question"]["topic"]
        for e in ledger.events(candidate="me", kinds=["question_asked"])
    }
    turns = [e["body"] for e in ledger.events(candidate="me", kinds=["turn"])]
    return [
        t["text"]
        for t in turns
        if t["speaker"] == "candidate" and topics.get(t["question"]) == topic and len(t["text"]) > 8
    ]


def test_before_forgetting_the_words_lie_in_several_files(tmp_path: Path) -> None:
    folder, _, _ = prepared(tmp_path)
    assert {LEDGER_FILE, STORE_FILE} <= set(holding(folder, MARK))


def test_a_forgotten_topic_leaves_no_byte_and_the_rest_stays(tmp_path: Path) -> None:
    folder, held, ledger = prepared(tmp_path)
    words, others = said_on(ledger, "rag"), said_on(ledger, "positions")
    assert words and others
    plan = forget(folder, ledger, "检索与 RAG")
    assert plan.what == "rag" and plan.rows and set(plan.touched) <= {h.session for h in held}
    for text in (MARK, *words):
        assert holding(folder, text) == [], text
    assert all(holding(folder, text) for text in others)
    known = known_of(ledger, folder, "me")
    assert "rag" not in {a["topic"] for a in known.answers} and known.answers
    assert all(not card.startswith("rag") for card in known.cards)
    for session in plan.touched:
        assert build_report(ledger, session)["questions"] is not None


def test_a_forgotten_session_goes_with_checkpoints_audio_and_lock(tmp_path: Path) -> None:
    folder, held, ledger = prepared(tmp_path)
    session = held[0].session
    assert holding(folder, session)
    forget(folder, ledger, session)
    assert holding(folder, MARK) == [] and session not in {p.stem for p in folder.rglob("*")}
    assert CHECKPOINT_FILE not in holding(folder, session)
    known = known_of(ledger, folder, "me")
    assert not [a for a in known.answers if a["at"].startswith("2026-03-01")] and known.answers


def test_a_forgotten_memory_takes_the_turn_it_quotes_with_it(tmp_path: Path) -> None:
    folder, _, ledger = prepared(tmp_path)
    memory = next(
        m for m in known_of(ledger, folder, "me").memories if m["kind"] == "misconception"
    )
    forget(folder, ledger, memory["id"])
    after = known_of(ledger, folder, "me")
    assert memory["id"] not in {m["id"] for m in after.memories}
    assert holding(folder, memory["quote"]["text"]) == []


def test_everything_forgotten_leaves_one_tombstone_and_the_others(tmp_path: Path) -> None:
    folder, held, ledger = prepared(tmp_path)
    words = [t for topic in ("rag", "positions", "tokenization") for t in said_on(ledger, topic)]
    plan = forget(folder, ledger, "all")
    assert set(plan.whole) == {h.session for h in held}
    for text in (MARK, *words, *(h.session for h in held)):
        assert holding(folder, text) == [], text
    left = [e for e in ledger.events(candidate="me") if e["kind"] != "erased"]
    assert [(e["kind"], e["body"]) for e in left] == [("forget", {"what": "all"})]
    known = known_of(ledger, folder, "me")
    assert (known.answers, known.cards, known.memories, known.sessions) == ([], {}, [], 0)
    assert LEDGER_FILE in {name.removesuffix("-wal") for name in holding(folder, OTHER)}


def test_what_was_forgotten_stays_forgotten_when_memory_is_rebuilt(tmp_path: Path) -> None:
    folder, _, ledger = prepared(tmp_path)
    forget(folder, ledger, "rag")
    (folder / STORE_FILE).unlink()
    known = known_of(ledger, folder, "me")
    assert "rag" not in {m["topic"] for m in in_force(known.memories).values()}
    assert "rag" not in {a["topic"] for a in known.answers}


def test_nothing_is_erased_while_a_session_of_it_is_open(tmp_path: Path) -> None:
    folder, held, ledger = prepared(tmp_path)
    with (
        session_lock(folder / "locks", held[0].session),
        pytest.raises(SessionBusy, match="open in another terminal"),
    ):
        forget(folder, ledger, "all")
    assert holding(folder, MARK)


def test_an_unknown_name_is_refused_with_what_could_be_meant(tmp_path: Path) -> None:
    folder, _, ledger = prepared(tmp_path)
    with pytest.raises(ForgetError, match="memory show"):
        plan_forgetting(ledger, folder, "me", "火星")
    with pytest.raises(ForgetError):
        plan_forgetting(ledger, folder, "other", "rag")
