"""SRT and VTT: timed cues, joined into the turns of their speakers."""

from __future__ import annotations

import re

from sessions.transcript import Block, Transcript
from sessions.transcripts.plain import seconds_of

_TIMES = re.compile(
    r"^\s*((?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3})\s*-->\s*((?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3})"
)
_VOICE = re.compile(r"^<v(?:\.[\w.]+)?\s+([^>]{1,60})>(.*)$", re.S)
_NAMED = re.compile(
    r"^\s*[\[(（]?([^\s:：<>\[\]()（）][^:：<>\[\]()（）]{0,39}?)[\])）]?\s*[:：]\s*(.*)$", re.S
)
_MARKUP = re.compile(r"</?(?:v|c|b|i|u|ruby|rt|lang)(?:[.\s][^>]{0,80})?>")


def is_subtitles(head: str) -> bool:
    """Return whether a text begins as SRT or VTT does."""
    return head.startswith("WEBVTT") or any(_TIMES.match(line) for line in head.splitlines()[:4])


def parse_subtitles(text: str) -> Transcript:
    """Parse cues; a cue that names nobody goes on with the speaker before it."""
    blocks: list[Block] = []
    for line, start, end, words in _cues(text):
        label, said = _speaker(words)
        label = label or (blocks[-1].label if blocks else "")
        if not label or not said:
            continue
        if blocks and blocks[-1].label == label:
            last = blocks[-1]
            glue = "" if _is_han(last.text[-1]) and _is_han(said[0]) else " "
            joined = last.text + glue + said
            blocks[-1] = Block(last.number, label, joined, last.line, last.start_s, end)
        else:
            blocks.append(Block(len(blocks) + 1, label, said, line, start, end))
    return Transcript("subtitles", tuple(blocks))


def _cues(text: str) -> list[tuple[int, float | None, float | None, str]]:
    cues: list[tuple[int, float | None, float | None, list[str]]] = []
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        found = _TIMES.match(line)
        if found:
            cues.append((number, seconds_of(found[1]), seconds_of(found[2]), []))
        elif cues and line.strip():
            following = lines[number] if number < len(lines) else ""
            if not (line.strip().isdigit() and _TIMES.match(following)):
                cues[-1][3].append(line.strip())
    return [(number, start, end, " ".join(words)) for number, start, end, words in cues]


def _speaker(words: str) -> tuple[str, str]:
    if found := _VOICE.match(words):
        return " ".join(found[1].split()), _MARKUP.sub("", found[2]).strip()
    if found := _NAMED.match(words):
        return " ".join(found[1].split()), _MARKUP.sub("", found[2]).strip()
    return "", _MARKUP.sub("", words).strip()


def _is_han(char: str) -> bool:
    return char >= "\u3000"
