"""What a question of a talk is called: the bank's wording, or the interviewer's own words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from agent.reviewing import cues, judging
from agent.reviewing.dividing import LEANS
from agent.reviewing.floors import Floor, sentences, size
from agent.reviewing.judging import Judged
from agent.reviewing.talk import terms_of

TITLE_CHARS = 60
"""A word of Latin letters counts as two."""
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
_EARLY = 3
"""Exchanges among which a question's asking is looked for where the first says too little."""
_BESIDE = frozenset({"integrity_check", "logistics", "close", "invite_questions"})
"""Moves that are about the interview and not about a question."""
_CLAUSE = re.compile(r"[，,；;、：:]")
_STARTS = re.compile(
    r"^(?:[嗯啊呃哎诶额哦喔 。]|(?:好的?|行|对)(?=[，, ]|$)|OK|那么?(?![个些种里边时次])|然后"
    r"|就(?=比如|更|是说)"
    r"|就是(?:说|比如说?)?|比如说?|所以说?|但是|其实|因为|反正|换句话说?|也就是说?|请问"
    r"|我的意思(?:是|就是)?(?:说)?|我是?想(?:问|知道)(?:一下|的是)?|我(?:再|先)?问(?:一下|你)?"
    r"|我理解|我觉得|我看到(?:里面|这里)?|你觉得(?:是)?|你说(?:到|的)?|我(?:就|只)?是"
    r"|\b(?:so|well|okay|and|um|uh|right|i mean|like|you know|actually|basically)\b[ ,]*"
    r"|\b(?:i wanted to ask|let me ask)\b[ ,]*)+",
    re.I,
)
_TAILS = re.compile(r"(?:[，, ]*(?:对吧|是吧|对不对|嗯+|呃+|啊|哈|right|you know))+$", re.I)
_STUTTER = re.compile(
    r"([你我他它这那就是在有对不])(?:[，、, ]*\1)+|([\u4e00-\u9fff])\2{2,}"
    r"|([\u4e00-\u9fff]{2,4})(?:[，、, ]*\3)+|\b(\w+)(?: \4\b)+",
    re.I,
)
_TWICE = re.compile(r"(为什么|怎么|什么|如何)(.{1,16}?)\1")
"""An asking word that the speaker says once more on the way."""
_PIECE = re.compile(r"[A-Za-z']+\s*|.", re.S)
"""A word of Latin letters, or one character."""
_CLAUSE_LEAST = 1.0
_ENOUGH_CLAUSES = 6.0
"""Weight of content from which the clauses before an asking are not needed."""


def own_words(one: Judged) -> str:
    """Return the interviewer's own asking of a question, short enough for a title."""
    asking = list(_asking(one.thread.opening))
    if _content(_clearest(asking)) < _LEAST:
        early = [e for e in one.thread.exchanges[:_EARLY] if e.move not in _BESIDE]
        asking += [s for e in early for s in _asking(e.asked.text)]
    text = _clearest(asking) or " ".join(one.thread.opening.split())
    return plain(text)


def title_of(known: str, one: Judged) -> str:
    """Return the bank's wording, with the asking at which it went wrong when that came later."""
    heavy = judging.heaviest(one)
    exchanges = one.thread.exchanges
    place = next(
        (
            number
            for number, exchange in enumerate(exchanges)
            if heavy and heavy["turn"] in {turn["id"] for turn in exchange.turns}
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
    """Return what a spoken sentence asks: words are left out, none is put in or changed.

    The asking clause stands, with as many before it as it needs to be understood.
    """
    text = _STUTTER.sub(lambda m: next(g for g in m.groups() if g), " ".join(text.split()))
    end = text[-1] if text.endswith(("？", "?", "。")) else ""
    bare = [_bare(clause) for clause in _CLAUSE.split(text.rstrip("？?。.!！ "))]
    clauses = [c for c in bare if _content(c) >= _CLAUSE_LEAST or _ASKING_WORD.search(c)]
    if not clauses:
        return _short(text)
    places = [i for i, c in enumerate(clauses) if _ASKING_WORD.search(c)]
    last = places[-1] if places else len(clauses) - 1
    first = last
    while first > 0 and _wants_more("，".join(clauses[first : last + 1])):
        if len("，".join(clauses[first - 1 : last + 1])) > TITLE_CHARS:
            break
        first -= 1
    joint = "，" if re.search("[\u4e00-\u9fff]", text) else ", "
    return _short(joint.join(clauses[first : last + 1]) + end)


def _wants_more(text: str) -> bool:
    return _content(text) < _ENOUGH_CLAUSES or bool(LEANS.search(text)) or text[0] in "它他这"


def _bare(clause: str) -> str:
    """Return a clause without the words of starting, seeking and reassuring at its ends."""
    clause = _TAILS.sub("", _STARTS.sub("", clause.strip())).strip()
    return _TWICE.sub(r"\2\1", _STARTS.sub("", clause).strip())


def _short(text: str) -> str:
    """Begin a title with a capital, and cut a long one between words."""
    title = text[:1].upper() + text[1:]
    if size(title) <= TITLE_CHARS:
        return title
    spent, cut = 0, len(title)
    for piece in _PIECE.finditer(title):
        spent += size(piece[0])
        if spent >= TITLE_CHARS:
            cut = piece.start()
            break
    return re.sub(r"[A-Za-z]+$", "", title[:cut]).rstrip(" ,，、") + "…"


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
        asks = asks and not cues.shows("interviewer", "logistics", sentence)
        if asks and len(sentence.strip()) >= _SHORT_TITLE:
            yield " ".join(sentence.split())


def _clearest(asking: list[str]) -> str:
    """Return the sentence that says most with the least groping for words; of equals the first."""

    def clear(sentence: str) -> float:
        spent = sum(len(match[0]) for match in _WORN.finditer(sentence))
        worn = (spent + max(0, len(sentence) - TITLE_CHARS)) / len(sentence)
        said = min(_content(sentence), _ENOUGH) / _ENOUGH
        leans = bool(LEANS.search(sentence))
        return 2 * said - worn + bool(_ASKING_WORD.search(sentence)) - leans

    return max(asking, key=clear, default="")


def _content(sentence: str) -> float:
    from tools.grading.units import units

    return sum(units(sentence).values())
