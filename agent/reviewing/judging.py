"""What a question's talk shows of its answer: signs with quotes, weighed into a severity."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent.reviewing import cues
from agent.reviewing.floors import Floor, is_backchannel, size
from agent.reviewing.quoting import head_of, help_quote, quote_of
from agent.reviewing.talk import Exchange, Thread
from sessions.records import Grade, Turn
from sessions.report.review_schema import ReviewQuote, Severity, Sign

_WEIGHT: dict[Sign, tuple[float, float]] = {
    # first time, each further time; judgement, not measurement
    "admits": (2.5, 1.0),
    "evades": (2.0, 0.5),
    "answer": (1.5, 0.75),
    "hint": (0.75, 0.5),
    "challenge": (0.75, 0.5),
    "unclear": (2.0, 1.0),
    "circling": (1.0, 0.75),
    "rephrase": (0.5, 0.25),
    "interrupted": (1.0, 0.5),
    "wrong": (1.5, 0.75),
    "let_go": (0.5, 0.0),
    "vague": (1.0, 0.5),
    "probed": (0.5, 0.0),
}
_VAGUE = re.compile(
    r"一些|相关的|类似于|可能|大概|什么的|之类|\b(?:sort of|kind of|something|maybe)\b", re.I
)
_VAGUE_TIMES = 1.75
"""Times the candidate's own mean from which an answer counts as vague: relative, to be fair to
a habit of speech; a choice, not a measure."""
_VAGUE_CHARS = 40
_CONFIRMS = re.compile(r"^[嗯，。、 ]*(?:对对|差不多|挺好|很好|没错|是的|exactly|good)", re.I)
"""So begins a turn that says the answer once more because it was right."""
_SAME_WORDS = 0.25
"""Share of a short question's pieces that stand in the first asking: it asks the same again."""
_LATIN_LEAST = 5
"""Letters from which a Latin word says what is asked about."""
_SERIOUS, _CLEAR, _SMALL = 4.5, 2.5, 1.0
_LONG_ANSWER = 200
"""Characters from which an answer that the interviewer has to bring back counts as circling."""
_PROBED_FROM = 5
_GOOD = 70.0
_APPROVED = 1.0
"""What the interviewer's praise at the end takes off."""
_MOST_EVIDENCE = 8


@dataclass(frozen=True)
class Judged:
    """A question with what was seen in its talk."""

    thread: Thread
    signs: tuple[ReviewQuote, ...]
    weight: float

    @property
    def severity(self) -> Severity | None:
        """Return how serious the weakness is; None when there is none to speak of."""
        if self.weight >= _SERIOUS:
            return 3
        if self.weight >= _CLEAR:
            return 2
        return 1 if self.weight >= _SMALL else None

    @property
    def counts(self) -> dict[str, int]:
        """Return how often each sign was seen."""
        return dict(Counter(quote["sign"] for quote in self.signs))


def vague_rate(text: str) -> float:
    """Return how many words of vagueness stand in a hundred characters."""
    return 100 * len(_VAGUE.findall(text)) / max(1, len(text))


def judge_thread(
    thread: Thread,
    grade: Grade | None,
    places: tuple[Mapping[str, int], Mapping[str, float]],
    usual_vagueness: float,
) -> Judged:
    """Gather a question's signs and weigh them."""
    lines, starts = places
    signs = [sign for e in _judged(thread) for sign in _signs(thread, e, lines, starts)]
    signs += _vague(thread, usual_vagueness, lines, starts)
    signs += _grade_signs(thread, grade, lines, starts)
    unique: dict[tuple[str, int, str], ReviewQuote] = {}
    for sign in signs:
        unique.setdefault((sign["turn"], sign["start"], sign["sign"]), sign)
    counts = Counter(sign["sign"] for sign in unique.values())
    weight = sum(
        _WEIGHT.get(s, (0, 0))[0] + _WEIGHT.get(s, (0, 0))[1] * (n - 1) for s, n in counts.items()
    )
    if sum(size(e.answer.text) > 30 for e in thread.exchanges if e.answer) >= _PROBED_FROM:
        weight += _WEIGHT["probed"][0]
    if thread.approved:
        weight -= _APPROVED
    return Judged(thread, tuple(unique.values()), weight + _graded_weight(grade))


def _judged(thread: Thread) -> Iterator[Exchange]:
    """Yield the exchanges that say something against the answer, and truly."""
    return (exchange for exchange in _about(thread) if not exchange.credited)


def _about(thread: Thread) -> Iterator[Exchange]:
    """Yield the exchanges that are about the question: none about honesty or logistics."""
    if thread.part in ("reverse", "close"):
        return
    for exchange in thread.exchanges:
        if exchange.move not in ("integrity_check", "logistics", "close", "invite_questions"):
            yield exchange


