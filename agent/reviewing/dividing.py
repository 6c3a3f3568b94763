"""Where a talk changes its subject: how little an asking shares with what was said just before.

Subjects part where the words do (Hearst 1997, TextTiling). A turn that shares almost nothing opens
a question whatever it begins with; a question of very many turns is divided where its words part
most, because a real interviewer drifts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.reviewing import cues
from agent.reviewing.floors import Floor, sentences, size
from agent.reviewing.helping import NO_HELP
from agent.reviewing.talk import Exchange, Thread, terms_of

_RECENT = 2
"""Exchanges that an asking is held against, beside the question's first asking."""
_TELLING = 6.0
"""Weight of the pieces of an asking from which its likeness to the talk before says something."""
OTHER = 0.85
"""Share of new pieces from which a turn asks something else, however it begins; own dialogues
that go on have 0.75 at most, those that change have 0.91 at least (tests/data/review)."""
AKIN = 0.7
LEANS = re.compile(
    r"^[嗯啊呃哎诶对好行OKok就是说，。、 ]*(?:那|所以|但是?|可是|不过|然后)?"
    r"(?:[他它]们?|[这那](?:个|些|里|种|边|块)?(?:的话|就|也|是|会|能|可以|要|不|为|怎|有))"
    r"|^\W*(?:so|and|but|then|okay|ok)?\W*(?:(?:does|do|did|is|are|can|will|would) )?"
    r"(?:it|that|this|they|those|these)\b",
    re.I,
)
"""So begins an asking that needs the words before it to be understood."""
_MOST = 8
"""Exchanges from which a question may be two: more follow-ups than interviewers ask of one."""
_ANSWERED = 30
"""Characters below which the question before was not answered, so that the next still is it."""
_BESIDE = frozenset({"integrity_check", "logistics", "close", "invite_questions"})


def asking_of(floor: Floor) -> str:
    """Return the sentences of a turn that ask."""
    said = sentences(floor.meant)
    return "".join(s for s in said if cues.shows("interviewer", "asks", s))


def otherness(asking: str, opening: str, before: Sequence[Exchange]) -> float:
    """Return how much of an asking was not spoken of just before: a share from 0 to 1.

    0 where it asks too little to say, or leans on what was said by a pronoun.
    """
    return 0.0 if LEANS.search(asking) else _unlike(asking, opening, before)


def _unlike(text: str, opening: str, before: Sequence[Exchange]) -> float:
    from tools.grading.units import coverage, units

    pieces = units(text)
    if sum(pieces.values()) < _TELLING:
        return 0.0
    near = before[-_RECENT:]
    said = [opening, *(e.asked.meant for e in near)]
    said += [e.answer.meant for e in near if e.answer is not None]
    return 1.0 - coverage(pieces, set(units("\n".join(said))))


def divided(threads: Sequence[Thread]) -> list[Thread]:
    """Divide the questions of very many turns where their words part, and number all anew."""
    found: list[Thread] = []
    for thread in threads:
        found += _divided(thread)
    for number, thread in enumerate(found, 1):
        thread.number = number
    return found


def _divided(thread: Thread) -> list[Thread]:
    if thread.part != "talk" or len(thread.exchanges) < _MOST:
        return [thread]
    joints = [(_joint(thread, place), place) for place in range(1, len(thread.exchanges) - 1)]
    likeness, place = max(joints)
    if likeness < AKIN:
        return [thread]
    head, tail = _of(thread.exchanges[:place]), _of(thread.exchanges[place:])
    tail.approved = thread.approved
    first = tail.exchanges[0]
    first.move = "ask"
    head.exchanges[-1].parting.append((first.asked, first.helped))  # it was held against the head
    first.helped = NO_HELP
    return [*_divided(head), *_divided(tail)]


def _joint(thread: Thread, place: int) -> float:
    """Return how well a question parts before this exchange; 0 where it asks nothing new."""
    exchange, before = thread.exchanges[place], thread.exchanges[:place]
    text, last = exchange.asked.text, before[-1].answer
    if exchange.move in _BESIDE or not cues.shows("interviewer", "asks", text):
        return 0.0
    if last is None or size(last.text) < _ANSWERED:
        return 0.0
    if cues.shows("candidate", "asks_back", last.text[-60:]):
        return 0.0
    return _unlike(exchange.asked.meant, thread.opening, before)


def _of(exchanges: list[Exchange]) -> Thread:
    thread = Thread(0, "talk", exchanges)
    for exchange in exchanges:
        thread.terms |= terms_of(exchange.asked.meant)
        thread.matches |= {exchange.match[0]} - {""}
        thread.topics |= {exchange.match[1]} - {""}
    return thread
