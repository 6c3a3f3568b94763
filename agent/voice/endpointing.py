"""Has the candidate finished? A pure function of silence, words, and the patience of the stage.

Cutting in is the worst fault, a slow answer the next: finished words are taken soon, unfinished
ones are waited for. Knows no sound: how sure the words are to be finished comes from completeness.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from agent.voice.base import Cues, Patience
from agent.voice.completeness import completeness


@dataclass(frozen=True)
class View:
    """The turn as it stands at this moment."""

    silence_s: float
    """Since the last sound of speech; since the floor passed when nothing was said."""
    speech_s: float
    """Of speech in this turn."""
    text: str
    text_is_current: bool
    """Whether `text` covers all speech up to now."""
    nudged: bool = False


@dataclass(frozen=True)
class Habits:
    """What this candidate's own speech taught: pauses inside their turns."""

    pause_s: float = 0.0
    """Nine in ten of their pauses inside a turn are shorter; 0 while unknown."""


@dataclass(frozen=True)
class Decision:
    """What to do now, and why."""

    act: Literal["wait", "end", "nudge"]
    needed_s: float
    """Silence after which the turn would be taken as things stand."""
    why: str
    hold_s: float = 0.0
    """How long the first sound of the reply is still held back: going on re-opens the turn."""


@dataclass(frozen=True)
class Waits:
    """Silences in seconds; chosen on turns that the fit of completeness had not seen."""

    done: float = 0.7
    """For words that are surely finished; for those just sure enough it is `barely`."""
    barely: float = 0.95
    yes_no: float = 0.45
    unsure: float = 6.5
    """For words that just miss being taken as finished; from there it grows to `unfinished`."""
    unfinished: float = 7.7
    asked_time: float = 25.0
    code: float = 150.0
    # The largest for which the median wait on the scripts that tune stays within 1.0 s.
    sure_above: float = 0.82
    unfinished_below: float = 0.1
    brief_s: float = 3.0
    brief_more: float = 0.2
    """So much surer have the first words of an open answer to be than those of `brief_s`."""
    hold_sure: float = 0.6
    hold_unsure: float = 0.6
    text_late: float = 9.0
    """How long an overdue transcript is waited for before the turn is taken as unsure."""


WAITS = Waits()
_PATIENCE: dict[Patience, float] = {"short": 0.7, "normal": 1.0, "long": 1.15, "code": 1.0}
_NUDGE_S: dict[Patience, float] = {"short": 9.0, "normal": 14.0, "long": 20.0, "code": 180.0}
_MOST_HABIT_S = 1.6
_SURE = 0.95
"""Words as sure as this are taken however brief the answer: "that is all"."""

_ASKS_TIME = re.compile(
    r"(?:让|容|给|等)我?(?:先|再|稍微|好好|仔细)?(?:想|思考|考虑|回忆|组织|理)(?:一)?(?:想|下|会|理)?"
    r"|我(?:先|再)?(?:想|思考|考虑|回忆|理)(?:一)?(?:想|下|会儿)"
    r"|(?:给|让)我?(?:一点|点|些|几|两|十|半|一|\d+)[个]?(?:时间|秒|分钟)"
    r"|(?:稍|请)?等(?:一)?(?:下|会儿?|等)"
    r"|(?:let me|i need to|i'?d like to|need a moment to) think(?: about (?:it|that|this))?"
    r"|(?:give me|just|need|wait|hold on)[a-z ,]{0,12}(?:second|sec|moment|minute)"
    r"|bear with me|hold on",
    re.IGNORECASE,
)
_SPAN = re.compile(r"(\d+|[一两二三四五六七八九十半几])\s*(?:个)?(秒|分钟|seconds?|minutes?)")
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九十")} | {"两": 2, "几": 10, "半": 30}
_SHORT_REPLY = re.compile(
    r"(?:嗯+|对[的对啊]*|是[的啊]*|不是|没有|有的?|好[的啊吧]*|可以|行|没问题|确定|不用了?|不会"
    r"|yes|yeah|yep|no|nope|sure|ok(?:ay)?|right|correct|exactly)[\s,，.。!！]*",
    re.IGNORECASE,
)
_TAIL_CHARS = 16


def asked_time_s(text: str, waits: Waits = WAITS) -> float:
    """Return how long a candidate wants to think when the last words ask for time, else 0."""
    tail = text.strip(" ,，.。!！?？…")[-_TAIL_CHARS * (1 if _is_chinese(text) else 3) :]
    found = list(_ASKS_TIME.finditer(tail))
    if not found or len(tail) - found[-1].end() > 8:
        return 0.0
    span = _SPAN.search(tail)
    if span is None:
        return waits.asked_time
    number = int(span[1]) if span[1].isdigit() else _DIGITS[span[1]]
    return max(waits.asked_time, number * (60.0 if span[2][0] in "分m" else 1.0) + 5.0)


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in text)


def needed_silence_s(
    text: str,
    cues: Cues,
    habits: Habits = Habits(),
    waits: Waits = WAITS,
    speech_s: float = math.inf,
) -> tuple[float, str]:
    """Return the silence after which a turn with these words is over, and the reason."""
    if cues.answer_kind == "code" or cues.patience == "code":
        return waits.code, "code"
    asked = asked_time_s(text, waits)
    if asked:
        return asked, "asked for time"
    if cues.answer_kind == "yes_no" and _SHORT_REPLY.fullmatch(text.strip()):
        return waits.yes_no, "short reply"
    patience = _PATIENCE[cues.patience]
    sure = completeness(text, cues.lang)
    brief = max(0.0, 1.0 - speech_s / waits.brief_s) if cues.answer_kind == "open" else 0.0
    needed = min(_SURE, waits.sure_above + waits.brief_more * brief)
    if sure >= needed:
        doubt = (1.0 - sure) / (1.0 - needed)
        own = min(habits.pause_s, _MOST_HABIT_S) * 0.1
        return waits.done + (waits.barely - waits.done) * doubt + own, "finished"
    if sure <= waits.unfinished_below:
        return waits.unfinished * patience, "unfinished"
    share = (needed - sure) / (needed - waits.unfinished_below)
    own = max(0.0, min(habits.pause_s, _MOST_HABIT_S) - 0.8)
    return (waits.unsure + (waits.unfinished - waits.unsure) * share) * patience + own, "unsure"


def decide(view: View, cues: Cues, habits: Habits = Habits(), waits: Waits = WAITS) -> Decision:
    """Return whether the turn is over, whether to encourage, or to go on listening."""
    if view.speech_s <= 0.0:
        if not view.nudged and view.silence_s >= _NUDGE_S[cues.patience]:
            return Decision("nudge", _NUDGE_S[cues.patience], "nothing was said")
        return Decision("wait", _NUDGE_S[cues.patience], "nothing was said")
    if cues.answer_kind == "code" or cues.patience == "code":
        ends = view.silence_s >= waits.code
        return Decision("end" if ends else "wait", waits.code, "code")
    if not view.text_is_current:
        late = waits.text_late
        # Without a word nothing is taken: the recogniser is slow, or its own time-out names it.
        act: Literal["wait", "end"] = (
            "end" if view.silence_s >= late and view.text.strip() else "wait"
        )
        return Decision(act, late, "no text yet")
    if not view.text.strip():
        return Decision("wait", waits.unfinished, "no words in the sound")
    needed, why = needed_silence_s(view.text, cues, habits, waits, view.speech_s)
    hold = waits.hold_sure if why in ("finished", "short reply") else waits.hold_unsure
    return Decision("end" if view.silence_s >= needed else "wait", needed, why, hold)
