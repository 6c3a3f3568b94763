"""What a heading or question asks, taken apart: subject terms, remaining words, aspects, context.

A heading that has no subject of its own (`1. 结构`) takes it from the headings above it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from tools.knowledge.aspects import GENERAL, aspects, strip_aspects
from tools.knowledge.glossary import load_glossary
from tools.knowledge.text import cut_words, fold, word_rarity
from tools.knowledge.tokens import load_synonyms

_NUMBER = re.compile(
    r"^[\s#*\-=•·]*(?:第[一二三四五六七八九十百\d]+(?:[章节题讲课]|部分)|[（(]?(?:\d+(?:\.\d+)*|[一二三四五六七八九十]+)[)）]?"
    r"(?:[.、．)）]|[:：](?!\d)|\s+(?!\d))|[qQ]\s*\d+[.:：、]?|\d+\.(?=\D))\s*"
)
_OPPOSITES = tuple(
    tuple(tuple(side.split("/")) for side in pair.split())
    for pair in """
太大/过大/很大/更大/大/large/big 太小/过小/很小/更小/小/small
多/more 少/less
高/high 低/low
长/long 短/short
正向/前向/forward 逆向/后向/反向/backward
有监督/supervised 无监督/unsupervised
输入/input 输出/output
人工/manual 自动/automatic
在线/线上/online 离线/线下/offline
训练/training 推理/inference
爆炸 消失
单 双/多
内 外
优点/优势/好处 缺点/劣势/坏处
上 下
前 后
静态 动态
深 浅
快 慢
第一 第二
加 减
成功 失败
硬/hard 软/soft
同步 异步
可以 不能
""".strip().splitlines()
)
_NO_SIDE = re.compile("大(?:语言)?模型|大小|大概|大部分|多少|多大|上下文|之前|目前|当前|前馈|前缀")
"""Where a word of a pair takes no side."""
_EMPTY_WORDS = frozenset(
    "需要 必要 是否 时 时候 先 分别 现象 概念 技术 使用 用 采用 操作 策略 算法 模型 方法"
    " 方式 办法 手段 工作 问题 以及 或者 或 出现 会 是从 一下 你们 我们 能否 现在 目前 当前"
    " 成为 成 大部分 多数 框架 做 部分 相关 知识 内容 情况 一些 任务 里 项 三个 两个 几种"
    " use used using instead".split()
)
"""Words that name a sort of thing or fill a sentence: they tell little of the subject."""
_APPOSITION = re.compile(
    r"(?<=_)\s?(?:的)?(?:模型|算法|工具|框架|方法|策略|机制|技术|网络|操作|函数|公式(?=_)|系统|模块|库)"
)
_BRACKETS = re.compile(r"[(（【\[][^()（）【】\[\]]*[)）】\]]")
_LONG_TAIL = 12  # a heading's colon is followed by its example or its answer
_BACKGROUND = {"LLM": 0.15, "NLP": 0.4, "Python": 0.3, "Language model": 0.7}
"""Terms that in this field tell little of a question's subject."""
# aspects, though the glossary has them as terms
_BESIDE_WHY = frozenset({"why", "mitigate", "compare"})
_NOT_SUBJECT = frozenset({"Evaluation", "Strengths and weaknesses", "Time complexity"})
_BARE_ADVANTAGE = frozenset({"优势", "advantage"})  # of reinforcement learning, or just a good side
_TERM = 1.3
_KINDS = frozenset(
    "Quantization Tokenization Fine-tuning Clustering Attention Embedding Optimizer".split()
) | {"Tokenizer", "Loss function", "Activation function", "Word embedding", "Vector database"}
_KIND_NAMED = 0.3  # weight of a kind right after one of its members: `GPTQ 量化`, `BPE 分词`
_EMPTY = 0.12
_OWN_SUBJECT = 0.75  # content from which a heading stands on its own


