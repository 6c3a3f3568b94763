"""What only a spoken session knows: how it was said, and where in its recording each quote lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sessions.delivery import Delivery, against_past, delivery_of
from sessions.ledger import Event, Ledger
from sessions.records import Word
from sessions.report.outlook_schema import Spoken
from sessions.report.quotes import quotes_of
from sessions.report.schema import Report

_MOST_PAST = 10
_AROUND_S = 0.15
"""Kept before and after a quote, so that no sound is cut."""


def spoken_part(report: Report, ledger: Ledger, events: Sequence[Event]) -> Spoken | None:
    """Return how the candidate spoke, beside the own past; None when nothing was spoken."""
    now = delivery_of(events, report["lang"])
    if now is None:
        return None
    earlier = [
        e["session"]
        for e in ledger.events(candidate=report["candidate"], kinds=["session_started"])
        if e["at"] < report["started_at"] and e["session"] != report["session"]
    ][-_MOST_PAST:]
    kinds = ("turn", "heard", "heard_taken", "unsaid")
    past: list[Delivery] = []
    for session in earlier:
        rows = (e for e in ledger.events(session=session, kinds=kinds) if len(e["body"]) > 1)
        if found := delivery_of(rows, report["lang"]):
            past.append(found)
    return Spoken(now=now, against=against_past(now, past), past=len(past))


def place_quotes(report: Report, events: Sequence[Event]) -> None:
    """Note at each quote where in the recording of the session, or of the talk, it is said."""
    heard = {e["body"]["id"]: e["body"] for e in events if e["kind"] == "heard"}
    taken = {
        e["body"]["turn"]: heard[e["body"]["id"]]
        for e in events
        if e["kind"] == "heard_taken" and e["body"]["id"] in heard
    }
    for event in events:
        body = event["body"]
        if event["kind"] == "turn" and "from_s" in body:
            taken[body["id"]] = {**body, "offset_s": body["from_s"]}
    for quote in quotes_of(report):
        span = _span(taken.get(quote["turn"]), quote["start"], quote["end"])
        if span is not None:
            quote["from_s"], quote["to_s"] = span


def _span(answer: Mapping[str, Any] | None, start: int, end: int) -> tuple[float, float] | None:
    """Return from when to when these characters of a turn are heard, in the recording."""
    if answer is None or not answer.get("words"):
        return None
    inside = [
        w for w, a, b in placed_words(answer["text"], answer["words"]) if a < end and b > start
    ]
    if not inside:
        return None
    offset = float(answer.get("offset_s", 0.0))
    first, last = inside[0]["start_s"] - _AROUND_S, inside[-1]["end_s"] + _AROUND_S
    return round(max(0.0, offset + first), 2), round(offset + last, 2)


def placed_words(text: str, words: Sequence[Word]) -> list[tuple[Word, int, int]]:
    """Return each word with its place in the text; a word that is not there is left out."""
    found, at = [], 0
    for word in words:
        said = word["text"].strip()
        place = text.find(said, at) if said else -1
        if place >= 0:
            at = place + len(said)
            found.append((word, place, at))
    return found
