"""Strengths, weaknesses and what to practise, each with the words that prove it."""

from __future__ import annotations

from collections.abc import Sequence

from sessions.records import Lang
from sessions.report.review_schema import Review
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


def review_weaknesses(review: Review) -> list[Finding]:
    """Return the weightiest weak topics of a recorded interview, in the candidate's own words."""
    found = []
    for weak in review["findings"][:MOST]:
        own = [q for q in weak["evidence"] if q["speaker"] == "candidate"]
        found.append(
            Finding(
                question=weak["question"],
                topic=weak["topic_id"],
                text=weak["title"],
                quote=own[0]["text"] if own else "",
                verdict="wrong" if "wrong" in weak["signs"] else "partial",
            )
        )
    return found


def review_strengths(review: Review) -> list[Finding]:
    """Return what the interviewer approved, then what passed without doubt, in own words."""
    praised = [
        Finding(
            question="",
            topic="",
            text=praise["said"]["text"],
            quote=praise["answer"]["text"],
            verdict="covered",
            ground="praised",
        )
        for praise in review["praise"]
    ]
    passed = [
        Finding(
            question="",
            topic="",
            text=row["title"],
            quote=row["answer"]["text"],
            verdict="covered",
            ground="unopposed",
        )
        for row in review.get("unopposed", [])
    ]
    return praised + passed


def practise_review(review: Review, questions: Sequence[QuestionReport], lang: Lang) -> list[str]:
    """Return what to do after a recorded interview: its weak questions, answered again."""
    by_id = {question["id"]: question for question in questions}
    advice = []
    for weak in review["findings"][:MOST]:
        question = by_id.get(weak["question"])
        asked = question["asked"] if question else weak["title"]
        points = question["points"] if question else []
        open_points = [p for p in points if p["verdict"] != "covered"] or points
        heavy = sorted(open_points, key=lambda p: -p["weight"])[:2]
        bring = ("；" if lang == "zh" else "; ").join(p["text"].rstrip("。.") for p in heavy)
        if lang == "zh":
            end = f"，说到：{bring}。" if bring else "，先说结论，再说原因和一个例子。"
            advice.append(f"用两分钟重答「{asked}」{end}")
        else:
            end = f"; bring in: {bring}." if bring else ": the claim first, then why, then a case."
            advice.append(f"Answer “{asked}” again in two minutes{end}")
    return advice
