"""From a model's reply to a grade: what it may not claim is named, then dropped.

The reply fits its schema already. Here each quote is looked up, and verdicts, misconceptions and
error level are held against each other; the number comes from tools/grading/score.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.model_grading.quoting import find_quote
from sessions.credit import content_share
from sessions.records import AnswerKind, Grade, MisconceptionMet, PointGrade, Question, Quote
from tools.grading import score
from tools.grading.evidence import AnswerText, Mapped
from tools.grading.judge import LOW_CONFIDENCE
from tools.grading.rules import named_share
from tools.grading.units import fold, term_patterns

SURE = 0.9
"""Confidence in a reply that had nothing wrong in it (a guess, until measured for a model)."""
COST_OF_DOUBT = 0.5
"""Taken off for the share of the rubric that the model itself was unsure of (a guess)."""
MOST_PROVED = 2
"""Key points that one stretch of words may prove alone: what proves everything proves nothing."""
COST_OF_DROP = 0.15
"""Taken off for each claim that had to be dropped (a guess)."""


@dataclass(frozen=True)
class Answered:
    """The answers to one question: as they were given, and as a model is shown them."""

    question: Question
    answers: Sequence[AnswerText]
    shown: Sequence[Mapped]


@dataclass(frozen=True)
class Checked:
    """What a reply comes to."""

    grade: Grade
    problems: tuple[str, ...]
    """What is wrong with it, one line each, worded for the model that is to mend it."""
    usable: bool
    """Whether the grade stands once the claims without evidence are dropped."""


def check_reply(answered: Answered, reply: Mapping[str, Any], label: str) -> Checked:
    """Return the grade that a reply amounts to, with what had to be dropped from it."""
    said = {row["key_point"]: row for row in reply["points"]}
    wanted = [point["id"] for point in answered.question["key_points"]]
    problems = _rubric_problems([row["key_point"] for row in reply["points"]], wanted)
    complete = not problems
    content = reply["kind"] == "content"
    points: list[PointGrade] = []
    dropped = 0
    for name in wanted:
        row = said.get(name, {"verdict": "missed", "quotes": []})
        point, wrong = _point(answered, name, row)
        # A kind that earns nothing for its points makes no claims that need proof.
        points.append(point if content else PointGrade(key_point=name, verdict="missed", quotes=[]))
        problems += wrong if content else []
        dropped += bool(wrong) and content
    points, stretched = _stretched(points)
    problems += stretched
    dropped += len(stretched)
    met, unproved = _misconceptions(answered, reply.get("misconceptions", ()), points)
    level, mismatch = _error_level(answered, reply, points)
    problems += unproved + mismatch if content else []
    claims = sum(row["verdict"] != "missed" for row in reply["points"]) if content else 0
    proved = any(point["quotes"] for point in points)
    unborne = len(unproved) + len(mismatch) if content else 0
    sure = SURE - COST_OF_DROP * (dropped + unborne)
    sure -= COST_OF_DOUBT * _unsure_share(answered.question, said)
    return Checked(
        grade=_grade(
            answered,
            points,
            met if content else [],
            (reply["kind"], level if content else 0, _clamped(reply["clarity"], 10.0)),
            (round(_clamped(sure, 0.95), 2), label),
        ),
        problems=tuple(problems),
        usable=complete and (proved or not claims),
    )


def _rubric_problems(named: Sequence[str], wanted: Sequence[str]) -> list[str]:
    problems = [f"{name}: no verdict" for name in wanted if name not in named]
    return problems + [f"{name}: more than one verdict" for name in wanted if named.count(name) > 1]


def _point(answered: Answered, name: str, row: Mapping[str, Any]) -> tuple[PointGrade, list[str]]:
    """Return the verdict that the evidence bears, and what was wrong with the one given."""
    verdict = row["verdict"]
    if verdict == "missed":
        return PointGrade(key_point=name, verdict="missed", quotes=[]), []
    last = verdict == "wrong"
    found = [(q, find_quote(q, answered.answers, answered.shown, last=last)) for q in row["quotes"]]
    quotes = _distinct([quote for _, quote in found if quote is not None])
    invented = [text for text, quote in found if quote is None]
    problems = [f"{name}: the candidate did not say “{text[:60]}”" for text in invented]
    if not row["quotes"]:
        problems.append(f"{name}: {verdict} without a quote")
    if not quotes:
        return PointGrade(key_point=name, verdict="missed", quotes=[]), problems
    if any(_heard_badly(answered, quote) for quote in quotes):
        note = PointGrade(key_point=name, verdict="not_graded", quotes=[], note="heard")
        return note, problems
    if invented and verdict == "covered":
        verdict = "partial"
    return PointGrade(key_point=name, verdict=verdict, quotes=quotes), problems


def _stretched(points: Sequence[PointGrade]) -> tuple[list[PointGrade], list[str]]:
    """Return the points, half made where their only words are to prove several others as well."""
    uses: dict[str, set[str]] = {}
    for point in points:
        for quote in point["quotes"] if point["verdict"] == "covered" else ():
            uses.setdefault(quote["text"], set()).add(point["key_point"])
    found: list[PointGrade] = []
    problems = []
    for point in points:
        shared = [uses.get(quote["text"], set()) for quote in point["quotes"]]
        if point["verdict"] == "covered" and all(len(s) > MOST_PROVED for s in shared):
            others = ", ".join(sorted(shared[0] - {point["key_point"]}))
            problems.append(f"{point['key_point']}: the same words are to prove {others}; quote "
                            "the words that make this very point")  # fmt: skip
            point = {**point, "verdict": "partial"}
        found.append(point)
    return found, problems


def _distinct(quotes: Sequence[Quote]) -> list[Quote]:
    return list({(q["turn"], q["start"], q["end"]): q for q in quotes}.values())


def _heard_badly(answered: Answered, quote: Quote) -> bool:
    """Say whether a term of the question was heard too unsurely inside these words."""
    answer = next(a for a in answered.answers if a.turn == quote["turn"])
    if not answer.words:
        return False
    terms = term_patterns(answered.question["terms"])
    return any(
        word["confidence"] < LOW_CONFIDENCE
        and len(word["text"].strip()) > 1
        and word["text"].strip() in quote["text"]
        and any(term.search(fold(word["text"])) for term in terms)
        for word in answer.words
    )


def _misconceptions(
    answered: Answered, rows: Sequence[Mapping[str, Any]], points: Sequence[PointGrade]
) -> tuple[list[MisconceptionMet], list[str]]:
    """Return the misconceptions that were really stated; each lies on a point that is wrong."""
    wrong = {point["key_point"] for point in points if point["verdict"] == "wrong"}
    found: dict[str, MisconceptionMet] = {}
    problems = []
    for row in rows:
        held = answered.question["misconceptions"][int(row["misconception"][1:]) - 1]
        quote = find_quote(row["quote"], answered.answers, answered.shown, last=True)
        if quote is None:
            problems.append(
                f"{row['misconception']}: the candidate did not say “{row['quote'][:60]}”"
            )
        elif held["key_point"] not in wrong:
            problems.append(f"{row['misconception']} was met, but {held['key_point']} is not wrong")
        else:
            found.setdefault(
                held["key_point"],
                MisconceptionMet(
                    key_point=held["key_point"],
                    statement=held["text"],
                    correction=held["correction"],
                    quote=quote,
                ),
            )
    return list(found.values()), problems


def _error_level(
    answered: Answered, reply: Mapping[str, Any], points: Sequence[PointGrade]
) -> tuple[int, list[str]]:
    """Return the level that the verdicts and quotes bear, and how the given one disagrees."""
    verdicts = [point["verdict"] for point in points]
    wrong = verdicts.count("wrong")
    right = verdicts.count("covered") + verdicts.count("partial")
    given: int = reply["error_level"]
    if wrong:
        level = 3 if given == 3 and wrong > right else 2
        return level, ["error_level: at least 2, since a key point is wrong"] if given < 2 else []
    if given >= 2:
        return 0, [f"error_level {given}: no key point is wrong; name it, or lower the level"]
    if given == 1 and find_quote(reply["error_quote"], answered.answers, answered.shown) is None:
        return 0, ["error_level 1: error_quote is not what the candidate said"]
    return given, []


def _unsure_share(question: Question, said: Mapping[str, Mapping[str, Any]]) -> float:
    weights = score.weights_of(question["key_points"])
    doubtful = sum(weights[name] for name, row in said.items() if row.get("unsure"))
    return doubtful / max(1e-9, sum(weights.values()))


def _grade(
    answered: Answered,
    points: list[PointGrade],
    met: list[MisconceptionMet],
    whole: tuple[AnswerKind, int, float],
    made: tuple[float, str],
) -> Grade:
    """Return the record; `whole` is kind, error level and clarity, `made` confidence and label."""
    kind, level, clarity = whole
    shares = score.weights_of(answered.question["key_points"])
    share = content_share(points, shares)
    unheard = bool(points) and all(p["verdict"] == "not_graded" for p in points)
    number = score.overall(points, clarity, level, kind, shares, _touched(answered, kind))
    relevance = min(1.0, 0.5 + share) if kind == "content" else 0.0
    return Grade(
        question=answered.question["id"],
        status="not_graded" if unheard else "graded",
        reason="every decisive term was heard too unsurely" if unheard else "",
        kind=kind,
        points=points,
        misconceptions=met,
        error_level=level,
        clarity=clarity,
        overall=None if unheard else number,
        dimensions=None if unheard else score.dimensions(share, clarity, level, relevance),
        confidence=made[0],
        grader=made[1],
    )


def _touched(answered: Answered, kind: AnswerKind) -> float:
    """Return how much of the subject shows, 0 to 1, where no point is made."""
    text = "\n".join(one.text for one in answered.shown)
    named = named_share(text, term_patterns(answered.question["terms"]))
    return float(named > 0) if kind == "content" else min(1.0, 1.6 * named)


def _clamped(value: float, most: float) -> float:
    return min(most, max(0.0, float(value)))
