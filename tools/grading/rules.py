"""What sort of text an answer is, before any of it is held against the rubric."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence, Set

from tools.grading.lexicon import lexicon
from tools.grading.units import coverage, fold, units

_SEGMENT = re.compile(r"[，,、；;/|\n。]+|\.(?=\s|$)|\s{2,}")
_SIGN = re.compile(r"[=＝→≈<>＜＞≤≥∝:：]+")
_PREDICATE = re.compile(
    r"[是把会让则就只不被了才都也拿靠给去来它使比没用要有按算个过跟]|因为|所以|如果|通过|能|需|时候|之后|之前|越|然后|"
    r"\b(?:is|are|was|were|does|do|has|have|can|will|makes?|gives?|uses?|used|because|so|when|which|by|"
    r"lets?|we|you|it|they|then|if|not|than|keeps?|needs?|turns?|gets?|takes?|across|per|until|no|of|"
    r"the|an?|to|in)\b"
)
_LIST_LENGTH = 6  # fewer terms than this is a short answer, not stuffing
_TERM_WIDTH = 5.4  # half of a list's segments are no wider than a term
_STATING = 0.28  # a list states something in fewer of its segments than this
_NOTE_WIDTH = 8  # from here on a segment with a sign in it is a note, not two terms side by side
_WORDLIKE = re.compile(r"[\u3400-\u9fff]|[a-z]*[aeiouy][a-z]*")


def is_gibberish(text: str) -> bool:
    """Say whether a text has no words in it, or one piece over and over."""
    plain = fold(text)
    letters = [c for c in plain if c.isalnum()]
    if not letters:
        return False
    words = re.findall(r"[a-z]+|[\u3400-\u9fff]", plain)
    if len(letters) >= 6 and not words:
        return True
    latin = [w for w in words if w.isascii() and len(w) > 3]
    chinese = len(words) - sum(w.isascii() for w in words)
    if chinese < 4 and latin and sum(_unpronounceable(w) for w in latin) * 2 > len(latin):
        return True
    if len(letters) >= 12 and len(set(letters)) <= 3:
        return True
    data = "".join(letters).encode()
    return len(data) >= 90 and len(zlib.compress(data, 9)) < 0.22 * len(data)


def _unpronounceable(word: str) -> bool:
    vowels = sum(c in "aeiouy" for c in word)
    return vowels / len(word) < 0.2 or re.search(r"[bcdfghjklmnpqrstvwxz]{5}", word) is not None


def is_stuffing(text: str) -> bool:
    """Say whether a text lists terms and states no relation between them.

    A list has short segments, most of them without a word that states anything. The limits were
    chosen on the training answers of tests/data/graded.
    """
    plain = fold(text)
    segments = _pieces(_SEGMENT, plain)
    if len(segments) < _LIST_LENGTH:
        apart = [piece for s in segments for piece in _pieces(_SIGN, s)]
        segments = apart if len(apart) >= _LIST_LENGTH else segments
    if len(segments) < _LIST_LENGTH:
        spaced = plain.split()
        said = len(_PREDICATE.findall(plain))
        return len(spaced) >= 8 and said <= 0.03 * sum(map(_width, segments))
    middle = sorted(map(_width, segments))[len(segments) // 2]
    return middle <= _TERM_WIDTH and sum(map(_states, segments)) < _STATING * len(segments)


def _pieces(mark: re.Pattern[str], text: str) -> list[str]:
    return [piece.strip() for piece in mark.split(text) if piece.strip()]


def _states(segment: str) -> bool:
    """Say whether a segment states something: with a word, or as a note with a sign in it."""
    if _PREDICATE.search(segment) is not None:
        return True
    return _SIGN.search(segment) is not None and _width(segment) > _NOTE_WIDTH


def _width(text: str) -> float:
    return sum(1.0 if "\u3400" <= c <= "\u9fff" else 0.4 for c in text)


def cue_counts(text: str) -> dict[str, int]:
    """Return how often each list of cue words occurs in a text."""
    plain = fold(text)
    return {name: len(pattern.findall(plain)) for name, pattern in lexicon().cues.items()}


def restates(text: str, question_units: Set[str]) -> float:
    """Return the share of an answer's content that only repeats the question's words, 0 to 1."""
    said = units(text)
    return coverage(said, question_units)


def named_share(text: str, terms: Sequence[re.Pattern[str]]) -> float:
    """Return the share of key terms that a text names."""
    plain = fold(text)
    return sum(t.search(plain) is not None for t in terms) / len(terms) if terms else 0.0
