"""Statements of a session that exclude each other, with the candidate's words at both places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sessions.ledger import Event
from sessions.records import Turn
from sessions.report.schema import Contradiction, Report, Statement


def contradictions(
    report: Report, events: Sequence[Event], turns: Sequence[Turn]
) -> list[Contradiction]:
    """Return them in order; one whose words were forgotten since is left out."""
    said = {e["body"]["id"]: e for e in events if e["kind"] == "turn" and "text" in e["body"]}
    numbers = {question["id"]: question["number"] for question in report["questions"]}
    asked = _asked(events)
    found = []
    for event in events:
        body = event["body"]
        if event["kind"] != "contradiction" or "now" not in body:
            continue
        pair = [_statement(body[name], said, numbers, report) for name in ("earlier", "now")]
        if pair[0] is None or pair[1] is None:
            continue
        reply = _after(turns, body["turn"]) if body["turn"] in asked else ""
        found.append(Contradiction(clash=body["clash"], earlier=pair[0], now=pair[1], reply=reply))
    return found


def _asked(events: Sequence[Event]) -> set[str]:
    """Return the turns after which the interviewer asked about the contradiction."""
    return {
        e["body"]["turn"]
        for e in events
        if e["kind"] == "decision"
        and "contradiction" in e["body"].get("decision", {}).get("why", [])
    }


def _statement(
    quote: Mapping[str, Any],
    said: Mapping[str, Event],
    numbers: Mapping[str, int],
    report: Report,
) -> Statement | None:
    event = said.get(quote["turn"])
    if event is None or event["body"]["text"][quote["start"] : quote["end"]] != quote["text"]:
        return None
    begun, at = (datetime.fromisoformat(text) for text in (report["started_at"], event["at"]))
    return Statement(
        question=numbers.get(event["body"]["question"], 0),
        text=quote["text"],
        at_s=round((at - begun).total_seconds(), 1),
    )


def _after(turns: Sequence[Turn], turn_id: str) -> str:
    """Return what the candidate said next."""
    ids = [turn["id"] for turn in turns]
    later = turns[ids.index(turn_id) + 1 :] if turn_id in ids else ()
    return next((turn["text"] for turn in later if turn["speaker"] == "candidate"), "")
