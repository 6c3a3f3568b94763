"""The hint ladder of a question: its own, or a plain one made from what an import has."""

from __future__ import annotations

import re

from sessions.records import Lang, Question
from sessions.wording import say

_NUDGE = {
    "zh": "先用一句话说它是什么，再说它要解决什么问题。",
    "en": "Say in one sentence what it is, then which problem it solves.",
}
_LEAD = {
    "zh": "它和「{term}」有什么关系？",
    "en": "How is it related to {term}?",
}
MAX_SAID = {"zh": 90, "en": 260}
"""Characters of a reference answer that are said in one go."""


def hints_of(question: Question, lang: Lang) -> list[str]:
    """Return the three rungs in this language; none when there is nothing to make them from."""
    own = [say(hint, lang) for hint in question["hints"]]
    if len(own) == 3 and all(own):
        return own
    answer = say(question["reference"], lang)
    asked = say(question["wording"], lang)
    terms = [names[0] for names in question["terms"] if names and names[0] not in asked]
    if not answer or not terms:
        return []
    return [_NUDGE[lang], _LEAD[lang].format(term=terms[0]), first_sentences(answer, lang)]


def first_sentences(answer: str, lang: Lang) -> str:
    """Return the first whole sentences that fit, or a cut when even the first is too long."""
    said = ""
    for sentence in re.findall(r"[^。！？.!?]+[。！？.!?]?", answer):
        if said and len(said) + len(sentence) > MAX_SAID[lang]:
            break
        said += sentence
    return said[: MAX_SAID[lang]]
