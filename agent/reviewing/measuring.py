"""A review held against an expected list: recall, severity, invented findings, quotes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import TypedDict

from sessions.report.quotes import quotes_of
from sessions.transcripts.plain import seconds_of

_NEAR_S = 6.0
"""A moment counts as found when a turn so near is named: turns begin a few seconds apart."""


class Measured(TypedDict):
    """The counts."""

    topics: int
    topics_found: int
    severity_close: int
    findings: int
    unexpected: int
    """Findings that touch no expected topic: to be read by a person, not all are invented."""
    moments: int
    moments_found: int
    quotes: int
    bad_quotes: int
    missed: list[str]


def measure(
    report: Mapping[str, Any], expected: Mapping[str, Any], said: Mapping[str, str] | None = None
) -> Measured:
    """Compare. A topic is found when a finding names one of its words or shares its evidence.

    With `said`, the text of each turn by its id, every quote is looked up in its turn.

    `expected`: {"topics": [{"name", "words": [...], "severity": 1..3, "lines": [a, b] or
    "times": ["mm:ss", "mm:ss"]}], "moments": [["mm:ss", "hint" | "answer"], …]}.
    """
    findings: Sequence[Mapping[str, Any]] = report["review"]["findings"]
    found = {i: _matching(topic, findings) for i, topic in enumerate(expected["topics"])}
    close = sum(
        any(abs(f["severity"] - int(expected["topics"][i]["severity"])) <= 1 for f in matches)
        for i, matches in found.items()
        if matches
    )
    touched = {f["number"] for matches in found.values() for f in matches}
    helped = [m["quote"]["at_s"] for m in report["review"]["moments"]]
    wanted = [seconds_of(time) for time, *_ in expected.get("moments", [])]
    quotes = list(quotes_of(report))
    return Measured(
        topics=len(found),
        topics_found=sum(bool(matches) for matches in found.values()),
        severity_close=close,
        findings=len(findings),
        unexpected=sum(f["number"] not in touched for f in findings),
        moments=len(wanted),
        moments_found=sum(
            any(at is not None and abs(at - (time or 0.0)) <= _NEAR_S for at in helped)
            for time in wanted
        ),
        quotes=len(quotes),
        bad_quotes=sum(not _holds(quote, said) for quote in quotes),
        missed=[str(expected["topics"][i].get("name", i)) for i, m in found.items() if not m],
    )


def _matching(
    topic: Mapping[str, Any], findings: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    return [f for f in findings if _shares_evidence(topic, f) or _shares_words(topic, f)]


def _shares_evidence(topic: Mapping[str, Any], finding: Mapping[str, Any]) -> bool:
    if "lines" in topic:
        low, high = topic["lines"][0], topic["lines"][-1]
        return any(low <= quote["line"] <= high for quote in finding["evidence"])
    if "times" in topic:
        low, high = seconds_of(topic["times"][0]) or 0.0, seconds_of(topic["times"][-1]) or 0.0
        return any(
            quote["at_s"] is not None and low <= quote["at_s"] < high
            for quote in finding["evidence"]
        )
    return False


def _shares_words(topic: Mapping[str, Any], finding: Mapping[str, Any]) -> bool:
    if "lines" in topic or "times" in topic:
        return False
    text = f"{finding['title']} {finding['asked']} {finding['topic']}".casefold()
    return any(str(word).casefold() in text for word in topic.get("words", []))


def _holds(quote: Mapping[str, Any], said: Mapping[str, str] | None) -> bool:
    """Return whether a quote stands at its place in its turn, or at least fits its span."""
    if said is not None:
        turn = said.get(quote["turn"], "")
        return bool(quote["text"]) and turn[quote["start"] : quote["end"]] == quote["text"]
    return len(quote["text"]) == quote["end"] - quote["start"] and bool(quote["text"])
