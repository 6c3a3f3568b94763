"""The whole review put together: weak topics, help given, doubted claims, the talk at the end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from agent.reviewing import cues, judging
from agent.reviewing.floors import Floor, is_backchannel, sentences
from agent.reviewing.judging import Judged
from agent.reviewing.threads import Exchange
from sessions.records import Lang, Question
from sessions.report.review_schema import (
    Asked,
    Doubt,
    Praise,
    Review,
    ReviewFinding,
    ReviewMoment,
    ReviewQuote,
)

Places = tuple[Mapping[str, int], Mapping[str, float]]
"""Line and start of each turn, by its id."""

_TITLE_CHARS = 60
_SHORT_TITLE = 16
_MOST_FACTS = 8
_PRAISED_CHARS = 30
_MOST_ASKS = 12
_LEAST_ASK = 8
_LATE = 3
"""Exchanges after which a question has often moved on to a neighbour of itself."""


def summarise(
    judged: Sequence[Judged],
    questions: Sequence[Question | None],
    floors: Sequence[Floor],
    lang: Lang,
    places: Places,
) -> Review:
    """Return the review without what only the file knows."""
    findings = [
        _finding(one, question, lang)
        for one, question in zip(judged, questions, strict=True)
        if one.severity is not None and one.signs
    ]
    findings.sort(key=lambda f: (-f["severity"], f["number"]))
    talk = [(one, e) for one in judged for e in one.thread.exchanges]
    talk.sort(key=lambda pair: pair[1].asked.number)
    return Review(
        source="",
        roles_clear=True,
        labels={},
        findings=findings,
        moments=_moments(talk, places),
        doubts=[d for one, e in talk if (d := _doubt(one, e, places)) is not None],
        circling=[s for one in judged for s in one.signs if s["sign"] == "circling"],
        reverse_questions=_reverse(judged),
        company_facts=_facts(judged),
        integrity_remarks=sum(
            floor.role == "interviewer" and cues.shows("interviewer", "integrity", floor.text)
            for floor in floors
        ),
        masked=0,
        ignored=0,
        praise=[p for one, e in talk if (p := _praise(e, floors, places)) is not None],
    )


def own_words(one: Judged) -> str:
    """Return the interviewer's own asking of a question, short enough for a title."""
    asked = [s for s in sentences(one.thread.opening) if cues.shows("interviewer", "asks", s)]
    text = " ".join((max(asked, key=len) if asked else one.thread.opening).split())
    if len(text) < _SHORT_TITLE:
        whole = " ".join(one.thread.opening.split())
        text = (
            whole[max(0, whole.find(text) - _TITLE_CHARS + len(text)) :] if text in whole else text
        )
    return _plain(text)


def weakest_words(one: Judged) -> str:
    """Return the asking before the weightiest sign: what the weakness is about."""
    heavy = judging.heaviest(one)
    for exchange in one.thread.exchanges:
        here = {turn["id"] for turn in judging.turns_in(exchange)}
        if heavy is None or heavy["turn"] not in here:
            continue
        asking = [s for s in sentences(exchange.asked.text) if cues.shows("interviewer", "asks", s)]
        text = _plain(max(asking, key=len)) if asking else ""
        if len(text) >= _SHORT_TITLE:
            return text
    return own_words(one)


def _title(known: str, one: Judged) -> str:
    """Return the bank's wording, with the asking at which it went wrong when that came later."""
    heavy = judging.heaviest(one)
    late = [turn["id"] for e in one.thread.exchanges[_LATE:] for turn in judging.turns_in(e)]
    weakest = weakest_words(one)
    if known and heavy is not None and heavy["turn"] in late and weakest not in known:
        return f"{known} → {weakest}"
    return known or weakest


def _plain(text: str) -> str:
    """Return words without the fillers at their head, short enough for a title."""
    text = " ".join(text.split())
    text = (
        re.sub(r"^(?:[嗯啊呃哎诶好行对那OKok然后就是说，。、 ]|就是|比如说|所以)+", "", text)
        or text
    )
    return text if len(text) <= _TITLE_CHARS else text[: _TITLE_CHARS - 1] + "…"


def _finding(one: Judged, question: Question | None, lang: Lang) -> ReviewFinding:
    from tools.knowledge.topics import load_topics

    evidence = judging.evidence_of(one)
    asked = [e.asked for e in one.thread.exchanges]
    starts = [f.start_s for f in asked if f.start_s is not None]
    ends = [
        e.answer.start_s + e.answer.seconds
        for e in one.thread.exchanges
        if e.answer is not None and e.answer.start_s is not None
    ]
    topic_id = question["topic"] if question else ""
    topic = getattr(load_topics()[topic_id], lang) if topic_id else ""
    wording = question["wording"] if question else {}
    terms = sorted(term for term in one.thread.terms if not term.islower())
    return ReviewFinding(
        number=one.thread.number,
        title=_title(wording.get(lang) or wording.get("zh") or "", one),
        asked=own_words(one),
        asks=_asks(one),
        topic=topic or "、".join(terms[:3]),
        topic_id=topic_id,
        question=question["id"] if question else "",
        terms=terms,
        severity=one.severity or 1,
        signs=one.counts,
        evidence=evidence,
        from_s=min(starts, default=None),
        to_s=max(ends, default=None),
        lines=[min(f.line for f in asked), max(q["line"] for q in evidence)],
    )


