"""Where an interviewer helps: sentences that hint at the answer, complete it or tell it.

A sentence is held against what the candidate has said so far. What only repeats it confirms; what
adds to it and is agreed to, or follows an answer that failed, tells; a question that puts words,
a case or a way into the candidate's mouth hints.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

from agent.reviewing import cues

Help = Literal["", "hint", "answer"]

_NEW = 0.45
"""Share of a sentence's pieces that the candidate has not said, from which it adds something."""
_NEW_TOLD = 0.35
"""The same for a sentence in the form of an explanation."""
_LEAST_PIECES = 1.5
"""Weight of the pieces below which words say nothing of their own."""
_SHORT = 20
_UNFINISHED = ("，", ",", "、", "…")
_CLAUSES = re.compile(r"[，,；;。？！?!]")
_TAGS = r"(?:是吗|是吧|对吧|对不对|是不是|对吗|吗|嘛|right|correct|yes)"
_TAG_ONLY = re.compile(rf"^[，。、,. ]*{_TAGS}[？?。.!！]*$", re.I)
_TAGGED = re.compile(rf"(?:是|不是|[，,、 ]){{0,2}}{_TAGS}[？?。.，,！!]*$", re.I)
_OPEN = re.compile(
    r"什么|啥|干嘛|怎么|怎样|为什么|为何|如何|哪|多少|多大|几|有没有|能不能|可不可以|你(?:平时|觉得|知道)"
    r"|\b(?:what|how|why|which|when|where|who|do you|did you|have you|can you|could you)\b",
    re.I,
)
_OWN = re.compile(r"你|\b(?:you|your)\b", re.I)


@dataclass(frozen=True)
class Helped:
    """What kind of help it was, and the sentence that gave it."""

    kind: Help = ""
    words: str = ""
    start: int = 0
    """Where the words begin in the text that was read."""


NO_HELP = Helped()


@dataclass(frozen=True)
class Around:
    """What stands around an interviewer's words."""

    before: str
    """All that the candidate said on the question so far."""
    last: str
    """The candidate's last words before."""
    after: str
    """The candidate's words after; empty when there are none."""


def help_in(said: Sequence[tuple[int, str]], around: Around) -> Helped:
    """Return the strongest help that these sentences of an interviewer, with their places, give."""
    joined = _joined(said)
    best = NO_HELP
    after = (0, around.after)
    for (start, sentence), (_, following) in zip_longest(joined, joined[1:], fillvalue=after):
        kind = _kind(sentence, following, around)
        if kind and (best.kind != "answer" or kind == "answer"):
            start += len(sentence) - len(sentence.lstrip())
            best = Helped(kind, sentence.strip(), start)
    return best


def _joined(said: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """Join to a sentence the bare tag that follows it."""
    found: list[tuple[int, str]] = []
    for start, sentence in said:
        if found and _TAG_ONLY.match(sentence.strip()):
            found[-1] = (found[-1][0], found[-1][1] + sentence)
        else:
            found.append((start, sentence))
    return found


def added(sentence: str, before: str) -> tuple[float, float]:
    """Return how much of a sentence the words before it do not hold: of all, of its newest clause.

    Shares from 0 to 1.
    """
    from tools.grading.units import coverage, units

    known, plain = set(units(before)), _TAGGED.sub("", sentence.strip())
    parts = [units(part) for part in (plain, *_CLAUSES.split(plain))]
    telling = [pieces for pieces in parts if sum(pieces.values()) >= _LEAST_PIECES]
    shares = [1.0 - coverage(pieces, known) for pieces in telling]
    return (shares[0], max(shares)) if shares else (0.0, 0.0)


def _kind(sentence: str, following: str, around: Around) -> Help:
    def shows(*names: str) -> bool:
        return any(cues.shows("interviewer", name, sentence) for name in names)

    if shows("integrity", "invite", "close", "recalls"):
        return ""
    if shows("gives_answer"):
        return "answer"
    if shows("gives_hint"):
        return "hint"
    whole, new = added(sentence, around.before)
    agreed = cues.shows("candidate", "agrees_first", following)
    failed = bool(around.last) and cues.shows("candidate", "admits", around.last[-80:])
    if cues.shows("interviewer", "asks", sentence):
        return _asking(sentence, new, agreed)
    if shows("corrects") and new >= _NEW:
        return "answer"
    if shows("leads"):
        return "answer" if shows("answer") else "hint"
    if shows("logistics", "praise", "announces") or (shows("let_go") and len(sentence) < _SHORT):
        return ""
    if shows("answer") and (agreed or not shows("sets_up")):
        return "answer" if whole >= _NEW_TOLD else ""
    cut_short = around.last.rstrip()[-1:] in _UNFINISHED
    told = failed or (agreed and (cut_short or shows("concludes")))
    return "answer" if told and new >= _NEW and (agreed or not shows("sets_up")) else ""


def _asking(sentence: str, new: float, agreed: bool) -> Help:
    """Return the help in a sentence that asks: by its tag, by the case or the way it offers."""
    if cues.shows("interviewer", "leads", sentence):
        return "hint"
    bare = _TAGGED.sub("", sentence.strip())
    if bare == sentence.strip() or _OPEN.search(bare) or new < _NEW:
        return ""
    if cues.shows("interviewer", "restates", sentence):
        return "answer" if agreed else "hint"
    return "answer" if agreed and not _OWN.search(bare) else ""
