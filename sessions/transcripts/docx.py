"""Text of a DOCX file, paragraph by paragraph, from its XML alone."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

from sessions.transcript import MOST_BYTES, TranscriptError

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PART = "word/document.xml"


def docx_text(data: bytes) -> str:
    """Return the paragraphs of a document, one a line.

    Raises:
        TranscriptError: The file is no DOCX, is damaged, or unpacks to too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if archive.getinfo(_PART).file_size > 4 * MOST_BYTES:
                raise TranscriptError("the document unpacks to too much: no transcript is so long")
            xml = archive.read(_PART)
    except KeyError:
        raise TranscriptError("this archive is no DOCX document") from None
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        raise TranscriptError(f"the document is damaged: {error}") from error
    if b"<!DOCTYPE" in xml[:4096] or b"<!ENTITY" in xml:
        raise TranscriptError("the document declares entities, which no word processor writes")
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError as error:
        raise TranscriptError(f"the document is damaged: {error}") from error
    return "\n".join(_paragraph(node) for node in root.iter(f"{_W}p"))


def _paragraph(node: ElementTree.Element) -> str:
    pieces = []
    for part in node.iter():
        if part.tag == f"{_W}t":
            pieces.append(part.text or "")
        elif part.tag == f"{_W}tab":
            pieces.append("\t")
        elif part.tag in (f"{_W}br", f"{_W}cr"):
            pieces.append("\n")
    return "".join(pieces)
