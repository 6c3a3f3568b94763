"""What a candidate claims, clause by clause, and which two claims cannot both hold. Pure.

Made for precision: a pair is called contradictory only when both speak of the same named things in
the same words and differ in one number, in a negation, in a direction, or in whether something was
ever done. Conditions, examples, guesses and changes over time are no claims.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from tools.grading.evidence import AnswerText
from tools.grading.text import clauses
from tools.grading.units import fold, units

Clash = Literal["number", "negation", "opposite", "experience", "rubric"]
"""`rubric`: a key point was made, and later its misconception stated; the grader sees that one."""

LEAST_COMMON = 3.0
"""Weight of the words that two claims must share before a denial or direction counts (a guess)."""
MOST_ADDED = 2
"""Words that one of two claims may have beyond the other (a guess)."""
NOTICEABLE = 1.25
"""Two numbers nearer than this factor are the same one, said roughly (a guess)."""

_NO_CLAIM = re.compile(
    r"如果|假如|假设|要是|比如|例如|譬如|有时|可能|大概|也许|或者|还是|一般|通常|忘|不记得|好像|吗|[？?]|"
    r"以前|之前|后来|一开始|最初|原来|本来|改成|变成|换成|变为|调到|提到|降到|升到|前者|后者|"
    r"\b(?:if|suppose|say|for example|e\.g|sometimes|maybe|perhaps|might|may|usually|often|or|"
    r"at first|initially|later|then|used to|changed|became|former|latter|versus|vs)\b"
)
_DENIAL = re.compile(
    r"并不|不是|不会|不能|不需要|不用|没有|从来没|从未|不再|无需|不必|避免了?|防止|没|不|非|未|无法|"
    r"\b(?:not|never|no|cannot|without|does not|do not|did not|doesn't|don't|didn't|isn't)\b"
)
_KEPT_OF_DENIAL = re.compile(r"[是会能用]|需要|有|\b(?:do|does|did|is)\b")
_UP = (
    r"增加|增大|变大|提高|提升|升高|上升|加快|变快|加速|增强|更[快强大高多]|变[多强高]|[快大高多强]$|"
    r"有偏|on-policy|并行"
)
_DOWN = (
    r"减少|减小|变小|降低|下降|减慢|变慢|拖慢|削弱|更[慢弱小低少]|变[少弱低]|[慢小低少弱]$|"
    r"无偏|off-policy|串行"
)
_UP_EN = r"increas\w*|faster|larger|higher|greater|bigger|stronger|rises?|grows?"
_DOWN_EN = r"decreas\w*|slower|smaller|lower|weaker|fewer|falls?|shrinks?|reduc\w*"
_DIRECTION = re.compile(rf"(?P<up>{_UP}|\b(?:{_UP_EN})\b)|(?P<down>{_DOWN}|\b(?:{_DOWN_EN})\b)")
_NUMBER = re.compile(
    r"(?<![a-z0-9_.\-])(\d+(?:\.\d+)?(?:e-?\d+)?)\s*(%|[a-z]+|[\u3400-\u9fff])?(?![\d.])"
)
_NUMERAL = re.compile(r"([二两三四五六七八九十])(?=[张层台次年月人倍轮块条头路])")
_NUMERALS = {c: str(n) for n, c in enumerate("二三四五六七八九十", 2)} | {"两": "2"}
_INSTEAD = re.compile(r"(?:而不是|而非|rather than|instead of).*$")
_LATIN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+\-]*[A-Za-z0-9](?![A-Za-z0-9])")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_LIGHT = re.compile(
    r"我们|我自己|当时|现在|其实|应该|一共|总共|差不多|左右|大约|模型|整个|里面|就是|这个|那个|用的|用了|是用|"
    r"\b(?:we|our|was|were|are|is|had|have|has|used|use|it|in|total|about|model|actually|there)\b"
)
_NEVER_DID = re.compile(
    r"(?:没|没有|从未|从来没|从没)(?:有)?(?:实际|自己|真正|怎么)?(?:去)?(?:用|做|接触|碰|跑|训|微调|搞|实现)|"
    r"\b(?:never|have not|haven't|did not|didn't)\s(?:\w+\s)?"
    r"(?:use|used|do|done|try|tried|train|trained|worked|work)\b"
)
_DID = re.compile(
    r"(?:用|做|接触|跑|训练|微调|搞|实现|上线)(?:过|了)|我们?用|"
    r"\b(?:i|we)\s(?:have\s)?(?:\w+\s)?(?:used|did|tried|trained|implemented|worked|deployed)\b"
)


@dataclass(frozen=True)
class Claim:
    """One clause of a turn that asserts something."""

    start: int
    end: int
    """Offsets into the raw turn."""
    text: str


@dataclass(frozen=True)
class _Sense:
    """What a claim says, taken apart."""

    names: frozenset[str]
    number: tuple[float, str] | None
    """The one number in it with what is counted; None for none or several."""
    numbers: int
    denied: bool
    direction: int
    """+1 up, -1 down, 0 neither; words of both sides make it 2."""
    words: frozenset[str]
    """Telling words without names, numbers, denials and directions."""
    did: bool
    never: bool


def claims_in(answer: AnswerText) -> list[Claim]:
    """Return the clauses of a turn that assert something of something named or counted."""
    found = []
    for part in clauses(answer)[0]:
        if _NO_CLAIM.search(fold(part.text)):
            continue
        sense = _sense(part.text)
        if sense.names or sense.number or len(sense.words) >= LEAST_COMMON:
            found.append(Claim(part.start, part.end, part.text))
    return found


def clash(earlier: str, now: str) -> Clash | None:
    """Return in what two claims exclude each other, or None when they may both hold."""
    one, other = _sense(earlier), _sense(now)
    if one.names != other.names:
        return None
    if one.names and ((one.never and other.did) or (one.did and other.never)):
        return "experience"
    if not _alike(one, other):
        return None
    if one.number and other.number and _numbers_differ(one, other):
        return "number" if (one.denied, one.direction) == (other.denied, other.direction) else None
    if one.numbers != other.numbers or one.number != other.number:
        return None
    if 1.5 * len(one.names) + len(one.words & other.words) < LEAST_COMMON:
        return None
    if not one.names and one.words != other.words:
        return None
    if 2 in (one.direction, other.direction) or (one.direction == 0) != (other.direction == 0):
        return None
    # "does not fall" and "rises" agree, so a denial turns a direction round
    sides = [(-1 if sense.denied else 1) * (sense.direction or 1) for sense in (one, other)]
    if sides[0] == sides[1]:
        return None
    return "negation" if one.denied != other.denied else "opposite"


def _alike(one: _Sense, other: _Sense) -> bool:
    """Say whether two claims speak of the same: one may add a little, neither may replace."""
    added, dropped = other.words - one.words, one.words - other.words
    return not (added and dropped) and len(added) + len(dropped) <= MOST_ADDED


def _numbers_differ(one: _Sense, other: _Sense) -> bool:
    """Say whether two numbers count the same thing and are not nearly the same."""
    assert one.number and other.number
    (a, what), (b, other_what) = one.number, other.number
    if what != other_what or (not what and (not one.words or one.words != other.words)):
        return False
    small, large = sorted((a, b))
    return small <= 0 < large or (small > 0 and large / small >= NOTICEABLE)


@lru_cache(maxsize=2048)
def _sense(text: str) -> _Sense:
    plain = _NUMERAL.sub(lambda m: _NUMERALS[m[1]], _INSTEAD.sub("", fold(text)))
    counted = [(float(m[1]), m[2] or "") for m in _NUMBER.finditer(plain)]
    names = _names(text)
    ways = {m.lastgroup for m in _DIRECTION.finditer(plain)}
    bare = _DENIAL.sub(lambda m: "".join(_KEPT_OF_DENIAL.findall(m[0])), plain)
    bare = _NUMBER.sub(" ", _LIGHT.sub(" ", _DIRECTION.sub(" ", bare)))
    words = {u for u, weight in units(bare).items() if weight >= 1.0}
    return _Sense(
        names=names,
        number=counted[0] if len(counted) == 1 else None,
        numbers=len(counted),
        denied=len(_DENIAL.findall(plain)) % 2 == 1,
        direction=2 if len(ways) == 2 else 1 if "up" in ways else -1 if ways else 0,
        words=frozenset(w for w in words if not any(w.lstrip("=") in name for name in names)),
        did=_DID.search(plain) is not None and _NEVER_DID.search(plain) is None,
        never=_NEVER_DID.search(plain) is not None,
    )


def _names(text: str) -> frozenset[str]:
    """Return the named things: Latin words in Chinese; words in capitals or mixed in English."""
    found = _LATIN.findall(text)
    if not _CHINESE.search(text):
        found = [n for n in found if any(c.isupper() or c.isdigit() for c in n[1:])]
    return frozenset(name.casefold() for name in found)
