from __future__ import annotations

import json
import random

import pytest
from click.testing import CliRunner

from agent.cli.main import cli
from agent.past import calibrated, calibration_file, past_of
from sessions.ledger import open_ledger, utc_now
from tools.knowledge.bank import load_bank


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("KAOGUAN_DATA_DIR", str(tmp_path))
    return tmp_path


def run(*args):
    return CliRunner().invoke(cli, [*args, "--lang", "en"])


def questions(folder):
    return [q for q in load_bank("kaoguan", folder).questions if q["kind"] == "concept"][:4]


def fill(folder, people, hard):
    """A ledger in which the question `hard` is answered far worse than the others."""
    rng = random.Random(5)
    ledger = open_ledger(folder / "ledger.db")
    asked = questions(folder)
    for n in range(people):
        where = {"session": f"s{n}", "candidate": f"p{n}"}
        ledger.append("session_started", {"lang": "zh", "bank": "kaoguan"}, **where, key="started")
        ability = rng.gauss(60, 12)
        for question in asked:
            ledger.append("question_asked", {"question": question, "wording": 0}, **where,
                          key=f"question:{question['id']}")  # fmt: skip
            score = ability - (45 if question["id"] == hard else 0) + rng.gauss(0, 6)
            score = min(max(score, 0), 100)
            points = [{"key_point": p["id"], "verdict": "partial", "quotes": [
                {"turn": "t1", "start": 0, "end": 2, "text": "先说"}]}
                for p in question["key_points"]]  # fmt: skip
            grade = {"status": "graded", "overall": score, "confidence": 0.9, "points": points,
                     "misconceptions": []}  # fmt: skip
            ledger.append("grade", {"question": question["id"], "turns": [], "grade": grade},
                          **where)  # fmt: skip
        ledger.append("session_closed", {"reason": "complete"}, **where, key="closed")
    ledger.close()


def test_with_few_answers_nothing_is_saved_and_the_number_needed_is_said(folder):
    fill(folder, 3, hard="")
    result = run("bank", "calibrate")
    assert result.exit_code == 0 and "50" in result.stdout
    assert not calibration_file(folder, "kaoguan").exists()


def test_calibration_is_saved_used_shown_and_taken_back(folder):
    asked = questions(folder)
    hard = asked[1]["id"]
    fill(folder, 55, hard)
    dry = run("bank", "calibrate", "--dry-run", "--json")
    assert dry.exit_code == 0 and not calibration_file(folder, "kaoguan").exists()
    fits = {fit["question"]: fit for fit in json.loads(dry.stdout)["fits"]}
    assert fits.keys() == {q["id"] for q in asked}
    assert "harder_than_level" in fits[hard]["misfits"]

    assert run("bank", "calibrate").exit_code == 0
    kept = calibrated(folder, "kaoguan")
    assert kept == {name: fit["parameters"] for name, fit in fits.items()}
    ledger = open_ledger(folder / "ledger.db")
    answers = past_of(ledger, folder, "p1", "", utc_now(), "kaoguan").answers
    ledger.close()
    assert {a["question"]: a["parameters"] for a in answers} == kept
    levels = {q["id"]: q["level"] for q in questions(folder)}
    assert levels == {q["id"]: q["level"] for q in asked}

    assert run("bank", "calibrate", "--remove").exit_code == 0
    assert calibrated(folder, "kaoguan") == {}
    again = run("bank", "calibrate", "--remove")
    assert again.exit_code == 2 and "never calibrated" in again.stderr


def test_an_unknown_bank_is_named(folder):
    result = run("bank", "calibrate", "--bank", "nowhere")
    assert result.exit_code != 0 and "nowhere" in result.stderr
