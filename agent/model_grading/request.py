"""What a grading model is sent: the rubric before the answer, and the shape of its reply.

The system message is made from the question alone, so it is the same for every answer to it. The
answer follows as material in fenced blocks, with words that address the grader blanked out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prompts import render
from sessions.records import Lang, Message, Question
from sessions.wording import say
from tools.grading.address import split_to_grader
from tools.grading.evidence import AnswerText, Mapped, identity, map_repair
from tools.neutralise import neutralise

PROMPT_VERSION = "2"
"""Part of the grader's version: raise it with every change of a prompt that is rendered here."""
BLANK = "▒"
"""Stands, letter for letter, where the candidate spoke to the grader."""
KINDS = ("content", "evasive", "stuffing")
VERDICTS = ("covered", "partial", "missed", "wrong")


def rubric_message(question: Question, lang: Lang) -> Message:
    """Return the system message: question, key points, misconceptions and the rule."""
    points = [
        f"- {p['id']} ({p['weight']:g}) {say(p['text'], lang)}" for p in question["key_points"]
    ]
    held = [
        f"- m{n} ({m['key_point']}) {say(m['text'], lang)}"
        for n, m in enumerate(question["misconceptions"], 1)
    ]
    text = render(
        "grade",
        lang,
        question=say(question["wording"], lang),
        points="\n".join(points),
        misconceptions="\n".join(held) or "-",
        reference=say(question["reference"], lang) or "-",
    )
    return Message(role="system", content=text)


def answer_message(
    shown: Sequence[Mapped], lang: Lang, answers: Sequence[AnswerText] = ()
) -> Message:
    """Return the message with the candidate's turns, each in a block that it cannot close.

    What was perhaps misheard in `answers` stands below, outside the candidate's words.
    """
    turns = "\n".join(f"<candidate>\n{one.text}\n</candidate>" for one in shown)
    for answer in answers:
        for hint in answer.hints:
            said = neutralise(answer.raw[hint["start"] : hint["end"]]).text
            heard = " ".join(said.split())
            # what is blanked above is not brought back here
            if heard and any(heard in one.text for one in shown):
                turns += "\n" + render("misheard", lang, heard=heard, term=hint["term"])
    return Message(role="user", content=render("grade_answer", lang, turns=turns))


def repair_message(problems: Sequence[str], lang: Lang) -> Message:
    """Return the message that names what was wrong with a reply."""
    lines = "\n".join(f"- {problem}" for problem in problems)
    return Message(role="user", content=render("grade_repair", lang, problems=lines))


def shown(answer: AnswerText) -> Mapped:
    """Return a turn as the model sees it: repaired, harmless, without words to the grader.

    Every character knows its place in the raw turn.
    """
    base = map_repair(answer.raw, answer.repaired) if answer.repaired else identity(answer.raw)
    letters = list(base.text)
    for start, end in split_to_grader(base.text):
        letters[start:end] = BLANK * (end - start)
    return Mapped(neutralise("".join(letters)).text, base.origin)


def reply_schema(question: Question) -> dict[str, Any]:
    """Return the JSON schema of the reply; `strict` endpoints want every field required."""
    ids = [point["id"] for point in question["key_points"]]
    quotes = {"type": "array", "items": {"type": "string"}}
    point = _object(
        key_point={"type": "string", "enum": ids},
        quotes=quotes,
        verdict={"type": "string", "enum": list(VERDICTS)},
        unsure={"type": "boolean"},
    )
    fields: dict[str, Any] = {"points": {"type": "array", "items": point}}
    if question["misconceptions"]:
        names = [f"m{n}" for n in range(1, len(question["misconceptions"]) + 1)]
        met = _object(misconception={"type": "string", "enum": names}, quote={"type": "string"})
        fields["misconceptions"] = {"type": "array", "items": met}
    return _object(
        **fields,
        kind={"type": "string", "enum": list(KINDS)},
        error_level={"type": "integer", "enum": [0, 1, 2, 3]},
        error_quote={"type": "string"},
        clarity={"type": "number"},
    )


def _object(**fields: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }
