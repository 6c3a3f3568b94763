"""The shape of a report as JSON; `kaoguan report --schema` prints it."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from sessions.records import AnswerKind, Dimensions, Lang, Verdict
from sessions.report.outlook_schema import Outlook, Spoken
from sessions.report.review_schema import Review
from sessions.standing import Standing
from sessions.transcripts.speech import Delivery

REPORT_VERSION = 1


class ReportQuote(TypedDict):
    """The candidate's words behind a line."""

    turn: str
    start: int
    end: int
    text: str
    from_s: NotRequired[float]
    """Where in the recording of a spoken session it begins; absent when it was typed."""
    to_s: NotRequired[float]


class PointReport(TypedDict):
    """One key point: what became of it, and the words that prove it."""

    key_point: str
    text: str
    weight: float
    verdict: Verdict
    quotes: list[ReportQuote]
    correction: str
    """What is right, where a known misconception was stated; else empty."""
    note: str


class Exchange(TypedDict):
    """One interviewer turn and the answer to it."""

    move: str
    said: str
    answer: str
    answered_by: str


class QuestionReport(TypedDict):
    """One question, everything said about it, and its grade."""

    number: int
    id: str
    topic: str
    stage: str
    level: int
    asked: str
    why: list[dict[str, Any]]
    because: NotRequired[list[str]]
    """The reasons in words, as said when it was asked."""
    graded: bool
    reason: str
    """Why it was not graded; empty when it was."""
    kind: AnswerKind
    score: float | None
    confidence: float
    dimensions: Dimensions | None
    points: list[PointReport]
    model_answer: str
    hints: int
    told: bool
    seconds: float
    exchanges: list[Exchange]
    source: str
    reckoning: NotRequired[Reckoning | None]
    """Absent where no score is given."""
    at_s: NotRequired[float | None]
    """Where in the session it began; absent when unknown."""
    fallback: NotRequired[str]
    """Who should have graded it and why it did not; absent when the chosen grader did."""
    opinions: NotRequired[list[Opinion]]
    """What other graders made of it, where one was asked or disagrees."""


class Opinion(TypedDict):
    """Another grader's view of one question."""

    grader: str
    score: float | None
    verdicts: dict[str, Verdict]
    """By key point."""
    disagrees: bool
    """By more points than the band that was set, or only one of the two gives any."""


class TopicReport(TypedDict):
    """One topic of the plan; `standing` is never `weak` for what was not asked."""

    id: str
    title: str
    standing: Standing
    score: float | None
    """Mean of this session's graded questions."""
    answers: int
    """Graded answers the standing rests on, earlier sessions included."""
    low: float | None
    high: float | None
    """Likely range of the ability, in logits."""


class Finding(TypedDict):
    """A strength or weakness with its evidence."""

    question: str
    topic: str
    text: str
    quote: str
    """The candidate's words; empty where something was missed."""
    verdict: Verdict
    ground: NotRequired[Literal["praised", "unopposed"]]
    """Of a recorded interview: the interviewer said so, or let it stand."""


class Conduct(TypedDict):
    """How the interviewer behaved, in counts."""

    interviewer: str
    grader: str
    turns: int
    follow_ups_per_question: float
    share_of_characters: float
    median_turn_characters: float
    fallback_turns: int
    refused_sentences: int


class Span(TypedDict):
    """One question on the time line of a session."""

    number: int
    start_s: float
    seconds: float
    stage: str
    label: str
    mark: Verdict
    """How it went, for the sign on the line; `not_graded` where nothing is said."""


class GrowthReport(TypedDict):
    """How the running time of a submission was measured to grow: a hint, not a verdict."""

    among: list[str]
    """The order, or two neighbours that cannot be told apart; empty: cannot tell."""
    confidence: float
    """Share of resampled measurements that agree."""
    reason: str
    """Why it cannot be told; empty when it can."""
    target: str
    """The order that the problem wants; empty when it has no single one."""
    smallest: int
    largest: int
    sizes: int
    repetitions: int


class CodeReport(TypedDict):
    """One submission of the candidate's code."""

    question: str
    title: str
    verdict: str
    passed: int
    total: int
    language: str
    tried: int
    """Runs of the public tests since the submission before."""
    time_ms: float
    """The slowest test."""
    memory_mb: float
    growth: NotRequired[GrowthReport]
    """Only where it was measured."""


class Statement(TypedDict):
    """One statement of the candidate's, and where it was made."""

    question: int
    """Number of the question in the report; 0 for talk outside of one."""
    text: str
    at_s: float


class Contradiction(TypedDict):
    """Two statements that exclude each other; they change no score."""

    clash: str
    """In what: number, negation, opposite, experience or rubric."""
    earlier: Statement
    now: Statement
    reply: str
    """What was said when the interviewer asked; empty when it was not asked."""


class PastDelivery(TypedDict):
    """What the candidate's earlier sessions came to, for comparison."""

    sessions: int
    characters_per_minute: float | None
    vague_per_100: float
    talk_share: float


class Reckoning(TypedDict):
    """What a question's score is made of."""

    content: float
    """Weighted share of the graded key points, 0 to 1."""
    clarity: float
    """0 to 10."""
    error_level: int
    """0 none, 1 a false side remark, 2 a central relation false, 3 mostly false."""


class Report(TypedDict):
    """The whole report of one session."""

    version: int
    session: str
    candidate: str
    format: str
    lang: Lang
    mode: str
    bank: str
    status: Literal["complete", "interrupted", "open"]
    started_at: str
    ended_at: str
    minutes: float
    score: float | None
    """Mean over graded questions; None when nothing was graded."""
    graded: int
    not_graded: int
    questions: list[QuestionReport]
    topics: list[TopicReport]
    strengths: list[Finding]
    weaknesses: list[Finding]
    practise: list[str]
    to_learn: list[str]
    conduct: Conduct
    notes: NotRequired[list[str]]
    delivery: NotRequired[Delivery]
    past_delivery: NotRequired[PastDelivery | None]
    spoken: NotRequired[Spoken | None]
    outlook: NotRequired[Outlook | None]
    timeline: NotRequired[list[Span]]
    code: NotRequired[list[CodeReport]]
    contradictions: NotRequired[list[Contradiction]]
    not_covered: NotRequired[list[str]]
    """Titles of the topics of the plan that were not asked."""
    review: NotRequired[Review]
    """Only in the report of a recorded interview."""


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of a report."""
    from pydantic import TypeAdapter

    return TypeAdapter(Report).json_schema()
