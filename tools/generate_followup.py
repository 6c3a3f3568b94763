"""Follow-up candidates from the rubric, the misconceptions and what the grade found.

Asks no model: the bank's own follow-ups come first, else one is made from what was asked and the
candidate's words. Each is one question at an open point that repeats nothing and gives nothing
away; the model that leads the interview puts the chosen one into its own words, under its gate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sessions.records import (
    FollowUpCandidate,
    Grade,
    KeyPoint,
    Lang,
    PointGrade,
    Question,
    Verdict,
)
from tools.base import ToolContext, ToolError
from tools.grade_answer import shared_grader
from tools.grading import probe
from tools.grading.evidence import AnswerText
from tools.grading.reading import read
from tools.grading.units import coverage, units
from tools.grading.view import texts_of

MOST = 3
_ORDER: dict[Verdict, int] = {"wrong": 0, "partial": 1, "missed": 2, "not_graded": 3, "covered": 4}
_QUOTE_LENGTH = 40


def followups(
    question: Question,
    answers: Sequence[AnswerText],
    grade: Grade,
    asked: Sequence[str],
    lang: Lang,
) -> list[FollowUpCandidate]:
    """Return one to three follow-ups, the most wanted first; each aims at another key point.

    Wrong points come first, then half-made ones, then missed ones by weight; covered points are
    asked deeper only when nothing else is open. `asked` holds every follow-up put so far.
    """
    points = {p["id"]: p for p in question["key_points"]}
    said = read(answers)
    graded = [p for p in grade["points"] if p["key_point"] in points]
    graded.sort(key=lambda p: (_ORDER[p["verdict"]], -points[p["key_point"]]["weight"]))
    is_open = [p for p in graded if p["verdict"] != "covered"]
    found: list[FollowUpCandidate] = []
    for result in is_open or graded:
        point = points[result["key_point"]]
        options = _prepared(question, point, result, lang)
        options.append(_made(question, point, result, answers, lang))
        for option in options:
            taken = [*asked, *(f["text"] for f in found), *texts_of(question["wording"], lang)]
            if _fits(option, question, said.all_units, taken, lang):
                found.append(option)
                break
        if len(found) == MOST:
            break
    return found


def _prepared(
    question: Question, point: KeyPoint, result: PointGrade, lang: Lang
) -> list[FollowUpCandidate]:
    """Return the bank's follow-ups for a point, a counter-example first when it was wrong."""
    rows = [f for f in question["follow_ups"] if f["key_point"] == point["id"]]
    rows = [f for f in rows if lang in f["text"]]
    if result["verdict"] == "wrong":
        rows.sort(key=lambda f: f["kind"] != "counter_example")
    elif result["verdict"] == "covered":
        rows.sort(key=lambda f: f["kind"] not in ("deeper", "contrast", "why"))
    words = _shortened(result["quotes"][0]["text"]) if result["quotes"] else ""
    return [
        {"kind": f["kind"], "key_point": point["id"], "text": f["text"][lang], "starts_from": words}
        for f in rows
    ]


def _made(
    question: Question,
    point: KeyPoint,
    result: PointGrade,
    answers: Sequence[AnswerText],
    lang: Lang,
) -> FollowUpCandidate:
    """Return a follow-up made from the asked question and the candidate's own words."""
    words = _shortened(result["quotes"][0]["text"] if result["quotes"] else "")
    words = words or _nearest_words(point, answers, lang)
    kind = probe.kind_for(point, result["verdict"], lang)
    return {
        "kind": kind,
        "key_point": point["id"],
        "text": probe.open_question(question, point, kind, words, lang),
        "starts_from": words,
    }


def _nearest_words(point: KeyPoint, answers: Sequence[AnswerText], lang: Lang) -> str:
    """Return the candidate's clause that comes nearest to a point, empty when none is near."""
    wanted = units(" ".join(texts_of(point["text"], lang)[:1]))
    best, where = 0.0, ""
    for clause in read(answers).clauses:
        near = coverage(wanted, units(clause.text).keys())
        if near > best:
            raw = answers[clause.answer].raw[clause.start : clause.end]
            best, where = near, raw.strip("，,。；;、：:.！!？? \n")
    return _shortened(where)


def _shortened(text: str) -> str:
    """Return text that fits in a spoken question: it must not hold a question of its own."""
    text = text.strip()
    if any(c in text for c in "？?\n") or len(text) > 4 * _QUOTE_LENGTH:
        return ""
    latin = sum(c.isascii() for c in text)
    limit = _QUOTE_LENGTH + latin // 2
    if len(text) <= limit:
        return text
    cut = max(text.rfind(c, 0, limit) for c in "，,；;、 ")
    return text[:cut] if cut > 6 else text[:limit]


def _fits(
    option: FollowUpCandidate,
    question: Question,
    said: frozenset[str],
    taken: Sequence[str],
    lang: Lang,
) -> bool:
    text = option["text"]
    if sum(text.count(c) for c in "？?") != 1 or probe.already_asked(text, taken):
        return False
    return not any(
        probe.gives_away(text, point, question, said, lang) for point in question["key_points"]
    )


async def generate_followup(ctx: ToolContext, asked: Sequence[str] = ()) -> Mapping[str, Any]:
    """Get one to three follow-up questions on the question under discussion.

    Each says which key point it aims at, of what kind it is (deeper, example, counter_example,
    contrast, edge_case, why) and which of the candidate's words it starts from. Put the follow-ups
    already asked in `asked`, so that none comes again. Ask at most one of them, in your own words,
    and give nothing of the answer away.
    """
    if ctx.question is None:
        raise ToolError("no question is under discussion: ask one first")
    answers = [AnswerText(ctx.turn, ctx.answer)]
    grade = ctx.prepared.get("grade_answer")
    if not isinstance(grade, Mapping) or grade.get("question") != ctx.question["id"]:
        grader = shared_grader()
        run = grader.grade if grader.is_loaded else grader.quick
        grade = run(ctx.question, answers, ctx.lang)
    found = followups(ctx.question, answers, grade, list(asked), ctx.lang)  # type: ignore[arg-type]
    return {"question": ctx.question["id"], "candidates": found}
