"""A report does not grow slow with the candidate's past, and shows its trend."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sessions.ledger import open_ledger
from sessions.overview import trend
from sessions.projections import project
from sessions.report.build import build_report
from sessions.report.render import to_html

TOPICS = ("attention", "rag", "training", "python")


def _session(ledger: Any, number: int, noise: int) -> None:
    """Write a session of one graded question, and `noise` events of how it was led."""
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


def test_the_kept_projection_of_read_kinds_is_that_of_all_events(tmp_path: Path) -> None:
    from agent.past import known_of

    ledger = _ledger(tmp_path / "ledger.db", 8, noise=2)
    kept = known_of(ledger, tmp_path, "me")
    again = known_of(ledger, tmp_path, "me")
    whole = project(ledger.events(candidate="me"), "me")
    ledger.close()
    assert kept.answers == whole.answers == again.answers
    assert kept.upto == whole.upto == again.upto
    assert trend(kept).keys() == trend(whole).keys()
