"""What the candidate's turn is meant to do, from its words alone.

A turn is cut into clauses; it is a request only when *every* clause that says anything is one. So
"不太清楚，不过我猜是为了稳定" is an answer, and "next" in a sentence never moves on.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sessions.records import Intent

_FILE = Path(__file__).with_name("intents.toml")


class _Rules(NamedTuple):
    requests: tuple[tuple[Intent, re.Pattern[str]], ...]
    filler: re.Pattern[str]
    checking_back: re.Pattern[str]
    confirms: re.Pattern[str]
    nothing_more: re.Pattern[str]


@cache
def _rules() -> _Rules:
    table = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    requests = tuple(
        (
            row["intent"],
            re.compile(f"{table['lead']}(?:{'|'.join(row['patterns'])}){table['tail']}"),
        )
        for row in table["request"]
    )
    others = (re.compile(table[name]) for name in _Rules._fields[1:])
    return _Rules(requests, *others)


_CUT = re.compile(r"[,，。.!！?？;；、:：~…\n\r]+")
LONGEST_REQUEST = 60
"""Characters above which a turn is an answer whatever it says (a guess, above any request)."""


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return re.sub(r"\s+", " ", folded).strip()


def _squeeze(clause: str) -> str:
    """Drop blanks next to Chinese, so that "跳 过" and "跳过" are one."""
    return re.sub(r"(?<![a-z0-9']) | (?![a-z0-9'])", "", clause.strip(" \"'“”‘’()（）-—"))


def clause_intent(clause: str) -> Intent | None:
    """Return the request that this one clause makes, or None when it says something else."""
    for intent, pattern in _rules().requests:
        if pattern.fullmatch(clause):
            return intent
    return None


def recognise(text: str) -> Intent:
    """Return what the turn is meant to do; anything that is not plainly a request is an answer."""
    rules, plain = _rules(), _plain(text)
    if len(plain) > LONGEST_REQUEST:
        return "answer"
    clauses = [c for c in (_squeeze(part) for part in _CUT.split(plain)) if c]
    telling = [c for c in clauses if not rules.filler.fullmatch(c)]
    if not telling:
        return "thinking"
    found = [clause_intent(clause) for clause in telling]
    asks_back = plain.endswith(("?", "？", "吗", "么")) and rules.checking_back.search(plain)
    if asks_back:
        return "ask_to_clarify"
    if any(intent is None for intent in found):
        return "answer"
    order = [intent for intent, _ in rules.requests]
    return min((intent for intent in found if intent), key=order.index)


def confirms(text: str) -> bool:
    """Return whether the whole turn says yes."""
    return _rules().confirms.fullmatch(_plain(text)) is not None


def nothing_more(text: str) -> bool:
    """Return whether the whole turn says that there is nothing left to ask."""
    return _rules().nothing_more.fullmatch(_plain(text).strip("。.!！ ")) is not None
