"""Every quote of a report, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from sessions.report.schema import Report


def quotes_of(report: Report | Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each quote in the order of the page; one that stands in two places comes twice."""
    whole = cast("Mapping[str, Any]", report)
    review: Mapping[str, Any] = whole.get("review") or {}
    for finding in review.get("findings", []):
        yield from finding["evidence"]
    for moment in review.get("moments", []):
        yield moment["quote"]
    for row in review.get("credited", []):
        yield from (row["answer"], row["said"])
    for doubt in review.get("doubts", []):
        yield from (doubt["claim"], doubt["asked"], doubt["reply"])
    yield from review.get("circling", [])
    for praise in review.get("praise", []):
        yield from (praise["said"], praise["answer"])
    for row in review.get("unopposed", []):
        yield row["answer"]
    for question in whole["questions"]:
        for point in question["points"]:
            yield from point["quotes"]
