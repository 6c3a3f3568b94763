"""From a clean answer to what a grader and a voice need: key points and a reference to say."""

from __future__ import annotations

import re

from tools.knowledge.importers.cleaning import CODE_MARK
from tools.knowledge.importers.contents import key
from tools.knowledge.importers.shapes import (
    CJK,
    bullet_text,
    is_bullet,
    is_facet,
    is_table_row,
    number_of,
)

_MOST_POINTS = 6
_LONGEST_LABEL = 14
_LONGEST_POINT = 120
_SHORTEST_POINT = {"zh": 8, "en": 20}
_SPOKEN = {"zh": 260, "en": 900}
"""Characters of a reference answer: about 260 Chinese ones, or 150 English words."""
_SENTENCE = re.compile(r"(?<=[。！？；!?])|(?<=[.;])\s+(?=[A-Z\u4e00-\u9fff])")
_FILLER = re.compile(
    r"^(?:首先|其次|然后|最后|另外|此外|总之|综上所述|简而言之|例如|比如|因此|所以|但是|不过|同时|而且|并且|需要注意的是|希望这能)[,，:：]?\s*"
)
_LEAD_IN = re.compile(
    r"(?:以下|如下|下列|下面|主要有|包括以下|the following|as follows|such as).{0,12}[:：。.]?$",
    re.I,
)
_NO_POINT = re.compile(
    r"^(?:参考|更多|详见|如图|如上图|如下图|见图|希望|例如|比如|举例|假设|see |for more|note that)",
    re.I,
)
_SAYS = re.compile(
    r"[，。,;；:：=（(<>+*/]|[是为有把被会能可将使让用由做不无到在与和或更较最]|\s(?:is|are|has|can|may|to)\s|[a-z]+s\s"
)
_URL = re.compile(r"[；;,，]?\s*https?://[^\s，。；)）]+")
_MATHS = re.compile(r"[\\^_{}=∑∏√≈≤≥]|\$")


def language_of(text: str) -> str:
    """Return `zh` when the text holds any Chinese, else `en`."""
    return "zh" if re.search(f"[{CJK}]", text) else "en"


def key_points(answer: str, title: str) -> tuple[str, ...]:
    """Choose up to six statements of an answer that can each be checked alone."""
    lang = language_of(answer)
    units = _units(answer)
    short = _SHORTEST_POINT[lang]
    chosen: list[tuple[int, float, str]] = []
    seen: set[str] = set()
    for place, (text, weight) in enumerate(units):
        if _NO_POINT.match(text):
            continue
        text = _trimmed(text)
        name = key(text)
        if len(text) < short or name in seen or name == key(title) or not _states(text):
            continue
        seen.add(name)
        chosen.append((place, weight - place * 0.01 - (0.5 if _MATHS.search(text) else 0), text))
    best = sorted(chosen, key=lambda row: -row[1])[:_MOST_POINTS]
    if not best:
        return _whole(answer)
    return tuple(text for _, _, text in sorted(best))


def _whole(answer: str) -> tuple[str, ...]:
    """Return a short answer as one statement; program text only when there is nothing else."""
    told = [line for line in answer.split("\n") if line.strip()]
    words = [line for line in told if not line.startswith(CODE_MARK) and key(line)] or told
    joined = "；".join(_trimmed(bullet_text(line)) for line in words)
    whole = _trimmed(joined if language_of(joined) == "zh" else joined.replace("；", "; "))
    return (whole,) if len(key(whole)) >= 2 else ()


def _units(answer: str) -> list[tuple[str, float]]:
    """Return sentences, list items and table rows, each with how much it promises."""
    units: list[tuple[str, float]] = []
    lead = ""
    header: list[str] = []
    for line in answer.split("\n"):
        text = line.strip()
        if not text or line.startswith(CODE_MARK):
            continue
        if is_table_row(text):
            row, header = _table_row(text, header)
            units += [(row, 1.5)] if row else []
            continue
        header = []
        number = number_of(text)
        listed = is_bullet(text) or number is not None
        if listed:
            text = number.rest if number else bullet_text(text)
        if (text.endswith((":", "：")) and len(text) <= 30) or _is_label(text):
            lead = text.rstrip(":：")
            continue
        sentences = [s.strip() for s in _SENTENCE.split(text) if s and s.strip()]
        for n, sentence in enumerate(sentences):
            weight = 2.0 if listed and n == 0 else 1.2 if n == 0 else 0.6
            units.append(
                (
                    _with_lead(sentence, lead) if n == 0 and listed else sentence,
                    weight + (not units),
                )
            )
        if not listed:
            lead = ""
    return units


def _is_label(text: str) -> bool:
    """Tell whether a line only names what the next lines speak of."""
    return len(text) <= _LONGEST_LABEL and not _SAYS.search(text)


def _with_lead(sentence: str, lead: str) -> str:
    """Put the line a list item hangs from before it, when the item alone says too little."""
    if not lead or len(sentence) >= 20 or len(lead) > 20 or "：" in sentence or ":" in sentence:
        return sentence
    return f"{lead}：{sentence}"


def _table_row(text: str, header: list[str]) -> tuple[str, list[str]]:
    cells = [cell.strip() for cell in text.strip("|").split("|")]
    if all(re.fullmatch(r":?-{2,}:?", cell) or not cell for cell in cells):
        return "", header or [""]
    if not header:
        return "", cells
    told = [cell for cell in cells[1:] if cell]
    if not cells[0] or not told:
        return "", header
    return f"{cells[0]}：{'；'.join(told)}", header


def _trimmed(text: str) -> str:
    """Return a statement without filler, cut at a clause when it is long."""
    text = _URL.sub("", text)
    text = re.sub(r"^\s*[(（]?(?:\d{1,2}|[a-h])[)）.、]\s*", "", re.sub(r"\s+", " ", text))
    text = _FILLER.sub("", text).strip(" -*·•")
    if len(text) > _LONGEST_POINT:
        cut = max(text.rfind(mark, 30, _LONGEST_POINT) for mark in "，,；;。、 ")
        text = text[: cut if cut > 0 else _LONGEST_POINT]
    return text.rstrip("，,；;、：: ")


def _states(text: str) -> bool:
    if _LEAD_IN.search(text) or text.endswith(("?", "？")):
        return False
    letters = len(re.findall(rf"[{CJK}A-Za-z]", text))
    return letters * 2 >= len(text)


def reference(answer: str, title: str) -> str:
    """Return the beginning of an answer as it could be spoken, whole sentences only."""
    lang = language_of(answer)
    limit = _SPOKEN[lang]
    said: list[str] = []
    length = 0
    header: list[str] = []
    for line in answer.split("\n"):
        text = line.strip()
        if not text or line.startswith(CODE_MARK) or key(text) == key(title):
            continue
        if is_table_row(text):
            text, header = _table_row(text, header)
        number = number_of(text)
        text = _URL.sub("", number.rest if number else bullet_text(text))
        for sentence in () if is_facet(text) else _SENTENCE.split(text):
            sentence = (sentence or "").strip()
            if not sentence:
                continue
            if said and length + len(sentence) > limit:
                return _joined(said, lang)
            said.append(sentence[: limit * 2])
            length += len(sentence)
    return _joined(said or list(_whole(answer)), lang)


def _joined(said: list[str], lang: str) -> str:
    stop = "。" if lang == "zh" else "."
    closed = [s if s[-1] in "。！？；，：,.!?;:" else s + stop for s in said]
    return ("" if lang == "zh" else " ").join(closed)
