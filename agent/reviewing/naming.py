"""What a question of a talk is called: the bank's wording, or the interviewer's own words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from agent.reviewing import cues, judging
from agent.reviewing.floors import Floor, sentences
from agent.reviewing.judging import Judged
from agent.reviewing.talk import terms_of

TITLE_CHARS = 60
_SHORT_TITLE = 8
_LATE = 3
"""Exchanges after which a question has often moved on to a neighbour of itself."""
_MOST_TERMS = 3
_WORN = re.compile(
    r"就是说?|然后|比如说?|假设|我的?意思|不是|这个|那个|那么|一个|嗯|呃|啊|对吧|你(?:觉得|知道)|我理解"
    r"|\b(?:so|well|like|you know|i mean|kind of)\b",
    re.I,
)
"""Words of starting and seeking: a sentence full of them makes a bad title."""
_ASKING_WORD = re.compile(
    r"什么(?!的)|怎么|怎样|为什么|如何|哪|多少|几|区别|\b(?:what|how|why|which|when)\b", re.I
)
_ENOUGH = 10.0
"""Weight of content from which a title says enough."""
_AND_SO_ON = re.compile(r"什么的")
_LEAST = 3.0
"""Weight of content below which words cannot stand as a title by themselves."""
_BESIDE = frozenset({"integrity_check", "logistics", "close", "invite_questions"})
"""Moves that are about the interview and not about a question."""
_STARTS = re.compile(
    r"^(?:[嗯啊呃哎诶好行对那OKok然后就是说，。、 ]|就是|比如说|所以|我的意思是|我想问一下)+"
)


def own_words(one: Judged) -> str:
    """Return the interviewer's own asking of a question, short enough for a title."""
    opening = one.thread.opening
    text = _clearest(list(_asking(opening))) or " ".join(opening.split())
    if len(text) < _SHORT_TITLE:
        text = " ".join(opening.split())[-TITLE_CHARS:]
    return plain(text)


def title_of(known: str, one: Judged) -> str:
    """Return the bank's wording, with the asking at which it went wrong when that came later."""
    heavy = judging.heaviest(one)
    exchanges = one.thread.exchanges
    place = next(
        (
            number
            for number, exchange in enumerate(exchanges)
            if heavy and heavy["turn"] in {turn["id"] for turn in judging.turns_in(exchange)}
        ),
        0,
    )
    if known and place < _LATE:
        return known
    near = [e for e in exchanges[max(0, place - 1) : place + 2] if e.move not in _BESIDE]
    asking = [s for e in near for s in _asking(e.asked.text)]
    weakest = plain(_clearest(asking if known else [*asking, *_asking(one.thread.opening)]))
    if len(weakest) < _SHORT_TITLE or weakest in known or _content(weakest) < _LEAST:
        return known or own_words(one)
    return f"{known} → {weakest}" if known else weakest


def plain(text: str) -> str:
    """Return words without the fillers at their head, short enough for a title."""
    text = " ".join(text.split())
    text = _STARTS.sub("", text) or text
    return text if len(text) <= TITLE_CHARS else text[: TITLE_CHARS - 1] + "…"


def main_terms(one: Judged) -> list[str]:
    """Return the terms that both speakers or several turns name, the most frequent first."""
    floors: list[Floor] = []
    for exchange in one.thread.exchanges:
        floors += [exchange.asked, *([exchange.answer] if exchange.answer else [])]
    counts = Counter(term for floor in floors for term in terms_of(floor.meant))
    named = [(n, t) for t, n in counts.items() if n > 1 and not t.islower()]
    return [term for _, term in sorted(named, key=lambda pair: (-pair[0], pair[1]))][:_MOST_TERMS]


def _asking(text: str) -> Iterator[str]:
    for sentence in sentences(text):
        asks = cues.shows("interviewer", "asks", _AND_SO_ON.sub("", sentence))
        if asks and len(sentence.strip()) >= _SHORT_TITLE:
            yield " ".join(sentence.split())


def _clearest(asking: list[str]) -> str:
    """Return the sentence that says most with the least groping for words; of equals the first."""

    def clear(sentence: str) -> float:
        spent = sum(len(match[0]) for match in _WORN.finditer(sentence))
        worn = (spent + max(0, len(sentence) - TITLE_CHARS)) / len(sentence)
        said = min(_content(sentence), _ENOUGH) / _ENOUGH
        return 2 * said - worn + bool(_ASKING_WORD.search(sentence))

    return max(asking, key=clear, default="")


def _content(sentence: str) -> float:
    from tools.grading.units import units

    return sum(units(sentence).values())
