"""Follow-up questions made from a rubric alone: where to aim, how to ask, what not to give away."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from sessions.records import FollowUpKind, KeyPoint, Lang, Question, Verdict
from tools.grading import relations
from tools.grading.units import coverage, fold, units
from tools.grading.view import texts_of

REVEALS = 0.34  # share of a point's own words a follow-up may bring in; above, it gives it away
SAME = 0.72  # share of words in common from which two questions are the same
_ASKED = re.compile(r"[^，。；;,？?！!：:]+")
_QUESTION_WORD = re.compile(
    r"什么|怎么|怎样|如何|为什么|为何|哪|多少|吗|呢|是否|区别|分别|各自|what|how|why|"
    r"which|when|where|whether|does|is "
)

_KIND_CUES: tuple[tuple[FollowUpKind, re.Pattern[str]], ...] = (
    ("contrast", re.compile(r"相比|不同|区别|对比|而不是|比.{1,8}更|versus|unlike|whereas|than")),
    (
        "edge_case",
        re.compile(
            r"代价|缺点|限制|局限|只有|除非|前提|当.{1,12}时|失效|cost|limit|only if|unless|fails"
        ),
    ),
    (
        "why",
        re.compile(r"因为|所以|因此|目的|为了|导致|使得|从而|because|therefore|so that|in order"),
    ),
    ("example", re.compile(r"例如|比如|如|可用|常用|such as|for example|e\.g\.")),
)

_OPEN: dict[Lang, dict[FollowUpKind, str]] = {
    "zh": {
        "deeper": "{link}关于{about}，再往下一层，具体是怎么做的？",
        "example": "{link}关于{about}，能举一个你见过的具体例子吗？",
        "counter_example": "{link}关于{about}，你能想到一个和这个说法对不上的情况吗？",
        "contrast": "{link}关于{about}，换成另一种做法，结果会差在哪里？",
        "edge_case": "{link}关于{about}，在什么条件下会出问题，要付出什么？",
        "why": "{link}关于{about}，背后的原因是什么？",
    },
    "en": {
        "deeper": "{link}On {about}: one level down, how is it actually done?",
        "example": "{link}On {about}: can you give one concrete example you have seen?",
        "counter_example": "{link}On {about}: can you think of a case that does not fit this?",
        "contrast": "{link}On {about}: with the alternative, where would the result differ?",
        "edge_case": "{link}On {about}: under which conditions does it go wrong, and at what cost?",
        "why": "{link}On {about}: what is the reason behind it?",
    },
}
_LINK: dict[Lang, str] = {"zh": "你刚才说“{words}”。", "en": "You said “{words}”. "}
_CHALLENGE: dict[Lang, str] = {
    "zh": "你刚才说“{words}”。拿一个最小的例子从头走一遍，看看结果和这个说法一致吗？",
    "en": "You said “{words}”. Walk through the smallest example: does it bear that out?",
}


def kind_for(point: KeyPoint, verdict: Verdict, lang: Lang) -> FollowUpKind:
    """Return the kind of question that suits a point and what became of it."""
    if verdict == "wrong":
        return "counter_example"
    text = fold(" ".join(texts_of(point["text"], lang)[:1]))
    for kind, pattern in _KIND_CUES:
        if pattern.search(text):
            return kind
    return "deeper"


def open_question(
    question: Question, point: KeyPoint, kind: FollowUpKind, words: str, lang: Lang
) -> str:
    """Return a question that aims at a point by what was asked, not by what it says."""
    if kind == "counter_example" and words:
        return _CHALLENGE[lang].format(words=words)
    link = _LINK[lang].format(words=words) if words else ""
    return _OPEN[lang][kind].format(link=link, about=aim(question, point, lang))


def aim(question: Question, point: KeyPoint, lang: Lang) -> str:
    """Return the part of the asked question that a point answers, in quotation marks."""
    asked = next(iter(texts_of(question["wording"], lang)), "")
    wanted = units(" ".join(texts_of(point["text"], lang)[:1]))
    named = [
        n
        for n in relations.entities(
            asked, [t for p in question["key_points"] for t in texts_of(p["text"], lang)[:1]]
        )
        if n in fold(" ".join(texts_of(point["text"], lang)))
    ]
    parts = [p.strip() for p in _ASKED.findall(asked) if len(p.strip()) >= 4]
    open_parts = [p for p in parts if _QUESTION_WORD.search(fold(p))] or parts
    best = max(open_parts, key=lambda p: (coverage(wanted, units(p).keys()), len(p)), default=asked)
    quoted = f"“{best}”"
    if len(named) == 1 and named[0] not in fold(best):
        first = asked[fold(asked).find(named[0]) :][: len(named[0])] or named[0]
        return f" {first} 和{quoted}" if lang == "zh" else f"{first} and {quoted}"
    return quoted


def gives_away(text: str, point: KeyPoint, question: Question, said: Set[str], lang: Lang) -> bool:
    """Say whether a follow-up brings in a point's own words, beyond question and answer."""
    asked = frozenset(u for t in texts_of(question["wording"], lang) for u in units(t))
    known = asked | said
    for statement in texts_of(point["text"], lang):
        wanted = {u: w for u, w in units(statement).items() if u not in known and w >= 1.0}
        if len(wanted) >= 2 and coverage(wanted, units(text).keys()) > REVEALS:
            return True
    return False


def same_question(a: str, b: str) -> bool:
    """Say whether two questions ask the same, by their words."""
    first, second = units(a), units(b)
    if not first or not second:
        return fold(a).strip() == fold(b).strip()
    one, two = coverage(first, second.keys()), coverage(second, first.keys())
    return min(one, two) >= SAME


def already_asked(text: str, asked: Sequence[str]) -> bool:
    """Say whether a question was asked before."""
    return any(same_question(text, before) for before in asked)
