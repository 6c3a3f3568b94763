"""A recording as a transcript: speech found, speakers told apart, words recognised, piece by piece.

Two channels are two speakers. In one channel the voices are told apart by the mean spectrum of each
stretch, in two groups: good for two clearly different voices, no more. Finished stretches are kept
in the data folder, so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sessions.transcript import Block, Transcript, TranscriptError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from agent.voice.base import Asr, Samples

    Floats = NDArray[np.float64]

_SPEECH_FROM = 0.5
_PAUSE_S = 0.7
_LONGEST_S = 24.0
_LEAST_S = 0.3
_BANDS = 24
_ROUNDS = 20
_TRIED = 3
"""Stretches that are recognised in both languages to find out which is spoken."""
_APART = 0.25
"""Difference of two channels over their sum, from which they are two speakers' microphones."""
_LONGEST_FILE_S = 4 * 3_600.0
_CHECKED = 1 << 20
"""Samples looked at together, so that hours of sound are not copied."""


@dataclass(frozen=True)
class Stretch:
    """Speech of one voice between two silences."""

    start: int
    """Samples from the beginning."""
    end: int
    voice: str


def transcribe(
    path: Path,
    folder: Path,
    progress: Callable[[str, int, int], None],
    asr: Asr,
    lang: str = "",
) -> Transcript:
    """Return the transcript of a recording; without `lang` its language is found out.

    Raises:
        TranscriptError: The file is no sound, holds no speech, or the speech parts are missing.
    """
    from agent.voice.base import RATE_HZ, VoiceError

    try:
        channels = _channels(path)
        stretches = _stretches(channels)
        chosen = lang or language_spoken(asr, channels, stretches)
        said = _recognised(path, folder, channels, stretches, asr, chosen, progress)
    except VoiceError as error:
        raise TranscriptError(str(error)) from error
    blocks: list[Block] = []
    for stretch, text in zip(stretches, said, strict=True):
        if not text.strip():
            continue
        start, end = stretch.start / RATE_HZ, stretch.end / RATE_HZ
        if blocks and blocks[-1].label == stretch.voice:
            last = blocks[-1]
            joined = f"{last.text} {text.strip()}"
            blocks[-1] = Block(last.number, last.label, joined, last.line, last.start_s, end)
        else:
            number = len(blocks) + 1
            blocks.append(Block(number, stretch.voice, text.strip(), number, start, end))
    if len({block.label for block in blocks}) < 2:
        raise TranscriptError(
            "only one voice was found: record both sides, or review the meeting tool's transcript"
        )
    return Transcript("audio", tuple(blocks))


