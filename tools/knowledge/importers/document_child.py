"""Run in a process of its own: turns one DOCX or PDF into lines, within limits.

A damaged or hostile document may use up this process, never the program that asked. It imports
nothing of ours and writes one JSON object: `lines`, how many `pages` there are, how many of them
are `scanned` and of those `recognised`; or `problem` in one sentence.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from typing import Any

_MOST_BYTES = 200 * 1024 * 1024
_HIGHEST_RATIO = 120
"""Unpacked to packed; text in a DOCX packs about 10 to 1."""
_MOST_PARTS = 5000
_MOST_PAGES = 2000
_MOST_CHARACTERS = 40_000_000
_FEWEST_CHARACTERS_A_PAGE = 16
_MOST_RECOGNISED = 200
"""Pages of one document that are recognised; one takes seconds."""
_PIXELS_A_POINT = 150 / 72
"""150 dots an inch: small print stays readable."""
_SURE = 0.5
"""Least confidence of a recognised line."""


_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


class _Refused(Exception):
    """The document is not read; the message says why and what to do."""


def main(kind: str, path: str, memory: int, seconds: int) -> None:
    """Read the document and write the result to standard output."""
    _limit(memory, seconds)
    try:
        result: dict[str, Any] = {"pages": 1, "scanned": 0, "recognised": 0}
        if kind == "docx":
            result["lines"] = _docx_lines(path)
        else:
            result |= _pdf(path, _recogniser(path) if kind == "ocr" else None)
    except _Refused as error:
        result = {"problem": str(error)}
    except MemoryError:
        result = {"problem": "needs more memory than is given to one document; split it"}
    except ImportError as error:
        result = {"problem": f"cannot be read without {error.name}; install kaoguan[documents]"}
    except RecursionError:
        result = {"problem": "is nested too deeply; save it again from the program that wrote it"}
    except Exception as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        result = {"problem": f"is damaged ({reason}); save it again and retry"}
    sys.stdout.write(json.dumps(result))


def _limit(memory: int, seconds: int) -> None:
    try:
        import resource
    except ImportError:
        return  # Windows: only the time limit of the parent holds
    for what, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds)):
        try:
            resource.setrlimit(what, (value, value))
        except (ValueError, OSError):
            continue


def _docx_lines(path: str) -> list[str]:
    _check_archive(path)
    import docx
    from docx.table import Table

    lines: list[str] = []
    size = 0
    document = docx.Document(path)
    numbers = _Numbers(document)
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            new = [""]
            for n, row in enumerate(block.rows):
                cells = [" ".join(cell.text.split()).replace("|", "/") for cell in row.cells]
                new.append("| " + " | ".join(cells) + " |")
                if not n:
                    new.append("|" + "---|" * len(cells))
            new.append("")
        else:
            new = _paragraph(block, numbers)
        size += sum(map(len, new))
        if size > _MOST_CHARACTERS:
            raise _Refused("holds more text than is read from one document; split it")
        lines += new
    return lines


class _Numbers:
    """Counts the numbered paragraphs of a document, as Word does when it shows them."""

    def __init__(self, document: Any) -> None:
        self.counts: dict[tuple[str, str], int] = {}
        self.formats: dict[tuple[str, str], str] = {}
        try:
            root = document.part.numbering_part.element
        except (KeyError, NotImplementedError, AttributeError):
            return
        levels = {
            (shape.get(_W + "abstractNumId"), level.get(_W + "ilvl")): form.get(_W + "val")
            for shape in root.iter(_W + "abstractNum")
            for level in shape.iter(_W + "lvl")
            for form in level.iter(_W + "numFmt")
        }
        for row in root.iter(_W + "num"):
            for shape in row.iter(_W + "abstractNumId"):
                for (name, level), form in levels.items():
                    if name == shape.get(_W + "val"):
                        self.formats[row.get(_W + "numId"), level] = form

    def mark(self, block: Any) -> str:
        """Return what stands before the paragraph: a number, a bullet or nothing."""
        style = str(getattr(block.style, "name", "") or "").lower()
        found = block._p.find(f"{_W}pPr/{_W}numPr")
        if found is None and getattr(block.style, "element", None) is not None:
            found = block.style.element.find(f"{_W}pPr/{_W}numPr")
        if found is None:
            return "- " if style.startswith("list") else ""
        name, level = (
            "" if (child := found.find(_W + tag)) is None else child.get(_W + "val")
            for tag in ("numId", "ilvl")
        )
        key = (name, level or "0")
        if self.formats.get(key, "bullet") in ("bullet", "none") or key[1] != "0":
            return "- "
        self.counts[key] = self.counts.get(key, 0) + 1
        return f"{self.counts[key]}. "


def _paragraph(block: Any, numbers: _Numbers) -> list[str]:
    text = block.text.strip()
    if not text:
        return [""]
    style = str(getattr(block.style, "name", "") or "")
    level = re.match(r"(?:heading|标题)\s*([1-9])", style, re.I)
    if level and "\n" not in text:
        return ["", "#" * min(6, int(level.group(1))) + " " + text, ""]
    if style.lower() in ("title", "标题"):
        return ["", "# " + text, ""]
    first, *rest = text.split("\n")
    return [numbers.mark(block) + first.rstrip(), *(part.rstrip() for part in rest)]


def _check_archive(path: str) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if len(parts) > _MOST_PARTS:
            raise _Refused(
                f"holds {len(parts)} parts, over the limit of {_MOST_PARTS}; save it again"
            )
        if not any(part.filename == "word/document.xml" for part in parts):
            raise _Refused("is a zip archive without a Word document in it; save it as .docx again")
        for part in parts:
            ratio = part.file_size / max(1, part.compress_size)
            if part.file_size > 1 << 20 and ratio > _HIGHEST_RATIO:
                raise _Refused(
                    f"unpacks to {ratio:.0f} times its size, as no written document does"
                )
        whole = sum(part.file_size for part in parts)
        if whole > _MOST_BYTES:
            raise _Refused(
                f"unpacks to {whole // 1024 // 1024} MB, over the limit of 200 MB; split it"
            )


def _pdf(path: str, recognise: Callable[[int], list[str]] | None) -> dict[str, Any]:
    """Return the text, and what became of pages that are pictures without any."""
    import logging

    import pypdf

    logging.disable(logging.CRITICAL)
    reader = pypdf.PdfReader(path)
    if reader.is_encrypted and not reader.decrypt(""):
        raise _Refused("is locked with a password; save an unlocked copy")
    count = len(reader.pages)
    if count > _MOST_PAGES:
        raise _Refused(f"has {count} pages, over the limit of {_MOST_PAGES}; split it")
    pages: list[list[str]] = []
    size = 0
    scanned = recognised = 0
    for number, page in enumerate(reader.pages):
        text = page.extract_text() or ""
        size += len(text)
        if size > _MOST_CHARACTERS:
            raise _Refused("holds more text than is read from one document; split it")
        lines = [line.rstrip() for line in text.split("\n")]
        if len("".join(lines).strip()) < _FEWEST_CHARACTERS_A_PAGE:
            scanned += 1
            if recognise is not None and recognised < _MOST_RECOGNISED:
                lines = recognise(number) or lines
                recognised += 1
        pages.append(lines)
    lines = _rejoined(_without_frames(pages))
    return {"lines": lines, "pages": count, "scanned": scanned, "recognised": recognised}


def _recogniser(path: str) -> Callable[[int], list[str]]:
    """Return what reads a page's picture as lines, from top to bottom."""
    import pypdfium2
    from rapidocr_onnxruntime import RapidOCR

    engine = RapidOCR(intra_op_num_threads=1)
    document = pypdfium2.PdfDocument(path)

    def recognise(number: int) -> list[str]:
        picture = document[number].render(scale=_PIXELS_A_POINT).to_numpy()
        found, _ = engine(picture)
        return [text for _, text, sure in found or () if float(sure) >= _SURE]

    return recognise