@dataclass(frozen=True)
class Asking:
    """A question taken apart."""

    plain: str
    """Folded, without number and punctuation."""
    terms: frozenset[str]
    content: dict[str, float]
    """Terms (`t…`) and remaining words (`w…`) with how much each tells."""
    context: dict[str, float]
    """The same of the headings above it."""
    aspects: frozenset[str]
    leans: bool
    """True when the subject had to be taken from the context."""

    @cached_property
    def specific(self) -> frozenset[str]:
        """Aspects but for those that say little; a problem to be solved is not asked twice."""
        found = self.aspects - GENERAL
        if "why" in found:  # what else is named belongs to what is to be explained
            found &= _BESIDE_WHY
        return found - {"problem"} if found & {"mitigate", "why"} else found


def strip_number(heading: str) -> str:
    """Return a heading without its number."""
    stripped = heading
    for _ in range(2):
        stripped = _NUMBER.sub("", stripped, count=1)
    return stripped.strip() or heading.strip()


@lru_cache(maxsize=50_000)
def take_apart(heading: str, section: str = "") -> Asking:
    """Return what a heading asks; `section` holds the headings above it, joined by `/`."""
    text = _without_gloss(strip_number(heading))
    blanked, terms = _blank_terms(text)
    content = _content(blanked, terms)
    context: dict[str, float] = {}
    for part in section.split("/"):
        if part.strip():
            context.update(_content(*_blank_terms(strip_number(part))))
    leans = sum(content.values()) < _OWN_SUBJECT
    if leans:
        content = {**context, **content}
    return Asking(
        plain=re.sub(r"[\W_]+", "", fold(text)),
        terms=frozenset(token[1:] for token in content if token[0] == "t"),
        content=content,
        context=context,
        aspects=aspects(blanked),
        leans=leans,
    )


def _without_gloss(text: str) -> str:
    """Return text without what stands in brackets or after a colon, unless nothing else is left."""
    short = _BRACKETS.sub(" ", text).strip()
    head, _, tail = short.replace("：", ":").partition(":")
    if len(tail) > _LONG_TAIL and len(head) > 1:
        short = head
    return short if any(character.isalnum() for character in short) else text


def _blank_terms(text: str) -> tuple[str, dict[str, float]]:
    """Return text with its terms blanked, and the terms: `数据并行` must not ask about data."""
    blanked = text
    terms: dict[str, float] = {}
    end = -2
    for match in load_glossary().find(text):
        written = fold(text[match.start : match.end])
        if match.name in _NOT_SUBJECT or written in _BARE_ADVANTAGE:
            continue
        weight = _TERM * _BACKGROUND.get(match.name, 1.0)
        if match.name in _KINDS and (match.start == end or text[end : match.start] == " "):
            weight *= _KIND_NAMED
        terms[match.name] = max(weight, terms.get(match.name, 0.0))
        end = match.end
        blanked = blanked[: match.start] + "_" * (end - match.start) + blanked[end:]
    return _APPOSITION.sub("", blanked), terms


def _content(blanked: str, terms: dict[str, float]) -> dict[str, float]:
    content = {f"t{name}": weight for name, weight in terms.items()}
    for word in cut_words(strip_aspects(blanked).replace("_", " ")):
        if any(character.isalnum() for character in word):
            weight = word_rarity(word) * (_EMPTY if word in _EMPTY_WORDS else 1.0)
            sense = load_synonyms().get(word)
            content[f"w{sense.name if sense else word}"] = weight
    return content


def opposed(a: str, b: str) -> bool:
    """Return whether two plain texts hold opposite sides of a pair: too large against too small."""
    a, b = _NO_SIDE.sub("", a), _NO_SIDE.sub("", b)
    for left, right in _OPPOSITES:
        sides = [(_has(text, left), _has(text, right)) for text in (a, b)]
        if sides in ([(True, False), (False, True)], [(False, True), (True, False)]):
            return True
    return False


def _has(text: str, words: Sequence[str]) -> bool:
    return any(word in text for word in words)


def overlap(a: dict[str, float], b: dict[str, float]) -> float:
    """Return the weight both share against the weight of all, 0 to 1."""
    both = sum(min(weight, b[token]) for token, weight in a.items() if token in b)
    everything = sum(a.values()) + sum(b.values()) - both
    return both / everything if everything else 0.0


def unmatched(a: dict[str, float], b: dict[str, float]) -> float:
    """Return the weight of what only `a` has."""
    return sum(weight for token, weight in a.items() if token not in b)
