"""How a candidate speaks, from time stamps alone: pace, pauses, fillers, share of the talk. Pure.

Every figure comes from word times and turn times, never from a model's guess. Typed turns have none
of it and are left out. Compared only with the candidate's own past, never with a norm.
"""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from typing_extensions import TypedDict

from sessions.records import Lang, Turn, Word

PAUSE_FROM_S = 0.25
"""Shorter gaps between words belong to speaking (a usual bound in phonetics)."""
PAUSE_BANDS_S: tuple[tuple[str, float, float], ...] = (
    ("short", 0.25, 1.0),
    ("middle", 1.0, 3.0),
    ("long", 3.0, 10.0),
    ("very_long", 10.0, float("inf")),
)
LEAST_SPEECH_S = 5.0
"""Below this a rate would be noise."""
LEAST_PAST = 3

_SOUNDS = {
    "zh": re.compile(r"(?:嗯+|呃+|额+|唔+|啊+(?=[，,、。]|$))"),
    "en": re.compile(r"\b(?:u+m+|u+h+|e+r+m*|hm+)\b", re.IGNORECASE),
}
_WORDS = {
    "zh": ("就是说", "就是", "然后", "那个", "这个", "怎么说呢", "的话"),
    "en": ("you know", "i mean", "sort of", "kind of", "like", "basically", "actually"),
}
# Uses that carry meaning: the word leads on to what it introduces, points, or compares.
_MEANT = {
    "就是": re.compile(
        r"(?:也|不|那|这|其实|本质上|作用|目的|意思|区别|核心)就是"
        r"|就是(?:因为|为了|把|用|让|要|一)"
    ),
    "就是说": re.compile(r"(?:也)就是说"),
    "然后": re.compile(r"(?:先|首先|第一).{1,40}然后|然后(?:再|用|把|对|经过|通过|得到|计算)"),
    "那个": re.compile(r"那个(?:时候|项目|模型|问题|方法|公司|同学|数据|版本|[一-鿿]{1,3}的)"),
    "这个": re.compile(r"这个[^，,、。这那嗯呃]"),
    "的话": re.compile(r"(?:如果|要是|假如).{1,40}的话|的话[^，,。]"),
    "like": re.compile(
        r"\b(?:looks?|sounds?|feels?|would|works?|behaves?|i|we|is|are) like\b"
        r"|like (?:this|that|a|the)\b",
        re.I,
    ),
    "kind of": re.compile(r"\b(?:a|the|this|that|what|some|one|any) kind of\b", re.I),
    "sort of": re.compile(r"\b(?:a|the|this|that|what|some) sort of\b", re.I),
    "you know": re.compile(r"\b(?:do|did|if|as) you know\b|you know (?:that|how|what|the)\b", re.I),
    "actually": re.compile(r"\b(?:is|are|was|does|do|did|can|will) actually\b", re.I),
}  # fmt: skip


class Delivery(TypedDict):
    """The measures of one session."""

    spoken_turns: int
    unit: str
    """`characters` or `words`, of the rates."""
    articulation_rate: float | None
    """Units a minute with pauses taken out."""
    gross_rate: float | None
    """Units a minute of floor time, pauses included."""
    pauses: dict[str, int]
    """How many pauses inside turns by length."""
    longest_pause_s: float
    pause_share: float | None
    fillers: dict[str, int]
    fillers_a_minute: float | None
    time_to_first_word_s: float | None
    """Median, from the end of the question."""
    longest_monologue_s: float
    talk_share: float | None
    """Candidate's floor time over both speakers' floor time."""
    interrupted: int
    """How often the candidate cut the interviewer short."""


