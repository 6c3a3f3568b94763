"""The conduct gate: reads each sentence of the interviewer before it is shown or spoken.

A sentence that breaks a rule is dropped and counted. The rules come from code (move, ladder,
language, mode), never from the model; the patterns are data (conduct.toml). It judges form and
overlap, not meaning: a paraphrased give-away with no words in common passes.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from agent.models.overlap import gives_away
from sessions.records import Lang

Rule = Literal[
    "second_question",
    "gives_answer",
    "praises_wrong",
    "wrong_language",
    "too_long",
    "talks_of_score",
    "invents_company",
    "refuses",
    "leaks",
    "markup",
]

_FILE = Path(__file__).with_name("conduct.toml")
_QUESTION = re.compile(r"[？?]")
_CJK = re.compile(r"[\u4e00-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
_OTHER_SCRIPT = re.compile(r"[\u3040-\u30ff\uac00-\ud7af\u0400-\u04ff\u0600-\u06ff\u0e00-\u0e7f]")
_QUOTED = re.compile(r"「([^」]*)」|“([^”]*)”|\"([^\"]*)\"|『([^』]*)』|‘([^’]*)’")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")

MOST_KEPT = 40
"""Dropped sentences kept for the ledger; an endless stream must not fill the memory."""
KEPT_CHARS = 300
"""Of one dropped sentence."""


@dataclass(frozen=True)
class Rules:
    """What this turn may not do."""

    lang: Lang
    max_chars: int
    asks: str = ""
    """The one thing to ask, in code's own words: one question, however many sentences."""
    forbidden: tuple[str, ...] = ()
    """Texts that would give the answer away."""
    allowed: str = ""
    """Words that code or the candidate put into the turn: what they hold is no give-away."""
    wrong: bool = False
    """The last answer was graded wrong somewhere."""
    mock: bool = True
    company: str = ""
    """The job description, when one was given: what it says may be said."""
    confirms: bool = False
    """The move itself asks for a nod."""


@dataclass
class Gate:
    """Judges the sentences of one turn, in order."""

    rules: Rules
    questions: int = 0
    asked_ours: bool = False
    chars: int = 0
    said: str = ""
    dropped: list[tuple[Rule, str]] = field(default_factory=list)
    drops: int = 0

    def passes(self, sentence: str) -> bool:
        """Return whether the sentence may be spoken, and count it."""
        broken = self._broken(sentence)
        if broken is not None:
            self.drops += 1
            if len(self.dropped) < MOST_KEPT:
                self.dropped.append((broken, sentence[:KEPT_CHARS]))
            return False
        self.chars += len(sentence)
        self.said += sentence
        if self.is_ours(sentence):
            self.questions += not self.asked_ours
            self.asked_ours = True
        else:
            self.questions += self._asks(sentence)
        return True

    def is_ours(self, sentence: str) -> bool:
        """Return whether the sentence holds, or is a piece of, what code wants asked."""
        asks, bare = _squeeze(self.rules.asks), _squeeze(sentence)
        return bool(asks and bare) and (
            bare in asks or any(p in bare for p in _parts(self.rules.asks))
        )

    def _asks(self, sentence: str) -> bool:
        return bool(_QUESTION.search(sentence)) or _first("ask", self.rules.lang, sentence)

    def _broken(self, sentence: str) -> Rule | None:
        rules = self.rules
        if _first("markup", "both", sentence):
            return "markup"
        ours = self.is_ours(sentence)
        if ours and self.questions and not self.asked_ours:
            return "second_question"
        rest = _without(sentence, rules.asks) if ours else sentence
        if not rest.strip():
            return None
        if not ours and (broken := self._out_of_form(sentence)):
            return broken
        return self._out_of_bounds(rest)

    def _out_of_form(self, sentence: str) -> Rule | None:
        """Judge number of questions, length and language."""
        rules = self.rules
        if self._asks(sentence):
            nods = _first("tag", rules.lang, sentence.strip()) and not rules.confirms
            if self.questions or (nods and rules.asks):
                return "second_question"
        if self.chars + len(sentence) > rules.max_chars and (
            self.chars > 0 or len(sentence) > rules.max_chars
        ):
            return "too_long"
        return "wrong_language" if _wrong_language(sentence, rules.lang) else None

    def _out_of_bounds(self, sentence: str) -> Rule | None:
        """Judge what the sentence says, apart from the candidate's own words in it."""
        rules, own = self.rules, _without_quotes(sentence, self.rules.allowed)
        if _first("leaks", "both", own):
            return "leaks"
        if _first("refuses", rules.lang, own):
            return "refuses"
        if rules.mock and _first("talks_of_score", rules.lang, own):
            return "talks_of_score"
        if rules.wrong and _praises(own, rules.lang):
            return "praises_wrong"
        if _first("invents_company", rules.lang, own) and _invented(own, rules.company):
            return "invents_company"
        texts = rules.forbidden
        if any(gives_away(text, sentence, self.said, rules.allowed) for text in texts):
            return "gives_answer"
        return None


