"""Keep the counters of the talk about a question: what each move spends. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.state import About, Decision
from sessions.help_given import Help
from sessions.records import STAYING_MOVES, Grade

ALL_POINTS = ""
"""A rung of the ladder helps with every point of the question."""
_GOES_DEEPER = ("follow_up", "clarify", "challenge")


def note_move(about: About, decision: Decision) -> About:
    """Return the counters after this move."""
    move, aim = decision["move"], decision["key_point"]
    noted: About = {**about}
    if move in STAYING_MOVES:
        noted["follow_ups"] = about["follow_ups"] + 1
    if move in _GOES_DEEPER and aim:
        noted["depth"] = {**about["depth"], aim: about["depth"].get(aim, 0) + 1}
    if aim and move != "paraphrase":
        noted["aimed"] = [*about["aimed"], aim]
        noted["aim"] = aim
    if move == "challenge":
        noted["challenged"] = [*about["challenged"], aim]
    if move == "paraphrase":
        noted["paraphrased"], noted["aim"] = True, ""
    if move == "hint":
        noted["hints"] = max(about["hints"], 1)
    if move == "step_down":
        noted["hints"], noted["stepped_down"] = 2, about["stepped_down"] + 1
    if move in ("hint", "step_down") or (aim and move != "paraphrase"):
        bears_on = ALL_POINTS if move in ("hint", "step_down") else aim
        noted["help_from"] = {bears_on: len(about["turns"]), **help_from(about)}
    if move in ("rephrase", "example"):
        noted["rephrased"] = about["rephrased"] + 1
    if decision["text"] and move not in ("logistics", "redirect"):
        noted["asked"] = [*about["asked"], decision["text"]]
    return noted


def help_before(talk: About, grade: Grade) -> dict[str, Any]:
    """Return the help given in a talk, since when, and what was first made after it."""
    since = help_from(talk)
    order = {turn: place for place, turn in enumerate(talk["turns"])}
    helped: dict[str, Help] = {}
    for point in grade["points"]:
        name = point["key_point"]
        if not point["quotes"]:
            continue
        first = min(order.get(quote["turn"], 0) for quote in point["quotes"])
        if first >= since.get(ALL_POINTS, len(order) + 1):
            helped[name] = "hint"
        elif first >= since.get(name, len(order) + 1):
            helped[name] = "follow_up"
    return {
        "hints": talk["hints"],
        "told": talk["told"],
        "helped": helped,
        "help_from": since,
    }


def help_from(talk: Mapping[str, Any]) -> dict[str, int]:
    """Return when help began; a talk begun by an older version did not note it."""
    noted: dict[str, int] = talk.get("help_from", {ALL_POINTS: 0} if talk["hints"] else {})
    return noted
