"""How words sound, roughly: Chinese by pinyin, English spelled by ear, as one row of phones.

Both end in the same small set of phones, so that what a recogniser wrote can be compared with what
was meant whatever the script of either. Distances are small between sounds that Chinese speakers
of English and recognisers confuse, and between a consonant with and without a helping vowel.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

Phones = tuple[str, ...]

ENGLISH_FILE = Path(__file__).with_name("english_sounds.txt")
HAN_FILE = Path(__file__).with_name("han_sounds.txt")

VOWELS = frozenset("aeiou")
PHONES = "abcdefghijklmnopqrstuvwxyzZCSN"
_INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcs")
_FINALS = {
    "iu": "iou", "ui": "uei", "un": "uen", "ian": "ien", "iong": "iong", "v": "u", "ve": "ue",
    "van": "uen", "vn": "uen",
}  # fmt: skip
_LETTERS = {
    "a": "ei", "b": "bi", "c": "si", "d": "di", "e": "i", "f": "ef", "g": "ji", "h": "eich",
    "i": "ai", "j": "jei", "k": "kei", "l": "el", "m": "em", "n": "en", "o": "ou", "p": "pi",
    "q": "kiu", "r": "a", "s": "es", "t": "ti", "u": "iou", "v": "ui", "w": "dabliou",
    "x": "eks", "y": "uai", "z": "zei",
}  # fmt: skip
_DIGITS = ("liN", "uan", "tu", "sri", "fo", "faif", "siks", "sefen", "ei", "nain")
_RULES = (
        (r"ction", "kSen"), (r"tion|sion", "Sen"), (r"cious|tious", "Ses"), (r"cial|tial", "Sel"),
        (r"ture", "Ce"), (r"sure", "Se"), (r"que$", "k"), (r"qu", "ku"), (r"cally$", "kli"),
        (r"tch|ch(?=[^rl]|$)", "C"), (r"ch", "k"), (r"sch", "sk"), (r"sh", "S"), (r"ph", "f"),
        (r"igh", "ai"), (r"th", "s"), (r"ck", "k"), (r"^wr", "r"), (r"^kn", "n"), (r"wh", "u"),
        (r"gh", ""), (r"dge", "j"), (r"nk", "Nk"), (r"ng(?=[aeiou]r?)", "Nj"),
        (r"ng", "N"), (r"x", "ks"), (r"ee|ea|ie", "i"), (r"oo", "u"), (r"ou|ow(?=[a-z])", "ao"),
        (r"ow", "ou"), (r"oa", "ou"), (r"ai|ay|ei|ey(?=[a-z])", "ei"), (r"ey", "i"),
        (r"all", "ol"), (r"au|aw", "o"), (r"oy|oi", "oi"), (r"ear|eer", "ie"), (r"air|are$", "ei"),
        (r"ire$", "aie"), (r"ore$", "o"), (r"ure$", "iue"), (r"war", "uo"),
        (r"[eiu]r(?![aeiour])", "e"),
        (r"ar(?![aeiour])", "a"), (r"or(?![aeiour])", "o"), (r"le$", "ou"),
        (r"a(?=[^aeiouywrx]e[sd]?$)", "ei"), (r"i(?=[^aeiouywrx]e[sd]?$)", "ai"),
        (r"o(?=[^aeiouywrx]e[sd]?$)", "ou"), (r"u(?=[^aeiouywrx]e[sd]?$)", "iu"),
        (r"(?<=[^aeiou])e$", ""), (r"(?<=[cgsxz])es$", "es"), (r"es$", "s"),
        (r"c(?=[eiy])", "s"), (r"c", "k"), (r"g(?=[eiy])", "j"), (r"^y", "i"), (r"y$", "i"),
        (r"y", "i"), (r"^u(?=n[^d])", "iu"), (r"u(?=[^aeiou](?:[^aeiou]|$))", "a"),
        (r"w", "u"), (r"v", "w"), ("bb", "b"), ("dd", "d"), ("ff", "f"), ("ll", "l"), ("mm", "m"),
        ("nn", "n"), ("pp", "p"), ("rr", "r"), ("ss", "s"), ("tt", "t"), ("zz", "z"),
)  # fmt: skip
_RULE = re.compile("|".join(f"({pattern})" for pattern, _ in _RULES))

_SIBILANT = {"z": 0, "Z": 0, "j": 1, "c": 2, "C": 2, "q": 3, "s": 4, "S": 4, "x": 5}
_NEAR = {
    "bp": 0.2, "dt": 0.2, "gk": 0.2, "hk": 0.5, "gh": 0.6, "fh": 0.35, "fw": 0.4, "uw": 0.3,
    "ln": 0.25, "lr": 0.2, "nr": 0.4, "mn": 0.5, "nN": 0.15, "mN": 0.5, "bm": 0.8, "bw": 0.5,
    "tC": 0.6, "ct": 0.6, "qt": 0.6, "dj": 0.6, "jy": 0.6, "kq": 0.7, "gj": 0.7, "lu": 0.6,
    "ao": 0.25, "ou": 0.2, "ae": 0.3, "ei": 0.3, "eo": 0.3, "iu": 0.5, "ai": 0.45, "eu": 0.4,
    "au": 0.45, "io": 0.55, "el": 0.5, "ol": 0.4, "er": 0.4, "ar": 0.5,
}  # fmt: skip
_DROPPED = {
    **dict.fromkeys("eiu", 0.3), "a": 0.4, "o": 0.35, "r": 0.4, "l": 0.5, "t": 0.55, "k": 0.6,
    "d": 0.55, "p": 0.6, "b": 0.65, "g": 0.65, "n": 0.65, "N": 0.65, "m": 0.8, "h": 0.7, "s": 0.8,
}  # fmt: skip


@cache
def swap_cost(one: str, other: str) -> float:
    """Return how far two phones lie apart, 0 to 1.3."""
    if one == other:
        return 0.0
    near = _NEAR.get(one + other) or _NEAR.get(other + one)
    if near is not None:
        return near
    if one in _SIBILANT and other in _SIBILANT:
        return 0.1 if _SIBILANT[one] == _SIBILANT[other] else 0.35
    if (one in VOWELS) != (other in VOWELS):
        return 1.3
    return 0.6 if one in VOWELS else 1.2


def drop_cost(phone: str) -> float:
    """Return what it costs that a phone stands on one side only."""
    return _DROPPED.get(phone, 0.9)


@cache
def _swap_row(phone: str) -> dict[str, float]:
    return {other: swap_cost(phone, other) for other in PHONES}


def distance(one: Phones, other: Phones, limit: float) -> float:
    """Return the weighted edit distance, or more than `limit` as soon as it must exceed it."""
    drops = [_DROPPED.get(phone, 0.9) for phone in other]
    columns = list(zip(other, drops, strict=True))
    row = [0.0]
    for extra in drops:
        row.append(row[-1] + extra)
    for mine in one:
        drop = _DROPPED.get(mine, 0.9)
        swaps = _swap_row(mine)
        diagonal = row[0]
        left = least = diagonal + drop
        row[0] = left
        for place, (theirs, extra) in enumerate(columns, 1):
            above = row[place]
            cost = diagonal + swaps[theirs]
            if above + drop < cost:
                cost = above + drop
            if left + extra < cost:
                cost = left + extra
            diagonal, left = above, cost
            row[place] = cost
            if cost < least:
                least = cost
        if least > limit:
            return limit + 1
    return row[-1]


@cache
def _readings() -> dict[str, str]:
    """Return the pinyin of every character; made by `tests/han_sounds.py`."""
    lines = HAN_FILE.read_text(encoding="utf-8").splitlines()
    rows = (line.partition(" ") for line in lines if not line.startswith("#"))
    return {char: said for said, _, chars in rows for char in chars}


def split_syllable(pinyin: str) -> tuple[str, str]:
    """Return the initial (y and w are none) and the rest of a toneless syllable, ü written v."""
    sound = pinyin.replace("ü", "v")
    head = next((i for i in _INITIALS if sound.startswith(i)), "")
    return head, sound[len(head) :]


@lru_cache(maxsize=4_000)
def fold_syllable(pinyin: str) -> str:
    """Merge zh/z, ch/c, sh/s, l/n/r and final ng/n: what speakers and recognisers confuse."""
    head, tail = split_syllable(pinyin)
    if tail[:1] in VOWELS or tail[:1] == "v":
        head = {"n": "l", "r": "l"}.get(head, head)
    if tail[-3:] in ("ang", "eng", "ing"):
        tail = tail[:-1]
    return head.removesuffix("h") + tail if len(head) == 2 else head + tail


@lru_cache(maxsize=30_000)
def syllable(char: str) -> str:
    """Return the folded sound of a Chinese character, one reading each.

    Both sides of a comparison fold alike, so a wrong reading is harmless except between homophones
    of a rare reading.
    """
    return fold_syllable(_readings().get(char, char))


@lru_cache(maxsize=8_000)
def syllable_phones(pinyin: str) -> Phones:
    """Return the phones of one toneless pinyin syllable."""
    head, tail = split_syllable(pinyin)
    if not head and tail[:1] == "y":
        tail = (
            tail[1:]
            if tail[1:2] in ("i", "")
            else ("u" if tail[1] == "u" else "i") + (tail[2:] if tail[1] == "u" else tail[1:])
        )
    elif not head and tail[:1] == "w":
        tail = tail[1:] if tail[1:2] == "u" else "u" + tail[1:]
    if tail == "i" and head in ("zh", "ch", "sh", "z", "c", "s", "r"):
        tail = "e"
    tail = _FINALS.get(tail, tail).replace("ng", "N").replace("v", "u")
    mark = {"zh": "Z", "ch": "C", "sh": "S"}.get(head, head)
    return tuple(mark + tail)


@lru_cache(maxsize=20_000)
def han_phones(char: str) -> Phones:
    """Return the phones of a Chinese character, one reading each; none where none is known."""
    read = _readings().get(char)
    return syllable_phones(read) if read else ()


@lru_cache(maxsize=8_000)
def latin_phones(word: str) -> Phones:
    """Return the phones of a word in Latin letters or digits; capitals are spelled out."""
    if word.isdigit():
        return tuple("".join(_DIGITS[int(d)] for d in word))
    if len(word) == 1 or _is_spelled(word):
        return tuple("".join(_LETTERS.get(c, "") for c in word.lower()))
    return tuple(_english().get(word.lower()) or by_ear(word.lower()))


@cache
def _english() -> dict[str, str]:
    """Return the words whose spelling misleads; made by `tests/english_sounds.py`."""
    lines = ENGLISH_FILE.read_text(encoding="utf-8").splitlines()
    rows = (line.partition(" ") for line in lines if not line.startswith("#"))
    return {word: sound for word, _, sound in rows}


def spelled_phones(word: str) -> Phones:
    """Return the phones of a word said letter by letter; digits as numbers."""
    return tuple("".join(_DIGITS[int(c)] if c.isdigit() else _LETTERS[c] for c in word.lower()))


def _is_spelled(word: str) -> bool:
    return not re.search(r"[aeiouy]", word.lower()) or (word.isupper() and len(word) <= 3)


def by_ear(word: str) -> str:
    """Return the phones of an English word by its letters, the first rule that fits each."""
    sound, at = "", 0
    while at < len(word):
        match = _RULE.match(word, at)  # in place: what looks around must see the whole word
        sound += word[at] if match is None else _RULES[(match.lastindex or 1) - 1][1]
        at = at + 1 if match is None else match.end()
    return re.sub(r"(.)\1+", r"\1", sound)


_PIECES = re.compile(r"[\u3400-\u9fff]|[A-Za-z]+|[0-9]")


def phones(text: str) -> Phones:
    """Return the phones of mixed text; punctuation is silent."""
    row: list[str] = []
    for piece in _PIECES.findall(text):
        row.extend(han_phones(piece) if piece >= "\u3400" else latin_phones(piece))
    return tuple(row)
