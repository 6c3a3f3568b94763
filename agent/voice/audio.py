"""Sound as numbers: files in and out, resampling, level, mixing."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from agent.voice.base import RATE_HZ, Samples, VoiceError

MAX_FILE_S = 4 * 3_600.0
_SILENT_DB = -90.0


def to_samples(sound: NDArray[np.floating[Any]]) -> Samples:
    """Turn floats of -1 to 1 into int16, limiting what is louder."""
    return np.asarray(np.clip(sound, -1.0, 1.0) * 32767.0, np.int16)


def resample(sound: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    """Bring mono floats from `rate_hz` to RATE_HZ with a proper low-pass."""
    if rate_hz == RATE_HZ or not len(sound):
        return sound
    import soxr

    return np.asarray(soxr.resample(sound, rate_hz, RATE_HZ), np.float32)


def read_audio(path: Path) -> Samples:
    """Read a sound file of any usual kind as mono int16 at RATE_HZ.

    Raises:
        VoiceError: It is missing, empty, no sound file or far too long.
    """
    if not path.is_file():
        raise VoiceError(f"{path}: there is no such file")
    return decode_audio(path, str(path))


def decode_audio(source: Path | BinaryIO, name: str) -> Samples:
    """Decode an open or named sound file; `name` is what it is called in errors.

    Raises:
        VoiceError: It is empty, no sound file or far too long.
    """
    try:
        import soundfile
    except ImportError as error:
        raise VoiceError("soundfile is missing: pip install 'kaoguan[voice]'") from error
    try:
        with soundfile.SoundFile(source) as file:
            if file.frames / file.samplerate > MAX_FILE_S:
                raise VoiceError(f"{name}: longer than {MAX_FILE_S / 3600:.0f} hours; cut it")
            sound, rate_hz = file.read(dtype="float32", always_2d=True), file.samplerate
    except (soundfile.LibsndfileError, RuntimeError, MemoryError) as error:
        raise VoiceError(f"{name}: cannot be read as sound ({error}); give a WAV file") from error
    mono = np.nan_to_num(sound.mean(axis=1, dtype=np.float32))
    if not len(mono):
        raise VoiceError(f"{name}: holds no sound")
    return to_samples(resample(mono, rate_hz))


def write_audio(path: Path, samples: NDArray[np.int16], rate_hz: int = RATE_HZ) -> None:
    """Write int16 samples, mono [n] or interleaved channels [n, c], as WAV.

    Raises:
        VoiceError: The file cannot be written.
    """
    import wave

    try:
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
            file.setsampwidth(2)
            file.setframerate(rate_hz)
            file.writeframes(np.ascontiguousarray(samples).astype("<i2").tobytes())
    except OSError as error:
        raise VoiceError(f"{path}: cannot be written: {error.strerror or error}") from error


def level_db(samples: Samples) -> float:
    """Return the level in dB below full scale; silence is -90."""
    if not len(samples):
        return _SILENT_DB
    rms = float(np.sqrt(np.mean(np.square(samples.astype(np.float32) / 32768.0))))
    return max(_SILENT_DB, 20.0 * float(np.log10(rms))) if rms > 0 else _SILENT_DB


def is_clipping(samples: Samples) -> bool:
    """Return whether a noticeable part of the samples lies at full scale."""
    if not len(samples):
        return False
    full = np.count_nonzero(np.abs(samples.astype(np.int32)) >= 32_700)
    return bool(full > len(samples) * 0.005)


def silence(seconds: float) -> Samples:
    """Return silence of this length."""
    return np.zeros(round(seconds * RATE_HZ), np.int16)
