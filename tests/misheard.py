"""Mis-hearings made as recognisers make them: the sound blurred, then spelled as usual words.

A Chinese term comes back as other words of nearly its pinyin; an English one as Chinese words that
sound like it, as other English words, or as loose letters. Used to fit and to measure term repair.
"""

from __future__ import annotations

import json
import math
import random
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from tools.knowledge.glossary import load_glossary
from tools.knowledge.sound import Phones, distance, drop_cost, phones, syllable_phones
from tools.knowledge.term_targets import (
    core_words,
    readings_aloud,
    right,
    spoken_words,
    targets,
    technical_words,
)
from tools.knowledge.text import fold, split_run

_SWAPS = (
    ("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("l", "r"), ("f", "h"), ("b", "p"),
    ("d", "t"), ("g", "k"), ("j", "q"), ("q", "x"), ("j", "zh"), ("k", "h"), ("c", "h"),
    ("h", "sh"), ("z", "c"), ("m", "n"), ("g", "h"), ("d", "g"), ("t", "k"), ("x", "sh"),
)  # fmt: skip
_ENDS = (
    ("ang", "an"), ("eng", "en"), ("ing", "in"), ("ong", "eng"), ("uo", "ou"), ("ai", "ei"),
    ("ian", "iang"), ("un", "ong"), ("ie", "ia"), ("u", "ou"), ("ei", "i"), ("ui", "ei"),
    ("e", "uo"), ("uan", "an"), ("iao", "ao"), ("en", "un"), ("a", "e"),
)  # fmt: skip
_LETTER_ROWS = ("bdpteg", "mn", "sfx", "ahk", "iy", "qu", "jg", "ol", "vw")


_TOTAL = 17.9  # log of all the words that jieba counted


def _is_usual(char: str) -> bool:
    """Return whether a character is of the 3,755 most usual ones, the first level of GB 2312."""
    code = char.encode("gb2312", "ignore")
    return len(code) == 2 and 0xB0 <= code[0] <= 0xD7


@cache
def _words() -> tuple[dict[str, list[tuple[str, float]]], frozenset[str]]:
    """Return jieba's usual words by pinyin, with their log frequency, and the syllables."""
    from pypinyin import Style, lazy_pinyin

    from tools.knowledge.text import _cutter

    rows: dict[str, list[tuple[str, float]]] = defaultdict(list)
    syllables = set()
    for word, count in _cutter().FREQ.items():
        if count >= 60 and len(word) <= 3 and all(map(_is_usual, word)):
            said = lazy_pinyin(word, style=Style.NORMAL)
            rows[" ".join(said)].append((word, math.log(count)))
            syllables.update(said)
    return rows, frozenset(syllables)


def spell(said: list[str], rng: random.Random) -> str | None:
    """Return usual Chinese words for syllables, with some chance in the choice."""
    rows, _ = _words()
    best: list[tuple[float, str] | None] = [(0.0, "")] + [None] * len(said)
    for end in range(1, len(said) + 1):
        for size in (1, 2, 3):
            before = best[end - size] if end >= size else None
            for word, score in rows.get(" ".join(said[end - size : end]), ()) if before else ():
                noise = -1.2 * math.log(-math.log(rng.random() or 0.5))
                total = before[0] + score - _TOTAL + noise  # type: ignore[index]
                if best[end] is None or total > best[end][0]:  # type: ignore[index]
                    best[end] = (total, before[1] + word)  # type: ignore[index]
    return best[-1][1] if best[-1] else None


def blur(syllable: str, rng: random.Random) -> str:
    """Return the syllable with its first or last sound changed into one that is near."""
    _, known = _words()
    ways = []
    for one, other in (*_SWAPS, *((b, a) for a, b in _SWAPS)):
        if re.match(f"{one}(?!h)", syllable):
            ways.append(re.sub(f"^{one}", other, syllable))
    for one, other in (*_ENDS, *((b, a) for a, b in _ENDS)):
        if syllable.endswith(one):
            ways.append(syllable[: -len(one)] + other)
    ways = [w for w in ways if w in known and w != syllable]
    return rng.choice(ways) if ways else syllable


def mishear_chinese(term: str, rng: random.Random) -> str | None:
    """Return other words of the same or nearly the same sound, None when there are none."""
    from pypinyin import Style, lazy_pinyin

    said = [str(s) for s in lazy_pinyin(term, style=Style.NORMAL)]
    for _ in range(rng.choice((0, 1, 1, 1, 2))):
        at = rng.randrange(len(said))
        said[at] = blur(said[at], rng)
    for _ in range(4):
        heard = spell(said, rng)
        if heard and heard != term:
            return heard
    return None


@lru_cache(maxsize=30_000)
def _near_syllables(part: Phones) -> tuple[tuple[float, str], ...]:
    _, known = _words()
    found = sorted((distance(part, syllable_phones(s), 2.0), s) for s in known)
    return tuple(found[:8])


def in_syllables(sound: Phones, rng: random.Random) -> list[str]:
    """Return Mandarin syllables that sound like a row of phones, with some chance in the choice."""
    best: list[tuple[float, list[str]]] = [(0.0, [])]
    for end in range(1, len(sound) + 1):
        cost, row = best[end - 1]
        choices = [(cost + drop_cost(sound[end - 1]) + 0.15, row)]
        for size in range(1, min(5, end) + 1):
            cost, row = best[end - size]
            for away, syllable in _near_syllables(sound[end - size : end])[:6]:
                choices.append((cost + away + 0.35 + rng.expovariate(4), [*row, syllable]))
        best.append(min(choices, key=lambda c: c[0]))
    return best[-1][1]


def as_chinese(sound: Phones, rng: random.Random) -> str | None:
    """Return an English term as a recogniser of Chinese may write it."""
    said = in_syllables(sound, rng)
    if not said or len(said) > 6:
        return None
    if len(said) > 2 and rng.random() < 0.15:
        said = said[:-1]
    return spell(said, rng)


def as_english(
    term: str, sound: Phones, words: dict[str, Phones], rng: random.Random
) -> str | None:
    """Return an English word, or part of the term kept, that sounds near."""
    pieces = term.split()
    at = rng.randrange(len(pieces))
    part = phones(pieces[at]) if len(pieces) > 1 else sound
    pool = [w for w in words if abs(len(words[w]) - len(part)) < 2 and w != pieces[at].lower()]
    weight = max(1.0, sum(map(drop_cost, part)))
    near = sorted(
        (distance(part, words[w], weight / 2) / weight, w)
        for w in rng.sample(pool, min(500, len(pool)))
    )
    if not near or near[0][0] > 0.5:
        return None
    return " ".join([*pieces[:at], rng.choice(near[:2])[1], *pieces[at + 1 :]])


def as_letters(term: str, rng: random.Random) -> str | None:
    """Return an abbreviation as loose or joined letters, some of them mis-heard."""
    letters = list(term.lower())
    for at, letter in enumerate(letters):
        row = next((r for r in _LETTER_ROWS if letter in r), "")
        if row and rng.random() < 0.3:
            letters[at] = rng.choice(row)
    if letters == list(term.lower()) and rng.random() < 0.7:
        return None
    heard = rng.choice((" ", "")).join(letters)
    return heard.upper() if rng.random() < 0.3 else heard


class Sentence(NamedTuple):
    """A sentence for training: `[start:end]` was mis-heard, if anything was."""

    text: str
    kind: str  # term: a term was mis-heard; blurred: another word was; right: nothing was
    start: int = 0
    end: int = 0
    name: str = ""
    held: bool = False


CARRIERS = """
然后我们这边主要用的是{a}，再加上{b}做一些优化
其实{a}的话我理解就是为了解决{b}的问题
我当时负责的是{a}这一块，效果还可以
那你能讲一下{a}和{b}有什么区别吗
嗯我们先做一个{a}，然后再去做{b}
这里面最关键的就是{a}怎么去设计
因为{a}的数据比较少，所以我们自己构造了一些
我们会去检查{a}的输出是不是正确的
后来发现{a}比较耗时，就换成了{b}
通过一些{a}的方式去让模型学到{b}
你在项目里面有没有用过{a}或者{b}
训练的时候{a}一直降不下去，我就调了一下{b}
第一个是{a}，第二个的话就是{b}
我觉得{a}对结果的影响比{b}要大一些
这个地方的{a}是怎么算出来的
一般来说{a}会放在{b}的前面
先对用户的问题做{a}，再送到模型里面
线上我们用{a}来提高速度
如果没有{a}的话效果会掉两三个点
他们论文里面提到了{a}，说是比{b}要好
每一步都会输出一个{a}，最后再汇总
把{a}拼到输入的前面，再去做{b}
面试官可能会问{a}的原理是什么
整个流程里面{a}占的时间最长
就是让它强制去输出{a}这样一个东西
对，就是说我们的{a}其实是用{b}来做的
也是做一些{a}相关的工作
它是一个{a}，然后我们会给它一个{b}
可能会拿{a}去做一些{b}
他这个{a}具体是怎么实现的呢
""".strip().splitlines()

LOOSE = (
    "嗯",
    "然后",
    "就是",
    "就是说",
    "这个",
    "那个",
    "其实",
    "的话",
    "对",
    "可能",
    "一些",
    "相关的",
    "我们",
)
ROUNDS = 1600


def loosen(sentence: str, rng: random.Random) -> str:
    """Return a sentence with the words that are put in while thinking."""
    parts = re.split(r"(?<=[，、：])", sentence)
    return "".join(rng.choice(LOOSE) + part if rng.random() < 0.4 else part for part in parts)


def is_held(name: str) -> bool:
    """Return whether a term is kept out of the fit."""
    return zlib.crc32(name.encode()) % 5 == 0


@cache
def english_words() -> dict[str, Phones]:
    """Return some usual and some unusual English words, and how they sound."""
    known = json.loads(files("misaki").joinpath("data/us_gold.json").read_text(encoding="utf-8"))
    plain = sorted(w for w in known if w.isalpha() and w.islower() and 3 <= len(w) <= 9)
    return {word: phones(word) for word in random.Random(5).sample(plain, 5000)}


def mishear(term: str, rng: random.Random) -> str | None:
    """Return a term as it may come back, None when it would be the same or nothing."""
    if term >= "\u3400":
        return mishear_chinese(term, rng)
    if re.fullmatch(r"[A-Z]{2,5}[0-9]?", term) and rng.random() < 0.6:
        return as_letters(term, rng)
    sound = rng.choice(readings_aloud(term))
    if rng.random() < 0.45:
        return as_english(term, sound, english_words(), rng)
    if " " in term and rng.random() < 0.35:
        pieces = term.split()
        at = rng.randrange(len(pieces))
        heard = as_chinese(phones(pieces[at]), rng)
        return " ".join([*pieces[:at], heard, *pieces[at + 1 :]]) if heard else None
    return as_chinese(sound, rng)


def crop(text: str, start: int, end: int, rng: random.Random) -> tuple[str, int]:
    """Return the text, or mostly a few words around a part of it, and the part's new start."""
    if rng.random() < 0.4:
        return text, start
    left, right = max(0, start - rng.randrange(6, 16)), min(len(text), end + rng.randrange(6, 16))
    while left > 0 and text[left - 1].isascii() and text[left - 1].isalnum():
        left -= 1
    while right < len(text) and text[right].isascii() and text[right].isalnum():
        right += 1
    return text[left:right], start - left


def sentences(lines: Sequence[str], seed: int) -> Iterator[Sentence]:
    """Yield sentences with a mis-heard term, with another mis-heard word, and right ones."""
    rng = random.Random(seed)
    whole = sorted({s for line in lines for s in _sentences(line)})
    rng.shuffle(whole)
    for number in range(ROUNDS):
        text, start, term = _with_term(whole[number % len(whole)], rng)
        yield Sentence(crop(text, start, start + len(term), rng)[0], "right")
        heard = mishear(term, rng)
        if heard and fold(heard) != fold(term) and load_glossary().get(heard) is None:
            known = load_glossary().get(term)
            name = known.name if known else term
            text = text[:start] + heard + text[start + len(term) :]
            text, start = crop(text, start, start + len(heard), rng)
            yield Sentence(text, "term", start, start + len(heard), name, is_held(name))
        yield from _other_word(whole[(number * 7 + 3) % len(whole)], rng)
        yield Sentence(loosen(whole[(number * 5 + 1) % len(whole)], rng), "right")


def _sentences(line: str) -> Iterator[str]:
    for sentence in re.split(r"[。！？!?；;\n]", line):
        chinese = sum("\u3400" <= char <= "\u9fff" for char in sentence)
        if 12 <= len(sentence.strip()) <= 90 and chinese > 0.5 * len(sentence):
            yield sentence.strip()


def _with_term(sentence: str, rng: random.Random) -> tuple[str, int, str]:
    """Return a sentence, and where in it which term stands: the sentence's own or another."""
    found = load_glossary().find(sentence)
    if found and rng.random() < 0.45:
        match = rng.choice(found)
        ways = [t.term for t in targets() if t.name == match.name]
        own = sentence[match.start : match.end]
        term = own if not ways or rng.random() < 0.35 else rng.choice(ways)
        return sentence[: match.start] + term + sentence[match.end :], match.start, term
    choice = rng.random()
    pool: Sequence[str] = [t.term for t in targets()]
    for share, words in ((0.4, core_words()), (0.7, spoken_words()), (0.82, technical_words())):
        if choice < share:
            pool = words
            break
    term = rng.choice(pool)
    text = loosen(rng.choice(CARRIERS), rng).replace("{b}", rng.choice(spoken_words()))
    start = text.index("{a}")
    return text.replace("{a}", term), start, term


def _other_word(sentence: str, rng: random.Random) -> Iterator[Sentence]:
    """Yield a sentence in which a word that is no term was mis-heard, sometimes."""
    words = [
        word
        for run in re.findall(r"[\u3400-\u9fff]+", sentence)
        for word in split_run(run)
        if len(word) > 1 and word not in right()
    ]
    word = rng.choice(words) if words and rng.random() < 0.5 else ""
    heard = mishear_chinese(word, rng) if word else None
    if heard:
        start = sentence.index(word)
        text = sentence[:start] + heard + sentence[start + len(word) :]
        yield Sentence(crop(text, start, start + len(heard), rng)[0], "blurred")
