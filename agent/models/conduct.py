"""The conduct gate: reads each sentence of the interviewer before it is shown or spoken.

A sentence that breaks a rule is dropped and counted. The rules come from code (move, ladder,
language, mode), never from the model. It judges form and overlap, not meaning: a paraphrased
give-away with no words in common passes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from sessions.records import Lang

Rule = Literal[
    "second_question",
    "gives_answer",
    "praises_wrong",
    "wrong_language",
    "too_long",
    "talks_of_score",
    "invents_company",
    "markup",
]

_QUESTION = re.compile(r"[？?]")
_PRAISE = re.compile(
    r"(?:非常|很|太|完全|说得|讲得|回答得|回答)*"
    r"(?:正确|没错|完全对|很对|很好|不错|很棒|优秀|准确|精彩|漂亮)"
    r"|\b(?:correct|exactly right|perfect|excellent|great (?:answer|job|point)|well done|spot on"
    r"|brilliant)\b",
    re.I,
)
_SCORE = re.compile(
    r"\d+\s*分(?!钟|之|布|类|片|块|层|词|割)|(?:满分|得分|打分|评分|扣分|分数)"
    r"|\b(?:score|points? out of|\d+\s*/\s*(?:10|100)\b)",
    re.I,
)
_COMPANY = re.compile(
    r"(?:我们|咱们|本)(?:公司|团队|部门|组)(?:现在|目前|一共|大概)?(?:有|是|用|做|主要|会|的)"
    r"|\b(?:our|my) (?:company|team|department) (?:has|is|uses|builds|works)\b",
    re.I,
)
_MARKUP = re.compile(r"</?[a-z_]+>|```|^\s*#{1,6}\s|\*\*|<\|", re.I | re.M)
_CJK = re.compile(r"[\u4e00-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")

REVEALED = 0.62
"""Share of a forbidden text's character bigrams in one sentence that counts as giving it away; a
guess checked on the gate's own good and bad replies."""


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
    """Words that code itself put into the turn: what they contain is never a give-away."""
    wrong: bool = False
    """The last answer was graded wrong somewhere."""
    mock: bool = True
    company_known: bool = False


@dataclass
class Gate:
    """Judges the sentences of one turn, in order."""

    rules: Rules
    questions: int = 0
    asked_ours: bool = False
    chars: int = 0
    dropped: list[tuple[Rule, str]] = field(default_factory=list)

    def passes(self, sentence: str) -> bool:
        """Return whether the sentence may be spoken, and count it."""
        broken = self._broken(sentence)
        if broken is not None:
            self.dropped.append((broken, sentence))
            return False
        self.chars += len(sentence)
        if self._is_ours(sentence):
            self.questions += not self.asked_ours
            self.asked_ours = True
        else:
            self.questions += bool(_QUESTION.search(sentence))
        return True

    def _is_ours(self, sentence: str) -> bool:
        """Return whether the sentence holds, or is a piece of, what code wants asked."""
        asks, bare = _squeeze(self.rules.asks), _squeeze(sentence)
        return bool(asks and bare) and (
            bare in asks or any(p in bare for p in _parts(self.rules.asks))
        )

    def _broken(self, sentence: str) -> Rule | None:
        rules = self.rules
        if _MARKUP.search(sentence):
            return "markup"
        if self._is_ours(sentence) and (self.asked_ours or not self.questions):
            return None
        if self.questions and _QUESTION.search(sentence):
            return "second_question"
        if self.chars + len(sentence) > rules.max_chars and self.chars > 0:
            return "too_long"
        if _wrong_language(sentence, rules.lang):
            return "wrong_language"
        if rules.mock and _SCORE.search(sentence):
            return "talks_of_score"
        if rules.wrong and _PRAISE.search(sentence):
            return "praises_wrong"
        if not rules.company_known and _COMPANY.search(sentence):
            return "invents_company"
        if any(_overlap(text, sentence, rules.allowed) for text in rules.forbidden):
            return "gives_answer"
        return None


def _wrong_language(sentence: str, lang: Lang) -> bool:
    chinese, words = len(_CJK.findall(sentence)), len(_LATIN_WORD.findall(sentence))
    if lang == "zh":
        return words >= 6 and chinese < words
    return chinese >= 6 and chinese > words


def _squeeze(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def _parts(asks: str) -> list[str]:
    """Return the sentences of what is to be asked, squeezed, those long enough to tell."""
    parts = (_squeeze(part) for part in re.split(r"[。？！?!]|\.\s", asks))
    return [part for part in parts if len(part) >= 4]


def _bigrams(text: str) -> set[str]:
    letters = _squeeze(text)
    return {letters[i : i + 2] for i in range(len(letters) - 1)}


def _overlap(forbidden: str, sentence: str, allowed: str) -> bool:
    """Return whether the sentence says what the forbidden text adds to the allowed words."""
    secret = _bigrams(forbidden) - _bigrams(allowed)
    return len(secret) >= 4 and len(secret & _bigrams(sentence)) >= REVEALED * len(secret)
