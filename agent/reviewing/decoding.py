"""A sound file of any usual kind as one or two channels at the recogniser's rate."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from agent.voice.base import Samples

_APART = 0.25
"""Difference of two channels over their sum, from which they are two speakers' microphones."""
_SILENT_SIDE = 0.01
"""Share of the other channel's energy below which a channel holds no voice of its own."""
_LONGEST_FILE_S = 4 * 3_600.0
_CHECKED = 1 << 20
"""Samples looked at together, so that hours of sound are not copied."""


def channels_of(path: Path) -> list[Samples]:
    """Return the channels at RATE_HZ: two where both sides were recorded apart, else one.

    Where one side is silent but for what leaks into it, the other one is all there is.
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
    loud = [0.0, 0.0]
    for at in range(0, len(left), _CHECKED):
        a, b = (side[at : at + _CHECKED].astype(np.float32) for side in (left, right))
        apart, joint = apart + float(np.abs(a - b).sum()), joint + float(np.abs(a + b).sum())
        loud = [loud[0] + float(np.dot(a, a)), loud[1] + float(np.dot(b, b))]
    if min(loud) < _SILENT_SIDE * max(loud):
        return [left if loud[0] > loud[1] else right]
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