def _channels(path: Path) -> list[Samples]:
    """Return the channels at RATE_HZ: two where both sides were recorded apart, else one.

    Decoded and brought to RATE_HZ piece by piece: an hour of video calls in stereo would otherwise
    take gigabytes.
    """
    import numpy as np

    from agent.voice.base import VoiceError

    try:
        import av
    except ImportError:
        from agent.voice.audio import read_audio

        return [read_audio(path)]
    try:
        both = _decoded(path)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise VoiceError(f"cannot be read as sound ({error}); give a WAV file") from error
    if not both.shape[1]:
        raise VoiceError("holds no sound")
    left, right = both[0], both[1]
    apart = joint = 0.0
    for at in range(0, len(left), _CHECKED):
        a, b = (side[at : at + _CHECKED].astype(np.float32) for side in (left, right))
        apart, joint = apart + float(np.abs(a - b).sum()), joint + float(np.abs(a + b).sum())
    if apart > _APART * joint:
        return [left, right]
    return [(left // 2 + right // 2).astype(np.int16)]


def _decoded(path: Path) -> NDArray[np.int16]:
    """Return a file's first sound as int16 at RATE_HZ, shape [2, n]; mono comes twice."""
    import av
    import numpy as np

    from agent.voice.base import RATE_HZ

    pieces: list[NDArray[np.int16]] = []
    limit, got = int(_LONGEST_FILE_S * RATE_HZ), 0
    with av.open(str(path)) as file:
        if not file.streams.audio:
            raise ValueError("there is no sound in it")
        resampler = av.AudioResampler(format="s16p", layout="stereo", rate=RATE_HZ)
        for frame in chain(file.decode(audio=0), (None,)):
            for piece in resampler.resample(frame):
                pieces.append(np.asarray(piece.to_ndarray(), np.int16))
                got += piece.samples
            if got > limit:
                raise ValueError(f"longer than {_LONGEST_FILE_S / 3600:.0f} hours; cut it")
    return np.concatenate(pieces, axis=1) if pieces else np.zeros((2, 0), np.int16)


def _stretches(channels: Sequence[Samples]) -> list[Stretch]:
    found: list[Stretch] = []
    for number, channel in enumerate(channels, 1):
        found += [Stretch(a, b, f"speaker {number}") for a, b in speech_in(channel)]
    found.sort(key=lambda stretch: stretch.start)
    if not found:
        raise TranscriptError("no speech was found in the recording")
    return found if len(channels) > 1 else _told_apart(channels[0], found)


def speech_in(samples: Samples) -> list[tuple[int, int]]:
    """Return the stretches of speech, cut at pauses and at the longest the recogniser takes."""
    from agent.voice.backends.silero import SileroVad
    from agent.voice.base import FRAME_SAMPLES, RATE_HZ

    vad = SileroVad()
    spoken = [
        vad.probability(samples[at : at + FRAME_SAMPLES]) >= _SPEECH_FROM
        for at in range(0, len(samples) - FRAME_SAMPLES + 1, FRAME_SAMPLES)
    ]
    found: list[tuple[int, int]] = []
    pause, longest = _PAUSE_S * RATE_HZ, _LONGEST_S * RATE_HZ
    for place, is_speech in enumerate(spoken):
        start, end = place * FRAME_SAMPLES, (place + 1) * FRAME_SAMPLES
        if not is_speech:
            continue
        if found and start - found[-1][1] < pause and end - found[-1][0] < longest:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    pad = int(0.15 * RATE_HZ)
    return [
        (max(0, a - pad), min(len(samples), b + pad))
        for a, b in found
        if b - a >= _LEAST_S * RATE_HZ
    ]


def _told_apart(samples: Samples, stretches: Sequence[Stretch]) -> list[Stretch]:
    import numpy as np

    prints = np.stack([_print(samples[s.start : s.end]) for s in stretches])
    prints = (prints - prints.mean(axis=0)) / (prints.std(axis=0) + 1e-6)
    groups = two_groups(prints)
    return [
        Stretch(s.start, s.end, f"speaker {1 + int(group)}")
        for s, group in zip(stretches, groups, strict=True)
    ]


def _print(samples: Samples) -> Floats:
    """Return a stretch's mean log spectrum in bands, level taken out: shape [_BANDS]."""
    import numpy as np

    frame = 512
    count = max(1, len(samples) // frame)
    padded = np.zeros(count * frame)
    padded[: min(len(samples), count * frame)] = samples[: count * frame]
    power = np.abs(np.fft.rfft(padded.reshape(count, frame) * np.hanning(frame), axis=1)) ** 2
    loud = power.sum(axis=1) >= np.median(power.sum(axis=1))
    edges = np.unique(np.geomspace(3, power.shape[1], _BANDS + 1).astype(int))
    bands = [power[loud, a:b].mean() for a, b in pairwise(edges)]
    logs = np.log(np.array(bands) + 1.0)
    return np.asarray(logs - logs.mean())


def two_groups(points: Floats) -> list[int]:
    """Divide points [n, d] into two groups by 2-means, begun at the two that lie furthest apart."""
    import numpy as np

    if len(points) < 2:
        return [0] * len(points)
    far = int(np.argmax(((points - points.mean(axis=0)) ** 2).sum(axis=1)))
    other = int(np.argmax(((points - points[far]) ** 2).sum(axis=1)))
    centres = points[[far, other]].copy()
    groups = np.zeros(len(points), dtype=int)
    for _ in range(_ROUNDS):
        groups = ((points[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
        for k in (0, 1):
            if (groups == k).any():
                centres[k] = points[groups == k].mean(axis=0)
    first = int(groups[0])
    return [int(group != first) for group in groups]


def language_spoken(
    asr: Asr, channels: Sequence[Samples], stretches: Sequence[Stretch]
) -> Literal["zh", "en"]:
    """Return the language in which the recogniser is surer of the longest stretches."""
    sure = {"zh": 0.0, "en": 0.0}
    for stretch in sorted(stretches, key=lambda s: s.start - s.end)[:_TRIED]:
        for lang in sure:
            heard = asr.recognise(_sound(channels, stretch), lang, ())
            words = [word.confidence for word in heard.words]
            sure[lang] += sum(words) / len(words) if words else 0.0
    return "en" if sure["en"] > sure["zh"] else "zh"


def _sound(channels: Sequence[Samples], stretch: Stretch) -> Samples:
    channel = channels[int(stretch.voice[-1]) - 1] if len(channels) > 1 else channels[0]
    return channel[stretch.start : stretch.end]


def _recognised(
    path: Path,
    folder: Path,
    channels: Sequence[Samples],
    stretches: Sequence[Stretch],
    asr: Asr,
    lang: str,
    progress: Callable[[str, int, int], None],
) -> list[str]:
    """Return the words of each stretch, going on where an earlier run stopped."""
    mark = hashlib.sha256(f"{asr.name} {lang} ".encode() + path.read_bytes()).hexdigest()[:16]
    kept = folder / "cache" / "review" / f"{mark}.json"
    done: dict[str, str] = json.loads(kept.read_text("utf-8")) if kept.is_file() else {}
    kept.parent.mkdir(parents=True, exist_ok=True)
    for number, stretch in enumerate(stretches):
        key = f"{stretch.start}-{stretch.end}-{stretch.voice if len(channels) > 1 else ''}"
        if key not in done:
            heard = asr.recognise(_sound(channels, stretch), lang, ())
            done[key] = heard.text
            kept.write_text(json.dumps(done, ensure_ascii=False), encoding="utf-8")
        progress("recognising", number + 1, len(stretches))
    said = [done[f"{s.start}-{s.end}-{s.voice if len(channels) > 1 else ''}"] for s in stretches]
    kept.unlink()  # the words are in the review now; a recording's text is not left lying about
    return said
