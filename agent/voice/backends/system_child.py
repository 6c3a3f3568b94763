"""Run as a process of its own: say the text on standard input into a WAV file by pyttsx3."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

_FILE_WITHIN_S = 12.0


def main(path: Path, voice: str, rate: int, text: str) -> None:
    """Write the file and wait until it has stopped growing: runAndWait returns too early."""
    import pyttsx3

    engine: Any = pyttsx3.init()
    engine.setProperty("rate", rate)
    chosen = _voice(engine.getProperty("voices"), voice)
    if chosen:
        engine.setProperty("voice", chosen)
    engine.save_to_file(text, str(path))
    engine.runAndWait()
    end, size = time.monotonic() + _FILE_WITHIN_S, -1
    while time.monotonic() < end:
        now = path.stat().st_size if path.exists() else 0
        if now > 44 and now == size:
            return
        size = now
        time.sleep(0.05)


def _voice(voices: Any, wanted: str) -> str:
    """Return the id of the voice whose id or language fits best, or nothing."""
    for voice in voices:
        if str(voice.id).split("/")[-1] == wanted:
            return str(voice.id)
    for voice in voices:
        languages = [
            x.decode("utf-8", "ignore") if isinstance(x, bytes) else str(x)
            for x in getattr(voice, "languages", ())
        ]
        if any(x.strip("\x05").casefold().startswith(wanted) for x in languages):
            return str(voice.id)
    return ""


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.stdin.buffer.read().decode("utf-8"))
