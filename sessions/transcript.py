"""Transcripts of recorded interviews: what was said, by which label, when, and who is who.

Reads the texts that meeting tools write. Text is kept raw: every later quote is a piece of it.
Knows nothing of questions or grades, and opens no audio.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sessions.records import Word

MOST_BYTES = 12_000_000
"""Ten hours of talk have under a megabyte of text; a larger file is no transcript."""

Progress = Callable[[int, int], None]
"""Hears how many lines are read and how many there are."""


class TranscriptError(Exception):
    """A file is no transcript that can be read; the message says why and what to do."""


@dataclass(frozen=True)
class Block:
    """What one label says without a break, as the file has it."""

    number: int
    """Counts from 1."""
    label: str
    text: str
    line: int
    """Line of the file at which the block begins, from 1."""
    start_s: float | None = None
    end_s: float | None = None
    words: tuple[Word, ...] = ()
    """The recogniser's words with times from the beginning of the recording; none without sound."""


@dataclass(frozen=True)
class Transcript:
    """A transcript as it was read."""

    form: str
    """speaker lines, subtitles, json or docx."""
    blocks: tuple[Block, ...]
    ignored: tuple[str, ...] = ()
    """Lines that belong to no speaker: headers, key words."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The speakers' labels in the order in which they speak."""
        return tuple(dict.fromkeys(block.label for block in self.blocks))

    @property
    def seconds(self) -> float | None:
        """From the first to the last time given; None without times."""
        times = [t for b in self.blocks for t in (b.start_s, b.end_s) if t is not None]
        return max(times) - min(times) if times else None


def read_transcript(path: Path, progress: Progress | None = None) -> Transcript:
    """Read a transcript file of any known form.

    Raises:
        TranscriptError: The file is too large, binary, empty, a web page or without speakers.
    """
    from sessions.transcripts.docx import docx_text
    from sessions.transcripts.plain import parse_plain

    data = _bytes(path)
    if data[:4] == b"PK\x03\x04":
        found = parse_plain(docx_text(data), progress)
        return _checked(Transcript("docx", found.blocks, found.ignored))
    return parse_transcript(_decode(data), progress)


def parse_transcript(text: str, progress: Progress | None = None) -> Transcript:
    """Parse the text of a transcript.

    Raises:
        TranscriptError: No speaker can be told from another.
    """
    from sessions.transcripts.json_forms import parse_json
    from sessions.transcripts.plain import parse_plain
    from sessions.transcripts.subtitles import is_subtitles, parse_subtitles

    head = text.lstrip("\ufeff \t\r\n")[:400]
    if not head:
        raise TranscriptError("the file is empty")
    if head[:15].lower().startswith(("<!doctype", "<html")):
        raise TranscriptError("this is a web page: export the transcript as text, SRT or JSON")
    if head[0] in "{[" and (found := parse_json(text)) is not None:
        return _checked(found)
    if is_subtitles(head):
        return _checked(parse_subtitles(text))
    return _checked(parse_plain(text, progress))


def _bytes(path: Path) -> bytes:
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise TranscriptError(
            f"the file has {size / 1e6:.0f} MB: a transcript of ten hours has under 1 MB "
            f"(limit {MOST_BYTES // 1_000_000} MB)"
        )
    return path.read_bytes()


def _decode(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        codings = ["utf-16"]
    elif b"\0" in data[:65536]:
        raise TranscriptError("the file is binary, not text")
    else:
        codings = ["utf-8-sig", "gb18030"]
    for coding in codings:
        try:
            return data.decode(coding)
        except UnicodeDecodeError:
            continue
    raise TranscriptError("the file is no text in UTF-8, UTF-16 or GB 18030")


def _checked(found: Transcript) -> Transcript:
    if not found.blocks:
        raise TranscriptError(
            "no speakers found: expected lines such as `Speaker 1 00:12`, `[00:12] Name: …`, "
            "`面试官：…`, SRT, VTT or JSON with speakers"
        )
    if len(found.labels) < 2:
        raise TranscriptError(
            f"only one speaker ({found.labels[0]!r}): a review needs interviewer and candidate"
        )
    return found
