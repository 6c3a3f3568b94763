"""The vocabulary of the records: all that is stored, sent to a face or put in a report.

All are plain JSON under a TypedDict, so that a stored record survives refactoring. Nothing here
computes; `validate` in the module that reads a record from outside checks it at the edge.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

SCHEMA_VERSION = 1

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")


class Wording(TypedDict, total=False):
    """One text in each language in which it exists."""

    zh: str
    en: str


# ---- questions


QuestionKind = Literal["concept", "language", "design", "project", "code", "behaviour", "reverse"]
"""What sort of talk a question opens; a stage of a format asks for kinds and topics."""

Scope = Literal["shared", "project", "personal", "draft", "generated"]
"""Who may be asked it: only `shared` and `generated` questions are asked of everybody."""

FollowUpKind = Literal["deeper", "example", "counter_example", "contrast", "edge_case", "why"]


class KeyPoint(TypedDict):
    """One statement that a good answer makes."""

    id: str
    """Unique in its question: k1, k2 …"""
    text: Wording
    weight: float
    """Relative; only the ratio to the question's other weights counts."""


class Misconception(TypedDict):
    """A false statement people really make, beside the key point it breaks."""

    key_point: str
    text: Wording
    correction: Wording


class FollowUp(TypedDict):
    """A prepared question that aims at one key point without giving it away."""

    key_point: str
    kind: FollowUpKind
    text: Wording


class Question(TypedDict):
    """A question with its rubric, as the bank holds it and as the ledger copies it when asked."""

    id: str
    bank: str
    """Name of the bank it comes from: `kaoguan` or the name given at import."""
    topic: str
    level: int
    """Author's difficulty, 1 (easy) to 5 (hard)."""
    kind: QuestionKind
    scope: Scope
    wording: Wording
    spoken: dict[str, list[str]]
    """Other phrasings by language, as people say them."""
    example: Wording
    """The question put another way with a concrete case: what `rephrase` says. May be empty."""
    key_points: list[KeyPoint]
    misconceptions: list[Misconception]
    reference: Wording
    """Model answer of spoken length."""
    hints: list[Wording]
    """The ladder: a nudge, a leading question, the answer in one sentence; empty or three long."""
    follow_ups: list[FollowUp]
    terms: list[list[str]]
    """Technical terms of the answer, each as [name, alias, …]."""
    prerequisites: list[str]
    """Ids of questions one should be able to answer before this one."""
    source: str
    """Paper, documentation or derivation; for an import `file:line`."""
    problem: NotRequired[dict[str, Any]]
    """Coding problem data for kind `code`."""


# ---- turns


Speaker = Literal["candidate", "interviewer"]

Intent = Literal[
    "answer",
    "ask_to_clarify",
    "ask_for_hint",
    "ask_to_repeat",
    "dont_know",
    "thinking",
    "skip",
    "off_topic",
    "end",
    "small_talk",
    "ask_about_interviewer",
]

Move = Literal[
    "ask",
    "follow_up",
    "rephrase",
    "example",
    "clarify",
    "paraphrase",
    "challenge",
    "return_to_earlier",
    "redirect",
    "step_down",
    "hint",
    "reveal",
    "let_go",
    "encourage",
    "backchannel",
    "interrupt",
    "transition",
    "time_check",
    "logistics",
    "integrity_check",
    "invite_questions",
    "close",
]


STAYING_MOVES: frozenset[Move] = frozenset(
    {
        "follow_up",
        "rephrase",
        "example",
        "clarify",
        "paraphrase",
        "challenge",
        "return_to_earlier",
        "redirect",
        "step_down",
        "hint",
    }
)
"""Moves that stay on a question: counted against `ask` for the follow-up ratio."""


class Word(TypedDict):
    """One recognised word of a spoken turn."""

    text: str
    start_s: float
    end_s: float
    confidence: float
    """0 to 1, the recogniser's own estimate."""


class Misheard(TypedDict):
    """What a stretch of a heard turn may have been meant as, too unsure to be put right."""

    start: int
    end: int
    """Of the raw text."""
    term: str


