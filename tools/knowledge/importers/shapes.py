"""What a single line looks like: bullet, table row, code, number, question, facet.

Judges form only, never what a document is about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CJK = "\u3400-\u4dbf\u4e00-\u9fff"
_BULLET = re.compile(r"^\s*[-*+•·●○▪➢◆■–]\s+")
_LONE_BULLET = re.compile(r"^\s*[-*+•·●]\s*$")
_FENCE = re.compile(r"^(?:\s{0,3}|\s*(?:>\s?)+)(`{3,}|~{3,})(.*)$")
_LABEL = re.compile(r"^(?:补充?|附加?|追问|延伸|扩展|supplement|extra)\s*[:：]\s*", re.I)
_CODE = re.compile(
    r"^\s*(?:>>>|\.\.\.\s|\$\s|%%?\w|from\s+[\w.]+\s+import\b|import\s+[\w.]+|def\s+\w+\s*\(|class\s+\w+"
    r"\s*[(:]|@\w+|return\b|print\s*\(|for\s+\w+\s+in\b|if\s+.+:$|#include|SELECT\s|pip3?\s|conda\s|git\s"
    r"|sudo\s|cd\s|nvidia-smi\b|export\s|curl\s|docker\s|kubectl\s|[\w.\[\]\"']+\s*=\s*\S)"
)
_SENTENCE_END = tuple("。；;，,、!！…")
_QUESTION_END = re.compile(r"[?？]\s*[)）\]】\"”'*~`]*\s*$")
_ASKS_ZH = re.compile(
    r"什么|为啥|为何|如何|怎么|怎样|哪些|哪个|哪里|哪种|哪几|哪一|是否|多少|何意|能否|可否|是不是|有没有"
    r"|干啥|是啥|有啥|\S还是\S|[吗嘛呢]$"
)
_ORDERS_ZH = re.compile(
    r"^(?:请|简单|简要|详细|你能否?|能否?|能不能)*"
    r"(?:介绍|解释|描述|简述|简介一下|简说|说说|说一下|说下|讲讲|讲一下|讲解|谈谈|谈一下|概括|列举|阐述|论述|比较一下)"
)
_ASKS_EN = re.compile(
    r"^(?:what|why|how|when|where|which|who|is|are|can|could|does|do|did|should|explain|describe"
    r"|compare|define|list|name|give|tell|discuss|walk|state|outline|difference)\b",
    re.I,
)
_FACET_WORD = (
    "定义|概念|含义|简介|介绍|概述|背景|动机|前言|特点|特性|优点|缺点|优势|劣势|不足|优缺点|作用|用途|用法|使用方法|使用"
    "|安装说明|安装|原理分析|基本原理|原理|核心思想|思想|算法|模型结构|整体结构|结构图|结构|总体架构图|架构图|架构|框架|流程|整体步骤|步骤"
    "|过程|实现方法|实现|方法|解决方法|解决方案|解决问题|解决|缓解方法|产生原因|原因|分类|类型|应用场景|应用|场景"
    "|举例|例子|示例|对比表格|对比|比较|区别|总结|小结|结论|注意事项|注意|说明|补充说明|参考资料|参考链接|参考文献"
    "|参考|附录|推导过程|推导|证明|代码实现|代码|目的|意义|效果|评价|分析|图片|整体|具体|主要|基本|方案图|步骤说明"
    "|学习方向|学习路线|学习资料|学习建议|写在前面"
    "|definition|overview|introduction|background|summary|conclusion|example|examples|notes?|references?"
    "|pros|cons|advantages|disadvantages|usage|details|how it works|see also|further reading"
)
_FACET = re.compile(rf"(?:(?:{_FACET_WORD})|[\s、&和与及/,，·的—-]|and)+", re.I)
_FACET_PREFIX = re.compile(
    r"^(?:举例|例如|例|示例|example|e\.g\.|步骤|第?[一二三四五六七八九十]?步|阶段|规则|step)\s*\d*\s*[:：]",
    re.I,
)
_CONTINUES = tuple("的地得和与及或在是为其本个之以于把被将从向对会能而且并但若即则所让使当了")
_STARTS_INSIDE = tuple("的地得和与及或了而且并但则所等")


_DEBRIS = re.compile(
    r"\d{1,7}|被?折叠的?.{0,8}评论.{0,4}|(?:展开|收起|查看|加载)(?:全部|更多|全文|评论|剩余|阅读).{0,12}"
    r"|(?:点赞|收藏|评论|转发|分享|举报|关注|赞同|喜欢|阅读量?|浏览量?)\s*[:：]?\s*\d*|为什么被折叠[?？]?"
    r"|(?:复制|复制代码|copy|copy code|share|reply|like)"
    r"|.{0,12}(?:版权所有|all rights reserved).{0,30}"
    r"|第?\s*\d+\s*(?:页|/\s*\d+\s*页?)|page \d+(?: of \d+)?",
    re.I,
)


def is_debris(line: str) -> bool:
    """Tell whether the line is left over from a web page's or a printed page's frame."""
    return len(line) < 60 and bool(_DEBRIS.fullmatch(line.strip()))


@dataclass(frozen=True)
class Number:
    """The number in front of a heading."""

    style: str
    """Numbers of one style can form one run: pad, multi, simple, ton, paren, round, zh, label."""
    values: tuple[int, ...]
    rest: str
    """The text behind the number."""


_ZH_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_NUMBERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "zh",
        re.compile(
            r"^第?([零一二三四五六七八九十百]{1,4})(?:[章节部分篇讲]|[.、．:：])\s*(\S.*)?$"
        ),
    ),
    ("zhround", re.compile(r"^[(（]([零一二三四五六七八九十]{1,3})[)）]\s*(\S.*)?$")),
    ("pad", re.compile(r"^(0\d)(?:[.、．]\s*|\s+)(\S.*)$")),
    (
        "multi",
        re.compile(rf"^(\d{{1,2}}(?:\.\d{{1,2}})+)(?:[.、．]?\s+(?![~～-])|(?=[{CJK}]))(\S.*)$"),
    ),
    (
        "label",
        re.compile(
            r"^(?:Q|问题|题目|面试题|痛点|难点|Question)\s*(\d{1,4})\s*[.:：、)）]\s*(\S.*)?$", re.I
        ),
    ),
    ("simple", re.compile(r"^(\d{1,4})[.．](?!\d)\s*(\S.*)?$")),
    ("ton", re.compile(r"^(\d{1,4})、\s*(\S.*)?$")),
    ("paren", re.compile(r"^(\d{1,3})[)）]\s*(\S.*)?$")),
    ("round", re.compile(r"^[(（](\d{1,3})[)）]\s*(\S.*)?$")),
    ("simple", re.compile(rf"^(\d{{1,3}})\s+(?=[{CJK}A-Za-z])(\S.*)$")),
)


def number_of(text: str) -> Number | None:
    """Return the number that opens a line, or None."""
    head = text[:300]
    for style, pattern in _NUMBERS:
        if found := pattern.match(head):
            raw = found.group(1)
            values = tuple(int(v) for v in raw.split(".")) if raw[0].isdigit() else (_zh(raw),)
            return Number(style, values, (found.group(2) or "").strip() + text[300:])
    return None


def _zh(text: str) -> int:
    if "十" not in text:
        return sum(_ZH_DIGITS.get(c, 0) * 10**i for i, c in enumerate(reversed(text)))
    tens, _, ones = text.partition("十")
    return _ZH_DIGITS.get(tens, 1) * 10 + _ZH_DIGITS.get(ones, 0)


def is_bullet(line: str) -> bool:
    """Tell whether the line is a list item with a mark."""
    return bool(_BULLET.match(line))


def is_lone_bullet(line: str) -> bool:
    """Tell whether the line is a mark whose text was torn off to the next line."""
    return bool(_LONE_BULLET.match(line))


def bullet_text(line: str) -> str:
    """Return a list item without its mark."""
    return _BULLET.sub("", line, count=1).strip()


def is_table_row(line: str) -> bool:
    """Tell whether the line is, or is torn out of, a pipe table."""
    line = line.strip()
    return line.startswith("|") or line.endswith("|") or line.count(" | ") >= 2 or "| |" in line


def fence_of(line: str) -> tuple[str, str] | None:
    """Return the mark and the language of a code fence line (also inside a quote), or None."""
    found = _FENCE.match(line[:200])
    if not found or "`" in found.group(2):
        return None
    return found.group(1), found.group(2).strip()


def is_code(line: str) -> bool:
    """Tell whether an unfenced line is program text or a shell command."""
    head = line[:400]
    if re.search(rf"[{CJK}]{{6}}", head) and "=" not in head[:30]:
        return False
    return bool(_CODE.match(head)) or bool(re.match(r"^\s*[a-z_]+(?:\s+-{1,2}\w+)+", head))


def strip_label(title: str) -> str:
    """Remove a word such as supplement in front of a heading."""
    return _LABEL.sub("", title).strip()


def asks(title: str) -> bool:
    """Tell whether a heading is put as a question or as a request to explain."""
    title = strip_label(title.strip())
    if _QUESTION_END.search(title.rstrip(":：")):
        return True
    head, colon, _ = re.sub(r"[(（][^)）]*[)）]", "", title).rstrip(":： ").partition(":")
    if not colon:
        head = head.partition("：")[0]
    return bool(_ASKS_ZH.search(head) or _ORDERS_ZH.match(head) or _ASKS_EN.match(head))


def ends_as_question(text: str) -> bool:
    """Tell whether a line ends in a question mark."""
    return bool(_QUESTION_END.search(text.rstrip(":： ")))


def is_facet(title: str) -> bool:
    """Tell whether a heading names only a side of the subject above it (definition, example …)."""
    title = title.strip().rstrip(":：")
    return bool(title) and (bool(_FACET.fullmatch(title)) or bool(_FACET_PREFIX.match(title)))


def breaks_off(line: str) -> bool:
    """Tell whether a wrapped line goes on in the next one."""
    return line.rstrip().endswith(_CONTINUES)


def visible(text: str) -> str:
    """Return a title without what stands in brackets, for measuring its length."""
    return re.sub(r"[(（][^)）]{0,200}[)）]", "", text).strip()


def could_be_bare_heading(line: str) -> bool:
    """Tell whether a line without any mark has the form of a heading."""
    text = strip_label(line.strip())
    if not 2 < len(text) <= 200 or is_table_row(text) or is_code(text):
        return False
    if re.fullmatch("【[^】]*】", text) or is_debris(text):
        return False
    if (
        text.endswith(_SENTENCE_END)
        or text.startswith(_STARTS_INSIDE)
        or re.search(r"[\\{}=<>|]|://", text)
    ):
        return False
    seen = visible(text)
    if ends_as_question(seen):
        return len(seen) <= 80
    if seen.endswith((":", "：")):
        return len(seen) <= 40 and asks(seen)
    if re.search(r"[，,。；;：:]", seen) or seen.endswith((".", " -", "”", '"', "'")):
        return False
    if re.search(f"[{CJK}]", seen):
        named = len(re.findall(f"[{CJK}]", seen)) >= 2 or re.search("[A-Za-z]{3}", seen)
        return bool(named) and len(seen) <= 36
    return (
        bool(re.match(r"^[A-Z]", seen))
        and len(seen) >= 3
        and len(seen.split()) <= 10
        and "_" not in seen
    )
