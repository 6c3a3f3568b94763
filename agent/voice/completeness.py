"""How likely a stretch of spoken words is a finished answer, from its last words alone.

A few rules for what always goes on (然后, 因为, 第一, a filler), then a small linear model over the
tail of the text, fitted on the question bank's sentences, whole against cut (AUC on held-out
sentences is printed by tests/train_completeness.py). Knows no sound and no question.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path

FILE = Path(__file__).with_name("completeness.json")
_ZH_OPEN = re.compile(
    r"(?:然后再?|因为|由于|所以|但是|不过|而且|并且|以及|或者|还有|另外|就是说?|就是|比如说?|例如|包括|其中|首先"
    r"|其次|最后|接着|第[一二三四五六七八九十]个?|一个是|原因是|的话|的时候|如果|虽然|既然|为了|避免|通过|对于|关于"
    r"|根据|相当于|等于说|也就是|那么|那个|这个|一种|某种|它们?的|我们的?|他们|我觉得|我认为|我理解"
    r"|的|把|被|让|给|从|向|在|和|跟|与|或|及|是|都是|会|要|能|可以|应该|需要|用|每一?|一些|更|最|先|再|还"
    r"|呃+|嗯+|啊+|额+|唔+|e+m+|u+m+|u+h+)$",
    re.IGNORECASE,
)
_CLOSED = re.compile(
    r"(?:(?:大概|差不多|基本上?|主要)就?(?:是)?|就是?)(?:这样|这些|这么多)(?:子|的|了|吧)?|(?:我(?:的回答|讲|说)完了|没有了|谢谢"
    r"|(?:that'?s|that is) (?:it|all|about it|my answer|everything)|thank you|thanks)$",
    re.IGNORECASE,
)
_EN_OPEN = re.compile(
    r"\b(?:and|but|so|because|or|then|which|that|the|a|an|of|to|in|on|for|with|by|from|is|are|was|"
    r"were|will|can|first|second|third|like|um+|uh+|er+|if|when|while|as|than|into|its?|we|you|they|"
    r"i think|i mean|you know|such|so that|where|how|be|not|very|more|would|should|could|using)$",
    re.IGNORECASE,
)
_MARKS = " ,，.。!！?？…、;；:：\"'“”"
_OPEN_MARKS = "、,，:：…-—"
_OPEN_BY_SOUND = (
    *(
        "包括",
        "然后",
        "因为",
        "由于",
        "所以",
        "但是",
        "不过",
        "比如",
        "例如",
        "避免",
        "通过",
        "如果",
    ),
    *("或者", "而且", "并且", "首先", "其次", "就是", "还有", "另外", "需要"),
)
_NEEDS_VERB = frozenset({"让", "使", "使得", "把", "将", "令", "就让", "会让", "会把", "能让"})
_TAIL = 4
_CLAUSE_CHARS = 40
_MARKERS = tuple(
    "是 会 把 被 让 用 如果 因为 由于 为了 所以 就 可以 能 要 需要 有 没有 在 对 从 当 给 和 跟 比 "
    "通过 根据 来 去 使 将 不 都 也 还 但是 而 的".split()
)
_MARKERS_EN = tuple("if because when while is are was that to of with for by the a we it".split())


def features(text: str, lang: str) -> Iterator[str]:
    """Yield what the model sees of a text: its tail, its sounds, and how its last clause is built.

    Not its length beyond the first words of a clause: whole sentences are longer than cut ones,
    answers need not be.
    """
    bare = text.strip().rstrip(_MARKS)
    yield "1"
    if lang == "zh":
        clause = re.split(r"[，,。；;：:！？!?]", bare)[-1][-_CLAUSE_CHARS:]
        for size in range(1, _TAIL + 1):
            if len(bare) >= size:
                yield "t" + bare[-size:]
        sounds = _sounds(bare[-_TAIL:])
        for size in (1, 2, 3):
            if len(sounds) >= size:
                yield "p" + " ".join(sounds[-size:])
        yield from _structure(_tagged(clause))
        return
    latin = re.findall(r"[a-z0-9'-]+", bare.casefold())
    for size in (1, 2, 3):
        if len(latin) >= size:
            yield "t" + " ".join(latin[-size:])
    if latin:
        yield "s" + latin[-1][-3:]
        yield "u" + latin[-1][-2:]
        clause = re.split(r"[,.;:!?]", bare.casefold())[-1].split()
        yield f"n{min(len(clause), 5)}"
        for mark in _MARKERS_EN:
            if mark in clause[:-1]:
                yield f"h{mark}{min(3, len(clause) - 1 - _last_place(clause, mark))}"


def _structure(words: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield how a Chinese clause is built: its last word, kinds, verb, and what its markers owe."""
    kinds = [kind[0] for _, kind in words]
    if words:
        yield "w" + words[-1][0]
        yield "k" + words[-1][1]
    for size in (2, 3, 4):
        yield "k" + "".join(kinds[-size:])
    verb = max((at for at, kind in enumerate(kinds) if kind == "v"), default=-1)
    yield f"v{verb >= 0}"
    yield f"n{min(len(words), 5)}{verb >= 0}"
    if verb >= 0:
        yield "a" + "".join(kinds[verb + 1 :][:4])
        yield "x" + words[verb][0] + ("." if verb == len(words) - 1 else "+")
    for mark in _MARKERS:
        at = _last_place([word for word, _ in words[:-1]], mark)
        if at >= 0:
            after = kinds[at + 1 :]
            owes = "verb" if "v" in after[:-1] else "last" if after[-1] == "v" else "none"
            yield f"h{mark}{owes}"
            yield f"h{mark}{min(3, len(after))}"


