"""How a spoken clause is built, as named features: what it still owes, and what it ends in.

Words and kinds of words by jieba for Chinese, by a list of function words for English. Whether a
feature speaks for an end or against it is not known here: that is learned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

Tagged = Sequence[tuple[str, str]]
"""Words with their kinds (n, v, p, …)."""

CLAUSE_CHARS = 40
_CUT_ZH = re.compile(r"[，,。；;：:！？!?]")
_CUT_EN = re.compile(r"[,.;:!?]")
_WORD_EN = re.compile(r"[a-z0-9'-]+")
_MARKERS = tuple(
    "是 会 把 被 让 用 如果 因为 由于 为了 所以 就 可以 能 要 需要 有 没有 在 对 从 当 给 和 跟 比 "
    "通过 根据 来 去 使 将 不 都 也 还 但是 而 的".split()
)
_FUNCTION = frozenset(
    "的 地 得 了 着 过 把 被 将 让 使 给 对 从 在 和 跟 与 或 及 而 "
    "是 有 会 能 要 就 才 也 都 还 又 再 不 没 没有 很 更 最 比较 "
    "非常 可以 可能 应该 需要 必须 然后 因为 所以 但是 如果 比如 包括 通过 "
    "由于 为了 关于 对于 根据 按照 这 那 这个 那个 这些 那些 一个 一种 每 "
    "每个 我们 它 他们 它们 我 你 他 什么 怎么 多少 哪 去 来 到 上 下 "
    "里 里面 中 时候 之后 以后 之前 的话 方面 用 做 以 用来 其中 另外 "
    "其他 所有 大概 其实 一般 主要 只 只有 越 比 向 往 由 于 等 一下 "
    "左右 嗯 呃 啊 吧 呢 吗 嘛".split()
)
_FUNCTION_EN = frozenset(
    "the a an of to in on for with by from at as and or but so because if when while since "
    "although though than that which who what how why where is are was were be been being am do "
    "does did have has had will would can could should may might must not no it its we our you "
    "they their he she i my this these those there then very more most less just only also even "
    "still about into over under between after before during without within using per each every "
    "some any all both one two three first second third such like up down out off um uh er well "
    "actually basically maybe mainly mostly".split()
)
# What opens a clause that another has to close, and the words by which the other is known.
_OPENERS = {
    "如果": "就 那 会 可以 要 得 便 才",
    "要是": "就 那",
    "假如": "就 那",
    "一旦": "就 会 那",
    "只要": "就 都",
    "只有": "才",
    "虽然": "但 可 不过 却 还是",
    "尽管": "但 还是 却",
    "即使": "也 还",
    "因为": "所以 就 因此 才",
    "由于": "所以 因此 就",
    "既然": "就 那",
    "不仅": "还 也 而且",
    "不但": "还 也 而且",
    "与其": "不如",
    "不管": "都 也 还是",
    "无论": "都 也",
    "当": "就 会 才 我们 它",
    "除了": "还 也 都",
    "随着": "会 就 越",
    "为了": "我们 就 会 要",
    "一方面": "另一方面",
    "对于": "我们 会 就 都",
}
_OPENERS_EN = ("if", "when", "although", "since", "because", "as long as", "even", "in order to")
_COUNTS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_ANNOUNCED = re.compile(
    r"([两三四五六七八九])(?:个|种|点|类|方面|步|部分|层|件|条|块)(?!月|人|小时|都)"
)
_GIVEN = re.compile(
    r"第[一二三四五六七八九]|首先|其次|再次|最后|一[个点种]是|一方面|一部分|另一|另外|还有|然后|、"
)
_PAID_CHARS = 8


@lru_cache(maxsize=512)
def tagged(clause: str) -> Tagged:
    """Return the words of a Chinese clause with their kinds."""
    import jieba
    import jieba.posseg

    jieba.setLogLevel(60)
    return tuple((pair.word, pair.flag) for pair in jieba.posseg.lcut(clause))


def last_clause(bare: str) -> str:
    """Return the Chinese clause that a text ends in."""
    return _CUT_ZH.split(bare)[-1][-CLAUSE_CHARS:]


def chinese(bare: str) -> Iterator[str]:
    """Yield how a Chinese text ends: the build of its last clause, and what is still owed."""
    words = tagged(last_clause(bare))
    yield from _structure(words)
    skeleton = ["^", *(_bone(word, kind) for word, kind in words)]
    for size in range(1, 5):
        yield "g" + " ".join(skeleton[-size:])
    last = max((at for at, x in enumerate(skeleton[:-1]) if x in _FUNCTION), default=-1)
    if last >= 0:
        yield f"f{skeleton[last]} " + " ".join(skeleton[last + 1 :][:4])
    yield from _debts(bare)


def english(bare: str) -> Iterator[str]:
    """Yield how an English text in lower case ends."""
    words = _WORD_EN.findall(bare)
    clause = _WORD_EN.findall(_CUT_EN.split(bare)[-1])
    for size in (1, 2):
        yield "t" + " ".join(words[-size:])
    if words:
        yield "s" + words[-1][-3:]
        yield "u" + words[-1][-2:]
    bones = ["^", *(_bone_en(word) for word in clause)]
    for size in range(1, 5):
        yield "g" + " ".join(bones[-size:])
    last = max((at for at, x in enumerate(bones[:-1]) if x in _FUNCTION_EN), default=-1)
    if last >= 0:
        yield f"f{bones[last]} {min(3, len(bones) - 1 - last)}"
    yield f"n{min(len(clause), 6)}"
    for opener in _OPENERS_EN:
        found = list(re.finditer(rf"\b{opener}\b", bare))
        if found:
            rest = bare[found[-1].end() :]
            yield f"o{opener}{min(9, len(rest.split())) // 3}{',' in rest}"


def _structure(words: Tagged) -> Iterator[str]:
    """Yield a Chinese clause's last word, kinds, verb, and what its markers owe."""
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
        at = max((n for n, (word, _) in enumerate(words[:-1]) if word == mark), default=-1)
        if at >= 0:
            after = kinds[at + 1 :]
            owes = "verb" if "v" in after[:-1] else "last" if after[-1] == "v" else "none"
            yield f"h{mark}{owes}"
            yield f"h{mark}{min(3, len(after))}"


def _debts(bare: str) -> Iterator[str]:
    """Yield what earlier words still wait for: a second half, the rest of a list, a 是 … 的."""
    for opener, closers in _OPENERS.items():
        at = bare.rfind(opener)
        if at >= 0:
            rest = bare[at + len(opener) :]
            paid = any(closer in rest for closer in closers.split())
            yield f"o{opener}{paid}"
            yield f"o{paid}{len(rest) > _PAID_CHARS}"
    announced = _ANNOUNCED.search(bare)
    if announced:
        rest = bare[announced.end() :]
        given = len(_GIVEN.findall(rest))
        yield f"l{max(-1, min(2, _COUNTS[announced[1]] - given))}"
        if not rest:
            yield "l^"
    if bare.endswith("的"):
        yield f"D{'是' in last_clause(bare)[:-1]}"


def _bone(word: str, kind: str) -> str:
    """Return a function word itself, any other word as its kind."""
    if word in _FUNCTION or kind[0] in "pcudyeo":
        return word
    return "n" if kind[0] in "nsgxjli" or kind == "eng" else kind[0]


def _bone_en(word: str) -> str:
    if word in _FUNCTION_EN:
        return word
    ends = next((end for end in ("ing", "ed", "ly", "s") if word.endswith(end)), "")
    return "0" if word[0].isdigit() else "-" + ends
