"""Sentences to fit and measure term repair: with a mis-heard term, another word, or nothing so."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.misheard import mishear, mishear_chinese
from tools.knowledge.glossary import load_glossary
from tools.knowledge.term_targets import (
    core_words,
    right,
    spoken_words,
    targets,
    technical_words,
)
from tools.knowledge.text import fold, split_run


class Sentence(NamedTuple):
    """A sentence for training: `[start:end]` was mis-heard, if anything was."""

    text: str
    kind: str  # term: a term was mis-heard; blurred: another word was; right: nothing was
    start: int = 0
    end: int = 0
    name: str = ""


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
ROUNDS = 700


def loosen(sentence: str, rng: random.Random) -> str:
    """Return a sentence with the words that are put in while thinking."""
    parts = re.split(r"(?<=[，、：])", sentence)
    return "".join(rng.choice(LOOSE) + part if rng.random() < 0.4 else part for part in parts)


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
    whole = sorted({s for line in lines for s in sentences_of(line)})
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
            yield Sentence(text, "term", start, start + len(heard), name)
        yield from _other_word(whole[(number * 7 + 3) % len(whole)], rng)
        yield Sentence(loosen(whole[(number * 5 + 1) % len(whole)], rng), "right")


def sentences_of(line: str) -> Iterator[str]:
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
