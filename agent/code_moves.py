"""Moves of a coding round: silence respected, code talked about from what its run really showed."""

from __future__ import annotations

import re

from agent.code_words import CODE_WORDS, style_remark, what_happened
from agent.coding import CODE_POINT
from agent.complexity import growth_question
from agent.ladder import hints_of
from agent.situation import Rule, Situation, act, leave
from agent.state import Decision
from sessions.wording import say

HINT_AFTER, MOST_ATTEMPTS = 2, 4
"""Failed submissions after which a hint is given, and after which the problem is let go."""
_PSEUDOCODE = re.compile(r"伪代码|pseudo-?\s?code", re.I)


def _when_time_is_up(situation: Situation) -> Decision | None:
    if not situation.time_up:
        return None
    return leave(situation, "time_is_up", None if situation.about["code"] == "AC" else "let_go")


def _when_returned_to(situation: Situation) -> Decision | None:
    """A problem that the talk came back to is talked about once more; its code stands."""
    if situation.about["returned"] and situation.run is None:
        return leave(situation, "follow_ups_spent")
    return None


def _when_our_fault(situation: Situation) -> Decision | None:
    """Code that we could not run is never blamed; a language we do not judge is named."""
    if situation.run is None or situation.run["verdict"] != "IE":
        return None
    name = "other_language" if situation.run.get("unsupported") else "our_fault"
    text = CODE_WORDS[situation.lang][name]
    if text in situation.about["asked"]:
        return None
    return act(situation, "encourage", why="our_fault", text=text)


def _when_code_failed(situation: Situation) -> Decision | None:
    run, about = situation.run, situation.about
    if run is None or run["verdict"] in ("AC", "IE"):
        return None
    attempts = about["challenged"].count(CODE_POINT) + bool(about["hints"])
    if attempts >= MOST_ATTEMPTS:
        return leave(situation, "attempts_spent", "let_go")
    hints = hints_of(situation.question, situation.lang)
    if attempts == HINT_AFTER and about["hints"] == 0 and hints:
        return act(situation, "hint", why="code_failed", key_point=CODE_POINT, text=hints[0])
    text = what_happened(run, situation.lang)
    return act(situation, "challenge", why="code_failed", key_point=CODE_POINT, text=text)


def _when_asked_for_pseudocode(situation: Situation) -> Decision | None:
    text = CODE_WORDS[situation.lang]["pseudocode"]
    if situation.run is not None or text in situation.about["asked"]:
        return None
    if not _PSEUDOCODE.search(situation.text):
        return None
    return act(situation, "encourage", why="pseudocode", text=text)


def _when_slow(situation: Situation) -> Decision | None:
    """Code that ran out of time was measured meanwhile: the talk goes on from that."""
    if situation.run is not None or situation.about["code"] != "TLE":
        return None
    text = _about_growth(situation)
    return act(situation, "follow_up", why="growth", key_point="k2", text=text) if text else None


def _about_growth(situation: Situation) -> str:
    """What to ask of the measured growth; once for each measurement."""
    if situation.growth is None or not situation.growth["sizes"]:
        return ""
    top = f"n={situation.growth['sizes'][-1]}"
    if any(top in text for text in situation.about["asked"]):
        return ""
    return growth_question(situation.growth, situation.claim, situation.lang)


def _when_code_passes(situation: Situation) -> Decision | None:
    """Ask about cost, what was measured, variants, style and tests once the code stands."""
    about = situation.about
    ours = situation.run is not None and situation.run["verdict"] == "IE"
    if about["code"] != "AC" and not ours:
        return None
    if about["follow_ups"] >= situation.stage.follow_ups:
        return None
    words = CODE_WORDS[situation.lang]
    own = [
        (f["key_point"], say(f["text"], situation.lang)) for f in situation.question["follow_ups"]
    ]
    talk = [
        ("k2", "" if situation.claim else words["complexity"]),
        ("k2", _about_growth(situation)),
        *own[:1],
        ("k3", words["tests"]),
        *own[1:],
        (CODE_POINT, style_remark(situation.code, situation.lang)),
    ]
    for aim, text in talk:
        if text and text not in about["asked"]:
            return act(situation, "follow_up", why="code_passes", key_point=aim, text=text)
    return None


def _when_done(situation: Situation) -> Decision | None:
    spent = situation.about["follow_ups"] >= situation.stage.follow_ups
    if situation.about["code"] == "AC" or spent:
        return leave(situation, "code_done")
    return None


def _when_thinking_aloud(situation: Situation) -> Decision | None:
    """An idea before the code is heard; the code is asked for once and then waited for."""
    if "write" in situation.about["asked"]:
        return act(situation, "backchannel", why="thinks_aloud")
    return act(situation, "encourage", why="write_code", text="write")


CODE_RULES: tuple[Rule, ...] = (
    _when_time_is_up,
    _when_returned_to,
    _when_our_fault,
    _when_code_failed,
    _when_asked_for_pseudocode,
    _when_slow,
    _when_code_passes,
    _when_done,
    _when_thinking_aloud,
)
