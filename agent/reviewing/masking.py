"""Personal data taken out of a transcript before anything of it is read or stored."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from sessions.records import Word
from sessions.transcript import Block, Transcript

_PLAIN_LABEL = re.compile(
    r"说话人|发言人|面试|候选|应聘|考官|参会|嘉宾|speaker|interview|candidate|spk|guest|host|\d",
    re.I,
)


def masked_blocks(transcript: Transcript) -> tuple[list[Block], Counter[str]]:
    """Mask personal data in each block before anything is read or stored.

    A label that is a person's name is masked wherever it is spoken.
    """
    from tools.knowledge.importers.privacy import mask

    counts: Counter[str] = Counter()
    names = [label for label in transcript.labels if _is_name(label)]
    spoken = re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))) or r"(?!)")
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


def _is_name(label: str) -> bool:
    return len(label) > 1 and not _PLAIN_LABEL.search(label)


def shown_label(label: str) -> str:
    """Return a label as it may be shown: names of people become their first letter and a dot."""
    return f"{label[0]}." if _is_name(label) else label
