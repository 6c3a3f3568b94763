"""Recognition and speech by an OpenAI-compatible service: used only when a setting names one."""

from __future__ import annotations

import io
import os
import wave
from collections.abc import Sequence
from typing import Any

from agent.voice.audio import decode_audio
from agent.voice.backends.whisper import simplified
from agent.voice.base import RATE_HZ, HeardWord, Recognised, Samples, VoiceError

TIMEOUT_S = 20.0
_MAX_TERMS = 40


def _client(base_url: str) -> Any:
    from openai import OpenAI

    key = os.environ.get("OPENAI_API_KEY") or "none"  # a server of one's own asks for none
    return OpenAI(base_url=base_url, api_key=key, timeout=TIMEOUT_S, max_retries=1)


class RemoteAsr:
    """`POST /v1/audio/transcriptions`."""

    def __init__(self, model: str, base_url: str) -> None:
        self._client, self._model, self.where = _client(base_url), model, base_url

    @property
    def name(self) -> str:
        """Name for the records."""
        return f"{self._model} at {self.where}"

    def recognise(self, samples: Samples, lang: str, terms: Sequence[str]) -> Recognised:
        """Return the text of a stretch that holds speech."""
        from openai import BadRequestError, OpenAIError

        request = {
            "model": self._model,
            "file": ("speech.wav", _wav(samples)),
            "language": lang,
            "prompt": "、".join(terms[:_MAX_TERMS]),
        }
        timed = {"response_format": "verbose_json", "timestamp_granularities": ["word"]}
        call = self._client.audio.transcriptions.create
        try:
            try:
                answer = call(**request, **timed)
            except BadRequestError:  # models without times for words refuse to be asked for them
                answer = call(**request, response_format="json")
        except OpenAIError as error:
            raise VoiceError(f"the speech service {self.where} failed: {error}") from error
        words = tuple(
            # The service gives no confidence per word; 1.0 would claim one, so its words say none.
            HeardWord(str(w.word), float(w.start), float(w.end), 0.5)
            for w in getattr(answer, "words", None) or ()
        )
        text = str(answer.text).strip()
        text = simplified(text) if lang == "zh" else text
        return Recognised(text, words, len(samples) / RATE_HZ)


class RemoteTts:
    """`POST /v1/audio/speech`."""

    def __init__(self, model: str, voice: str, base_url: str) -> None:
        self._client, self._model, self.where = _client(base_url), model, base_url
        self._voice = voice or "alloy"

    @property
    def name(self) -> str:
        """Name for the records and the cache."""
        return f"{self._model} {self._voice} at {self.where}"

    def synthesise(self, text: str, lang: str) -> Samples:
        """Return the sound of one sentence."""
        from openai import OpenAIError

        try:
            answer = self._client.audio.speech.create(
                model=self._model, voice=self._voice, input=text, response_format="wav"
            )
        except OpenAIError as error:
            raise VoiceError(f"the speech service {self.where} failed: {error}") from error
        # Services differ in rate; the file says its own.
        return decode_audio(io.BytesIO(answer.content), f"the speech of {self.where}")


def _wav(samples: Samples) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.astype("<i2").tobytes())
    return out.getvalue()
