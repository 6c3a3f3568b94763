"""The one thing of the past that an opening mentions: a wish, or what was hard last time."""

from __future__ import annotations

import re

from agent.interview import Interview
from agent.models.embedded import phrases
from sessions.mastery import posterior
from sessions.recall import Situation, recall
from sessions.records import Lang
from sessions.standing import standing

OPENING = "opening"
LONGEST_QUOTE = {"zh": 40, "en": 120}
"""A longer wish is not read back."""
_CHINESE = re.compile("[\u4e00-\u9fff]")
_UNFIT = re.compile(r"[?？!！「」\"“”\n]")


def recall_for_greeting(interview: Interview) -> None:
    """Log what the opening mentions, with its reason; nothing on a first meeting."""
    found = _wish(interview) or _hard_last_time(interview)
    if found is None:
        return
    memory, reason, text = found
    body = {"turn": "", "found": [{"id": memory, "reason": reason}], "texts": [text]}
    interview.journal.record("recall", body, f"recall:{OPENING}")


def _wish(interview: Interview) -> tuple[str, str, str] | None:
    """The newest goal or preference, when its words can be said back as they are."""
    situation = Situation(interview.candidate, "greeting", interview.now())
    for one in recall(interview.past.memories, situation):
        quote = one["memory"]["quote"]["text"].strip("。.，, ")
        if _is_sayable(quote, interview.lang):
            text = _phrase(interview.lang, "history_wish").replace("{quote}", quote)
            return one["memory"]["id"], one["reason"], text
    return None


def _is_sayable(quote: str, lang: Lang) -> bool:
    right = bool(_CHINESE.search(quote)) == (lang == "zh")
    return right and len(quote) <= LONGEST_QUOTE[lang] and not _UNFIT.search(quote)


def _hard_last_time(interview: Interview) -> tuple[str, str, str] | None:
    """The lowest of the topics of the last day that are surely weak and may be asked today."""
    answers = interview.past.answers
    if not answers:
        return None
    last = max(answer["at"] for answer in answers)[:10]
    topics = {answer["topic"] for answer in answers if answer["at"].startswith(last)}
    belief = posterior([], interview.now(), (), interview.past.evidence).mastery()
    open_today = set(interview.pool.by_topic) & set(interview.topics or interview.pool.by_topic)
    weak = [t for t in topics & open_today if standing(belief[t]) == "weak"]
    if not weak:
        return None
    topic = min(weak, key=lambda t: belief[t]["mean"])
    title = interview.topic_titles.get(topic, topic)
    text = _phrase(interview.lang, "history").replace("{topic}", title)
    return f"topic:{topic}", "greeting: weak on the last day", text


def _phrase(lang: Lang, name: str) -> str:
    options: list[str] = phrases()[lang]["close"][name]
    return options[0]
