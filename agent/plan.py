"""The interview as data: formats and their stages, read from agent/formats/*.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from sessions.records import QuestionKind, Wording

FORMATS = Path(__file__).parent / "formats"

Patience = Literal["short", "normal", "long", "code"]


class PlanError(Exception):
    """An unknown format, or a format file that breaks its rules."""


@dataclass(frozen=True)
class Stage:
    """A part of the interview: what is asked in it, for how long, and what may be called."""

    id: str
    title: Wording
    minutes: float
    questions: int
    """At most so many new questions."""
    follow_ups: int
    """At most so many moves of the follow-up kind on one question."""
    kinds: tuple[QuestionKind, ...]
    topics: tuple[str, ...]
    """Empty means any topic of these kinds."""
    first: str
    """Id of the question that opens the stage; empty lets selection choose."""
    patience: Patience
    tools: tuple[str, ...]


@dataclass(frozen=True)
class Format:
    """One way to hold an interview."""

    id: str
    title: Wording
    summary: Wording
    minutes: float
    stages: tuple[Stage, ...]
    selection: Literal["interview", "practice"] = "interview"
    """What questions are chosen for: to learn where the candidate stands, or what is due."""


_RECORD_TOOLS = (
    "grade_answer",
    "remember_weak_spot",
    "select_question",
    "give_hint",
    "end_stage",
    "end_interview",
)
_NEED_TOOLS = ("lookup_knowledge", "recall_memory", "generate_followup", "run_code")


def format_names() -> list[str]:
    """Return the names of all formats, alphabetically."""
    return sorted(path.stem for path in FORMATS.glob("*.toml"))


@cache
def load_format(name: str) -> Format:
    """Read one format.

    Raises:
        PlanError: There is no such format, or its file breaks a rule.
    """
    path = FORMATS / f"{name}.toml"
    if name not in format_names():
        raise PlanError(f"unknown format {name!r}; choose one of {', '.join(format_names())}")
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    stages = tuple(_stage(name, row) for row in table["stage"])
    total = sum(stage.minutes for stage in stages)
    if abs(total - table["minutes"]) > 0.01:
        raise PlanError(f"{name}: stages take {total} minutes, the format says {table['minutes']}")
    return Format(
        id=name,
        title=Wording(zh=table["zh"], en=table["en"]),
        summary=Wording(zh=table["summary_zh"], en=table["summary_en"]),
        minutes=table["minutes"],
        stages=stages,
        selection=table.get("selection", "interview"),
    )


def stage_topics(
    form: Format, stage: Stage, having: Collection[str], wanted: Sequence[str]
) -> tuple[str, ...]:
    """Return what a stage asks about: of the topics the bank has for it, those asked for.

    Stages of other than concepts and code take no notice of what was asked for, unless practising.
    """
    practising = form.selection == "practice"
    narrowed = practising or {"concept", "code"} & set(stage.kinds)
    allowed = tuple(topic for topic in stage.topics or sorted(having) if topic in having)
    chosen = tuple(t for t in allowed if t in wanted) if wanted and narrowed else allowed
    if not chosen and "code" in stage.kinds and not practising:
        return allowed  # not every topic has a coding problem
    return chosen


def _stage(name: str, row: dict[str, Any]) -> Stage:
    tools = tuple(row.get("tools", _RECORD_TOOLS + _NEED_TOOLS))
    unknown = set(tools) - set(_RECORD_TOOLS + _NEED_TOOLS)
    if unknown:
        raise PlanError(f"{name}, stage {row['id']}: unknown tools {sorted(unknown)}")
    return Stage(
        id=row["id"],
        title=Wording(zh=row["zh"], en=row["en"]),
        minutes=row["minutes"],
        questions=row["questions"],
        follow_ups=row["follow_ups"],
        kinds=tuple(row["kinds"]),
        topics=tuple(row.get("topics", ())),
        first=row.get("first", ""),
        patience=row.get("patience", "normal"),
        tools=tools,
    )
