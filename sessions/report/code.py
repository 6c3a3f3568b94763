"""The runs of a candidate's code as the report shows them: verdicts, trials before, growth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sessions.ledger import Event
from sessions.report.schema import CodeReport, GrowthReport

KINDS = ("code_run", "code_tried", "code_growth")


def code_runs(events: Sequence[Event], titles: Mapping[str, str]) -> list[CodeReport]:
    """Return every submission in order; `titles` are those of the questions, by id."""
    told = [e for e in events if e["kind"] in KINDS and "question" in e["body"]]
    growths = {e["body"]["turn"]: e["body"]["growth"] for e in told if e["kind"] == "code_growth"}
    rows: list[CodeReport] = []
    tried: dict[str, int] = {}
    for event in told:
        question = str(event["body"]["question"])
        if event["kind"] == "code_tried":
            tried[question] = tried.get(question, 0) + 1
        elif event["kind"] == "code_run":
            row = _row(event["body"], titles.get(question, question), tried.pop(question, 0))
            found = growths.get(event["body"]["turn"])
            if found is not None:
                row["growth"] = _growth(found)
            rows.append(row)
    return rows


def _row(body: Mapping[str, Any], title: str, tried: int) -> CodeReport:
    run: Mapping[str, Any] = body["run"]
    return CodeReport(
        question=str(body["question"]),
        title=title,
        verdict=str(run.get("verdict", "IE")),
        passed=int(run.get("passed", 0) or 0),
        total=int(run.get("total", 0) or 0),
        language=str(run.get("language", "python")),
        tried=tried,
        time_ms=float(run.get("time_ms", 0.0) or 0.0),
        memory_mb=float(run.get("memory_mb", 0.0) or 0.0),
    )


def _growth(found: Mapping[str, Any]) -> GrowthReport:
    sizes = list(found["sizes"])
    return GrowthReport(
        among=list(found["among"]),
        confidence=float(found["confidence"]),
        reason=str(found["reason"]),
        target=str(found["target"]),
        smallest=sizes[0] if sizes else 0,
        largest=sizes[-1] if sizes else 0,
        sizes=len(sizes),
        repetitions=int(found["repetitions"]),
    )
