"""Moves of a coding round: silence respected, code talked about from what its run really showed."""

from __future__ import annotations

from agent.coding import CODE_POINT, what_happened
from agent.situation import Rule, Situation, act, leave, say
from agent.state import Decision

MOST_ATTEMPTS = 3
"""Failed submissions talked about before the problem is let go kindly."""


def _when_code_failed(situation: Situation) -> Decision | None:
    run = situation.run
    if run is None or run["verdict"] in ("AC", "IE"):
        return None
    if situation.about["stuck"] >= MOST_ATTEMPTS:
        return leave(situation, "attempts_spent", "let_go")
    text = what_happened(run, situation.lang)
    return act(situation, "challenge", why="code_failed", key_point=CODE_POINT, text=text)


def _when_code_passes(situation: Situation) -> Decision | None:
    """Ask about cost, edges and variants once the code stands, or once we could not run it."""
    about = situation.about
    done = about["code"] == "AC"
    if situation.run is not None and situation.run["verdict"] == "IE":
        done = True
    if not done or about["follow_ups"] >= situation.stage.follow_ups:
        return None
    for follow_up in situation.question["follow_ups"]:
        text = say(follow_up["text"], situation.lang)
        if text and text not in about["asked"]:
            aim = follow_up["key_point"]
            return act(situation, "follow_up", why="code_passes", key_point=aim, text=text)
    return None


def _when_done(situation: Situation) -> Decision | None:
    passed = situation.about["code"] == "AC"
    spent = situation.about["follow_ups"] >= situation.stage.follow_ups
    if passed or spent or situation.time_up:
        return leave(situation, "code_done")
    return None


def _when_thinking_aloud(situation: Situation) -> Decision | None:
    """An idea before the code is heard; the code is asked for once and then waited for."""
    if "write" in situation.about["asked"]:
        return act(situation, "backchannel", why="thinks_aloud")
    return act(situation, "encourage", why="write_code", text="write")


CODE_RULES: tuple[Rule, ...] = (
    _when_code_failed,
    _when_code_passes,
    _when_done,
    _when_thinking_aloud,
)
