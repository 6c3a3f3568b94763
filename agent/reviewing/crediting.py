"""Where an interviewer puts a right answer wrong: the bank's facts decide, for the candidate.

A credit needs both sides: what the candidate had said covers a key point of the question, and what
the interviewer then says against it states a misconception of that same point. Anything less is
left alone: an interviewer is not called wrong on a likeness of words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.reviewing import cues
from agent.reviewing.answers import answer_text
from agent.reviewing.floors import is_backchannel, placed_sentences
from agent.reviewing.talk import Exchange, Thread
from sessions.records import Grade, Lang, Question, Quote, Speaker
from sessions.report.review_schema import Credited, ReviewQuote
from sessions.wording import say

if TYPE_CHECKING:
    from tools.grading.evidence import AnswerText

    Hold = Callable[[Question, Sequence[AnswerText], Lang], Grade]

_MOST_CHARS = 400
"""Characters of a sentence that are held against the facts: no statement is longer."""
_STRONG = (
    r"(?:不对|不太对|不是|不是这样|你?(?:说|讲|记|搞|弄)?(?:反|错)(?:过来)?了?|有(?:点|些)?问题"
    r"|no|nope|wrong|not (?:quite|right)|incorrect|the opposite"
    r"|that'?s (?:wrong|incorrect|not (?:quite )?right))(?:吧|的|啊|哦|呢)?"
)
_LEAD_IN = (
    r"^(?:[嗯呃啊哎诶哦，。、,. ]|但(?:是)?|可是|不过|这(?:个|里|块|样)?|那|我(?:觉得|认为|记得)"
    r"|你这(?:个|样)?|\b(?:well|but|hmm|sorry|i think)\b)*"
)
_OPENS_AGAINST = re.compile(
    rf"{_LEAD_IN}(?:(?:{_STRONG})[，,。；;！!.]+ *"
    r"|(?:你?应该是|其实(?:应该)?(?:是)?|实际上|事实上|反过来[，,]?)"
    r"|(?:actually|in fact|it should be)\b[, ]*)+",
    re.I,
)
"""So begins a sentence that contradicts the candidate."""
_ONLY_AGAINST = re.compile(rf"{_LEAD_IN}{_STRONG}[，,。；;！!.… ]*$", re.I)
"""A whole sentence that contradicts; what is right follows in the next."""
_NOT_OWN = re.compile(
    r"你(?:刚才|刚刚|之前|前面|一开始|开头|最初|还|也|就|是)*(?:说|认为|觉得|讲|提|写|答)|你的(?:意思|说法|理解)"
    r"|(?:有|很多|不少|有些|一些|大部分|许多|多数)的?(?:人|同学|候选人|资料|书|文章)|有人|人们|大家|一般人|别人"
    r"|(?:这|那|一|有)种(?:说法|观点|看法|理解|讲法)"
    r"|\b(?:you (?:just |have |had |also )*(?:said|say|mentioned|claim(?:ed)?|think|thought|told)"
    r"|your (?:claim|point)|(?:some|many|most|other)(?: \w+)? (?:say|think|believe)"
    r"|people|they say)\b",
    re.I,
)
"""So a speaker names whose statement it is: not their own."""
_SUPPOSES = re.compile(
    r"如果|假如|假设|假定|要是|倘若|\b(?:if|suppose|assuming|imagine|were it)\b", re.I
)
_REFUSES = re.compile(
    r"错误|错的|错了|是错|不对|不成立|有(?:点|些|很大)?的?问题|矛盾|误区|误解|说不通|站不住|不是这样"
    r"|不正确|不准确|\b(?:wrong|mistaken?|incorrect|misconception|myth|false|contradict\w*"
    r"|not (?:true|right|correct|the case))\b",
    re.I,
)
_DENIES = re.compile(
    r"^(?:并?不(?:是|会|能)|没有)|不是.{1,60}[，,、 ]?而?是|而是|并(?:不|非|没)|不(?:会|能)说|以为"
    r"|\b(?:not .{1,200}? but|rather than|instead of|isn'?t|doesn'?t|don'?t|aren'?t)\b",
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
        before = thread.exchanges[:place]
        one = _credit(before, exchange, question, hold, lang) if before else None
        if one is not None:
            exchange.credited = True
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
    answers = [
        answer_text(turn)
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
        for start, sentence in _contradictions(turn["text"]):
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


def _contradictions(text: str) -> Iterator[tuple[int, str]]:
    """Yield the statements of the speaker's own that go against the candidate, without openers."""
    said = placed_sentences(text)
    for place, (start, sentence) in enumerate(said):
        opened = _OPENS_AGAINST.match(sentence)
        if opened is None and not (place and _ONLY_AGAINST.match(said[place - 1][1])):
            continue
        begins = opened.end() if opened else 0
        rest = sentence[begins:]
        after = said[place + 1][1] if place + 1 < len(said) else ""
        own = not any(sort.search(rest) for sort in (_NOT_OWN, _SUPPOSES, _DENIES))
        stands = not (_REFUSES.search(rest) or _REFUSES.search(after))
        if own and stands and not cues.shows("interviewer", "asks", sentence):
            yield start + begins, rest[:_MOST_CHARS]


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
