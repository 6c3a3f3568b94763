"""Simulated candidates are what their names say, as far as the report can tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent.assembly import Setup
from agent.candidates import Heard, make_candidate
from agent.simulation import simulate
from sessions.ledger import open_ledger
from sessions.report.build import build_report
from sessions.report.render import to_html
from sessions.report.schema import Report
from tests.samples import a_question

SETUP = Setup(format="quick", seed=4, wait_for_embeddings=True)


async def report_on(kind: str, folder: Path) -> Report:
    ledger = open_ledger(folder / "ledger.db")
    session = await simulate(kind, replace(SETUP, candidate=kind), ledger, folder)
    report = build_report(ledger, session)
    ledger.close()
    return report


def test_the_fluent_one_states_misconceptions_and_insists_on_them() -> None:
    question, person = a_question(), make_candidate("fluent", "zh", 1)
    first = person.answer(Heard("", "ask", question, ""))
    assert "减少计算量" in first
    again = person.answer(Heard("", "challenge", question, "k1"))
    assert "减少计算量" in again and again != first


@pytest.mark.slow
async def test_a_fluent_but_wrong_candidate_is_found_out_and_a_strong_one_is_not(
    tmp_path: Path,
) -> None:
    for kind in ("fluent", "strong"):
        (tmp_path / kind).mkdir()
    wrong = await report_on("fluent", tmp_path / "fluent")
    strong = await report_on("strong", tmp_path / "strong")
    assert wrong["score"] is not None and strong["score"] is not None
    assert wrong["score"] < 45 and strong["score"] > 75
    points = [p for q in wrong["questions"] for p in q["points"] if p["verdict"] == "wrong"]
    assert len(points) >= len(wrong["questions"]) // 2
    assert all(p["quotes"] for p in points)
    corrected = [p["correction"] for p in points if p["correction"]]
    assert corrected and corrected[0] in to_html(wrong)
    assert {f["verdict"] for f in wrong["weaknesses"]} == {"wrong"}
    assert strong["contradictions"] == []
