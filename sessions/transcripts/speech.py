"""How the candidate spoke, counted from the text and its times: fillers, pace, share, monologues.

Times in a transcript are starts of turns, so a turn's seconds hold the silence after it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from typing_extensions import TypedDict

from sessions.records import Lang, Turn

FILLERS: dict[Lang, tuple[str, ...]] = {
    "zh": (
        "嗯", "呃", "啊", "然后", "对", "就是说", "就说", "就是", "那个", "这个", "相关的",
        "类似于", "一些", "我理解", "比如说", "可能", "的话", "大概",
    ),
    "en": ("um", "uh", "er", "like", "you know", "sort of", "kind of", "basically", "actually"),
}  # fmt: skip
_VAGUE = ("一些", "相关的", "类似于", "可能", "大概", "sort of", "kind of")
_LEAST_SHARE = 0.002


class Filler(TypedDict):
    """One habit of speech."""

    word: str
    count: int
    per_minute: float | None


class Delivery(TypedDict):
    """How the candidate spoke in a session."""

    characters: int
    talk_share: float
    """Of the characters of both speakers."""
    time_share: float | None
    characters_per_minute: float | None
    turns: int
    median_turn_characters: int
    longest_turn: str
    """Id of the turn where the candidate spoke longest."""
    longest_seconds: float | None
    fillers: list[Filler]
    vague_per_100: float
    """Words of vagueness in a hundred characters."""


def count_fillers(texts: Sequence[str], lang: Lang) -> dict[str, int]:
    """Count each filler as a plain piece of text in Chinese, as a whole word in English."""
    joined = "\n".join(texts)
    if lang == "zh":
        return {word: joined.count(word) for word in FILLERS["zh"]}
    counts = Counter({w: len(re.findall(rf"\b{w}\b", joined, re.I)) for w in FILLERS["en"]})
    return dict(counts)


def measure_speech(turns: Sequence[Turn], lang: Lang) -> Delivery:
    """Measure the candidate's turns among all turns of a session."""
    own = [turn for turn in turns if turn["speaker"] == "candidate"]
    chars = sum(len(turn["text"]) for turn in own)
    total = sum(len(turn["text"]) for turn in turns)
    seconds = sum(turn.get("seconds", 0.0) for turn in own)
    all_seconds = sum(turn.get("seconds", 0.0) for turn in turns)
    lengths = sorted(len(turn["text"]) for turn in own)
    longest = max(own, key=lambda t: t.get("seconds", 0.0) or len(t["text"]), default=None)
    counts = count_fillers([turn["text"] for turn in own], lang)
    minutes = seconds / 60
    fillers = [
        Filler(word=w, count=n, per_minute=round(n / minutes, 1) if minutes else None)
        for w, n in sorted(counts.items(), key=lambda pair: -pair[1])
        if n and n * len(w) >= _LEAST_SHARE * chars
    ]
    vague = sum(turn["text"].count(word) for turn in own for word in _VAGUE)
    return Delivery(
        characters=chars,
        talk_share=round(chars / max(1, total), 3),
        time_share=round(seconds / all_seconds, 3) if all_seconds else None,
        characters_per_minute=round(chars / minutes) if minutes else None,
        turns=len(own),
        median_turn_characters=lengths[len(lengths) // 2] if lengths else 0,
        longest_turn=longest["id"] if longest else "",
        longest_seconds=(longest.get("seconds") or None) if longest else None,
        fillers=fillers,
        vague_per_100=round(100 * vague / max(1, chars), 2),
    )
