"""Strengths, weaknesses and what to practise, each with the words that prove it."""

from __future__ import annotations

from collections.abc import Sequence

from sessions.records import Lang
from sessions.report.schema import Finding, PointReport, QuestionReport

MOST = 3


def _finding(question: QuestionReport, point: PointReport) -> Finding:
    return Finding(
        question=question["id"],
        topic=question["topic"],
        text=point["correction"] or point["text"],
        quote=point["quotes"][0]["text"] if point["quotes"] else "",
        verdict=point["verdict"],
    )


def strengths(questions: Sequence[QuestionReport]) -> list[Finding]:
    """Return the weightiest covered points, one a question, best answered questions first."""
    best = sorted((q for q in questions if q["score"] is not None), key=_score, reverse=True)
    found = []
    for question in best:
        covered = [p for p in question["points"] if p["verdict"] == "covered" and p["quotes"]]
        if covered and not question["told"]:
            found.append(_finding(question, max(covered, key=lambda p: p["weight"])))
    return found[:MOST]


def weaknesses(questions: Sequence[QuestionReport]) -> list[Finding]:
    """Return what was wrong, then what was missed, weakest questions first; one a question."""
    worst = sorted((q for q in questions if q["score"] is not None), key=_score)
    found: list[Finding] = []
    for verdict in ("wrong", "missed", "partial"):
        for question in worst:
            points = [p for p in question["points"] if p["verdict"] == verdict]
            if points and question["id"] not in {f["question"] for f in found}:
                found.append(_finding(question, max(points, key=lambda p: p["weight"])))
    return found[:MOST]


def _score(question: QuestionReport) -> float:
    return question["score"] if question["score"] is not None else 0.0


def practise(questions: Sequence[QuestionReport], lang: Lang) -> list[str]:
    """Return what to do next: the questions to answer again, each with the points to bring in."""
    worst = sorted((q for q in questions if q["score"] is not None), key=_score)
    advice = []
    for question in worst[:MOST]:
        points = [p for p in question["points"] if p["verdict"] in ("wrong", "missed", "partial")]
        if not points:
            continue
        heavy = sorted(points, key=lambda p: -p["weight"])[:2]
        joint = "；" if lang == "zh" else "; "
        bring = joint.join(p["text"].rstrip("。.") for p in heavy)
        if lang == "zh":
            advice.append(f"用两分钟重答「{question['asked']}」，说到：{bring}。")
        else:
            advice.append(f"Answer “{question['asked']}” again in two minutes; bring in: {bring}.")
    return advice
