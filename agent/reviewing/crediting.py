"""Where an interviewer puts a right answer wrong: the bank's facts decide, for the candidate.

A credit needs both sides: what the candidate had said covers a key point of the question, and what
the interviewer then says against it states a misconception of that same point. Anything less is
left alone: an interviewer is not called wrong on a likeness of words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.reviewing import cues
from agent.reviewing.floors import is_backchannel, sentences
from agent.reviewing.helping import NO_HELP
from agent.reviewing.talk import Exchange, Thread
from sessions.records import Grade, Lang, Question, Quote, Speaker
from sessions.report.review_schema import Credited, ReviewQuote
from sessions.wording import say

if TYPE_CHECKING:
    from tools.grading.evidence import AnswerText

    Hold = Callable[[Question, Sequence[AnswerText], Lang], Grade]

_AGAINST = re.compile(
    r"不对|不是(?:吧|的|这样)|不太对|错|有问题|应该是|其实|实际上|反(?:了|过来)|记(?:错|反)"
    r"|\b(?:no|not|wrong|actually|incorrect|opposite|in fact|but)\b",
    re.I,
)
_DENIES = re.compile(
    r"不是.{1,60}[，,、 ]?而?是|并(?:不|非|没)|不(?:会|能)说|以为"
    r"|\b(?:not .{1,200}? but|rather than|instead of|isn'?t|doesn'?t|don'?t|aren'?t|you said)\b",
    re.I,
)
"""Such a sentence names the false statement in order to refuse it."""


@dataclass(frozen=True)
class Credit:
    """A point on which the facts side with the candidate."""

    key_point: str
    claim: Quote
    """The candidate's words that cover the point."""
    said: Quote
    """The interviewer's words against it."""


def credit(thread: Thread, question: Question, hold: Hold, lang: Lang) -> list[Credit]:
    """Find the wrong corrections in a question's talk; their exchanges no longer count against."""
    found = []
    for place, exchange in enumerate(thread.exchanges):
        if place == 0 or not _AGAINST.search(exchange.asked.text):
            continue
        one = _credit(thread.exchanges[:place], exchange, question, hold, lang)
        if one is not None:
            exchange.credited, exchange.helped = True, NO_HELP
            found.append(one)
    return found


def _credit(
    before: Sequence[Exchange], exchange: Exchange, question: Question, hold: Hold, lang: Lang
) -> Credit | None:
    said = _false_statements(exchange, question, hold, lang)
    if not said:
        return None
    claims = _covered(before, question, hold, lang)
    return next((Credit(k, claims[k], quote) for k, quote in said.items() if k in claims), None)


def _covered(
    before: Sequence[Exchange], question: Question, hold: Hold, lang: Lang
) -> Mapping[str, Quote]:
    """Return the candidate's words for each key point that they have covered so far."""
    from tools.grading.evidence import AnswerText

    answers = [
        AnswerText(turn["id"], turn["text"], turn.get("repaired"))
        for one in before
        if one.answer is not None and not is_backchannel(one.answer) and not one.yields
        for turn in one.answer.turns
    ]
    if not answers:
        return {}
    points = hold(question, answers, lang)["points"]
    return {
        p["key_point"]: p["quotes"][0] for p in points if p["verdict"] == "covered" and p["quotes"]
    }


def _false_statements(
    exchange: Exchange, question: Question, hold: Hold, lang: Lang
) -> Mapping[str, Quote]:
    """Return the interviewer's sentences that state a misconception, by its key point."""
    from tools.grading.evidence import AnswerText

    found: dict[str, Quote] = {}
    for turn in exchange.asked.turns:
        at = 0
        for sentence in sentences(turn["text"]):
            start = turn["text"].index(sentence, at)
            at = start + len(sentence)
            if _DENIES.search(sentence) or cues.shows("interviewer", "asks", sentence):
                continue
            grade = hold(question, [AnswerText(turn["id"], sentence)], lang)
            if any(point["verdict"] == "covered" for point in grade["points"]):
                continue  # what the rubric confirms is no error
            for met in grade["misconceptions"]:
                quote = met["quote"]
                found.setdefault(
                    met["key_point"],
                    Quote(
                        turn=turn["id"],
                        start=start + quote["start"],
                        end=start + quote["end"],
                        text=quote["text"],
                    ),
                )
    return found


def credited_row(
    question: Question,
    one: Credit,
    places: tuple[Mapping[str, int], Mapping[str, float]],
    lang: Lang,
) -> Credited:
    """Return a credit as the review shows it, with the fact and where it comes from."""
    lines, starts = places
    point = next(p for p in question["key_points"] if p["id"] == one.key_point)

    def shown(quote: Quote, speaker: Speaker) -> ReviewQuote:
        turn = quote["turn"]
        return ReviewQuote(
            turn=turn,
            start=quote["start"],
            end=quote["end"],
            text=quote["text"],
            speaker=speaker,
            sign="credited",
            line=lines[turn],
            at_s=starts.get(turn),
        )

    return Credited(
        title=say(question["wording"], lang),
        answer=shown(one.claim, "candidate"),
        said=shown(one.said, "interviewer"),
        fact=say(point["text"], lang),
        source=question["source"],
    )