def measure(
    turns: Sequence[Turn],
    heard: Mapping[str, Mapping[str, Any]],
    unsaid: Sequence[Mapping[str, Any]],
    lang: Lang,
) -> Delivery:
    """Return the measures of one session.

    `heard` holds, by turn id, the event of the heard answer (its `wait_s`); `unsaid` the events of
    interviewer turns that were cut.
    """
    spoken = [t for t in turns if t["speaker"] == "candidate" and t.get("heard") and t.get("words")]
    words = [t["words"] for t in spoken]
    gaps = [gap for w in words for gap in pauses(w)]
    floor = sum(_span(w) for w in words)
    units = sum(count_units(t["text"], lang) for t in spoken)
    fillers: Counter[str] = Counter()
    for turn in spoken:
        fillers.update(find_fillers(turn["text"], lang))
    speaking = floor - sum(gaps)
    waits = [
        float(heard[t["id"]]["wait_s"])
        for t in spoken
        if t["id"] in heard and not heard[t["id"]].get("continues")
    ]
    theirs = sum(t.get("seconds", 0.0) for t in turns if t["speaker"] == "interviewer")
    return Delivery(
        spoken_turns=len(spoken),
        unit="characters" if lang == "zh" else "words",
        articulation_rate=_rate(units, speaking),
        gross_rate=_rate(units, floor),
        pauses={n: sum(lo <= g < hi for g in gaps) for n, lo, hi in PAUSE_BANDS_S},
        longest_pause_s=round(max(gaps, default=0.0), 2),
        pause_share=round(sum(gaps) / floor, 3) if floor >= LEAST_SPEECH_S else None,
        fillers=dict(fillers.most_common()),
        fillers_a_minute=_rate(fillers.total(), floor),
        time_to_first_word_s=round(statistics.median(waits), 2) if waits else None,
        longest_monologue_s=round(max((_span(w) for w in words), default=0.0), 2),
        talk_share=round(floor / (floor + theirs), 3) if theirs and floor else None,
        interrupted=len(unsaid),
    )


def pauses(words: Sequence[Word]) -> list[float]:
    """Return the pauses inside a turn, in seconds."""
    gaps = []
    for before, after in pairwise(words):
        gap = after["start_s"] - before["end_s"]
        if gap >= PAUSE_FROM_S:
            gaps.append(round(gap, 3))
    return gaps


def _span(words: Sequence[Word]) -> float:
    return max(0.0, words[-1]["end_s"] - words[0]["start_s"]) if words else 0.0


def _rate(count: int, seconds: float) -> float | None:
    return round(count * 60.0 / seconds, 1) if seconds >= LEAST_SPEECH_S else None


def count_units(text: str, lang: Lang) -> int:
    """Return Chinese characters plus Latin words, or words alone in English."""
    latin = len(re.findall(r"[A-Za-z0-9]+(?:['.-][A-Za-z0-9]+)*", text))
    return latin + (len(re.findall(r"[\u4e00-\u9fff]", text)) if lang == "zh" else 0)


def find_fillers(text: str, lang: Lang) -> Counter[str]:
    """Return the fillers said, without words that carry meaning where they stand."""
    found: Counter[str] = Counter(m[0][:1] for m in _SOUNDS[lang].finditer(text.casefold()))
    if lang == "en":
        found = Counter(m[0].casefold() for m in _SOUNDS[lang].finditer(text))
    taken: list[tuple[int, int]] = []
    for word in _WORDS[lang]:
        meant = [m.span() for m in _MEANT[word].finditer(text)] if word in _MEANT else []
        pattern = re.escape(word) if lang == "zh" else rf"\b{re.escape(word)}\b"
        for match in re.finditer(pattern, text, re.IGNORECASE):
            inside = any(lo <= match.start() < hi for lo, hi in taken)
            if inside or any(lo <= match.start() and match.end() <= hi for lo, hi in meant):
                continue
            taken.append(match.span())
            found[word] += 1
    return found


COMPARED = (
    "articulation_rate",
    "gross_rate",
    "pause_share",
    "fillers_a_minute",
    "time_to_first_word_s",
)


def against_past(now: Delivery, past: Iterable[Delivery]) -> dict[str, dict[str, float]]:
    """Return for each measure the value now and the median of the candidate's own past.

    Empty until there are LEAST_PAST earlier sessions with that measure.
    """
    earlier = list(past)
    found: dict[str, dict[str, float]] = {}
    for name in COMPARED:
        value: Any = now.get(name)
        known = [v for d in earlier if d["unit"] == now["unit"] and (v := d.get(name)) is not None]
        numbers = [float(v) for v in known if isinstance(v, (int, float))]
        if value is None or len(numbers) < LEAST_PAST:
            continue
        found[name] = {"now": float(value), "usual": round(statistics.median(numbers), 2)}
    return found


def delivery_of(events: Iterable[Mapping[str, Any]], lang: Lang) -> Delivery | None:
    """Return the measures from a session's ledger events, or None when nothing was spoken."""
    turns: list[Turn] = []
    answers: dict[str, Mapping[str, Any]] = {}
    heard: dict[str, Mapping[str, Any]] = {}
    unsaid = []
    for event in events:
        body: Any = event["body"]
        if event["kind"] == "turn":
            turns.append(body)
        elif event["kind"] == "heard":
            answers[body["id"]] = body
        elif event["kind"] == "heard_taken" and body["id"] in answers:
            heard[body["turn"]] = answers[body["id"]]
        elif event["kind"] == "unsaid":
            unsaid.append(body)
    result = measure(turns, heard, unsaid, lang)
    return result if result["spoken_turns"] else None
