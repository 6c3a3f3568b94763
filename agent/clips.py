"""The voices beside their quotes: short clips cut out of a recording.

The recording of a session holds the candidate on the left, and only that side is cut; of a reviewed
talk everything is heard, as it was. A clip is MP3, because every browser plays it. Nothing is cut
when the recording is shorter than the report says: then it is of another day.
"""

from __future__ import annotations

import base64
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sessions.report.quotes import quotes_of
from sessions.report.schema import Report

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

EMBEDDED_BYTES = 3_000_000
"""Sound in the page itself, as its base64 text; what is beyond lies in files beside it."""
LONGEST_S = 20.0
"""A quote said over longer than this is cut: it is heard to be recognised, not to be studied."""
_SILENT = 50 / 32768
"""Loudest sample below which a stretch holds no voice."""
_CLIP = re.compile(r"\d{3,}\.mp3")
"""Name of a clip's file."""


@dataclass(frozen=True)
class Sound:
    """A recording that can be read from any place."""

    seconds: float
    rate_hz: int
    read: Callable[[float, float], Floats]
    """Takes a start and a length in seconds; returns mono floats of -1 to 1."""


def clip_key(turn: str, start: int, end: int) -> str:
    """Return the name under which the page asks for a quote's sound."""
    return f"{turn}:{start}-{end}"


def cut_clips(report: Report, recording: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each quote's sound as MP3, in the order of the report, each once.

    Ends at once when the recording cannot be read or the sound library is missing.
    """
    spans = dict(_spans(report))
    opened = _whole if report["mode"] == "review" else _left_side
    with opened(recording) as sound:
        if sound is None or any(to_s > sound.seconds + 1.0 for _, to_s in spans.values()):
            return
        for key, (from_s, to_s) in spans.items():
            heard = sound.read(from_s, min(to_s - from_s, LONGEST_S))
            if len(heard) and abs(heard).max() > _SILENT:
                yield key, _mp3(heard, sound.rate_hz)


@contextmanager
def _left_side(recording: Path) -> Iterator[Sound | None]:
    """Open the candidate's side of a kept session."""
    try:
        import soundfile
    except ImportError:
        yield None
        return
    try:
        file = soundfile.SoundFile(recording)
    except (OSError, soundfile.LibsndfileError):
        yield None
        return

    def read(from_s: float, seconds: float) -> Floats:
        file.seek(int(from_s * file.samplerate))
        both: Floats = file.read(int(seconds * file.samplerate), dtype="float32", always_2d=True)
        return both[:, 0]

    with file:
        yield Sound(file.frames / file.samplerate, file.samplerate, read)


@contextmanager
def _whole(recording: Path) -> Iterator[Sound | None]:
    """Open a talk's recording of any kind, decoded as it was when its words were timed."""
    from agent.voice.base import VoiceError

    try:
        import numpy as np
        import soundfile  # noqa: F401 - writes the clips

        from agent.reviewing.decoding import channels_of
        from agent.voice.base import RATE_HZ

        channels = channels_of(recording)
    except (ImportError, VoiceError):
        yield None
        return

    def read(from_s: float, seconds: float) -> Floats:
        start = int(from_s * RATE_HZ)
        parts = [one[start : start + int(seconds * RATE_HZ)] for one in channels]
        mixed = np.sum(parts, axis=0, dtype=np.float32) / 32_768
        return np.asarray(np.clip(mixed, -1.0, 1.0), np.float32)

    yield Sound(len(channels[0]) / RATE_HZ, RATE_HZ, read)


def _spans(report: Report) -> Iterator[tuple[str, tuple[float, float]]]:
    """Yield the key and the place of each quote that is heard, as often as the page shows it."""
    for said in quotes_of(report):
        if "from_s" in said and "to_s" in said:
            key = clip_key(said["turn"], said["start"], said["end"])
            yield key, (said["from_s"], said["to_s"])


def _mp3(sound: Floats, rate_hz: int) -> bytes:
    import soundfile

    out = io.BytesIO()
    options: dict[str, Any] = {"bitrate_mode": "VARIABLE", "compression_level": 0.8}
    soundfile.write(out, sound, rate_hz, format="MP3", subtype="MPEG_LAYER_III", **options)
    return out.getvalue()


def clip_folder(page: Path) -> Path:
    """Return where the clips of a page lie that are too many to stand in it."""
    return page.with_name(f"{page.stem}-audio")


def clear_clips(page: Path) -> None:
    """Delete the clips that an earlier page of this name has left beside it, and nothing else."""
    beside = clip_folder(page)
    if not beside.is_dir():
        return
    for path in beside.iterdir():
        if _CLIP.fullmatch(path.name):
            path.unlink()
    if not any(beside.iterdir()):
        beside.rmdir()


def place_clips(report: Report, recording: Path, page: Path) -> dict[str, str]:
    """Return the address of each clip: inside the page up to the limit, then in files beside it."""
    sounds: dict[str, str] = {}
    inside = 0
    beside = clip_folder(page)
    times = Counter(key for key, _ in _spans(report))
    for number, (key, data) in enumerate(cut_clips(report, recording), 1):
        text = base64.b64encode(data).decode()
        if inside + times[key] * len(text) <= EMBEDDED_BYTES:
            inside += times[key] * len(text)
            sounds[key] = f"data:audio/mpeg;base64,{text}"
        else:
            beside.mkdir(exist_ok=True)
            (beside / f"{number:03d}.mp3").write_bytes(data)
            sounds[key] = f"{quote(beside.name)}/{number:03d}.mp3"
    return sounds
