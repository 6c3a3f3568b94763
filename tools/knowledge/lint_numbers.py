"""Numbers that the English of a taught sentence holds and the Chinese does not: a slip of one side.

Only key points, misconceptions and corrections are compared: examples may be set elsewhere, and a
reference answer may work out a figure in one language that the other only names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sessions.records import Question
from tools.knowledge.lint_text import Problem

_SMALL = 12
"""Up to here English writes numbers as words and Chinese uses them as grammar; not compared."""
_NEAR = 0.1
"""Part by which `三万多` may differ from 32 thousand."""
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "亿": 10**8, "万亿": 10**12, "千": 10**3}
_WORDS = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9}
_WORDS |= {"trillion": 10**12, "K": 10**3, "k": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
_ARABIC_ZH = re.compile(r"(\d[\d,]*(?:\.\d+)?) ?(万亿|万|亿|千|[KkMBT](?![A-Za-z]))?")
_ARABIC_EN = re.compile(r"(\d[\d,]*(?:\.\d+)?)[ -]?(\b(?:" + "|".join(_WORDS) + r")\b|[KkMBT]\b)?")
_NUMERAL = re.compile(r"[零〇一二两三四五六七八九十百千万亿]+")
_TENTHS = re.compile(r"([一二两三四五六七八九])成([一二三四五六七八九半])?")


def number_problems(question: Question) -> Iterator[Problem]:
    """Yield each taught sentence whose English names a number missing from its Chinese."""
    taught = [("key_points", point["text"]) for point in question["key_points"]]
    for misconception in question["misconceptions"]:
        taught.append(("misconceptions", misconception["text"]))
        taught.append(("misconceptions", misconception["correction"]))
    for field, text in taught:
        chinese = chinese_numbers(str(text.get("zh", "")))
        for number in sorted(english_numbers(str(text.get("en", "")))):
            if number > _SMALL and not any(abs(number - n) <= _NEAR * number for n in chinese):
                yield Problem(
                    question["id"], field, "numbers", f"{number:g} is not in: {text.get('zh', '')}"
                )


def english_numbers(text: str) -> set[float]:
    """Return the numbers written in digits: `2,048`, `1.4T`, `32 thousand`."""
    return {_valued(m[1], _WORDS.get(m[2] or "", 1)) for m in _ARABIC_EN.finditer(text)}


def chinese_numbers(text: str) -> set[float]:
    """Return the numbers of a Chinese text: digits, numerals, and tenths (`九成五` is 95)."""
    units = _LARGE | _WORDS
    found = {_valued(m[1], units.get(m[2] or "", 1)) for m in _ARABIC_ZH.finditer(text)}
    for match in _TENTHS.finditer(text):
        ones = 5 if match[2] == "半" else _DIGITS.get(match[2] or "零", 0)
        found.add(10.0 * _DIGITS[match[1]] + ones)
    return found | {float(_numeral(m.group())) for m in _NUMERAL.finditer(text)}


def _valued(digits: str, unit: int) -> float:
    """Return the value of digits with thousands' commas times a unit."""
    return float(digits.replace(",", "")) * unit


def _numeral(text: str) -> int:
    """Return the value of a Chinese numeral; digits read out one by one give the last."""
    total = section = digit = 0
    for char in text:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char in _UNITS:
            section += (digit or 1) * _UNITS[char]
            digit = 0
        elif char == "万":
            total, section, digit = total + (section + digit) * 10**4, 0, 0
        else:
            total, section, digit = (total + section + digit) * 10**8, 0, 0
    return total + section + digit
