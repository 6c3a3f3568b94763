"""Personal data taken out of a transcript before anything of it is read or stored."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from sessions.records import Word
from sessions.transcript import Block, Transcript

_ROLE = re.compile(
    r"说话人|发言人|讲话人|[主副]?面试[官者]|[主副]?考官|候选人|应聘者?|求职者|参会[人者]?|与会者?|参与者"
    r"|嘉宾|主持人|主讲人?|听众|用户|来电|未知|匿名|会议室|房间|技术|业务|人事|面试|[主副]面"
    r"|第?[一二三四五六七八九十两\d]+[号位面轮]"
    r"|(?<![A-Za-z])(?:speaker[a-z]?|spk|interview(?:er|ee)?|candidate|applicant|guest|co-?host|host"
    r"|moderator|presenter|participant|panell?ist|attendee|caller|user|unknown|anonymous|recruiter"
    r"|hiring|manager|lead|senior|tech(?:nical)?|organi[sz]er|me|you|myself|meeting|conference|room"
    r"|i?phone|ipad|zoom|teams|external|the|and|of|hr|ai|[md]rs?|ms|prof(?:essor)?)(?![A-Za-z])"
    r"|(?<![\u4e00-\u9fff])(?:老师|学生|同学|同事|老板|领导|客户|对方|本人|自己|我们|我方|工程师)(?![\u4e00-\u9fff])",
    re.I,
)
"""What a label says of somebody's part in the talk; the rest of it is a name."""
_HAN = re.compile("[\u4e00-\u9fff]{2,}")
_LETTERS = re.compile("[^\\W\\d_\u4e00-\u9fff]+")
_BETWEEN = re.compile(r"[\s._'’-]+")
"""What stands between the parts of one name, and not between two names."""
_LEAST_PART = 3
_EVERYDAY = frozenset(
    "an art bill can chance chase do drew fan fast frank go grace grant he her hill his hope in is"
    " it joy jun june king long love mark may men ming my no north rich rob rose say see she so"
    " song sue sun to very we west wood will you young".split()
)
"""Names that are words of every day too: masked only where they are written with a capital."""


def masked_blocks(transcript: Transcript) -> tuple[list[Block], Counter[str]]:
    """Mask personal data in each block before anything is read or stored.

    A person's name in a label is masked wherever it is spoken, and so is each longer part of it.
    """
    from tools.knowledge.importers.privacy import mask

    counts: Counter[str] = Counter()
    spoken = _spoken_names(transcript.labels)
    blocks = []
    for block in transcript.blocks:
        text, n = spoken.subn("[name]", block.text)
        counts["masked: name"] += n
        text = mask(text, counts)
        blocks.append(replace(block, text=text, words=_unmasked(block, text)))
    return blocks, counts


def _unmasked(block: Block, masked: str) -> tuple[Word, ...]:
    """Return the words of a block that were not masked: no name stays among the times."""
    from difflib import SequenceMatcher

    from sessions.report.speaking import placed_words

    if not block.words or masked == block.text:
        return block.words
    kept = [
        (row.a, row.a + row.size)
        for row in SequenceMatcher(None, block.text, masked, autojunk=False).get_matching_blocks()
    ]
    return tuple(
        word
        for word, start, end in placed_words(block.text, block.words)
        if any(a <= start and end <= b for a, b in kept)
    )


def _spoken_names(labels: Iterable[str]) -> re.Pattern[str]:
    """Return what finds the names in these labels, the longest first; nothing without a name."""
    forms: dict[str, None] = {}
    for label in labels:
        for name in _names(label):
            forms[_form(name)] = None
            if len(name) > 1:
                forms |= {_form([part]): None for part in name if len(part) >= _LEAST_PART}
    return re.compile("|".join(sorted(forms, key=len, reverse=True)) or r"(?!)")


def _names(label: str) -> Iterator[list[str]]:
    """Yield the parts of each name in a label: of Han characters one, of letters one a word."""
    rest = _ROLE.sub("|", label)
    yield from ([found[0]] for found in _HAN.finditer(rest))
    name: list[str] = []
    end = 0
    for found in _LETTERS.finditer(rest):
        if name and not _BETWEEN.fullmatch(rest, end, found.start()):
            yield from _whole(name)
            name = []
        name.append(found[0])
        end = found.end()
    yield from _whole(name)


def _whole(name: list[str]) -> Iterator[list[str]]:
    if len("".join(name)) > 1:
        yield name


def _form(parts: list[str]) -> str:
    """Return the pattern of a name; one of letters has edges, for `Ann` is not in `annotation`.

    A Han character beside it is an edge: Chinese writes no spaces.
    """
    if _HAN.fullmatch(parts[0]):
        return re.escape(parts[0])
    word = r"[\W_]+".join(map(re.escape, parts))
    if word.casefold() in _EVERYDAY:
        word = f"(?:{word[0].upper()}{word[1:].lower()}|{word.upper()})"
    else:
        word = f"(?i:{word})"
    return rf"(?<![^\W\u4e00-\u9fff]){word}(?![^\W\u4e00-\u9fff])"


def shown_labels(labels: Iterable[str]) -> dict[str, str]:
    """Return how each label may be shown: a person by the first letter and a dot, none twice."""
    shown: dict[str, str] = {}
    for label in labels:
        name = next(_names(label), None)
        bare = f"{name[0][0]}." if name else label
        form, number = bare, 1
        while form in shown.values():
            number += 1
            form = f"{bare} {number}"
        shown[label] = form
    return shown
