"""Recognition and speech by an OpenAI-compatible service: used only when a setting names one."""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence
from typing import Any

import numpy as np

from agent.voice.audio import resample, to_samples
from agent.voice.base import RATE_HZ, HeardWord, Recognised, Samples, VoiceError

TIMEOUT_S = 20.0
_SPEECH_HZ = 24_000
_MAX_TERMS = 40


def _client(base_url: str) -> Any:
    from openai import OpenAI

    return OpenAI(base_url=base_url, timeout=TIMEOUT_S, max_retries=1)


class RemoteAsr:
    """`POST /v1/audio/transcriptions`."""

    def __init__(self, model: str, base_url: str) -> None:
        self._client, self._model, self._where = _client(base_url), model, base_url

    @property
    def name(self) -> str:
        """Name for the records."""
        return f"{self._model} at {self._where}"

    def recognise(self, samples: Samples, lang: str, terms: Sequence[str]) -> Recognised:
        """Return the text of a stretch that holds speech."""
        from openai import OpenAIError

        try:
            answer = self._client.audio.transcriptions.create(
                model=self._model,
                file=("speech.wav", _wav(samples)),
                language=lang,
                prompt="、".join(terms[:_MAX_TERMS]),
                response_format="verbose_json",
                timestamp_granularities=["word"],
            )
        except OpenAIError as error:
            raise VoiceError(f"the speech service {self._where} failed: {error}") from error
        words = tuple(
            # The service gives no confidence per word; 1.0 would claim one, so its words say none.
            HeardWord(str(w.word), float(w.start), float(w.end), 0.5)
            for w in getattr(answer, "words", None) or ()
        )
        return Recognised(str(answer.text).strip(), words, len(samples) / RATE_HZ)


class RemoteTts:
    """`POST /v1/audio/speech`."""

    def __init__(self, model: str, voice: str, base_url: str) -> None:
        self._client, self._model, self._where = _client(base_url), model, base_url
        self._voice = voice or "alloy"

    @property
    def name(self) -> str:
        """Name for the records and the cache."""
        return f"{self._model} {self._voice} at {self._where}"

    def synthesise(self, text: str, lang: str) -> Samples:
        """Return the sound of one sentence."""
        from openai import OpenAIError

        try:
            answer = self._client.audio.speech.create(
                model=self._model, voice=self._voice, input=text, response_format="pcm"
            )
        except OpenAIError as error:
            raise VoiceError(f"the speech service {self._where} failed: {error}") from error
        raw = np.frombuffer(answer.content[: len(answer.content) // 2 * 2], "<i2")
        return to_samples(resample(raw.astype(np.float32) / 32768.0, _SPEECH_HZ))


def _wav(samples: Samples) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.astype("<i2").tobytes())
    return out.getvalue()
