"""Rules on a question's sentences: length, language, and what may not say what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from sessions.records import Question
from tools.knowledge.asking import opposed
from tools.knowledge.glossary import load_glossary
from tools.knowledge.text import cut_words, fold

_HAN = re.compile(r"[\u3400-\u9fff]")
_WIDE = re.compile(r"[，。？！；：、（）]")
_NARROW = re.compile(r"(?<=[\u3400-\u9fff])[,?!;](?!\d)")
_NEGATION = re.compile(
    r"不是|不会|不能|不需要|不用|不必|不随|不再|不同|没有|并非|无法|无关|而非|没|非|未|不|\bnot?\b|n't|never|without"
    r"|cannot|neither|nor\b|unrelated|independent"
)
# Lowest and highest: characters in Chinese, words in English. The outer limits of what can be
# spoken at the place the text is used.
_LENGTHS = {
    "wording": ((5, 90), (3, 50)),
    "spoken": ((4, 90), (3, 50)),
    "example": ((10, 180), (5, 110)),
    "reference": ((100, 320), (45, 190)),
    "key_points": ((6, 110), (3, 60)),
    "misconceptions": ((5, 110), (3, 60)),
    "follow_ups": ((5, 110), (3, 60)),
    "hints": ((5, 160), (3, 100)),
}
_REPEATS = 0.2
"""A key point whose words are new to less than this part only repeats the question."""
_ORDERED = 0.9
_SAYS = 0.85
"""Part of one sentence's words found in another from which it says the same."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a question."""

    question: str
    field: str
    rule: str
    text: str
    is_error: bool = True
    """False for advice that a person may overrule."""

    def __str__(self) -> str:
        mark = "" if self.is_error else " (advice)"
        return f"{self.question}: {self.field}: {self.rule}: {self.text}{mark}"


def text_problems(question: Question, strict: bool) -> Iterator[Problem]:
    """Yield what is wrong with the sentences; `strict` also holds them to lengths and languages."""
    if strict:
        for field, lang, text in _texts(question):
            yield from _form_problems(question["id"], field, lang, text)
        yield from _question_form_problems(question)
    for lang in ("zh", "en"):
        yield from _saying_problems(question, lang)


def _texts(question: Question) -> Iterator[tuple[str, str, str]]:
    """Yield every text with its field and language; missing ones as empty."""
    for lang in ("zh", "en"):
        yield "wording", lang, str(question["wording"].get(lang, ""))
        yield "example", lang, str(question["example"].get(lang, ""))
        yield "reference", lang, str(question["reference"].get(lang, ""))
        for text in question["spoken"].get(lang, []):
            yield "spoken", lang, text
        for hint in question["hints"]:
            yield "hints", lang, str(hint.get(lang, ""))
        for point in question["key_points"]:
            yield "key_points", lang, str(point["text"].get(lang, ""))
        for misconception in question["misconceptions"]:
            yield "misconceptions", lang, str(misconception["text"].get(lang, ""))
            yield "misconceptions", lang, str(misconception["correction"].get(lang, ""))
        for follow_up in question["follow_ups"]:
            yield "follow_ups", lang, str(follow_up["text"].get(lang, ""))


def _form_problems(id: str, field: str, lang: str, text: str) -> Iterator[Problem]:
    """Yield what is wrong with one text's length and script."""
    where = f"{field}.{lang}"
    if not text:
        yield Problem(id, where, "missing", "empty")
        return
    low, high = _LENGTHS[field][0 if lang == "zh" else 1]
    length = len(text) if lang == "zh" else len(text.split())
    if not low <= length <= high:
        yield Problem(id, where, "length", f"{length}, not {low} to {high}: {text[:30]}")
    if lang == "zh" and not _HAN.search(text):
        yield Problem(id, where, "language", f"not Chinese: {text[:40]}")
    if lang == "zh" and (mark := _NARROW.search(text)):
        yield Problem(id, where, "punctuation", f"{mark.group()!r} after Chinese: {text[:40]}")
    if lang == "en" and (_HAN.search(text) or _WIDE.search(text)):
        yield Problem(id, where, "language", f"not English: {text[:40]}")


def _question_form_problems(question: Question) -> Iterator[Problem]:
    """Yield wordings, examples and follow-ups that ask several things."""
    asked = [("wording", question["wording"]), ("example", question["example"])]
    asked += [("follow_ups", follow_up["text"]) for follow_up in question["follow_ups"]]
    for field, wording in asked:
        for lang, text in wording.items():
            marks = len(re.findall(r"[?？]", str(text)))
            if marks > 1:
                yield Problem(
                    question["id"], f"{field}.{lang}", "one question", f"asks {marks}: {text}"
                )


def _saying_problems(question: Question, lang: str) -> Iterator[Problem]:
    """Yield sentences that say what they must not."""
    asked = _words(str(question["wording"].get(lang, "")))
    points = {
        point["id"]: str(point["text"][lang])  # type: ignore[literal-required]
        for point in question["key_points"]
        if lang in point["text"]
    }
    for name, text in points.items():
        words = _words(text)
        if words and asked and len(words - asked) < _REPEATS * len(words):
            yield Problem(question["id"], "key_points", "repeats the question", f"{name}: {text}")
    for misconception in question["misconceptions"]:
        false = str(misconception["text"].get(lang, ""))
        for name, text in points.items():
            if _states(false, text):
                yield Problem(
                    question["id"], "misconceptions", "true by a key point", f"{name}: {false}"
                )
        if _states(false, str(misconception["correction"].get(lang, ""))):
            yield Problem(question["id"], "misconceptions", "corrected by itself", false)
    early = [str(hint.get(lang, "")) for hint in question["hints"][:2]]
    later = [str(f["text"].get(lang, "")) for f in question["follow_ups"]]
    example = [str(question["example"].get(lang, ""))]
    for field, texts in (("hints", early), ("follow_ups", later), ("example", example)):
        for text in texts:
            for name, point in points.items():
                if text and _says(text, point):
                    yield Problem(question["id"], field, "gives the answer", f"{name}: {text}")


def _states(statement: str, truth: str) -> bool:
    """Return whether a statement makes the same claim: the same words, negated alike, unopposed."""
    if not statement or not truth:
        return False
    alike = _says(statement, truth) and _says(truth, statement)
    # `A for B and C for D` holds the words of `C for B and A for D`: their order must agree too
    alike = alike and SequenceMatcher(None, fold(statement), fold(truth)).ratio() > _ORDERED
    negated = [len(_NEGATION.findall(fold(text))) % 2 for text in (statement, truth)]
    return alike and negated[0] == negated[1] and not opposed(fold(statement), fold(truth))


def _says(text: str, point: str) -> bool:
    """Return whether nearly all words of a key point stand in a text."""
    wanted = _words(point)
    return len(wanted) > 2 and len(wanted & _words(text)) >= _SAYS * len(wanted)


@lru_cache(maxsize=512)  # the sentences of a few questions: each is held against all points
def _words(text: str) -> frozenset[str]:
    """Return the terms and words of a text."""
    words = frozenset(cut_words(fold(text)))
    return words | {f"<{match.name}>" for match in load_glossary().find(text)}
