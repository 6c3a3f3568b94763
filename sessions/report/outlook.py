"""The last page of a report: how topics moved, what was mended, what is due, and what when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from typing_extensions import TypedDict

from sessions.ledger import Ledger
from sessions.overview import progress_words, trend
from sessions.projections import Known
from sessions.records import Verdict
from sessions.report.outlook_schema import Direction, Outlook, PlanDay, PointChange, TopicTrend
from sessions.report.schema import QuestionReport
from sessions.schedule import practice_plan

_MOST_CHANGES = 8
_WEAK_VERDICTS = frozenset({"wrong", "missed"})


class _Before(TypedDict):
    verdict: Verdict
    at: str


def outlook_of(
    known: Known,
    titles: dict[str, str],
    questions: Sequence[QuestionReport],
    before: dict[str, _Before],
) -> Outlook | None:
    """Return the last page as things stood when the session ended; None when nothing is known.

    `before` holds the last verdict of earlier sessions by `question#key point`.
    """
    last = max((a["at"] for a in known.answers), default="")
    if not last:
        return None
    now = datetime.fromisoformat(last)
    plan = [
        PlanDay(
            day=day["day"][:10],
            points=day["cards"],
            topics=[titles.get(topic, topic) for topic in day["topics"]],
        )
        for day in practice_plan(list(known.cards.values()), now)
    ]
    return Outlook(
        sessions=known.sessions,
        trends=_trends(known, titles),
        mended=_changes(questions, before, mended=True),
        slipped=_changes(questions, before, mended=False),
        due=sum(card["due"] <= last for card in known.cards.values()),
        plan=plan,
    )


def verdicts_before(
    ledger: Ledger, candidate: str, last_id: int, session: str
) -> dict[str, _Before]:
    """Return what became of each key point when it was graded last before this session."""
    found: dict[str, _Before] = {}
    for event in ledger.events(candidate=candidate, kinds=["grade"]):
        if event["id"] > last_id or event["session"] == session:
            continue
        body = event["body"]
        for point in body.get("grade", {}).get("points", []):
            if point["verdict"] != "not_graded":
                name = f"{body['question']}#{point['key_point']}"
                found[name] = _Before(verdict=point["verdict"], at=event["at"])
    return found


def _trends(known: Known, titles: dict[str, str]) -> list[TopicTrend]:
    points = trend(known)
    words = progress_words(points)
    rows = [
        TopicTrend(
            topic=topic,
            title=titles.get(topic, topic),
            direction=cast("Direction", "single" if len(found) == 1 else words[topic]),
            days=[point["at"][:10] for point in found],
            ranges=[point["points"] for point in found],
        )
        for topic, found in points.items()
        if topic
    ]
    return sorted(rows, key=lambda row: row["ranges"][-1][1])


def _changes(
    questions: Sequence[QuestionReport], before: dict[str, _Before], *, mended: bool
) -> list[PointChange]:
    """Return the points that were weak and are covered now, or the other way round."""
    found = []
    for question in questions:
        for point in question["points"]:
            earlier = before.get(f"{question['id']}#{point['key_point']}")
            if earlier is None:
                continue
            was_weak = earlier["verdict"] in _WEAK_VERDICTS
            better = was_weak and point["verdict"] == "covered"
            worse = earlier["verdict"] == "covered" and point["verdict"] in _WEAK_VERDICTS
            if better if mended else worse:
                row = PointChange(
                    question=question["asked"],
                    text=point["text"],
                    was=earlier["verdict"],
                    now=point["verdict"],
                    at=earlier["at"][:10],
                )
                found.append((point["weight"], row))
    return [row for _, row in sorted(found, key=lambda pair: -pair[0])][:_MOST_CHANGES]
