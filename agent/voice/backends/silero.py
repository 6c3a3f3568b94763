"""Silero's voice detector, frame by frame: the ONNX file that comes with faster-whisper.

Streams exactly as it does in batch: 512 samples a step, the last 64 of the step before as context,
the state of its memory carried on.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.voice.base import FRAME_SAMPLES, Samples, VoiceError

_CONTEXT_SAMPLES = 64
_FILE = "silero_vad_v6.onnx"


class SileroVad:
    """Speech probability of each frame of 512 samples at 16 kHz."""

    def __init__(self) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise VoiceError("onnxruntime is missing: pip install 'kaoguan[voice]'") from error
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        options.log_severity_level = 4
        self._session = onnxruntime.InferenceSession(
            str(_model_file()), providers=["CPUExecutionProvider"], sess_options=options
        )
        self.reset()

    def reset(self) -> None:
        """Forget what was heard."""
        self._h: NDArray[np.float32] = np.zeros((1, 1, 128), np.float32)
        self._c: NDArray[np.float32] = np.zeros((1, 1, 128), np.float32)
        self._context: NDArray[np.float32] = np.zeros(_CONTEXT_SAMPLES, np.float32)

    def probability(self, frame: Samples) -> float:
        """Return the probability that this frame is speech."""
        if len(frame) != FRAME_SAMPLES:
            raise VoiceError(f"a frame has {FRAME_SAMPLES} samples, this one {len(frame)}")
        sound = frame.astype(np.float32) / 32768.0
        step = np.concatenate([self._context, sound])[None, :]
        out, self._h, self._c = self._session.run(None, {"input": step, "h": self._h, "c": self._c})
        self._context = sound[-_CONTEXT_SAMPLES:]
        return float(np.asarray(out).ravel()[0])


def _model_file() -> Path:
    spec = find_spec("faster_whisper")
    if spec is None or spec.origin is None:
        raise VoiceError("faster-whisper is missing: pip install 'kaoguan[voice]'")
    path = Path(spec.origin).parent / "assets" / _FILE
    if not path.exists():
        raise VoiceError(f"this faster-whisper has no {_FILE}: install version 1.2 or later")
    return path
