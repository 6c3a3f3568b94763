"""What only a spoken session knows: how it was said, and where in its recording each quote lies."""

from __future__ import annotations

import re
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
_MASK = re.compile(r"\[[a-z][a-z -]*\]")
"""What stands in a text for personal data; in the recording the thing itself is heard there."""


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
    """Return from when to when these characters of a turn are heard, in the recording.

    None where personal data is masked in them: it would be heard. Beside a mask nothing is added.
    """
    if answer is None or not answer.get("words"):
        return None
    text = answer["text"]
    placed = placed_words(text, answer["words"])
    inside = [(w, a, b) for w, a, b in placed if a < end and b > start]
    if not inside:
        return None
    (first, begin, _), (last, _, close) = inside[0], inside[-1]
    if _MASK.search(text, min(start, begin), max(end, close)):
        return None
    before = max((b for _, _, b in placed if b <= begin), default=0)
    after = min((a for _, a, _ in placed if a >= close), default=len(text))
    lead = 0.0 if _MASK.search(text, before, begin) else _AROUND_S
    trail = 0.0 if _MASK.search(text, close, after) else _AROUND_S
    offset = float(answer.get("offset_s", 0.0))
    from_s = max(0.0, offset + first["start_s"] - lead)
    return round(from_s, 2), round(offset + last["end_s"] + trail, 2)


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
