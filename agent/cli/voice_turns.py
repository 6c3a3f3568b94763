"""Synthetic turns for measuring endpointing: packaged voices, pauses to think, noise."""

from __future__ import annotations

import hashlib
import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from agent.voice.audio import silence
from agent.voice.base import FRAME_SAMPLES, RATE_HZ, Samples, Tts

_FILE = Path(__file__).with_name("evaluate_voice.toml")
LEAD_S = 0.512
TAIL_S = 11.008
Noise = Literal["clean", "noise", "cough", "talk"]
_VARIANTS: tuple[tuple[Noise, tuple[float, float]], ...] = (
    ("clean", (0.3, 1.0)),
    ("clean", (1.0, 3.0)),
    ("clean", (3.0, 8.0)),
    ("noise", (1.0, 3.0)),
    ("cough", (3.0, 8.0)),
    ("talk", (2.0, 5.0)),
)


@dataclass(frozen=True)
class Script:
    """What is said: fragments with a pause to think between them."""

    lang: Literal["zh", "en"]
    fragments: tuple[str, ...]
    finished: bool
    tunes: bool
    """Whether it belongs to the half that settings may be chosen on."""


@dataclass(frozen=True)
class SyntheticTurn:
    """One turn as sound."""

    script: Script
    noise: Noise
    pauses_s: tuple[float, ...]
    end_s: float
    """End of the last word."""
    samples: Samples


def load_scripts() -> list[Script]:
    """Return the scripts, those that tune and those that are only reported on."""
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))["script"]
    found = []
    for row in tables:
        finished = row["ends"] == "finished"
        found += [
            Script(row["lang"], tuple(text.split("|")), finished, row["tunes"])
            for text in row["texts"]
        ]
    return found


class KeptVoices:
    """Synthesis with its results kept on disk: the same words are spoken once."""

    def __init__(self, voices: dict[str, Tts], folder: Path) -> None:
        self._voices, self._folder = voices, folder
        folder.mkdir(parents=True, exist_ok=True)

    def say(self, text: str, lang: str) -> Samples:
        """Return the sound in whole frames."""
        tts = self._voices[lang]
        key = hashlib.sha256(f"{tts.name}\x00{lang}\x00{text}".encode()).hexdigest()[:24]
        path = self._folder / f"{key}.npy"
        if not path.exists():
            np.save(path, tts.synthesise(text, lang))
        sound: Samples = np.load(path)
        return np.pad(sound, (0, -len(sound) % FRAME_SAMPLES))


def make_turns(scripts: list[Script], voices: KeptVoices, seed: int = 0) -> Iterator[SyntheticTurn]:
    """Yield every script in every variant."""
    for number, script in enumerate(scripts):
        other = scripts[(number + 7) % len(scripts)]
        for place, (noise, span) in enumerate(_VARIANTS):
            yield _turn(
                script, noise, span, voices, (other, random.Random(f"{seed}:{number}:{place}"))
            )


def _turn(
    script: Script,
    noise: Noise,
    span: tuple[float, float],
    voices: KeptVoices,
    rest: tuple[Script, random.Random],
) -> SyntheticTurn:
    other, rng = rest
    pieces, pauses = [silence(LEAD_S)], []
    for at, fragment in enumerate(script.fragments):
        if at:
            frames = round(rng.uniform(*span) * RATE_HZ / FRAME_SAMPLES)
            pauses.append(frames * FRAME_SAMPLES / RATE_HZ)
            pieces.append(np.zeros(frames * FRAME_SAMPLES, np.int16))
        pieces.append(voices.say(fragment, script.lang))
    words = np.concatenate(pieces)
    loud = np.flatnonzero(np.abs(words) > 327)
    end_s = float(loud[-1]) / RATE_HZ
    sound = np.concatenate([words, silence(TAIL_S)])
    babble = voices.say(other.fragments[-1], other.lang) if noise == "talk" else None
    noisy = _with_noise(sound, noise, end_s, babble, rng.randrange(1 << 30))
    return SyntheticTurn(script, noise, tuple(pauses), end_s, noisy)


def _with_noise(
    sound: Samples, noise: Noise, end_s: float, babble: Samples | None, seed: int
) -> Samples:
    if noise == "clean":
        return sound
    rng = np.random.default_rng(seed)
    out = sound.astype(np.float32)
    if noise == "noise":
        power = float(np.sqrt(np.mean(np.square(out[np.abs(out) > 327]))))
        out += rng.normal(0.0, power * 10 ** (-20 / 20), len(out)).astype(np.float32)
    elif noise == "cough":
        at = round((end_s + 0.4) * RATE_HZ)
        length = round(0.25 * RATE_HZ)
        shape = np.exp(-np.linspace(0, 6, length))
        out[at : at + length] += rng.normal(0.0, 6_000.0, length).astype(np.float32) * shape
    elif babble is not None:
        quiet = np.resize(babble.astype(np.float32), len(out)) * 10 ** (-24 / 20)
        out += quiet
    return np.asarray(np.clip(out, -32768, 32767), np.int16)
