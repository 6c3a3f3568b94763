"""Which memories belong into a prompt now: by intent, then category, then likeness and freshness.

Pure. What comes out is history, never evidence for the answer under way, and says why it was
recalled. Only what is in force is recalled; of one candidate only, whatever the caller passes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from typing_extensions import TypedDict

from sessions.memory import in_force
from sessions.records import Lang, MemoryKind, TextMemory

MOST = 10
MOST_TOKENS = 600
HALF_LIFE_DAYS = 180.0
"""After this long a memory weighs half as much as a fresh one: a guess."""
LEAST = 0.12
"""Likeness below which a memory of another topic is left alone: a guess, for bigram overlap."""
SMALL_CATEGORY = 3
"""A category of this few memories is recalled whole when its intent asks for it."""

Purpose = Literal["greeting", "ask", "answer", "project", "plan", "query"]
"""What the turn under way is about: opening, asking a question, judging an answer, and so on."""

WANTED: dict[Purpose, tuple[MemoryKind, ...]] = {
    "greeting": ("preference", "goal"),
    "ask": ("misconception", "preference", "claim"),
    "answer": ("misconception", "claim", "habit"),
    "project": ("project_fact", "claim", "goal"),
    "plan": ("goal", "misconception", "claim", "preference"),
    "query": ("misconception", "claim", "project_fact", "preference", "goal", "habit"),
}
"""Kinds that serve each purpose, the most useful first."""

Embedder = Callable[[Sequence[str]], Sequence[Sequence[float]]]


class Recalled(TypedDict):
    """A memory on its way into a prompt, with the reason that goes to the ledger."""

    memory: TextMemory
    score: float
    reason: str


@dataclass(frozen=True)
class Situation:
    """What the turn is about."""

    candidate: str
    purpose: Purpose
    now: datetime
    topic: str = ""
    words: str = ""


def recall(
    memories: Iterable[TextMemory], situation: Situation, embed: Embedder | None = None
) -> list[Recalled]:
    """Return at most ten memories and 600 tokens, the most useful first.

    Likeness is the overlap of character bigrams; with `embed` it is the cosine, which only ranks.
    """
    own = [m for m in memories if m["candidate"] == situation.candidate]
    held = [m for m in in_force(own).values() if m["kind"] in WANTED[situation.purpose]]
    if situation.purpose == "greeting":
        return _greeting(held, situation)
    sizes = Counter(memory["kind"] for memory in held)
    likeness = _likeness(situation.words, [m["text"] for m in held], embed)
    found = [
        scored
        for memory, like in zip(held, likeness, strict=True)
        if (scored := _score(memory, like, situation, sizes[memory["kind"]] <= SMALL_CATEGORY))
        is not None
    ]
    found.sort(key=lambda one: (-one["score"], one["memory"]["id"]))
    return _within_budget(found[:MOST])


def _greeting(held: Sequence[TextMemory], situation: Situation) -> list[Recalled]:
    """At most one thing, and nothing that shames: a wish or a goal, the newest."""
    ranked = sorted(held, key=lambda m: (m["kind"] != "goal", m["observed_at"]), reverse=True)
    goals = [m for m in ranked if m["kind"] == "goal"] or ranked
    return [
        Recalled(memory=m, score=1.0, reason=f"greeting: newest {m['kind']}")
        for m in sorted(goals, key=lambda m: m["observed_at"], reverse=True)[:1]
    ]


def _score(memory: TextMemory, like: float, situation: Situation, small: bool) -> Recalled | None:
    same = bool(situation.topic) and memory["topic"] == situation.topic
    general = not memory["topic"]
    if not (same or like >= LEAST or (small and general)):
        return None
    place = WANTED[situation.purpose].index(memory["kind"])
    days = (situation.now - datetime.fromisoformat(memory["observed_at"])).total_seconds() / 86400
    fresh = 0.5 ** (max(days, 0.0) / HALF_LIFE_DAYS)
    score = (1.0 if same else 0.0) + like + 0.3 * fresh - 0.1 * place
    why = "same topic" if same else f"alike {like:.2f}" if like >= LEAST else "small category"
    reason = f"{situation.purpose} > {memory['kind']} > {why}, {max(days, 0):.0f} days old"
    return Recalled(memory=memory, score=round(score, 3), reason=reason)


def _likeness(query: str, texts: Sequence[str], embed: Embedder | None) -> list[float]:
    if not query.strip() or not texts:
        return [0.0] * len(texts)
    if embed is None:
        wanted = bigrams(query)
        return [overlap(wanted, bigrams(text)) for text in texts]
    first, *rest = embed([query, *texts])
    cosines = [_cosine(first, vector) for vector in rest]
    low, high = min(cosines), max(cosines)
    # Sentence embeddings squeeze cosines together: only their order means something.
    return [(c - low) / (high - low) if high > low else 0.0 for c in cosines]


def _cosine(a: Sequence[float], b: Sequence[float]) -> float:
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    return dot / (math.sqrt(sum(x * x for x in a) * sum(y * y for y in b)) or 1.0)


@lru_cache(maxsize=4096)
def bigrams(text: str) -> frozenset[str]:
    """Return the pairs of neighbouring characters, letters lowered and blanks dropped."""
    bare = "".join(c for c in text.lower() if c.isalnum())
    return frozenset(bare[i : i + 2] for i in range(len(bare) - 1)) or frozenset({bare})


def overlap(a: frozenset[str], b: frozenset[str]) -> float:
    """Return the share of the smaller set found in the other."""
    return len(a & b) / max(min(len(a), len(b)), 1)


def tokens(text: str) -> int:
    """Estimate the tokens of a text: one a Chinese character, one for four others."""
    wide = sum(ord(c) > 0x2E7F for c in text)
    return wide + math.ceil((len(text) - wide) / 4)


def _within_budget(found: Sequence[Recalled]) -> list[Recalled]:
    kept: list[Recalled] = []
    left = MOST_TOKENS
    for one in found:
        cost = tokens(_line(one, "zh"))
        if cost <= left:
            kept.append(one)
            left -= cost
    return kept


def _line(one: Recalled, lang: Lang) -> str:
    memory = one["memory"]
    said = "原话" if lang == "zh" else "said"
    shown = memory["text"]
    if memory["quote"]["text"] != memory["text"]:
        shown += f" ({said}: {memory['quote']['text']})"
    return f"- [{memory['observed_at'][:10]} {memory['kind']} {memory['topic']}] {shown}"


def as_history(found: Sequence[Recalled], lang: Lang) -> str:
    """Return the block for a prompt, marked as history."""
    if not found:
        return ""
    head = {
        "zh": "以下是以往面试留下的记录，只作参考，不是本次回答的证据：",
        "en": "Notes from earlier sessions. History only, no evidence for this answer:",
    }[lang]
    return "\n".join([head, *(_line(one, lang) for one in found)])