def _signs(
    thread: Thread, exchange: Exchange, lines: Mapping[str, int], starts: Mapping[str, float]
) -> Iterator[ReviewQuote]:
    asked, answer = exchange.asked, exchange.answer
    first = exchange is thread.exchanges[0]

    def quoted(floor: Floor, speaker: str, cue: str, sign: Sign) -> ReviewQuote | None:
        found = cues.find(speaker, cue, floor.text)
        return quote_of(floor, found.span(), sign, lines, starts) if found else None

    found: list[ReviewQuote | None] = []
    for given in exchange.helps:
        if not _CONFIRMS.match(given[0].text):
            found.append(help_quote(given, lines, starts))
    if not first and not is_backchannel(asked):
        if exchange.move in ("challenge", "return_to_earlier"):
            found.append(quoted(asked, "interviewer", "challenge", "challenge"))
        found.append(quoted(asked, "interviewer", "unclear_answer", "unclear"))
        found.append(quoted(asked, "interviewer", "interrupts", "interrupted"))
        if exchange.move in ("rephrase", "example"):
            found.append(quoted(asked, "interviewer", "rephrase", "rephrase"))
            found.append(_circled(thread, exchange, lines, starts))
        elif _asks_again(thread, asked):
            found.append(_circled(thread, exchange, lines, starts))
    if answer is not None:
        found.append(quoted(answer, "candidate", "admits", "admits"))
        if found[-1] is None:
            found.append(quoted(answer, "candidate", "evades", "evades"))
    yield from (quote for quote in found if quote is not None)


def _circled(
    thread: Thread, exchange: Exchange, lines: Mapping[str, int], starts: Mapping[str, float]
) -> ReviewQuote | None:
    """Return the head of a long answer after which the interviewer asked the same once more."""
    place = thread.exchanges.index(exchange)
    before = thread.exchanges[place - 1].answer if place else None
    if before is None or size(before.text) < _LONG_ANSWER:
        return None
    return head_of(before, "circling", lines, starts)


def _vague(
    thread: Thread, usual: float, lines: Mapping[str, int], starts: Mapping[str, float]
) -> Iterator[ReviewQuote]:
    """Yield the head of each answer far vaguer than this candidate's usual."""
    for exchange in _judged(thread):
        answer = exchange.answer
        if answer is None or size(answer.text) < _VAGUE_CHARS or usual <= 0:
            continue
        if vague_rate(answer.text) >= _VAGUE_TIMES * usual:
            place = _VAGUE.search(answer.text)
            quote = place and quote_of(answer, place.span(), "vague", lines, starts)
            if quote:
                yield quote


def _asks_again(thread: Thread, asked: Floor) -> bool:
    """Return whether a short turn asks in the words of the question's first asking."""
    if size(asked.text) > 60 or not cues.shows("interviewer", "asks", asked.text):
        return False
    words, first = _pieces(asked.text), _pieces(thread.opening)
    return len(words) > 1 and len(words & first) >= max(2.0, _SAME_WORDS * len(words))


def _pieces(text: str) -> set[str]:
    runs = re.findall(r"[\u4e00-\u9fff]+|[A-Za-z]+", text)
    pairs = {run[i : i + 2] for run in runs if run[0] > "z" for i in range(len(run) - 1)}
    return pairs | {run.lower() for run in runs if len(run) >= _LATIN_LEAST and run[0] <= "z"}


def _grade_signs(
    thread: Thread, grade: Grade | None, lines: Mapping[str, int], starts: Mapping[str, float]
) -> Iterator[ReviewQuote]:
    """Yield the candidate's words that the rubric calls wrong."""
    if grade is None or grade["status"] != "graded":
        return
    for point in grade["points"]:
        if point["verdict"] == "wrong":
            for quote in point["quotes"][:1]:
                yield ReviewQuote(
                    turn=quote["turn"],
                    start=quote["start"],
                    end=quote["end"],
                    text=quote["text"],
                    speaker="candidate",
                    sign="wrong",
                    line=lines[quote["turn"]],
                    at_s=starts.get(quote["turn"]),
                )


def _graded_weight(grade: Grade | None) -> float:
    """Return what the rubric adds; alone, without any sign in the talk, it never makes serious."""
    if grade is None or grade["overall"] is None:
        return 0.0
    weight = 1.5 if grade["overall"] < 30 else 1.0 if grade["overall"] < 50 else 0.0
    return -1.0 if grade["overall"] >= _GOOD else weight


def heaviest(judged: Judged) -> ReviewQuote | None:
    """Return the sign that weighs most, the first of equals; None when there is none."""
    return max(judged.signs, key=lambda q: _WEIGHT.get(q["sign"], (0, 0))[0], default=None)


def evidence_of(judged: Judged) -> list[ReviewQuote]:
    """Return the weightiest signs, one a place, in the order of the talk."""
    weighty = sorted(
        judged.signs,
        key=lambda q: (-_WEIGHT.get(q["sign"], (0, 0))[0], q["line"]),
    )
    once: dict[tuple[str, int], ReviewQuote] = {}
    for sign in weighty:
        once.setdefault((sign["turn"], sign["start"]), sign)
    order = list(once.values())[:_MOST_EVIDENCE]
    return sorted(order, key=lambda q: (q["line"], q["start"]))


def answers_of(thread: Thread) -> Sequence[Turn]:
    """Return the candidate's turns on a question: none about honesty, none that gives in."""
    turns = []
    for exchange in _about(thread):
        if exchange.answer is None or exchange.yields:
            continue
        if not is_backchannel(exchange.answer):
            turns.extend(exchange.answer.turns)
    return turns
