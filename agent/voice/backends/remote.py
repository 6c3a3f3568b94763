"""Recognition and speech by an OpenAI-compatible service: used only when a setting names one.

Redirects are refused (the voice goes only where the first line on screen says), and proxies are not
used for this machine.
"""

from __future__ import annotations

import io
import ipaddress
import math
import os
import wave
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from agent.voice.audio import decode_audio
from agent.voice.backends.whisper import simplified
from agent.voice.base import RATE_HZ, HeardWord, Recognised, Samples, VoiceError

TIMEOUT_S = 12.0
"""Of one request: two fit into the time after which the ear takes a recogniser to hang."""
KEY_ENVS = ("KAOGUAN_API_KEY", "OPENAI_API_KEY")
"""Where the key is looked for, as for a chat model at an address of one's own."""
_MAX_TERMS = 40


def _client(base_url: str, retries: int) -> tuple[Any, str]:
    """Return the client, and the address as it may be shown."""
    from openai import DefaultHttpxClient, OpenAI

    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise VoiceError(f"{_shown(base_url)!r} is no address; write it like http://127.0.0.1/v1")
    found = (value for name in KEY_ENVS if (value := os.environ.get(name)))
    client = OpenAI(
        base_url=base_url,
        api_key=next(found, "none"),  # a server of one's own asks for none
        timeout=TIMEOUT_S,
        max_retries=retries,
        http_client=DefaultHttpxClient(
            follow_redirects=False, trust_env=not _is_local(parts.hostname)
        ),
    )
    return client, _shown(base_url)


def _shown(base_url: str) -> str:
    """Return an address without name and password."""
    parts = urlsplit(base_url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class RemoteAsr:
    """`POST /v1/audio/transcriptions`."""

    def __init__(self, model: str, base_url: str) -> None:
        # Without retries of its own: the ear asks once more after any failure.
        self._client, self.where = _client(base_url, 0)
        self._model = model
        self._timed = True

    @property
    def name(self) -> str:
        """Name for the records."""
        return f"{self._model} at {self.where}"

    def recognise(self, samples: Samples, lang: str, terms: Sequence[str]) -> Recognised:
        """Return the text of a stretch that holds speech.

        Raises:
            VoiceError: The service cannot be reached, refuses, or answers something else.
        """
        from openai import OpenAIError

        request = {
            "model": self._model,
            "file": ("speech.wav", _wav(samples)),
            "language": lang,
            "prompt": "、".join(terms[:_MAX_TERMS]),
        }
        try:
            answer = self._asked(request)
        except OpenAIError as error:
            raise VoiceError(f"the speech service {self.where} failed: {error}") from error
        except (ValueError, TypeError, AttributeError) as error:  # of the client, on broken JSON
            raise self._no_transcript() from error
        text = getattr(answer, "text", None)
        if not isinstance(text, str):
            raise self._no_transcript()
        words = tuple(_timed_words(getattr(answer, "words", None)))
        text = simplified(text.strip()) if lang == "zh" else text.strip()
        return Recognised(text, words, len(samples) / RATE_HZ)

    def _asked(self, request: dict[str, Any]) -> Any:
        """Ask with times for words; models without them refuse and are asked so no more."""
        from openai import BadRequestError, UnprocessableEntityError

        call = self._client.audio.transcriptions.create
        if self._timed:
            try:
                return call(
                    **request, response_format="verbose_json", timestamp_granularities=["word"]
                )
            except (BadRequestError, UnprocessableEntityError):
                answer = call(**request, response_format="json")
                self._timed = False  # only now: a request that is refused either way tells nothing
                return answer
        return call(**request, response_format="json")

    def _no_transcript(self) -> VoiceError:
        return VoiceError(f"the speech service {self.where} answered something that is no text")


def _timed_words(words: Any) -> Iterator[HeardWord]:
    """Yield the words that have their times."""
    for word in words if isinstance(words, list) else ():
        said = getattr(word, "word", None)
        times = [getattr(word, name, None) for name in ("start", "end")]
        start, end = (t if isinstance(t, int | float) else math.nan for t in times)
        if isinstance(said, str) and math.isfinite(start) and math.isfinite(end):
            # The service gives no confidence per word; 1.0 would claim one, so its words say none.
            yield HeardWord(said, float(start), float(end), 0.5)


class RemoteTts:
    """`POST /v1/audio/speech`."""

    def __init__(self, model: str, voice: str, base_url: str) -> None:
        self._client, self.where = _client(base_url, 1)
        self._model = model
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
