"""The candidate's own voice beside their quotes: short clips cut out of a session's recording.

The recording holds the candidate on the left. A clip is MP3, because every browser plays it.
Nothing is cut when the recording is shorter than the ledger says: then it is of another day.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sessions.report.schema import Report

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EMBEDDED_BYTES = 3_000_000
"""Sound in the page itself, as its base64 text; what is beyond lies in files beside it."""
LONGEST_S = 20.0
"""A quote said over longer than this is cut: it is heard to be recognised, not to be studied."""
_SILENT = 50 / 32768
"""Loudest sample below which a stretch holds no voice."""


def clip_key(turn: str, start: int, end: int) -> str:
    """Return the name under which the page asks for a quote's sound."""
    return f"{turn}:{start}-{end}"


def cut_clips(report: Report, recording: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each quote's sound as MP3, in the order of the report.

    Ends at once when the recording cannot be read or the sound library is missing.
    """
    try:
        import soundfile
    except ImportError:
        return
    spans = dict(_spans(report))
    try:
        with soundfile.SoundFile(recording) as file:
            if any(to_s > file.frames / file.samplerate + 1.0 for _, to_s in spans.values()):
                return
            for key, (from_s, to_s) in spans.items():
                file.seek(int(from_s * file.samplerate))
                wanted = int(min(to_s - from_s, LONGEST_S) * file.samplerate)
                left = file.read(wanted, dtype="float32", always_2d=True)[:, 0]
                if len(left) and abs(left).max() > _SILENT:
                    yield key, _mp3(left, file.samplerate)
    except (OSError, soundfile.LibsndfileError):
        return


def _spans(report: Report) -> Iterator[tuple[str, tuple[float, float]]]:
    for question in report["questions"]:
        for point in question["points"]:
            for quote in point["quotes"]:
                if "from_s" in quote and "to_s" in quote:
                    key = clip_key(quote["turn"], quote["start"], quote["end"])
                    yield key, (quote["from_s"], quote["to_s"])


def _mp3(sound: NDArray[np.float32], rate_hz: int) -> bytes:
    import soundfile

    out = io.BytesIO()
    options: dict[str, Any] = {"bitrate_mode": "VARIABLE", "compression_level": 0.8}
    soundfile.write(out, sound, rate_hz, format="MP3", subtype="MPEG_LAYER_III", **options)
    return out.getvalue()


def clip_folder(page: Path) -> Path:
    """Return where the clips of a page lie that are too many to stand in it."""
    return page.with_name(f"{page.stem}-audio")


def place_clips(report: Report, recording: Path, page: Path) -> dict[str, str]:
    """Return the address of each clip: inside the page up to the limit, then in files beside it."""
    sounds: dict[str, str] = {}
    inside = 0
    beside = clip_folder(page)
    for number, (key, data) in enumerate(cut_clips(report, recording), 1):
        text = base64.b64encode(data).decode()
        if inside + len(text) <= EMBEDDED_BYTES:
            inside += len(text)
            sounds[key] = f"data:audio/mpeg;base64,{text}"
        else:
            beside.mkdir(exist_ok=True)
            (beside / f"{number:03d}.mp3").write_bytes(data)
            sounds[key] = f"{beside.name}/{number:03d}.mp3"
    return sounds
