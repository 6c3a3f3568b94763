"""Claims kept with their time, and a later one that does not fit an earlier one noticed.

Noticing changes no grade: it gives the machine something to ask, once, and the report a place where
two sentences of the candidate stand side by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agent.claims import Claim, Clash, claims_in, clash
from agent.interview import Interview
from agent.state import About
from sessions.records import Grade, Lang, Question, Quote, Turn
from tools.grading.evidence import AnswerText, quote
from tools.neutralise import neutralise

MOST_CHALLENGES = 2
"""Only the first contradictions of a session may be asked about; others stand in the report."""
SHOWN_CHARS = {"zh": 28, "en": 80}
_ASK: dict[Lang, str] = {
    "zh": "前面你说「{earlier}」，现在又说「{now}」，这两个说法怎么对得上？",
    "en": "Earlier you said “{earlier}”, and now “{now}”. How do these two fit together?",
}


@dataclass(frozen=True)
class Found:
    """Two of the candidate's statements that exclude each other."""

    clash: Clash
    key_point: str
    """Of the question under discussion, for a clash with the rubric; else empty."""
    earlier: Quote
    now: Quote


def note_claims(
    interview: Interview, turn: Turn, question: Question, talk: About, grade: Grade | None
) -> None:
    """Record what this turn claims and the first earlier claim that it does not fit; once."""
    journal = interview.journal
    answer = AnswerText(turn["id"], turn["text"], turn.get("repaired"))
    claims = claims_in(answer)
    found = _against_rubric(interview, turn, talk, grade) or _against_claims(
        interview, answer, claims
    )
    rows = [{"start": c.start, "end": c.end, "text": c.text} for c in claims]
    body = {"turn": turn["id"], "question": question["id"], "at": turn["at"], "claims": rows}
    journal.record("claims", body, f"claims:{turn['id']}")
    if found is not None:
        record = {
            "turn": turn["id"],
            "question": question["id"],
            "clash": found.clash,
            "key_point": found.key_point,
            "earlier": found.earlier,
            "now": found.now,
            "shown": [_short(q["text"], interview.lang) for q in (found.earlier, found.now)],
        }
        journal.record("contradiction", record, f"contradiction:{turn['id']}")


def challenge_of(interview: Interview, turn_id: str) -> str:
    """Return what to ask about a contradiction in this turn; empty when there is none to ask."""
    body = interview.journal.find(f"contradiction:{turn_id}")
    if body is None or interview.journal.count("contradiction") > MOST_CHALLENGES:
        return ""
    earlier, now = body["shown"]
    return _ASK[interview.lang].format(earlier=earlier, now=now)


def _short(text: str, lang: Lang) -> str:
    harmless = neutralise(" ".join(text.split())).text
    most = SHOWN_CHARS[lang]
    return harmless if len(harmless) <= most else harmless[: most - 1] + "…"


def _against_rubric(
    interview: Interview, turn: Turn, talk: About, grade: Grade | None
) -> Found | None:
    """Return a key point that was made in an earlier turn and taken back in this one."""
    before = interview.journal.draft_grade(talk["turns"][-2]) if len(talk["turns"]) > 1 else None
    if grade is None or before is None:
        return None
    made = {p["key_point"]: p["quotes"] for p in before["points"] if p["verdict"] == "covered"}
    for met in grade["misconceptions"]:
        quotes = made.get(met["key_point"])
        if quotes and met["quote"]["turn"] == turn["id"]:
            return Found("rubric", met["key_point"], quotes[0], met["quote"])
    return None


def _against_claims(interview: Interview, answer: AnswerText, claims: list[Claim]) -> Found | None:
    """Return the first pair of an earlier turn's claim and one of this turn that clash."""
    told = {e["body"]["earlier"]["text"] for e in interview.journal.events(["contradiction"])}
    for turn_id, row in _earlier_claims(interview, answer.turn):
        for claim in claims:
            kind = clash(row["text"], claim.text)
            if kind is None:
                continue
            raw = AnswerText(turn_id, interview.journal.turn(turn_id)["text"])
            earlier = quote(raw, row["start"], row["end"])
            if earlier["text"] not in told:
                return Found(kind, "", earlier, quote(answer, claim.start, claim.end))
    return None


def _earlier_claims(interview: Interview, now: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for event in interview.journal.events(["claims"]):
        body = event["body"]
        if body.get("turn") not in (None, now):
            yield from ((body["turn"], row) for row in body["claims"])
