"""Microphone and loudspeaker: real ones through sounddevice, or files that stand in for them.

The microphone sets the pace of the loop. A device that is lost raises VoiceError; the interview
then goes on by keyboard.
"""

from __future__ import annotations

import asyncio
import queue
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from agent.voice.base import FRAME_S, FRAME_SAMPLES, RATE_HZ, Samples, VoiceError
from agent.voice.playback import Playback

_LOST_AFTER_S = 3.0
_BLOCK_S = 0.03
_LATENCY_S = 0.08
_OUT_HZ = RATE_HZ


@dataclass(frozen=True)
class Device:
    """One sound device of this machine."""

    index: int
    name: str
    inputs: int
    outputs: int


def list_devices() -> list[Device]:
    """Return the sound devices.

    Raises:
        VoiceError: The sound system is missing.
    """
    sounddevice = _sounddevice()
    return [
        Device(at, str(d["name"]), int(d["max_input_channels"]), int(d["max_output_channels"]))
        for at, d in enumerate(sounddevice.query_devices())
    ]


def _sounddevice() -> Any:
    try:
        import sounddevice
    except ImportError as error:
        raise VoiceError("sounddevice is missing: pip install 'kaoguan[voice]'") from error
    except OSError as error:
        raise VoiceError(
            "the PortAudio library is missing; on Debian: apt-get install libportaudio2"
        ) from error
    _quiet_alsa()
    return sounddevice


@cache
def _quiet_alsa() -> object:
    """Keep ALSA's own messages off the screen; what matters comes as an error from PortAudio."""
    import ctypes
    import ctypes.util

    name = ctypes.util.find_library("asound")
    if name is None:
        return None
    kind = ctypes.CFUNCTYPE(None, *[ctypes.c_char_p, ctypes.c_int] * 2, ctypes.c_char_p)
    quiet = kind(lambda *_: None)
    ctypes.CDLL(name).snd_lib_error_set_handler(quiet)
    return quiet  # kept alive by the cache: the library calls it for as long as it runs


def _chosen(name: str, *, output: bool) -> int | str | None:
    if not name:
        return None
    return int(name) if name.isdigit() else name


class Microphone:
    """The candidate's microphone, 16 kHz mono; PortAudio converts other rates."""

    def __init__(self, device: str = "") -> None:
        self._device = _chosen(device, output=False)
        self._queue: queue.Queue[Samples] = queue.Queue()

    async def frames(self) -> AsyncIterator[Samples]:
        """Yield frames for as long as the device lives.

        Raises:
            VoiceError: There is no microphone, or it was lost.
        """
        sounddevice = _sounddevice()

        def take(data: Any, frames: int, at: Any, status: Any) -> None:
            self._queue.put(np.asarray(data[:, 0], np.int16).copy())

        try:
            stream = sounddevice.InputStream(
                samplerate=RATE_HZ,
                blocksize=FRAME_SAMPLES,
                channels=1,
                dtype="int16",
                device=self._device,
                callback=take,
            )
            stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            raise VoiceError(f"no microphone can be opened ({_reason(error)})") from error
        try:
            last = time.monotonic()
            while True:
                try:
                    frame = self._queue.get_nowait()
                except queue.Empty:
                    if time.monotonic() - last > _LOST_AFTER_S or not stream.active:
                        raise VoiceError("the microphone was lost") from None
                    await asyncio.sleep(FRAME_S / 4)
                    continue
                last = time.monotonic()
                yield frame
        finally:
            stream.abort()
            stream.close()


class Loudspeaker:
    """Plays what playback holds, in small blocks, so that stopping is immediate."""

    def __init__(self, playback: Playback, device: str = "") -> None:
        sounddevice = _sounddevice()
        self._played: deque[Samples] = deque(maxlen=500)
        self._rest: Samples = np.zeros(0, np.int16)

        def fill(out: Any, frames: int, at: Any, status: Any) -> None:
            out[:, 0] = piece = playback.pull(frames)
            self._played.append(piece)

        try:
            self._stream = sounddevice.OutputStream(
                samplerate=_OUT_HZ,
                blocksize=round(_OUT_HZ * _BLOCK_S),
                channels=1,
                dtype="int16",
                latency=_LATENCY_S,
                device=_chosen(device, output=True),
                callback=fill,
            )
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            raise VoiceError(f"no loudspeaker can be opened ({_reason(error)})") from error

    def take_played(self, count: int) -> Samples:
        """Return the next samples that were played, for the recording; silence when behind."""
        while len(self._rest) < count and self._played:
            self._rest = np.concatenate([self._rest, self._played.popleft()])
        out, self._rest = self._rest[:count], self._rest[count:]
        return np.pad(out, (0, count - len(out)))

    @property
    def latency_s(self) -> float:
        """What the device itself still plays after we fall silent."""
        return float(self._stream.latency)

    def close(self) -> None:
        """Let the device go."""
        self._stream.abort()
        self._stream.close()


def _reason(error: Exception) -> str:
    return str(error).split("[")[0].strip().rstrip(":.") or type(error).__name__


class FileMicrophone:
    """A recording as microphone: it waits while the interviewer has the floor, unless `live`."""

    def __init__(self, samples: Samples, *, live: bool = False, tail_s: float = 30.0) -> None:
        self._samples = samples
        self._live = live
        self._tail_s = tail_s
        self.at = 0

    async def frames(
        self, holds: Callable[[], bool], is_quiet: Callable[[], bool]
    ) -> AsyncIterator[Samples]:
        """Yield frames; `holds` says whether the candidate must wait, `is_quiet` that they may go.

        Ends when the recording is used up and the last answer was taken.
        """
        rest = round(self._tail_s / FRAME_S)
        while rest > 0:
            if holds() and not self._live:
                yield np.zeros(FRAME_SAMPLES, np.int16)
                continue
            frame = self._samples[self.at : self.at + FRAME_SAMPLES]
            self.at += FRAME_SAMPLES
            if len(frame) < FRAME_SAMPLES:
                if is_quiet():
                    return
                rest -= 1
                frame = np.pad(frame, (0, FRAME_SAMPLES - len(frame)))
            yield frame


class Recorder:
    """Writes both sides of the talk, left the candidate, right the interviewer, as they come."""

    def __init__(self, path: Path, *, goes_on: bool = False) -> None:
        """With `goes_on` what an earlier part of the session left there is kept, and added to."""
        import soundfile

        try:
            self._file = (
                soundfile.SoundFile(path, "r+")
                if goes_on and path.exists()
                else soundfile.SoundFile(path, "w", RATE_HZ, 2, "PCM_16", format="WAV")
            )
        except (OSError, soundfile.LibsndfileError) as error:
            raise VoiceError(f"{path}: cannot be written: {error}") from error
        self.seconds_before = self._file.seek(0, soundfile.SEEK_END) / RATE_HZ
        """How much sound was there already: this part's times begin after it."""

    def add(self, candidate: Samples, interviewer: Samples) -> None:
        """Append one frame of each side."""
        self._file.write(np.stack([candidate, interviewer], axis=1).astype(np.int16))

    def close(self) -> None:
        """Finish the file."""
        self._file.close()
