"""Opening a document: what kind it is, how big it may be, how its bytes become lines."""

from __future__ import annotations

import codecs
from collections import Counter
from pathlib import Path
from typing import BinaryIO, Literal

from tools.knowledge.importers.cleaning import clean_line
from tools.knowledge.importers.model import ImportFailed, Progress, Source

LARGEST_FILE = 300 * 1024 * 1024
"""Bytes; the largest document taken."""
_LONGEST_READ = 1 << 20
"""Bytes of one line that are read; what lies beyond is data, not words."""
_SNIFFED = 1 << 18

FileKind = Literal["text", "csv", "jsonl", "json", "docx", "pdf"]
_BY_SUFFIX: dict[str, FileKind] = {
    ".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json",
    ".docx": "docx", ".pdf": "pdf",
}  # fmt: skip
_REFUSED = {
    ".doc": "save it as .docx", ".ppt": "export it as PDF", ".pptx": "export it as PDF",
    ".xls": "export it as CSV", ".xlsx": "export it as CSV", ".rtf": "save it as .docx",
    ".epub": "convert it to PDF or Markdown", ".odt": "save it as .docx",
}  # fmt: skip
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "a PNG picture"), (b"\xff\xd8\xff", "a JPEG picture"), (b"GIF8", "a GIF picture"),
    (b"\x7fELF", "a program"), (b"MZ\x90", "a program"), (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"), (b"Rar!", "a RAR archive"), (b"BZh", "a bzip2 archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"), (b"SQLite format 3", "a database"),
    (b"ID3", "a sound file"), (b"RIFF", "a sound or video file"), (b"OggS", "a sound file"),
)  # fmt: skip
_BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip


def file_kind(path: Path) -> FileKind:
    """Return how the document is to be read; raises ImportFailed when it cannot be."""
    name = path.name
    try:
        if path.is_dir():
            raise ImportFailed(f"{name}: is a folder; name the documents in it one by one")
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(8192)
    except OSError as error:
        raise ImportFailed(
            f"{name}: cannot be read ({error.strerror or error}); check the path"
        ) from error
    if not size:
        raise ImportFailed(f"{name}: the file is empty; there is nothing to import")
    if size > LARGEST_FILE:
        limit = LARGEST_FILE // 1024 // 1024
        raise ImportFailed(
            f"{name}: {size / 1024 / 1024:.0f} MB is over the limit of {limit} MB; split it"
        )
    return _kind_by_content(path, head)


def _kind_by_content(path: Path, head: bytes) -> FileKind:
    name = path.name
    if head[:5] == b"%PDF-":
        return "pdf"
    suffix = path.suffix.lower()
    if suffix in _REFUSED:
        raise ImportFailed(f"{name}: {suffix} files are not read; {_REFUSED[suffix]}")
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        if suffix == ".docx":
            return "docx"
        raise ImportFailed(
            f"{name}: is a zip archive, not text; unpack it and import what is inside"
        )
    if suffix in (".docx", ".pdf"):
        raise ImportFailed(
            f"{name}: is no {suffix[1:].upper()} inside; it may be damaged, save it again"
        )
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise ImportFailed(
                f"{name}: is {what}, not text; export the notes as text, PDF or .docx"
            )
    return _BY_SUFFIX.get(suffix, "text")


def encoding_of(path: Path) -> str:
    """Return the encoding of a text file, `mixed` when no single one fits; binary is refused."""
    with path.open("rb") as file:
        head = file.read(_SNIFFED)
        for bom, encoding in _BOMS:
            if head.startswith(bom):
                return encoding
        if wide := _wide_without_mark(head):
            return wide
        _refuse_binary(head, path.name)
        file.seek(0)
        for encoding in ("utf-8", "gb18030"):
            if _fits(file, encoding):
                return encoding
    return "mixed"


def _wide_without_mark(head: bytes) -> str:
    """Return the UTF-16 order in which the bytes read as text, when they hold NULs at all."""
    if b"\0" not in head:
        return ""
    sample = head[: min(len(head), 8192) // 2 * 2]
    shares = {e: _share_of_text(sample.decode(e, "replace")) for e in ("utf-16-le", "utf-16-be")}
    best = max(shares, key=lambda encoding: shares[encoding])
    return best if shares[best] > 0.9 else ""


def _share_of_text(text: str) -> float:
    usual = sum(
        " " <= c <= "~" or c in "\t\r\n" or "\u4e00" <= c <= "\u9fff" or "\u3000" <= c <= "\u303f"
        or "\uff00" <= c <= "\uffef" or "\u2010" <= c <= "\u2027"
        for c in text
    )  # fmt: skip
    return usual / max(1, len(text))


def _refuse_binary(head: bytes, name: str) -> None:
    control = sum(head.count(c) for c in (*range(9), *range(14, 27), *range(28, 32)))
    if control > max(8, len(head) * 0.05):
        raise ImportFailed(
            f"{name}: holds binary data, not text; export the notes as text, PDF or .docx"
        )


def _fits(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    file.seek(0)
    try:
        while block := file.read(1 << 20):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def read_text(path: Path, progress: Progress | None = None) -> Source:
    """Read a text file of any usual encoding into lines, repairing characters on the way."""
    encoding = encoding_of(path)
    counts: Counter[str] = Counter()
    if encoding == "mixed":
        lines = _read_mixed(path, counts)
    else:
        lines = _read_lines(path, encoding, counts, progress)
    if encoding not in ("utf-8",):
        counts[f"read as {encoding}"] += 1
    if not any(line.strip() for line in lines):
        raise ImportFailed(f"{path.name}: holds no text; there is nothing to import")
    return Source(path.name, lines, counts)


def _read_lines(
    path: Path, encoding: str, counts: Counter[str], progress: Progress | None
) -> list[str]:
    total = path.stat().st_size
    lines: list[str] = []
    done = 0
    with path.open(encoding=encoding, errors="replace", newline=None) as file:
        while piece := file.readline(_LONGEST_READ):
            line = piece
            while not piece.endswith("\n") and len(piece) == _LONGEST_READ:
                piece = file.readline(_LONGEST_READ)
                done += len(piece)
            lines.append(clean_line(line.rstrip("\n"), counts))
            done += len(line)
            if progress and len(lines) % 5000 == 0:
                progress(min(done, total), total)
    if progress:
        progress(total, total)
    return lines


def _read_mixed(path: Path, counts: Counter[str]) -> list[str]:
    """Decode every line by itself, for files glued together from several encodings."""
    lines: list[str] = []
    with path.open("rb") as file:
        while raw := file.readline(_LONGEST_READ):
            text = ""
            for encoding in ("utf-8", "gb18030"):
                try:
                    text = raw.decode(encoding)
                    break
                except UnicodeDecodeError:
                    continue
            else:
                text = raw.decode("utf-8", "replace").replace("\ufffd", "")
                counts["undecodable bytes dropped"] += 1
            lines.append(clean_line(text.rstrip("\r\n"), counts))
    return lines
