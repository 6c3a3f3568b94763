"""A neural voice for Mandarin and English: Kokoro 82M in int8 ONNX, 24 kHz.

Mandarin sounds come from jieba, pypinyin and misaki's pinyin table, English ones from espeak-ng,
which runs as a process of its own; without it English words are spelled. The first sound of a
sentence arrives when the whole sentence is done: split into sentences before.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.voice.audio import resample, to_samples
from agent.voice.base import Samples, VoiceError

KOKORO_HZ = 24_000
_MOST_TOKENS = 500
_DEFAULT = {"zh": "zf_xiaoxiao", "en": "af_heart"}
_RUNS = re.compile(r"[\u4e00-\u9fff]+|[A-Za-z][A-Za-z' ]*|[^\u4e00-\u9fffA-Za-z]+")
_MARKS = str.maketrans("，、。！？：；（）“”…", ',,.!?:;()"".')
_ESPEAK_TIMEOUT_S = 10.0
# espeak's IPA in the symbols this model was trained on (hexgrad/misaki's fallback table, MIT).
_TO_KOKORO = (
    ("ʲ", "j"), ("r", "ɹ"), ("x", "k"), ("ɬ", "l"), ("eɪ", "A"), ("aɪ", "I"), ("ɔɪ", "Y"),
    ("oʊ", "O"), ("əʊ", "O"), ("aʊ", "W"), ("tʃ", "ʧ"), ("dʒ", "ʤ"), ("ɐ", "ə"), ("ɚ", "əɹ"),
    ("ɜː", "ɜ"), ("ː", ""), ("ʔ", "t"), ("\u0329", ""), ("\u032a", ""), ("e", "A"),
)  # fmt: skip
_LETTERS = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        "ˈA bˈi sˈi dˈi ˈi ˈɛf ʤˈi ˈAʧ ˈI ʤˈA kˈA ˈɛl ˈɛm ˈɛn ˈO pˈi kjˈu ˈɑɹ ˈɛs tˈi jˈu vˈi "
        "dˈʌbᵊlju ˈɛks wˈI zˈi".split(),
        strict=True,
    )
)


class KokoroTts:
    """Kokoro from the models folder, one voice a language."""

    def __init__(self, folder: Path, voice: str = "", *, speed: float = 1.0, threads: int = 1):
        """Load the model; `voice` names a file of its voices folder for the language it speaks."""
        try:
            import onnxruntime
        except ImportError as error:
            raise VoiceError("onnxruntime is missing: pip install 'kaoguan[voice]'") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4
        # Its arena grows with the longest sentence and never shrinks: an hour's talk would keep it.
        options.enable_cpu_mem_arena = False
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), providers=["CPUExecutionProvider"], sess_options=options
        )
        self._vocab: dict[str, int] = json.loads((folder / "vocab.json").read_text("utf-8"))[
            "vocab"
        ]
        self._folder = folder
        self._voices = dict(_DEFAULT)
        self._speed = speed
        if voice:
            if not (folder / "voices" / f"{voice}.bin").exists():
                known = ", ".join(sorted(p.stem for p in (folder / "voices").glob("*.bin")))
                raise VoiceError(f"there is no voice {voice!r}; choose one of {known}")
            self._voices["zh" if voice.startswith("z") else "en"] = voice

    @property
    def name(self) -> str:
        """Name with its voices, for the records and the cache."""
        return f"kokoro {self._voices['zh']} {self._voices['en']} {self._speed:g}"

    def synthesise(self, text: str, lang: str) -> Samples:
        """Return the sound of one sentence."""
        sounds = phonemes(text)
        tokens = [self._vocab[s] for s in sounds if s in self._vocab]
        if not tokens:
            return np.zeros(0, np.int16)
        style = _style(self._folder / "voices" / f"{self._voices[lang]}.bin")
        parts = [
            self._run(tokens[at : at + _MOST_TOKENS], style)
            for at in range(0, len(tokens), _MOST_TOKENS)
        ]
        return to_samples(resample(np.concatenate(parts), KOKORO_HZ))

    def _run(self, tokens: list[int], style: NDArray[np.float32]) -> NDArray[np.float32]:
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style[min(len(tokens), len(style)) - 1],
            "speed": np.array([self._speed], np.float32),
        }
        out: Any = self._session.run(None, inputs)[0]
        return _trimmed(np.asarray(out, np.float32).ravel())


@cache
def _style(path: Path) -> NDArray[np.float32]:
    return np.fromfile(path, np.float32).reshape(510, 1, 256)


def _trimmed(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cut the silence at both ends down to a breath."""
    loud = np.flatnonzero(np.abs(sound) > 0.01)
    pad = KOKORO_HZ * 6 // 100
    if not len(loud):
        return sound[:0]
    return sound[max(0, int(loud[0]) - pad) : int(loud[-1]) + pad]


def phonemes(text: str) -> str:
    """Return the symbols that the model reads for a mixed Chinese and English sentence."""
    pieces = []
    for run in _RUNS.findall(text):
        if "\u4e00" <= run[0] <= "\u9fff":
            pieces.append(_mandarin(run))
        elif run[0].isascii() and run[0].isalpha():
            pieces.append(f" {_english(run.strip())} ")
        else:
            pieces.append(run.translate(_MARKS))
    return re.sub(r"\s+", " ", "".join(pieces)).strip()


@lru_cache(maxsize=512)
def _mandarin(run: str) -> str:
    import jieba
    from misaki.zh import ZHG2P

    jieba.setLogLevel(60)
    words = jieba.lcut(run, cut_all=False)
    return " ".join(str(ZHG2P.word2ipa(word)) for word in words).replace("\u032f", "")


@lru_cache(maxsize=512)
def _english(run: str) -> str:
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        return " ".join(_LETTERS[c] for c in run.lower() if c in _LETTERS)
    spaced = re.sub(r"\b([A-Z]{2,5})\b", lambda m: " ".join(m[1]), run)
    command = [espeak, "-q", "--ipa", "-v", "en-us", "--", spaced]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_ESPEAK_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise VoiceError(f"espeak-ng does not answer: {error}") from error
    ipa = " ".join(done.stdout.decode("utf-8", "replace").split())
    for old, new in _TO_KOKORO:
        ipa = ipa.replace(old, new)
    return ipa