def _without_frames(pages: list[list[str]]) -> list[str]:
    """Drop lines that head or foot most pages."""
    ends: Counter[str] = Counter()
    for page in pages:
        told = [line.strip() for line in page if line.strip()]
        ends.update({re.sub(r"\d+", "0", line) for line in (*told[:2], *told[-2:])})
    frames = {line for line, n in ends.items() if n >= max(3, 0.6 * len(pages))}
    return [
        line for page in pages for line in page if re.sub(r"\d+", "0", line.strip()) not in frames
    ]


def _rejoined(lines: list[str]) -> list[str]:
    """Join the lines of a paragraph that the page's width broke."""
    widths = sorted(_width(line) for line in lines if line.strip())
    full = widths[int(len(widths) * 0.9)] * 0.85 if widths else 0
    out: list[str] = []
    going_on = False
    for line in lines:
        starts_anew = re.match(
            r"\s*(?:[-*•·●#|]|\d{1,3}[.、)）]|[（(]\d|[一二三四五六七八九十]+、|第.{1,3}[章节])",
            line,
        )
        if going_on and line.strip() and not starts_anew:
            glue = " " if out[-1][-1:].isascii() and line.strip()[:1].isascii() else ""
            out[-1] += glue + line.strip()
        else:
            out.append(line)
        going_on = (
            bool(line.strip())
            and _width(line) >= full
            and not line.rstrip().endswith(("。", "！", "？", "；", "：", ".", "!", "?", ":", ";"))
        )
    return out


def _width(line: str) -> int:
    return sum(2 if ord(c) > 0x2E80 else 1 for c in line)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
