"""How the interviewer behaved in a session, from its events: the counts the bands are drawn on."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from sessions.ledger import Event
from sessions.records import STAYING_MOVES, Turn
from sessions.report.schema import Conduct


def measure_conduct(events: Sequence[Event], turns: Sequence[Turn]) -> Conduct:
    """Return the counts; shares are of raw characters of both speakers."""
    replies = [e["body"] for e in events if e["kind"] == "reply"]
    ours = [t for t in turns if t["speaker"] == "interviewer"]
    lengths = [len(t["text"]) for t in ours]
    theirs = sum(len(t["text"]) for t in turns if t["speaker"] == "candidate")
    asked = sum(t.get("move") == "ask" for t in ours)
    stayed = sum(t.get("move") in STAYING_MOVES for t in ours)
    graders = {e["body"]["grade"]["grader"] for e in events if e["kind"] == "grade"} - {"none"}
    return Conduct(
        interviewer=replies[-1]["model"] if replies else "",
        grader=", ".join(sorted(graders)),
        turns=len(turns),
        follow_ups_per_question=round(stayed / asked, 2) if asked else 0.0,
        share_of_characters=round(sum(lengths) / max(1, sum(lengths) + theirs), 3),
        median_turn_characters=median(lengths) if lengths else 0.0,
        fallback_turns=sum("fallback" in t.get("answered_by", "") for t in ours),
        refused_sentences=sum(len(r["dropped"]) for r in replies),
    )
