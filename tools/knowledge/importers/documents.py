"""DOCX and PDF, read in a child process with limits on time, memory and output."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tools.knowledge.importers.cleaning import clean_line
from tools.knowledge.importers.model import ImportFailed, Source

_CHILD = Path(__file__).with_name("document_child.py")
_SECONDS = 60
_MEMORY = 1536 * 1024 * 1024
_MOST_OUTPUT = 200 * 1024 * 1024
_OCR = ("rapidocr_onnxruntime", "pypdfium2")
_OCR_MEMORY = 6 * 1024 * 1024 * 1024
"""Address space, of which under 1 GB was seen in use."""
_OCR_SECONDS = 30
"""Processor time that a page may take; 2 to 3 s were measured."""
_OCR_LONGEST = 1800
"""Processor time for all pages of one document; what takes longer is to be split."""


def read_document(path: Path, kind: str, *, seconds: int = _SECONDS) -> Source:
    """Return the text of a DOCX or PDF as lines; raises ImportFailed in one line.

    Pages that are pictures are recognised when the OCR parts are installed.
    """
    result = _ask(path, kind, _MEMORY, seconds)
    if result["scanned"] and all(importlib.util.find_spec(name) for name in _OCR):
        try:
            longest = seconds + min(_OCR_SECONDS * result["scanned"], _OCR_LONGEST)
            result = _ask(path, "ocr", _OCR_MEMORY, longest)
        except ImportFailed:  # the pages with text are worth having without the others
            if result["scanned"] == result["pages"]:
                raise
    if result["scanned"] - result["recognised"] == result["pages"]:
        raise ImportFailed(
            f"{path.name}: its {result['pages']} pages are pictures without text; install "
            "kaoguan[ocr], or run OCR on it first, then import"
        )
    counts: Counter[str] = Counter()
    if result["recognised"]:
        counts["scanned page recognised"] = result["recognised"]
    if left := result["scanned"] - result["recognised"]:
        counts["scanned page left out, needs OCR"] = left
    lines = [clean_line(line, counts) for text in result["lines"] for line in text.split("\n")]
    if not any(line.strip() for line in lines):
        raise ImportFailed(f"{path.name}: holds no text; there is nothing to import")
    return Source(path.name, lines, counts)


def _ask(path: Path, kind: str, memory: int, seconds: int) -> dict[str, Any]:
    command = [sys.executable, "-I", str(_CHILD), kind, str(path.resolve())]
    command += [str(memory), str(seconds)]
    keep = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "TMPDIR", "TEMP")
    environment = {name: os.environ[name] for name in keep if name in os.environ}
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds + 5,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ImportFailed(
            f"{path.name}: took over {seconds} s to read; split it or export it as text"
        ) from error
    if done.returncode or len(done.stdout) > _MOST_OUTPUT:
        raise ImportFailed(f"{path.name}: used more time or memory than one document may; split it")
    result: dict[str, Any] = json.loads(done.stdout)
    if "problem" in result:
        raise ImportFailed(f"{path.name}: {result['problem']}")
    return result
