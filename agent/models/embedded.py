"""The embedded interviewer: a deterministic policy that speaks the tagged protocol like any model.

It sees what a remote model sees, messages ending in a brief, and nothing else; so every path from
prompt to parser is walked with no key. It words the move that code decided; it judges nothing.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import AsyncIterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from agent.brief import Brief, from_messages
from sessions.records import Message
from tools.base import ModelError

_FILE = Path(__file__).with_name("phrases.toml")
_PIECE_CHARS = 24
_REMEMBERED = 8
"""Own earlier turns looked back on, so that a wording is not used twice in a row."""

NAME = "embedded"


@cache
def phrases() -> dict[str, Any]:
    """Return the set phrases by language, group and name."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


class EmbeddedInterviewer:
    """A chat model with no weights: brief in, tagged text out."""

    name = NAME

    async def stream(self, messages: Sequence[Message]) -> AsyncIterator[str]:
        """Yield the reply in small pieces.

        Raises:
            ModelError: The last message carries no brief.
        """
        brief = from_messages(list(messages))
        if brief is None:
            raise ModelError("the embedded interviewer was given no brief")
        said = [m["content"] for m in messages if m["role"] == "assistant"][-_REMEMBERED:]
        text = write_reply(brief, said)
        for start in range(0, len(text), _PIECE_CHARS):
            yield text[start : start + _PIECE_CHARS]


def write_reply(brief: Brief, said: Sequence[str]) -> str:
    """Return thought, speech and calls for this brief; `said` are the latest own turns."""
    wording = _Wording(brief, said)
    parts = [_before(wording), _acknowledge(wording), _say_move(wording)]
    joint = "" if brief["lang"] == "zh" else " "
    speech = joint.join(part for part in parts if part)
    calls = "".join(
        f"<tool_call>{json.dumps(call, ensure_ascii=False)}</tool_call>" for call in _calls(brief)
    )
    return f"<think>{brief['move']}: {brief['why']}</think>{speech}{calls}"


class _Wording:
    """Chooses among wordings: the turn's number rotates them, recently used ones wait."""

    def __init__(self, brief: Brief, said: Sequence[str]) -> None:
        self.brief = brief
        self._said = said
        self._table = phrases()[brief["lang"]]

    def choose(self, group: str, name: str, **slots: str) -> str:
        options: list[str] = self._table[group][name]
        start = self.brief["turn"] % len(options)
        rotated = options[start:] + options[:start]
        fresh = [option for option in rotated if not self._used(option)]
        text = (fresh or rotated)[0]
        for slot, value in slots.items():
            text = text.replace("{" + slot + "}", value)
        return text

    def _used(self, option: str) -> bool:
        fixed = max(re.split(r"\{\w+\}", option), key=len).strip("，。「」 ")
        return len(fixed) > 1 and any(fixed in turn for turn in self._said)


def _before(wording: _Wording) -> str:
    brief = wording.brief
    match brief["before"]:
        case "let_go":
            return wording.choose("before", "let_go")
        case "reveal":
            return wording.choose("before", "reveal", text=brief["seed"])
        case "transition" if brief["turn"] <= 1:
            opening = wording.choose("before", "opening", minutes=str(brief["minutes_left"]))
            joint = "" if brief["lang"] == "zh" else " "
            return joint.join([opening, *brief["history"][:1]])
        case "transition":
            return wording.choose("before", "transition", stage=brief["stage"])
        case _:
            return ""


_ACKNOWLEDGED = {"follow_up", "clarify", "hint", "step_down", "ask", "return_to_earlier"}


def _acknowledge(wording: _Wording) -> str:
    """Respond to what was said, in the candidate's words when there is a piece worth picking up."""
    brief = wording.brief
    if brief["move"] not in _ACKNOWLEDGED or brief["before"] or brief["turn"] <= 1:
        return ""
    if not brief["gained"]:
        return wording.choose("ack", "nothing")
    if brief["why"] == "code_passes" and not brief["quote"]:
        return wording.choose("ack", "code_passes")
    if brief["quote"] and brief["move"] != "return_to_earlier":
        return wording.choose("ack", "gained_quote", quote=brief["quote"])
    return wording.choose("ack", "gained")


_ASIDES = {
    "repeat": "repeat",
    "confirm_end": "confirm_end",
    "about_interviewer": "about_interviewer",
    "small_talk": "small_talk",
}


def _say_move(wording: _Wording) -> str:
    brief = wording.brief
    move, quote = brief["move"], brief["quote"]
    text = brief["seed"] if move != "ask" and brief["seed"] else brief["question"]
    if move == "logistics":
        return wording.choose("move", _ASIDES[brief["why"]], text=text)
    if move == "close":
        return wording.choose("close", "close")
    if move == "invite_questions":
        return _answer_question(wording)
    if brief["why"] == "write_code":
        return wording.choose("move", "write_code")
    if brief["why"] in ("code_failed", "growth"):
        return text
    if brief["why"] == "long_and_thin":
        return wording.choose("move", "shorter")
    if move == "challenge" and quote and brief["why"] != "contradiction":
        return wording.choose("move", "challenge_quote", text=text, quote=quote)
    if move == "return_to_earlier" and quote:
        topic = brief["topic"]
        return wording.choose("move", "return_quote", text=text, quote=quote, topic=topic)
    if move == "rephrase" and brief["why"] == "unclear_twice":
        return wording.choose("move", "blame", text=text)
    if move == "ask" and brief["before"]:
        return text
    return wording.choose("move", move, text=text, quote=quote, topic=brief["topic"])


def _answer_question(wording: _Wording) -> str:
    """Answer from the job text when it says something, else say honestly that it does not."""
    seed = wording.brief["seed"]
    known = wording.choose("move", "company_known", text=seed) if seed else ""
    answer = known or wording.choose("move", "company_unknown")
    joint = "" if wording.brief["lang"] == "zh" else " "
    return answer + joint + wording.choose("move", "invite_questions")


def _calls(brief: Brief) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = []
    if brief["leaves"]:
        calls.append(_call("grade_answer", question_id=brief["leaves"]))
    for key_point in brief["weak"]:
        calls.append(_call("remember_weak_spot", question_id=brief["leaves"], key_point=key_point))
    if brief["move"] == "ask":
        calls.append(_call("select_question", question_id=brief["question_id"]))
    if brief["move"] in ("hint", "step_down"):
        level = 1 if brief["move"] == "hint" else 2
        calls.append(_call("give_hint", question_id=brief["question_id"], level=level))
    if brief["move"] == "close":
        calls.append(_call("end_interview", reason=brief["why"]))
    return calls


def _call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}
