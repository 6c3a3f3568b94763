"""Growth of the time of submitted code: measured beside the interview, read back for the talk."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from agent.coding import Claim, without_code
from agent.complexity import claimed, order_of
from agent.interview import Interview
from agent.state import About
from sessions.records import Question, Quote, Turn
from tools.run_code import code_in, find_problem, language_of

_WORTH_MEASURING = ("AC", "TLE")
"""Verdicts of code that computes the right thing as far as it got."""


def measure_beside(interview: Interview, question: Question, turn: Turn, verdict: str) -> None:
    """Begin to measure the code of a turn; no turn waits for it."""
    if verdict in _WORTH_MEASURING:
        interview.background(_record_growth(interview, question, turn))


async def _record_growth(interview: Interview, question: Question, turn: Turn) -> None:
    """Measure once and record what was found; code that cannot be measured leaves no record."""
    key = f"growth:{turn['id']}"
    if interview.journal.find(key) is not None:
        return
    found = await asyncio.to_thread(_measure, question, turn["text"])
    if found is not None:
        body = {"turn": turn["id"], "question": question["id"], "growth": found}
        interview.journal.record("code_growth", body, key)


def _measure(question: Question, text: str) -> Mapping[str, Any] | None:
    from tools.knowledge.problem_growth import growth
    from tools.sandbox.records import SandboxError

    code, fence = code_in(text)
    problem = find_problem(question)
    if problem is None or language_of(fence, code) != "python":
        return None
    try:
        return growth(problem, code)
    except SandboxError:
        return None


def code_facts(interview: Interview, about: About) -> dict[str, Any]:
    """The fields of a situation that concern code: this turn's run, and the last code's facts."""
    journal, turns = interview.journal, about["turns"]
    coded = [turn for turn in turns if journal.find(f"code:{turn}") is not None]
    run = journal.find(f"code:{turns[-1]}") if turns else None
    return {
        "run": run["run"] if run is not None else None,
        "code": code_in(journal.turn(coded[-1])["text"])[0] if coded else "",
        "growth": growth_of(interview, coded[-1]) if coded else None,
        "claim": latest_claim(interview, turns[turns.index(coded[-1]) :] if coded else turns)[0],
    }


def growth_of(interview: Interview, turn_id: str) -> Mapping[str, Any] | None:
    """What was measured of the code of a turn, if it is there."""
    body = interview.journal.find(f"growth:{turn_id}")
    return body["growth"] if body is not None else None


def latest_claim(interview: Interview, turn_ids: list[str]) -> tuple[str, Quote | None]:
    """The time complexity claimed last in these turns, and the words that claim it."""
    for turn_id in reversed(turn_ids):
        text = interview.journal.turn(turn_id)["text"]
        order, start, end = claimed(without_code(text))
        if order:
            return order, Quote(turn=turn_id, start=start, end=end, text=text[start:end])
    return "", None


def claim_of(
    interview: Interview, question: Question, turn_ids: list[str], code_turn: str
) -> Claim | None:
    """The claim about time with what it is held against; None without a claim or a problem."""
    order, quote = latest_claim(interview, turn_ids)
    problem = find_problem(question)
    if quote is None or problem is None:
        return None
    growth = growth_of(interview, code_turn)
    target = order_of(problem.time)
    return Claim(order, quote, target, tuple(growth["among"]) if growth else ())
