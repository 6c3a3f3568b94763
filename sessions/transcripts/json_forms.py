"""JSON of common recognisers: the first list of segments with text and speaker."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sessions.transcript import Block, Transcript, TranscriptError
from sessions.transcripts.plain import seconds_of

_TEXT = ("text", "transcript", "content", "sentence", "utterance", "words_text", "onebest")
_SPEAKER = (
    "speaker", "speaker_label", "speaker_name", "speakerName", "speaker_id", "speakerId", "spk",
    "role", "channel", "name", "user",
)  # fmt: skip
_START = ("start", "start_time", "startTime", "begin", "begin_time", "bg", "from", "offset", "time")
_END = ("end", "end_time", "endTime", "ed", "to", "stop")
_DEEPEST = 8
_MS_FROM = 36_000
"""A recording longer than ten hours in seconds is one in milliseconds."""


def parse_json(text: str) -> Transcript | None:
    """Parse JSON; None when the text is no JSON after all.

    Raises:
        TranscriptError: It is JSON without segments that name their speakers.
    """
    try:
        document = json.loads(text)
    except ValueError:
        return None
    except RecursionError as error:
        raise TranscriptError("the JSON is nested too deeply") from error
    for rows in _lists(document, 0):
        blocks = _blocks(rows)
        if len({block.label for block in blocks}) > 1:
            return Transcript("json", tuple(blocks))
    raise TranscriptError(
        "this JSON has no list of segments with `speaker` and `text`: export it with speakers"
    )


def _lists(node: Any, depth: int) -> Iterator[Sequence[Mapping[str, Any]]]:
    if depth > _DEEPEST:
        return
    if isinstance(node, list):
        if node and all(isinstance(row, dict) for row in node):
            yield node
        for row in node[:50]:
            yield from _lists(row, depth + 1)
    elif isinstance(node, dict):
        for value in node.values():
            yield from _lists(value, depth + 1)


def _blocks(rows: Sequence[Mapping[str, Any]]) -> list[Block]:
    times = [_number(row, _START) for row in rows]
    known = [time for time in times if time is not None]
    unit = 1000.0 if known and max(known) > _MS_FROM else 1.0
    blocks: list[Block] = []
    for place, row in enumerate(rows):
        said, label = _text(row), _first(row, _SPEAKER)
        if not said or label in (None, ""):
            continue
        start, end = times[place], _number(row, _END)
        start = None if start is None else start / unit
        end = None if end is None else end / unit
        name = " ".join(str(label).split())[:60]
        if blocks and blocks[-1].label == name:
            last = blocks[-1]
            glue = "" if last.text[-1] >= "\u3000" and said[0] >= "\u3000" else " "
            joined = last.text + glue + said
            blocks[-1] = Block(last.number, name, joined, last.line, last.start_s, end)
        else:
            blocks.append(Block(len(blocks) + 1, name, said, place + 1, start, end))
    return blocks


def _first(row: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)


def _text(row: Mapping[str, Any]) -> str:
    found = _first(row, _TEXT)
    return found.strip() if isinstance(found, str) else ""


def _number(row: Mapping[str, Any], names: Sequence[str]) -> float | None:
    found = _first(row, names)
    if isinstance(found, int | float):
        return float(found)
    if isinstance(found, str):
        try:
            return seconds_of(found) if ":" in found else float(found.rstrip("s"))
        except ValueError:
            return None
    return None