class OpenGate(Gate):
    """Lets everything pass and only counts: for words that code wrote."""

    def _broken(self, sentence: str) -> Rule | None:
        return None


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def _pattern(rule: str, key: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in _table()[rule].get(key, ["(?!)"])), re.I)


def bridges(lang: Lang) -> list[str]:
    """Return the words that bridge a look-up."""
    found: list[str] = _table()["bridge"][lang]
    return found


def _first(rule: str, key: str, sentence: str) -> bool:
    return _pattern(rule, key).search(sentence.strip()) is not None


def _praises(sentence: str, lang: Lang) -> bool:
    """Return whether it praises: a word of praise that is neither denied nor asked about."""
    if _QUESTION.search(sentence):
        return False
    for found in _pattern("praises_wrong", lang).finditer(sentence):
        before, after = sentence[: found.start()], sentence[found.end() :]
        denied = _pattern("praises_wrong", f"unless_{lang}").search(before)
        other = _pattern("praises_wrong", f"unless_after_{lang}").search(after)
        if not denied and not other:
            return True
    return False


def _invented(sentence: str, company: str) -> bool:
    """Return whether it says of the company what the job description does not hold."""
    if _QUESTION.search(sentence) and not _NUMBER.search(sentence):
        return False  # asking about the post claims nothing of it
    if not company:
        return True
    return any(number not in company for number in _NUMBER.findall(sentence))


def _wrong_language(sentence: str, lang: Lang) -> bool:
    if len(_OTHER_SCRIPT.findall(sentence)) >= 4:
        return True
    chinese, words = len(_CJK.findall(sentence)), len(_LATIN_WORD.findall(sentence))
    if lang == "zh":
        return (words >= 4 and chinese == 0) or (words >= 6 and chinese < words)
    return chinese > words


def _without_quotes(sentence: str, allowed: str) -> str:
    """Take out the words in quotation marks that the candidate, or code, did say."""

    def keep(found: re.Match[str]) -> str:
        inner = next((group for group in found.groups() if group), "")
        return "" if inner and _squeeze(inner) in squeezed else found[0]

    squeezed = _squeeze(allowed)
    return _QUOTED.sub(keep, sentence) if squeezed else sentence


def _without(sentence: str, asks: str) -> str:
    """Return what the sentence adds to the words that code wants asked."""
    rest = sentence
    for part in re.split(r"[。？！?!]|\.\s", asks):
        if len(_squeeze(part)) >= 4:
            rest = rest.replace(part.strip(), "")
    return "" if _squeeze(rest) in _squeeze(asks) else rest


def _squeeze(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def _parts(asks: str) -> list[str]:
    """Return the sentences of what is to be asked, squeezed, those long enough to tell."""
    parts = (_squeeze(part) for part in re.split(r"[。？！?!]|\.\s", asks))
    return [part for part in parts if len(part) >= 4]
