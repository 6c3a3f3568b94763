"""How likely a stretch of spoken words is a finished answer, from its last words alone.

A small linear model over named features of the tail (agent/voice/clause.py), over what usually
follows such words in running text, and over a few rules for what mostly goes on (然后, 因为, 第一).
Fitted by tests/train_completeness.py, which prints how it does on turns it has not seen. Knows no
sound and no question.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from agent.voice import clause

FILE = Path(__file__).with_name("completeness.json")
_ZH_OPEN = re.compile(
    r"(?:然后再?|因为|由于|所以|但是|不过|而且|并且|以及|或者|还有|另外|就是说?|就是|比如说?|例如|包括|其中|首先"
    r"|其次|最后|接着|第[一二三四五六七八九十]个?|一个是|原因是|的话|的时候|如果|虽然|既然|为了|避免|通过|对于|关于"
    r"|根据|相当于|等于说|也就是|那么|那个|这个|一种|某种|它们?的|我们的?|他们|我觉得|我认为|我理解"
    r"|的|把|被|让|给|从|向|在|和|跟|与|或|及|是|都是|会|要|能|可以|应该|需要|用|每一?|一些|更|最|先|再|还"
    r"|呃+|嗯+|啊+|额+|唔+|(?<![a-z])(?:e+m+|u+m+|u+h+))$",
    re.IGNORECASE,
)
# Only what hardly ever ends a clause: 求和, 涉及, 余额, 都通过, "plan A" are the model's. Such
# words count here where a mark or a space before them shows them to stand alone.
_SURELY_OPEN = re.compile(
    r"(?:然后|因为|由于|所以|但是|不过|而且|并且|以及|或者|另外|就是说|比如说?|例如|包括|其中|首先|其次|接着"
    r"|第[一二三四五六七八九]个?|原因是|的话|如果|虽然|既然|为了|对于|关于|根据|相当于|等于说|也就是"
    r"|那么|某种|我觉得|我认为|我理解|把|呃+|嗯+|(?<![a-z])(?:e+m+|u+m+|u+h+)"
    r"|(?:^|[\s,，.。;；:：、])(?:额+|那个|这个|和|跟|与|及|被|避免|通过)"
    r"|\b(?:and|but|because|or|the|an|of|with|than|if|its|i think|i mean|you know|so that))$",
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
_PARTICLE = re.compile(r"(?<=[\u4e00-\u9fff])[吧嘛呀啦]$")
_NAMED_A = re.compile(r"(?<=\w )A$")
"""A capital is no article but a name, as any other letter: plan A."""
_JOINT = re.compile(r"[,，.。;；!！?？]\s*(?=[^,，.。;；!！?？]+$)")
_OPEN_BELOW = 0.3
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
_STEPS = (-4.0, -3.5, -3.0, -2.5, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0)
_PRIOR = 3.0
"""So many sightings of a longer ending outweigh what its shorter form says."""

Ends = Mapping[str, Sequence[int]]
"""How often an ending was followed by a full stop, a comma, another word."""


def features(text: str, lang: str, ends: Ends) -> Iterator[str]:
    """Yield what the model sees of a text: its last clause, what is owed, what it ends in.

    Not its length beyond the first words of a clause: whole sentences are longer than cut ones,
    answers need not be.
    """
    bare = _NAMED_A.sub("B", plain_tail(text, lang))
    yield "1"
    yield from _rules(bare, lang)
    if lang == "zh":
        sounds = _sounds(bare[-3:])
        for size in range(1, len(sounds) + 1):
            yield "p" + " ".join(sounds[-size:])
        yield from clause.chinese(bare)
        words = [word for word, _ in clause.tagged(bare[-14:])]
    else:
        bare = bare.casefold()
        yield from clause.english(bare)
        words = bare.split()[-3:]
    yield from _followed(endings(words, lang), ends)


def endings(words: Sequence[str], lang: str) -> list[tuple[str, ...]]:
    """Return the ways in which the last words can be looked up, each from short to long."""
    last = words[-1] if words else ""
    before = words[-2] if len(words) > 1 else "^"
    tail = f"{before}{last}" if lang == "zh" else f"{before} {last}"
    short = last[-1:] if lang == "zh" else last[-3:]
    ways = [("c" + short, "w" + last), ("c" + short, "w" + last, f"b{before} {last}")]
    return [*ways, ("c" + short, "d" + tail[-2:], "e" + tail[-3:])] if lang == "zh" else ways


def _followed(ways: Sequence[Sequence[str]], ends: Ends) -> Iterator[str]:
    """Yield how an ending is usually followed: odds of a stop and of any end, in steps."""
    for number, keys in enumerate(ways):
        counts: Sequence[int] = ends["all"]
        share = [count / sum(counts) for count in counts]
        for key in keys:
            counts = ends.get(key, (0, 0, 0))
            whole = sum(counts) + _PRIOR
            share = [(n + _PRIOR * p) / whole for n, p in zip(counts, share, strict=True)]
        stop, end = math.log(share[0] / share[2]), math.log((share[0] + share[1]) / share[2])
        for step in _STEPS:
            if stop > step:
                yield f"E{number}{step:g}"
            if end > step:
                yield f"F{number}{step:g}"


def _rules(bare: str, lang: str) -> Iterator[str]:
    """Yield which rule of thumb the ending meets."""
    found = (_ZH_OPEN if lang == "zh" else _EN_OPEN).search(bare)
    if found:
        yield "R"
        yield "R" + found[0].casefold()
    if _CLOSED.search(bare):
        yield "Rclosed"
    if lang == "zh":
        if _sounds_open(bare):
            yield "Rsound"
        if _lacks_verb(bare):
            yield "Rverb"


@lru_cache(maxsize=256)
def _sounds(tail: str) -> tuple[str, ...]:
    """Return the syllables of the last characters: what is misheard keeps its sound."""
    from pypinyin import lazy_pinyin

    return tuple(lazy_pinyin(tail))


@cache
def _open_sounds() -> frozenset[tuple[str, ...]]:
    return frozenset(_sounds(word) for word in _OPEN_BY_SOUND)


def _sounds_open(bare: str) -> bool:
    """Return whether the last two characters sound like a word that goes on: 包廓 for 包括."""
    tail = re.search(r"[\u4e00-\u9fff]{2}$", bare)
    return tail is not None and _sounds(tail[0]) in _open_sounds()


def _lacks_verb(bare: str) -> bool:
    """Return whether 让, 把 … has got its object and not yet its verb."""
    words = clause.tagged(clause.last_clause(bare))
    last = max((at for at, (word, _) in enumerate(words) if word in _NEEDS_VERB), default=-1)
    return last >= 0 and not any(kind[0] in "vaiz" for _, kind in words[last + 1 :])


def plain_tail(text: str, lang: str) -> str:
    """Return a text without its last marks and particle: a clause is as whole without its 吧.

    And 吧 is also how a recogniser writes the 把 of a clause that goes on.
    """
    bare = text.strip().rstrip(_MARKS)
    return _PARTICLE.sub("", bare) if lang == "zh" else bare


@lru_cache(maxsize=2048)
def completeness(text: str, lang: str) -> float:
    """Return 0 (surely unfinished) to 1 (surely finished)."""
    return sureness(text, lang, _model()[lang])


def sureness(text: str, lang: str, model: Mapping[str, Any]) -> float:
    """Return the completeness that the rules and this model, `weights` and `ends`, make of it."""
    bare = plain_tail(text, lang)
    if not bare:
        return 0.0
    if _CLOSED.search(bare):
        return 0.98
    if _SURELY_OPEN.search(bare):
        return 0.02
    joint = _JOINT.search(bare)
    if joint and sureness(bare[: joint.start()], lang, model) < _OPEN_BELOW:
        # The recogniser puts a mark at every pause, also within a clause.
        bare = bare[: joint.start()] + (" " if lang == "en" else "") + bare[joint.end() :]
    weights: Mapping[str, float] = model["weights"]
    score = sum(weights.get(name, 0.0) for name in set(features(bare, lang, model["ends"])))
    sure = 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, score))))
    return sure * 0.6 if text.strip()[-1] in _OPEN_MARKS else sure


@cache
def _model() -> dict[str, dict[str, Any]]:
    table: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return table
