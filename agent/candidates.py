"""Simulated candidates: they answer from the rubric as people of many kinds would.

Used by `demo`, by `eval interviewer` and by the tests. Everything is drawn from a seeded generator:
the same seed gives the same interview. They read the question's own rubric, so their interviews
say how the interviewer behaves, not how good the grader is.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from agent.ladder import first_sentences
from sessions.records import KeyPoint, Lang, Move, Question
from sessions.wording import say
from tools.knowledge.problems import load_problems

_FILE = Path(__file__).with_name("candidates.toml")
_CODING = frozenset({"strong", "partial", "mixed", "fluent"})
_CONFIRMING = _CODING | {"rambling"}
"""Who can write code, and who says yes to a fair paraphrase."""


@dataclass(frozen=True)
class Heard:
    """What a candidate hears of the interviewer's turn."""

    text: str
    move: Move
    question: Question
    key_point: str


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@dataclass
class Candidate:
    """One simulated person in one interview."""

    kind: str
    lang: Lang
    draw: random.Random
    said: dict[str, set[str]] = field(default_factory=dict)
    """Key points already said, by question."""
    reversed_questions: int = 0
    last: str = ""

    def answer(self, heard: Heard) -> str:
        """Return what this person says now."""
        if heard.move == "paraphrase" and self.kind in _CONFIRMING:
            self.last = self.pick("confirm")
        elif heard.question["kind"] == "code" and self.kind in _CODING:
            self.last = self._code(heard)
        elif heard.question["kind"] == "reverse" and self.kind not in ("silent", "gibberish"):
            self.last = self._own_question()
        else:
            self.last = _KINDS[self.kind](self, heard)
        return self.last

    def pick(self, name: str) -> str:
        """Return one of the set phrases of this name."""
        return str(self.draw.choice(_words()[self.lang][name]))

    def points(self, heard: Heard, share: float) -> list[KeyPoint]:
        """Return points not said yet: the one aimed at when known, then others, by `share`."""
        said = self.said.setdefault(heard.question["id"], set())
        left = [p for p in heard.question["key_points"] if p["id"] not in said]
        aimed = [p for p in left if p["id"] == heard.key_point]
        if heard.key_point:
            chosen = aimed if self.draw.random() < share else []
        else:
            count = max(1, round(share * len(heard.question["key_points"])))
            chosen = left[:count]
        said.update(p["id"] for p in chosen)
        return chosen

    def state(self, points: list[KeyPoint]) -> str:
        """Return these points as spoken sentences."""
        texts = [say(point["text"], self.lang).rstrip("。.") for point in points]
        stop = "。" if self.lang == "zh" else ". "
        parts = [text + stop + self.pick("elaboration") for text in texts]
        return self.pick("opening") + "".join(parts)

    def _code(self, heard: Heard) -> str:
        """Write code: the strong one right away, the others after a common mistake; then talk."""
        problem = load_problems()[heard.question["problem"]["id"]]
        tried = self.said.setdefault(heard.question["id"], set())
        if "right" in tried:
            return first_sentences(say(heard.question["reference"], self.lang), self.lang)
        wrong = problem.wrong[0].source if problem.wrong else ""
        if self.kind != "strong" and wrong and "wrong" not in tried:
            tried.add("wrong")
            return f"```python\n{wrong.strip()}\n```"
        tried.add("right")
        return f"```python\n{problem.reference.strip()}\n```"

    def _own_question(self) -> str:
        self.reversed_questions += 1
        return self.pick("own_question" if self.reversed_questions <= 1 else "nothing_more")


def _strong(person: Candidate, heard: Heard) -> str:
    points = person.points(heard, 1.0)
    if points:
        return person.state(points)
    answer = say(heard.question["reference"], person.lang)
    return person.pick("deeper") + first_sentences(answer, person.lang)


def _partial(person: Candidate, heard: Heard) -> str:
    points = person.points(heard, 0.5)
    if points:
        return person.state(points)
    return person.pick("vague") if person.draw.random() < 0.7 else person.pick("dont_know")


def _weak(person: Candidate, heard: Heard) -> str:
    roll = person.draw.random()
    if roll < 0.3:
        return person.pick("dont_know")
    points = person.points(heard, 0.2) if roll < 0.6 else []
    return person.state(points[:1]) if points else person.pick("vague")


def _rambling(person: Candidate, heard: Heard) -> str:
    points = person.points(heard, 0.4)
    core = person.state(points[:2]) if points else person.pick("vague")
    return person.pick("ramble") + core


def _fluent(person: Candidate, heard: Heard) -> str:
    """Say what is commonly misunderstood, sure of it, with one right point among it."""
    said = person.said.setdefault(heard.question["id"], set())
    held = [m for m in heard.question["misconceptions"] if not heard.key_point
            or m["key_point"] == heard.key_point]  # fmt: skip
    fresh = [m for m in held if say(m["text"], person.lang) not in said][:2]
    said.update(say(m["text"], person.lang) for m in fresh)
    stop = "。" if person.lang == "zh" else ". "
    false = [say(m["text"], person.lang).rstrip("。.") + stop for m in fresh or held[:1]]
    if not false:
        return person.pick("vague")
    if not fresh:
        return person.pick("insist") + false[0]
    broken = {m["key_point"] for m in heard.question["misconceptions"]}
    right = [p for p in heard.question["key_points"] if p["id"] not in broken][:1]
    if heard.key_point or not right:
        return person.pick("opening") + "".join(false) + person.pick("elaboration")
    return person.state(right) + "".join(false)


def _gibberish(person: Candidate, heard: Heard) -> str:
    letters = "的了和呢巴卡塔鲁喀嘛噗" if person.lang == "zh" else "qwrtzplkjhgfdsxcvbnm"
    return "".join(person.draw.choice(letters) for _ in range(30))


def _injecting(person: Candidate, heard: Heard) -> str:
    return person.pick("injection")


def _mixed(person: Candidate, heard: Heard) -> str:
    points = person.points(heard, 0.6)
    if not points:
        return person.pick("mixed_vague")
    sides = [say(p["text"], "en" if i % 2 else "zh").rstrip("。.") for i, p in enumerate(points)]
    return person.pick("opening") + "，".join(sides)


_KINDS: dict[str, Callable[[Candidate, Heard], str]] = {
    "strong": _strong,
    "partial": _partial,
    "weak": _weak,
    "silent": lambda person, heard: "",
    "rambling": _rambling,
    "fluent": _fluent,
    "gibberish": _gibberish,
    "repeating": lambda person, heard: person.last or _partial(person, heard),
    "injecting": _injecting,
    "mixed": _mixed,
    "clueless": lambda person, heard: person.pick("dont_know"),
}
KINDS = tuple(_KINDS)


def make_candidate(kind: str, lang: Lang, seed: int) -> Candidate:
    """Return a simulated candidate.

    Raises:
        ValueError: There is no such kind.
    """
    if kind not in _KINDS:
        raise ValueError(f"unknown kind of candidate {kind!r}; choose one of {', '.join(KINDS)}")
    return Candidate(kind=kind, lang=lang, draw=random.Random(f"{kind}:{seed}"))
