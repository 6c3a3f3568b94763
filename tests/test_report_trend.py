"""A report does not grow slow with the candidate's past, and shows its trend."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sessions.ledger import open_ledger
from sessions.overview import trend
from sessions.projections import KINDS, project
from sessions.report.build import build_report
from sessions.report.render import to_html

TOPICS = ("attention", "rag", "training", "python")


def _session(ledger: Any, number: int, noise: int, told: str = "") -> None:
    """Write a session of one graded question, and `noise` events of how it was led.

    With `told` the candidate says so of themselves; of every third such session a model has drawn
    what is remembered.
    """
    name, topic = f"s{number}", TOPICS[number % len(TOPICS)]
    question: Any = {
        "id": f"q-{topic}", "bank": "b", "topic": topic, "level": 3, "kind": "concept",
        "scope": "shared", "wording": {"zh": "这是什么？"}, "spoken": {}, "example": {},
        "misconceptions": [], "reference": {}, "hints": [], "follow_ups": [], "terms": [],
        "key_points": [{"id": "k1", "text": {"zh": "要点"}, "weight": 1.0}],
        "prerequisites": [], "source": "",
    }  # fmt: skip
    grade: Any = {
        "question": question["id"], "status": "graded", "reason": "", "kind": "content",
        "points": [{"key_point": "k1", "verdict": "missed", "quotes": []}], "misconceptions": [],
        "error_level": 0, "clarity": 6.0, "overall": 30.0 + number % 60, "dimensions": None,
        "confidence": 0.8, "grader": "embedded",
    }  # fmt: skip
    start = {
        "candidate": "me", "format": "quick", "lang": "zh", "mode": "mock", "bank": "b",
        "bank_version": "1", "topic": "", "topics": {topic: topic}, "interviewer": "embedded",
        "grader": "embedded", "job": "",
    }  # fmt: skip
    body = {"question": question["id"], "grade": grade, "turns": [], "hints": 0, "told": False}
    asked = {"question": question, "number": 1, "stage": "f", "why": []}
    ledger.append("session_started", start, session=name, candidate="me")
    ledger.append("question_asked", asked, session=name, candidate="me")
    for _ in range(noise):
        ledger.append("raw", {"text": "话" * 2_000}, session=name, candidate="me")
    ledger.append("grade", body, session=name, candidate="me")
    if told:
        turn = {
            "id": f"{name}-t1", "session": name, "number": 1, "speaker": "candidate", "text": told,
            "stage": "self-introduction", "question": "", "at": f"2026-01-0{number + 1}T09:00:00",
        }  # fmt: skip
        ledger.append("turn", turn, session=name, candidate="me")
    if told and number % 3 == 2:
        quote = {"turn": turn["id"], "start": 0, "end": len(told), "text": told}
        drawn = {"op": "add", "key": "habit//model", "text": told, "quote": quote, "at": turn["at"]}
        operations = {"by": "m", "operations": [drawn]}
        ledger.append("memory_ops", operations, session=name, candidate="me")
    ledger.append("session_closed", {"reason": "complete"}, session=name, candidate="me")


def _ledger(path: Path, sessions: int, noise: int = 0) -> Any:
    now = [datetime(2026, 1, 1, 9, tzinfo=UTC)]
    ledger = open_ledger(path, lambda: now[0])
    for number in range(sessions):
        _session(ledger, number, noise)
        now[0] += timedelta(days=1)
    return ledger


def _cpu_s(ledger: Any, session: str) -> float:
    """Return the least CPU time of three reports."""
    taken = []
    for _ in range(3):
        begun = time.process_time()
        build_report(ledger, session)
        taken.append(time.process_time() - begun)
    return min(taken)


def test_two_hundred_past_sessions_cost_no_more_than_their_number(tmp_path: Path) -> None:
    few, many = _ledger(tmp_path / "few.db", 50), _ledger(tmp_path / "many.db", 200)
    build_report(few, "s49")  # loads what is loaded once
    short, long = _cpu_s(few, "s49"), _cpu_s(many, "s199")
    report = build_report(many, "s199")
    few.close()
    many.close()
    assert long < 8 * short, f"{short:.3f} s of 50 sessions, {long:.3f} s of 200"
    outlook = report["outlook"]
    assert outlook is not None and outlook["sessions"] == 200
    assert len(outlook["trends"]) == len(TOPICS)
    assert len(to_html(report).encode()) < 1_000_000


def test_how_old_interviews_were_led_is_not_read_again(tmp_path: Path) -> None:
    bare = _ledger(tmp_path / "bare.db", 40)
    loaded = _ledger(tmp_path / "loaded.db", 40, noise=20)
    build_report(bare, "s0")
    without, having = _cpu_s(bare, "s38"), _cpu_s(loaded, "s38")
    bare.close()
    loaded.close()
    assert having < 2 * without, f"{without:.3f} s bare, {having:.3f} s with what is not needed"


TOLD = ("我想找推理方向的岗位。", "我用了二十万条数据。", "我想找搜索方向的岗位。")


def _lived(path: Path) -> Any:
    """Return a ledger with every kind of event that says something of a candidate."""
    now = [datetime(2026, 1, 1, 9, tzinfo=UTC)]
    ledger = open_ledger(path, lambda: now[0])
    for number in range(8):
        _session(ledger, number, 2, told=TOLD[number % len(TOLD)])
        now[0] += timedelta(days=1)
    known = project(ledger.events(candidate="me"), "me")
    edit = {"id": known.memories[-1]["id"], "text": "我改行做搜索了。"}
    ledger.append("memory_edit", edit, candidate="me")
    ledger.append("forget", {"what": "s3"}, candidate="me")
    return ledger


def test_the_kept_projection_of_read_kinds_is_that_of_all_events(tmp_path: Path) -> None:
    from agent.past import known_of, topic_names

    ledger = _lived(tmp_path / "ledger.db")
    kept = known_of(ledger, tmp_path, "me")
    again = known_of(ledger, tmp_path, "me")
    whole = project(ledger.events(candidate="me"), "me", topic_names())
    ledger.close()
    assert asdict(kept) == asdict(whole) == asdict(again)
    assert kept.memories and kept.cards and kept.asked and kept.sessions == 7
    assert trend(kept) == trend(whole)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "session_started"])
def test_what_is_known_rests_on_every_kind_but_the_language_that_is_the_usual_one(
    tmp_path: Path, kind: str
) -> None:
    ledger = _lived(tmp_path / "ledger.db")
    events = list(ledger.events(candidate="me"))
    ledger.close()
    whole = asdict(project(events, "me")) | {"upto": 0}
    without = asdict(project([e for e in events if e["kind"] != kind], "me")) | {"upto": 0}
    assert without != whole
