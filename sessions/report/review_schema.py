"""What a review of a recorded interview adds to a report; every quote is a piece of its turn."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from sessions.records import Speaker

Severity = Literal[1, 2, 3]
"""1 small, 2 clear, 3 serious."""

Sign = Literal[
    "admits",
    "evades",
    "hint",
    "answer",
    "challenge",
    "unclear",
    "circling",
    "rephrase",
    "interrupted",
    "wrong",
    "missed",
    "let_go",
    "vague",
    "praise",
    "unopposed",
    "credited",
    "probed",
]


class ReviewQuote(TypedDict):
    """Somebody's words, where they stand, and what they show."""

    turn: str
    start: int
    end: int
    text: str
    speaker: Speaker
    sign: Sign
    line: int
    """Line of the transcript at which the turn begins."""
    at_s: float | None
    from_s: NotRequired[float]
    """Where in the recording the words begin; absent without sound."""
    to_s: NotRequired[float]


class Asked(TypedDict):
    """One thing the interviewer asked on a question."""

    at_s: float | None
    text: str


class ReviewFinding(TypedDict):
    """One weak topic: where it showed, how much it weighs, what to do."""

    number: int
    title: str
    """The question as the bank has it, or the interviewer's own words."""
    asked: str
    """The interviewer's own words."""
    asks: list[Asked]
    """All that was asked on it, the first included, in the interviewer's words."""
    topic: str
    topic_id: str
    question: str
    terms: list[str]
    severity: Severity
    signs: dict[str, int]
    evidence: list[ReviewQuote]
    from_s: float | None
    to_s: float | None
    lines: list[int]
    """First and last line of the transcript that the finding rests on."""


class ReviewMoment(TypedDict):
    """A place where the interviewer helped: with a hint, or with the answer."""

    kind: Literal["hint", "answer"]
    question: str
    quote: ReviewQuote


class Doubt(TypedDict):
    """A claim that the interviewer came back to, and what became of it."""

    asked: ReviewQuote
    claim: ReviewQuote
    reply: ReviewQuote
    given_up: bool


class Praise(TypedDict):
    """Words of the interviewer that approve, and the answer before them."""

    said: ReviewQuote
    answer: ReviewQuote


class Credited(TypedDict):
    """A right answer that the interviewer put wrong: the bank's facts side with the candidate."""

    title: str
    answer: ReviewQuote
    said: ReviewQuote
    """The interviewer's words against it."""
    fact: str
    source: str


class Unopposed(TypedDict):
    """A question that was answered without doubt, help or second asking, and how it was."""

    title: str
    answer: ReviewQuote


class Review(TypedDict):
    """What only a review of a recording knows."""

    source: str
    """Form of the file; never its path."""
    roles_clear: bool
    labels: dict[str, str]
    findings: list[ReviewFinding]
    moments: list[ReviewMoment]
    doubts: list[Doubt]
    circling: list[ReviewQuote]
    reverse_questions: list[str]
    company_facts: list[str]
    integrity_remarks: int
    """How often the interviewer spoke of outside help: a remark, never a finding."""
    masked: int
    ignored: int
    """Lines of the file that belong to no speaker."""
    praise: list[Praise]
    unopposed: NotRequired[list[Unopposed]]
    credited: NotRequired[list[Credited]]