def _asks(one: Judged) -> list[Asked]:
    found = []
    for exchange in one.thread.exchanges:
        said = [s.strip() for s in sentences(exchange.asked.text)]
        asking = [s for s in said if cues.shows("interviewer", "asks", s) and len(s) >= _LEAST_ASK]
        if asking and exchange.move not in ("logistics", "integrity_check", "close"):
            text = " ".join(max(asking, key=len).split())
            short = text if len(text) <= _TITLE_CHARS else text[: _TITLE_CHARS - 1] + "…"
            found.append(Asked(at_s=exchange.asked.start_s, text=short))
    return found[:_MOST_ASKS]


def _moments(talk: Sequence[tuple[Judged, Exchange]], places: Places) -> list[ReviewMoment]:
    found = []
    for one, exchange in talk:
        quote = judging.help_quote(exchange, *places)
        if quote is not None and exchange.help:
            question = f"{one.thread.number}"
            found.append(ReviewMoment(kind=exchange.help, question=question, quote=quote))
    return found


def _praise(exchange: Exchange, floors: Sequence[Floor], places: Places) -> Praise | None:
    """Return the interviewer's approval at the head of a turn, with the answer before it."""
    asked = exchange.asked
    before = floors[asked.number - 1] if asked.number else None
    found = cues.find("interviewer", "praise", asked.text[:_TITLE_CHARS])
    if before is None or found is None or len(before.text) < _PRAISED_CHARS or exchange.help:
        return None
    said = judging.quote_of(asked, found[0], "praise", *places)
    answer = _head(before, places)
    if said is None or answer is None:
        return None
    return Praise(said=said, answer=answer)


def _doubt(one: Judged, exchange: Exchange, places: Places) -> Doubt | None:
    """Return a claim that the interviewer took up against the candidate, and the reply."""
    said = re.search(r"你(?:刚才|刚刚|之前)?(?:说|讲|提到)|you (?:just )?said", exchange.asked.text)
    if exchange.move not in ("challenge", "return_to_earlier") or not said:
        return None
    if exchange.answer is None:
        return None
    earlier = [
        e.answer
        for e in one.thread.exchanges
        if e.answer is not None
        and e.asked.number < exchange.asked.number
        and not is_backchannel(e.answer)
    ]
    asked = judging.quote_of(exchange.asked, said[0], "challenge", *places)
    claim = _head(earlier[-1], places) if earlier else None
    reply = _head(exchange.answer, places)
    if asked is None or claim is None or reply is None:
        return None
    given_up = is_backchannel(exchange.answer)
    return Doubt(asked=asked, claim=claim, reply=reply, given_up=given_up)


def _head(floor: Floor, places: Places) -> ReviewQuote | None:
    said = [s.strip() for s in sentences(floor.turns[0]["text"]) if s.strip()]
    best = next((s for s in said if len(s) >= 12), said[0] if said else "")
    return judging.quote_of(floor, best[:80], "challenge", *places) if best else None


def _reverse(judged: Sequence[Judged]) -> list[str]:
    """Return what the candidate asked at the end, in their own words."""
    return [
        sentence.strip()
        for one in judged
        if one.thread.part == "reverse"
        for exchange in one.thread.exchanges
        if exchange.answer is not None
        for sentence in sentences(exchange.answer.text)
        if re.search(r"想(?:了解|问|知道)|[？?]|吗|(?:do|what|how|is|are|could) ", sentence)
        and len(sentence.strip()) >= 8
    ]


def _facts(judged: Sequence[Judged]) -> list[str]:
    """Return what the interviewer told of the post and the company, sentence by sentence."""
    told = [
        " ".join(sentence.split())
        for one in judged
        if one.thread.part in ("reverse", "close")
        for exchange in one.thread.exchanges
        for sentence in sentences(exchange.asked.text)
        if re.search(r"我们|团队|公司|业务|岗位|部门|\b(?:we|our|team|company)\b", sentence)
        and len(sentence.strip()) >= 12
        and not cues.shows("interviewer", "invite", sentence)
        and not cues.shows("interviewer", "close", sentence)
    ]
    return told[:_MOST_FACTS]
