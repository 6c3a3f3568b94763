"""Keep the counters of the talk about a question: what each move spends. Pure."""

from __future__ import annotations

from agent.state import About, Decision
from sessions.records import STAYING_MOVES

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
    if move in ("rephrase", "example"):
        noted["rephrased"] = about["rephrased"] + 1
    if decision["text"] and move not in ("logistics", "redirect"):
        noted["asked"] = [*about["asked"], decision["text"]]
    return noted
