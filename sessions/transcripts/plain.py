"""Speaker-and-time texts as meeting tools write them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sessions.transcript import Block, Progress, Transcript

_TIME = r"(?:\d{1,2}[:：])?\d{1,3}[:：]\d{2}(?:[.,]\d{1,3})?"
_LABEL = r"[^\s:：\[\]()（）<>][^:：\[\]()（）<>]{0,39}?"
_SPAN = rf"(?P<time>{_TIME})(?:\s*(?:-->|[-–—~])\s*(?P<end>{_TIME}))?"

STYLES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        (
            "label time",
            rf"^\s*(?P<label>{_LABEL})\s+[(\[（]?{_SPAN}[)\]）]?\s*[:：]?\s*(?P<text>)$",
        ),
        (
            "label time: text",
            rf"^\s*(?P<label>{_LABEL})\s*[(\[（]\s*{_SPAN}\s*[)\]）]\s*[:：]?\s*(?P<text>.*)$",
        ),
        (
            "time label: text",
            rf"^\s*[(\[（]?\s*{_SPAN}\s*[)\]）]?\s*[-–]?\s*(?P<label>{_LABEL})\s*[:：]\s*(?P<text>.*)$",
        ),
        ("time label", rf"^\s*[(\[（]?\s*{_SPAN}\s*[)\]）]?\s+(?P<label>{_LABEL})\s*(?P<text>)$"),
        ("label: text", rf"^\s*(?P<label>{_LABEL})\s*[:：]\s*(?P<text>.*)$"),
    )
)
_LONGEST_HEADER = 600
_SOME = 2
"""A label that heads fewer blocks is taken for a line of the header, not for a speaker."""


@dataclass
class _Open:
    label: str
    line: int
    start_s: float | None
    end_s: float | None
    text: list[str]


def seconds_of(time: str | None) -> float | None:
    """Return the seconds of `mm:ss` or `h:mm:ss`, with parts of a second allowed."""
    if not time:
        return None
    total = 0.0
    for part in re.split("[:：]", time.replace(",", ".")):
        total = total * 60 + float(part)
    return total


def parse_plain(text: str, progress: Progress | None = None) -> Transcript:
    """Parse a text whose speakers are marked at the start of lines; no blocks when none are."""
    lines = text.splitlines()
    style = _style(lines)
    if style is None:
        return Transcript("speaker lines", ())
    known = _speakers(lines, style)
    blocks: list[Block] = []
    ignored: list[str] = []
    current: _Open | None = None
    for number, line in enumerate(lines, 1):
        found = style.match(line[:_LONGEST_HEADER]) if _may_head(line) else None
        if found and _label(found) in known:
            _close(current, blocks)
            rest = line[found.start("text") :] if found["text"] else ""
            times = found.groupdict()
            start, end = seconds_of(times.get("time")), seconds_of(times.get("end"))
            current = _Open(_label(found), number, start, end, [rest])
        elif current is not None:
            current.text.append(line)
        elif line.strip():
            ignored.append(line.strip()[:200])
        if progress is not None and number % 2000 == 0:
            progress(number, len(lines))
    _close(current, blocks)
    return Transcript("speaker lines", tuple(_with_ends(blocks)), tuple(ignored))


def _may_head(line: str) -> bool:
    head = line[:80]
    return ":" in head or "：" in head


def _label(found: re.Match[str]) -> str:
    return " ".join(found["label"].split())


def _style(lines: Sequence[str]) -> re.Pattern[str] | None:
    """Return the style that marks most lines; timed styles go before the untimed one."""
    best: tuple[int, re.Pattern[str]] | None = None
    for name, pattern in STYLES:
        speakers = _speakers(lines, pattern)
        count = sum(speakers.values())
        if len(speakers) > 12 or count < _SOME:
            continue
        if name == "label: text" and best is not None and best[0] >= _SOME * 2:
            break
        if best is None or count > best[0]:
            best = (count, pattern)
    return None if best is None else best[1]


def _speakers(lines: Sequence[str], style: re.Pattern[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for line in lines:
        if _may_head(line) and (found := style.match(line[:_LONGEST_HEADER])):
            counts[_label(found)] += 1
    if len(counts) <= 2 and all(counts.values()):
        return counts
    return Counter({label: count for label, count in counts.items() if count >= _SOME})


def _close(current: _Open | None, blocks: list[Block]) -> None:
    if current is None:
        return
    text = "\n".join(current.text).strip()
    if text:
        place = (current.line, current.start_s, current.end_s)
        blocks.append(Block(len(blocks) + 1, current.label, text, *place))


def _with_ends(blocks: Sequence[Block]) -> list[Block]:
    """Give each block the next one's start as its end: what meeting tools leave out."""
    done = []
    for place, block in enumerate(blocks):
        after = blocks[place + 1].start_s if place + 1 < len(blocks) else None
        end = block.end_s if block.end_s is not None else after
        if end is not None and block.start_s is not None and end < block.start_s:
            end = None
        done.append(Block(block.number, block.label, block.text, block.line, block.start_s, end))
    return done