class Turn(TypedDict):
    """All of one speaker's words until the floor passes."""

    id: str
    session: str
    number: int
    """Counts from 1 within the session, both speakers together."""
    speaker: Speaker
    text: str
    """Raw, exactly as typed or recognised: quotes are offsets into this."""
    at: str
    """UTC time, ISO 8601, when the turn ended."""
    stage: str
    question: str
    """Id of the question under discussion, empty outside of one."""
    intent: NotRequired[Intent]
    move: NotRequired[Move]
    heard: NotRequired[bool]
    """True when it came through the recogniser, absent or False when typed."""
    repaired: NotRequired[str]
    """The text after term repair, when that differs."""
    hints: NotRequired[list[Misheard]]
    words: NotRequired[list[Word]]
    """Times count from where the turn begins."""
    from_s: NotRequired[float]
    """Where in a reviewed recording the turn begins; absent where there is no sound."""
    seconds: NotRequired[float]
    """How long the speaker held the floor."""
    answered_by: NotRequired[str]
    """Model that wrote an interviewer turn; `embedded…` when it was ours."""


# ---- grades


class Quote(TypedDict):
    """The candidate's own words: `turn_text[start:end] == text`, checked in code."""

    turn: str
    start: int
    end: int
    text: str


Verdict = Literal["covered", "partial", "missed", "wrong", "not_graded"]


class PointGrade(TypedDict):
    """What an answer did with one key point; `missed` and `not_graded` carry no quote."""

    key_point: str
    verdict: Verdict
    quotes: list[Quote]
    note: NotRequired[str]


class MisconceptionMet(TypedDict):
    """A misconception of the question that the candidate stated."""

    key_point: str
    statement: Wording
    correction: Wording
    quote: Quote


class Dimensions(TypedDict):
    """Four judgements, each 0 to 2, shown beside the score and not part of it."""

    relevance: float
    coverage: float
    correctness: float
    clarity: float


AnswerKind = Literal["content", "evasive", "stuffing", "gibberish", "addressed_to_grader", "empty"]


class Grade(TypedDict):
    """One answer (or all answers to one question) held against the question's rubric."""

    question: str
    status: Literal["graded", "not_graded"]
    reason: str
    """Why it was not graded; empty when it was."""
    kind: AnswerKind
    points: list[PointGrade]
    misconceptions: list[MisconceptionMet]
    error_level: int
    """0 none, 1 a false side remark, 2 a central relation false, 3 mostly false."""
    clarity: float
    """0 to 10."""
    overall: float | None
    """0 to 100 by the scoring rule (tools/grading/score.py); None when not graded."""
    dimensions: Dimensions | None
    confidence: float
    """0 to 1: how sure the grader is of `overall` within one band of 20."""
    grader: str
    """Name and version, naming the embedding: grades of different versions are never averaged."""
    fallback: NotRequired[str]
    """Who should have graded and why it did not; absent when the chosen one graded."""
    opinions: NotRequired[list[Grade]]
    """What other graders made of the same answers; present when one was asked or disagrees."""
    band: NotRequired[float]
    """Points from which those count as disagreeing; present with `opinions`."""


class FollowUpCandidate(TypedDict):
    """A follow-up that could be asked now; the machine picks one."""

    kind: FollowUpKind
    key_point: str
    text: str
    starts_from: str
    """The candidate's words it picks up; empty when it picks up none."""


# ---- memory


MemoryKind = Literal["misconception", "habit", "project_fact", "preference", "goal", "claim"]


class TextMemory(TypedDict):
    """Something known of a candidate, with the words and the times that prove it."""

    id: str
    candidate: str
    kind: MemoryKind
    key: str
    """What it is about (kind, topic, key point): a newer one of the same key supersedes."""
    text: str
    quote: Quote
    topic: str
    observed_at: str
    valid_from: str
    invalid_at: str | None
    superseded_by: str | None


class TopicMastery(TypedDict):
    """The estimate of one topic's ability on the logit scale, with its uncertainty."""

    topic: str
    mean: float
    sd: float
    answers: int
    """Graded answers it rests on; fewer than two is `not enough evidence`."""


# ---- the words of a model


class Message(TypedDict):
    """One message to a chat model."""

    role: Literal["system", "user", "assistant"]
    content: str
