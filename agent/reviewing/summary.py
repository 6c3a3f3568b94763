"""The whole review put together: weak topics, help given, doubted claims, the talk at the end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from agent.reviewing import cues, judging
from agent.reviewing.floors import Floor, is_backchannel, placed_sentences, sentences, size
from agent.reviewing.judging import Judged
from agent.reviewing.naming import main_terms, own_words, plain, title_of
from agent.reviewing.quoting import head_of, help_quote, quote_of
from agent.reviewing.talk import Exchange
from sessions.records import Lang, Question
from sessions.report.review_schema import (
    Asked,
    Doubt,
    Praise,
    Review,
    ReviewFinding,
    ReviewMoment,
    Unopposed,
)
from sessions.wording import say

Places = tuple[Mapping[str, int], Mapping[str, float]]
"""Line and start of each turn, by its id."""

_MOST_FACTS = 8
_PRAISED_CHARS = 30
_LOOKED_BACK = 3
"""Turns of the candidate before an approval, among which is the answer it is about."""
_MOST_ASKS = 12
_LEAST_ASK = 8
_FACT_CHARS = 120
_MOST_HELD = 4
_HELD_CHARS = 80


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
        unopposed=_unopposed(judged, places),
    )


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
    terms = main_terms(one)
    return ReviewFinding(
        number=one.thread.number,
        title=title_of(say(wording, lang), one),
        asked=own_words(one),
        asks=_asks(one),
        topic=topic or ("、" if lang == "zh" else ", ").join(_named(terms, lang)),
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


def _named(terms: Sequence[str], lang: Lang) -> list[str]:
    """Return terms as they are written in a language; most keep their name in both."""
    from tools.knowledge.glossary import load_glossary

    known = [load_glossary().get(term) for term in terms]
    return [
        found.zh[0] if found and found.zh and lang == "zh" else term
        for term, found in zip(terms, known, strict=True)
    ]


def _asks(one: Judged) -> list[Asked]:
    found = []
    for exchange in one.thread.exchanges:
        said = [s.strip() for s in sentences(exchange.asked.text)]
        asking = [s for s in said if cues.shows("interviewer", "asks", s) and len(s) >= _LEAST_ASK]
        if asking and exchange.move not in ("logistics", "integrity_check", "close"):
            found.append(Asked(at_s=exchange.asked.start_s, text=plain(max(asking, key=len))))
    return found[:_MOST_ASKS]


def _moments(talk: Sequence[tuple[Judged, Exchange]], places: Places) -> list[ReviewMoment]:
    found = []
    for one, exchange in talk:
        for given in exchange.helps:
            quote, kind = help_quote(given, *places), given[1].kind
            if quote is not None and kind:
                found.append(ReviewMoment(kind=kind, question=f"{one.thread.number}", quote=quote))
    return sorted(found, key=lambda moment: moment["quote"]["line"])


def _praise(exchange: Exchange, floors: Sequence[Floor], places: Places) -> Praise | None:
    """Return the interviewer's approval in a turn, with the answer that it is about."""
    asked = exchange.asked
    own = [
        (start, s)
        for start, s in placed_sentences(asked.text)
        if not any(cues.shows("interviewer", cue, s) for cue in ("asks", "logistics"))
        and not re.search(r"但|不过|\bbut\b", s)
    ]
    spans = (
        (start + m.start(), start + m.end())
        for start, s in own
        if (m := cues.find("interviewer", "praise", s))
    )
    found = next(spans, None)
    if found is None or exchange.move in ("logistics", "close", "invite_questions"):
        return None
    answers = [f for f in floors[: asked.number] if f.role == "candidate"][-_LOOKED_BACK:]
    before = next((f for f in reversed(answers) if size(f.text) >= _PRAISED_CHARS), None)
    said = quote_of(asked, found, "praise", *places)
    answer = head_of(before, "challenge", *places) if before is not None else None
    if said is None or answer is None:
        return None
    return Praise(said=said, answer=answer)


def _unopposed(judged: Sequence[Judged], places: Places) -> list[Unopposed]:
    """Return the questions answered at length with no sign of weakness, longest answers first."""
    found = []
    for one in judged:
        answers = sorted(one.thread.answers, key=lambda f: -len(f.text))
        plain = one.thread.part in ("talk", "code", "design") and not one.signs
        if plain and answers and size(answers[0].text) >= _HELD_CHARS:
            quote = head_of(answers[0], "challenge", *places)
            if quote is not None:
                row = Unopposed(title=own_words(one), answer={**quote, "sign": "unopposed"})
                found.append((len(answers[0].text), row))
    return [row for _, row in sorted(found, key=lambda pair: -pair[0])][:_MOST_HELD]


def _doubt(one: Judged, exchange: Exchange, places: Places) -> Doubt | None:
    """Return a claim that the interviewer took up against the candidate, and the reply."""
    said = re.search(r"你(?:刚才|刚刚|之前)?(?:说|讲|提到)|you (?:just )?said", exchange.asked.text)
    disputed = exchange.move in ("challenge", "return_to_earlier") and not exchange.credited
    if not disputed or not said:
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
    asked = quote_of(exchange.asked, said.span(), "challenge", *places)
    claim = head_of(earlier[-1], "challenge", *places) if earlier else None
    reply = head_of(exchange.answer, "challenge", *places)
    if asked is None or claim is None or reply is None:
        return None
    given_up = is_backchannel(exchange.answer)
    return Doubt(asked=asked, claim=claim, reply=reply, given_up=given_up)


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
        _shortened(" ".join(sentence.split()))
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


def _shortened(text: str) -> str:
    """Cut a long told sentence at the end of a clause, and say so with three dots."""
    if len(text) <= _FACT_CHARS:
        return text
    cut = max(text.rfind(stop, 0, _FACT_CHARS) for stop in "，,；; ")
    return text[: cut if cut > 0 else _FACT_CHARS] + "…"
