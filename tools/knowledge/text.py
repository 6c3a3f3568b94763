"""Text as search and duplicate detection see it: folded, cut into words, turned into sound.

The heavy part (jieba) loads when first used.
"""

from __future__ import annotations

import logging
import math
import re
import threading
import unicodedata
import warnings
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from tools.knowledge.sound import syllable

_LATIN = re.compile(r"[a-z0-9_.+#]*[a-z0-9_+#]")
_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_GAPS = frozenset(" \t\n\r\f\v\u00a0\u3000-_‐‑–—·")
_LOAD_LOCK = threading.Lock()
_CACHE: dict[str, Path] = {}

FILLERS = frozenset(
    "的 了 吗 呢 吧 啊 呀 嘛 哦 嗯 呃 额 是 在 和 与 及 或 就 都 也 还 又 被 把 给 让 对 从"
    " 到 向 为 于 以 这 那 哪 这个 那个 哪个 这种 那种 一个 一下 一些 一种 有 没有 会 要 能"
    " 可以 可能 我 你 他 它 我们 你们 他们 自己 其 之 而 且 但 但是 如果 因为 所以 然后 就是"
    " 那么 这么 什么 怎么 如何 为什么 啥 咋 来着 到底 究竟 其实 比如 时候 里 里面 上 下 中"
    " 讲讲 说说 聊聊 谈谈 介绍 解释 简述 描述 请 请问 一般 通常 进行 具体 主要 哪些 多少 几个"
    " 东西 意思 知道 觉得 a an the is are of to in on for and or do does what how why it its"
    " be by with that this as at from can".split()
)
"""Words that carry no subject; they are kept out of word matching, never out of bigrams."""


def fold(text: str) -> str:
    """Return text in one width and one case."""
    return unicodedata.normalize("NFKC", text).lower()


def squeeze(text: str) -> tuple[str, list[int]]:
    """Fold and drop spaces and hyphens; the list gives each kept character's place in `text`."""
    folded = fold(text)
    if len(folded) == len(text):  # nearly always: each character folds to one
        spots = [place for place, char in enumerate(folded) if char not in _GAPS]
        return "".join([folded[place] for place in spots]), spots
    kept: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        if char in _GAPS:
            continue
        for piece in fold(char):
            kept.append(piece)
            places.append(place)
    return "".join(kept), places


def han_runs(text: str) -> list[str]:
    """Return the unbroken runs of Chinese characters."""
    return _HAN_RUN.findall(text)


def latin_words(text: str) -> list[str]:
    """Return words in Latin letters or digits of folded text, a plural s removed."""
    return [_singular(word) for word in _LATIN.findall(text)]


def _singular(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def use_jieba_cache(folder: Path) -> None:
    """Let jieba keep its parsed dictionary in that folder instead of the system's temp folder."""
    _CACHE["folder"] = folder


@cache
def _cutter() -> Any:
    with _LOAD_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old escapes in jieba's own source
        import jieba

        jieba.setLogLevel(logging.ERROR)
        cutter = jieba.Tokenizer()
        if (folder := _CACHE.get("folder")) is not None:
            folder.mkdir(parents=True, exist_ok=True)
            cutter.tmp_dir = str(folder)
        cutter.initialize()
        return cutter


@lru_cache(maxsize=20_000)
def cut_run(run: str) -> tuple[str, ...]:
    """Return the words of a Chinese run, long ones also by their known parts."""
    words = _cutter().cut_for_search(run, HMM=False)
    # a single character mostly is a shred of something unknown: pairs of characters hold that
    return tuple(word for word in words if word not in FILLERS and len(word) > 1)


def cut_words(folded: str) -> list[str]:
    """Return the words of folded text: Chinese by dictionary, Latin by spaces, no fillers."""
    words = [word for run in han_runs(folded) for word in cut_run(run)]
    words += [word for word in latin_words(folded) if word not in FILLERS]
    return words


@lru_cache(maxsize=20_000)
def split_run(run: str) -> tuple[str, ...]:
    """Return a Chinese run as its words one after the other, nothing left out."""
    return tuple(_cutter().cut(run, HMM=False))


@lru_cache(maxsize=20_000)
def word_surprise(word: str) -> float:
    """Return minus the log of a word's share in general Chinese; unknown ones as if met once."""
    cutter = _cutter()
    return math.log((cutter.total + 1) / ((cutter.FREQ.get(word) or 0) + 1))


@lru_cache(maxsize=20_000)
def word_rarity(word: str) -> float:
    """Return how much a word tells, by its frequency in general Chinese: near 0 to 1."""
    cutter = _cutter()
    count, total = cutter.FREQ.get(word) or 0, cutter.total
    rarity = math.log((total + 1) / (count + 1)) / math.log(total + 1)
    return rarity * (0.4 if len(word) == 1 else 1.0)  # single characters mostly are shreds


def bigrams(run: Sequence[str]) -> list[str]:
    """Return neighbouring pairs joined; a single item stands for itself."""
    if len(run) < 2:
        return list(run)
    return [a + b for a, b in pairwise(run)]


def sounds(text: str) -> list[tuple[str, int]]:
    """Return the folded syllables of the Chinese characters of `text` with their places."""
    return [(syllable(c), i) for i, c in enumerate(text) if "\u3400" <= c <= "\u9fff"]
