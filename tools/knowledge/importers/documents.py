"""DOCX and PDF, read in a child process with limits on time, memory and output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tools.knowledge.importers.cleaning import clean_line
from tools.knowledge.importers.model import ImportFailed, Source

_CHILD = Path(__file__).with_name("document_child.py")
_SECONDS = 60
_MEMORY = 1536 * 1024 * 1024
_MOST_OUTPUT = 200 * 1024 * 1024


def read_document(path: Path, kind: str, *, seconds: int = _SECONDS) -> Source:
    """Return the text of a DOCX or PDF as lines; raises ImportFailed in one line."""
    command = [
        sys.executable,
        "-I",
        str(_CHILD),
        kind,
        str(path.resolve()),
        str(_MEMORY),
        str(seconds),
    ]
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
    result = json.loads(done.stdout)
    if "problem" in result:
        raise ImportFailed(f"{path.name}: {result['problem']}")
    counts: Counter[str] = Counter()
    if result["scanned"]:
        counts["scanned page left out, needs OCR"] = result["scanned"]
    lines = [clean_line(line, counts) for text in result["lines"] for line in text.split("\n")]
    if not any(line.strip() for line in lines):
        raise ImportFailed(f"{path.name}: holds no text; there is nothing to import")
    return Source(path.name, lines, counts)
