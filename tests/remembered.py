"""A scripted candidate over several sessions: strong, but for the holes each session names."""

from __future__ import annotations

import asyncio
import atexit
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from agent.assembly import Setup
from agent.events import Said
from agent.interviewer import LEDGER_FILE, Interviewer, open_interview
from agent.simulation import SpeechClock
from sessions.ledger import open_ledger
from sessions.records import Question

MOST_TURNS = 80
Says = Callable[[Question, int], str | None]
"""What to answer to a question at its n-th turn; None answers well."""


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 9, 0, tzinfo=UTC)


@dataclass
class Held:
    session: str
    asked: list[dict[str, Any]]
    opening: str


async def hold(folder: Path, start: datetime, setup: Setup, says: Says) -> Held:
    """Hold one session in `folder` as of `start`; the ledger tells the same time."""
    clock = SpeechClock(start)
    ledger = open_ledger(folder / LEDGER_FILE, clock)
    counts: dict[str, int] = {}
    try:
        async with open_interview(replace(setup, clock=clock), ledger, folder) as interviewer:
            opening = heard = await _listen(interviewer.begin())
            for _ in range(MOST_TURNS):
                if interviewer.is_closed:
                    break
                clock.speak(heard, setup.lang)
                answer = await _answer(interviewer, says, counts)
                clock.speak(answer, setup.lang)
                heard = await _listen(interviewer.reply(answer))
                if hasattr(interviewer, "settle"):
                    await interviewer.settle()
            session = interviewer.session
        events = ledger.events(session=session, kinds=["question_asked"])
        return Held(session, [e["body"] for e in events], opening)
    finally:
        ledger.close()


async def _listen(stream: Any) -> str:
    return "".join([event.text async for event in stream if isinstance(event, Said)])


async def _answer(interviewer: Interviewer, says: Says, counts: dict[str, int]) -> str:
    decision = (await interviewer.state())["decision"]
    question = interviewer.interview.question(decision["question"])
    if question is None or decision["move"] == "paraphrase":
        return "嗯，是的。"
    counts[question["id"]] = counts.get(question["id"], 0) + 1
    return says(question, counts[question["id"]]) or well(question, counts[question["id"]])


def well(question: Question, turn: int) -> str:
    """Say every key point at once, then ask for the next question."""
    if turn > 1:
        return "跳过这道题"
    return "。".join(point["text"]["zh"].rstrip("。") for point in question["key_points"]) + "。"


TOPICS = ("rag", "tokenization", "positions")
MARK = "琥珀麒麟七四"
"""Words that only this candidate says, in spring and on retrieval."""


def _wrong(question: Question, mark: str = "") -> str:
    return question["misconceptions"][0]["text"]["zh"].rstrip("。") + f"，{mark or '就这样'}。"


def in_spring(question: Question, turn: int) -> str | None:
    if question["topic"] == "tokenization":
        return None
    mark = MARK if question["topic"] == "rag" else ""
    return _wrong(question, mark) if turn == 1 else "不知道。"


def in_summer(question: Question, turn: int) -> str | None:
    if question["topic"] != "rag":
        return None
    return _wrong(question) if turn == 1 else "不知道。"


@cache
def three_sessions() -> tuple[Path, tuple[Held, ...]]:
    """Hold them once a run: two holes in spring, one mended in early summer, one left in July."""
    folder = Path(tempfile.mkdtemp(prefix="kaoguan-remembered-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)

    async def go() -> tuple[Held, ...]:
        quick = Setup(format="quick", topics=TOPICS, seed=1)
        practice = Setup(format="practice", practice=True, topics=TOPICS)
        return (
            await hold(folder, at(3, 1), quick, in_spring),
            await hold(folder, at(6, 10), practice, in_summer),
            await hold(folder, at(7, 10), practice, in_summer),
        )

    return folder, asyncio.run(go())


def copy_of_three(target: Path) -> tuple[Path, tuple[Held, ...]]:
    folder, held = three_sessions()
    shutil.copytree(folder, target, dirs_exist_ok=True)
    return target, held
