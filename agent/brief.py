"""The brief: what code has prepared for this turn, as the model reads it.

It is plain JSON inside the last message, so the embedded interviewer and any remote model work
from the same words. Building it is pure.
"""

from __future__ import annotations

import json
import re

from typing_extensions import TypedDict

from agent.state import Decision
from prompts import render
from sessions.records import Grade, Lang, Message, Question, Quote

BLOCK = re.compile(r"<brief>\n(.*)\n</brief>\s*\Z", re.S)


class Brief(TypedDict):
    """One turn's instructions."""

    lang: Lang
    turn: int
    """Number of the coming interviewer turn: varies the wording."""
    move: str
    before: str
    why: str
    stage: str
    """Title of the stage after this move."""
    topic: str
    question_id: str
    """The question under discussion, or the next one when the move asks it."""
    question: str
    key_point: str
    seed: str
    """What to ask, hint or reveal, in plain words."""
    quote: str
    """A short piece of the candidate's own words to pick up; empty when none fits."""
    gained: bool
    """The last answer brought something right."""
    leaves: str
    weak: list[str]
    """Key points of the question being left that were missed or wrong."""
    minutes_left: int
    candidate: str
    history: list[str]
    job: str
    results: list[dict[str, object]]
    """Results of the tools called in this turn's earlier round."""


def to_message(brief: Brief, answer: str, lang: Lang) -> Message:
    """Return the last message of the prompt; `answer` must already be neutralised."""
    body = json.dumps(brief, ensure_ascii=False)
    return Message(role="user", content=render("turn", lang, answer=answer, brief=body))


def from_messages(messages: list[Message]) -> Brief | None:
    """Return the brief that the last message carries, or None when there is none."""
    found = BLOCK.search(messages[-1]["content"]) if messages else None
    if found is None:
        return None
    brief: Brief = json.loads(found.group(1))
    return brief


MAX_QUOTE = {"zh": 20, "en": 60}
"""Characters of the candidate's own words picked up in one turn."""
_CLAUSE = re.compile(r"(?:[^，。！？；、,!?;.\n]|\.(?=\S))+")
_LEAST_QUOTE = {"zh": 6, "en": 12}
_FILLER_HEAD = re.compile(
    r"^(?:主要是这样|我的理解是|这个我说一下|嗯|呃|啊|那个|就是说?|然后|所以|因为|其实|我觉得|我认为|首先|the|so|and|well|um|uh|\s)+",
    re.I,
)


def fragment(text: str, lang: Lang) -> str:
    """Return a short verbatim piece of `text`: its longest clause that fits, without fillers."""
    limit = MAX_QUOTE[lang]
    clauses = [_FILLER_HEAD.sub("", part).strip() for part in _CLAUSE.findall(text)]
    fitting = [clause for clause in clauses if _LEAST_QUOTE[lang] <= len(clause) <= limit]
    if not fitting:
        return ""
    # A clause with a name or a number in it is the most telling; among those the longest.
    return max(fitting, key=lambda clause: (bool(re.search(r"[A-Za-z0-9]", clause)), len(clause)))


def pick_quote(decision: Decision, grade: Grade | None, gained: tuple[str, ...], lang: Lang) -> str:
    """Return the candidate's words that this move starts from."""
    if grade is None:
        return ""
    wanted = {decision["key_point"], *gained}
    met: list[Quote] = [m["quote"] for m in grade["misconceptions"] if m["key_point"] in wanted]
    for point in grade["points"]:
        if point["key_point"] in wanted:
            met.extend(point["quotes"])
    return fragment(met[-1]["text"], lang) if met else ""


def weak_points(question: Question, grade: Grade | None) -> list[str]:
    """Return the ids of the key points that were asked for and not met."""
    if grade is None or grade["status"] != "graded":
        return []
    return [p["key_point"] for p in grade["points"] if p["verdict"] in ("missed", "wrong")]
