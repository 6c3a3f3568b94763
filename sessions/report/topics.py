"""The topic map of a report: this session's scores beside what all sessions together say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sessions.mastery import estimate
from sessions.projections import Known
from sessions.report.schema import QuestionReport, TopicReport
from sessions.standing import likely_range, standing


def topic_reports(
    known: Known, setup: Mapping[str, Any], questions: Sequence[QuestionReport]
) -> list[TopicReport]:
    """Return every topic of the plan and every topic asked, the weakest of the asked first.

    `known` is what was known of the candidate when the session ended.
    """
    titles: dict[str, str] = dict(setup.get("topics", {}))
    answers = known.answers
    last = max((a["at"] for a in answers), default="")
    scores: dict[str, list[float]] = {}
    for question in questions:
        if not question["topic"]:
            continue
        titles.setdefault(question["topic"], question["topic"])
        if question["score"] is not None:
            scores.setdefault(question["topic"], []).append(question["score"])
    if not titles:
        return []
    now = datetime.fromisoformat(last or "2000-01-01T00:00:00+00:00")
    mastery = estimate(answers, now, tuple(titles))
    rows = []
    for topic, title in titles.items():
        level = mastery[topic]
        own = scores.get(topic, [])
        low, high = likely_range(level) if level["answers"] else (None, None)
        rows.append(
            TopicReport(
                id=topic,
                title=title,
                standing=standing(level),
                score=round(sum(own) / len(own), 1) if own else None,
                answers=level["answers"],
                low=None if low is None else round(low, 2),
                high=None if high is None else round(high, 2),
            )
        )
    return sorted(rows, key=lambda row: (row["score"] is None, row["score"] or 0.0))