def _last_place(words: Sequence[str], word: str) -> int:
    return max((at for at, one in enumerate(words) if one == word), default=-1)


@lru_cache(maxsize=256)
def _sounds(tail: str) -> tuple[str, ...]:
    """Return the syllables of the last characters: what is misheard keeps its sound."""
    from pypinyin import lazy_pinyin

    return tuple(lazy_pinyin(tail))


@lru_cache(maxsize=256)
def _tagged(clause: str) -> tuple[tuple[str, str], ...]:
    """Return words with their kinds (n, v, p, …)."""
    import jieba
    import jieba.posseg

    jieba.setLogLevel(60)
    return tuple((pair.word, pair.flag) for pair in jieba.posseg.lcut(clause))


@cache
def _open_sounds() -> frozenset[tuple[str, ...]]:
    return frozenset(_sounds(word) for word in _OPEN_BY_SOUND)


def _sounds_open(bare: str) -> bool:
    """Return whether the last two characters sound like a word that goes on: 包廓 for 包括."""
    tail = re.search(r"[\u4e00-\u9fff]{2}$", bare)
    return tail is not None and _sounds(tail[0]) in _open_sounds()


def _lacks_verb(bare: str) -> bool:
    """Return whether 让, 把 … has got its object and not yet its verb."""
    words = _tagged(re.split(r"[，,。；;：:！？!?]", bare)[-1][-_CLAUSE_CHARS:])
    last = max((at for at, (word, _) in enumerate(words) if word in _NEEDS_VERB), default=-1)
    return last >= 0 and not any(kind[0] in "vaiz" for _, kind in words[last + 1 :])


@lru_cache(maxsize=2048)
def completeness(text: str, lang: str) -> float:
    """Return 0 (surely unfinished) to 1 (surely finished)."""
    bare = text.strip().rstrip(_MARKS)
    if _CLOSED.search(bare):
        return 0.98
    if not bare or (_ZH_OPEN if lang == "zh" else _EN_OPEN).search(bare):
        return 0.02
    if lang == "zh" and (_sounds_open(bare) or _lacks_verb(bare)):
        return 0.05
    weights = _weights()[lang]
    score = sum(weights.get(name, 0.0) for name in set(features(text, lang)))
    sure = 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, score))))
    return sure * 0.6 if text.strip()[-1] in _OPEN_MARKS else sure


@cache
def _weights() -> dict[str, dict[str, float]]:
    table: dict[str, dict[str, float]] = json.loads(FILE.read_text(encoding="utf-8"))
    return table
