"""Speak sentences with terms of ours by the packaged voices, and keep how whisper base heard them.

Run by hand: `python -m tests.hear_terms SEED SECONDS FILE` with KAOGUAN_MODELS set; it ends when so
much processor time is used. One line a
term, `sentence heard with [heard|meant]`, is added to the file; `tests/data/terms_by_whisper.txt`
is made of such runs. English is said with English sounds, or as a Chinese speaker may say it.
"""

from __future__ import annotations

import os
import random
import re
import sys
import time
from collections.abc import Iterator
from math import isclose
from pathlib import Path

import numpy as np

from tests.heard_terms import plain
from tests.misheard import in_syllables, spell
from tests.misheard_sentences import CARRIERS, LOOSE, sentences_of
from tests.train_terms import bank_lines
from tools.knowledge.glossary import load_glossary
from tools.knowledge.sound import Phones, drop_cost, phones, swap_cost
from tools.knowledge.term_targets import core_words, spoken_words, targets, technical_words

VOICES = ("zf_xiaobei", "zf_xiaoni", "zf_xiaoxiao", "zf_xiaoyi",
          "zm_yunjian", "zm_yunxi", "zm_yunxia", "zm_yunyang")  # fmt: skip
_UNIT = re.compile(r"[\u3400-\u9fff]|[A-Za-z]+|[0-9]")


def pick_term(rng: random.Random) -> str:
    pool = rng.choices(
        (core_words(), spoken_words(), technical_words(), [t.term for t in targets()]),
        (0.25, 0.3, 0.1, 0.35),
    )[0]
    return rng.choice(pool)


def said_sentence(lines: list[str], rng: random.Random) -> tuple[str, list[tuple[int, int]]]:
    """Return what is to be said, and where its terms are."""
    if rng.random() < 0.4:
        text = rng.choice(lines)
        return text, [(m.start, m.end) for m in load_glossary().find(text)]
    text, spots = rng.choice(CARRIERS), []
    if rng.random() < 0.3:
        text = rng.choice(LOOSE) + text
    for slot in ("{a}", "{b}"):
        at, term = text.find(slot), pick_term(rng)
        if at >= 0:
            text = text.replace(slot, term)
            spots.append((at, at + len(term)))
    return text, spots


def aloud(text: str, rng: random.Random) -> str:
    """Return a text in which some English words are written as a Chinese speaker says them."""

    def one(match: re.Match[str]) -> str:
        word = match[0]
        spelled = re.fullmatch(r"[A-Z]{2,5}", word) is not None
        if spelled or len(word) < 3 or rng.random() < 0.6:
            return word
        return spell(in_syllables(phones(word), rng), rng) or word

    return re.sub(r"[A-Za-z]+", one, text)


def units(text: str) -> list[tuple[int, int, Phones]]:
    return [(m.start(), m.end(), phones(m[0])) for m in _UNIT.finditer(text)]


def aligned(said: Phones, heard: Phones) -> list[tuple[int, int]]:
    """Return pairs of places of the cheapest alignment, -1 for what stands on one side only."""
    cost = np.zeros((len(said) + 1, len(heard) + 1))
    cost[1:, 0] = np.cumsum([drop_cost(p) for p in said])
    cost[0, 1:] = np.cumsum([drop_cost(p) for p in heard])
    for i, one in enumerate(said, 1):
        for j, other in enumerate(heard, 1):
            cost[i, j] = min(
                cost[i - 1, j - 1] + swap_cost(one, other),
                cost[i - 1, j] + drop_cost(one),
                cost[i, j - 1] + drop_cost(other),
            )
    pairs, i, j = [], len(said), len(heard)
    while i or j:
        if (
            i
            and j
            and isclose(cost[i, j], cost[i - 1, j - 1] + swap_cost(said[i - 1], heard[j - 1]))
        ):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif i and isclose(cost[i, j], cost[i - 1, j] + drop_cost(said[i - 1])):
            i -= 1
            pairs.append((i, -1))
        else:
            j -= 1
            pairs.append((-1, j))
    return pairs[::-1]


def heard_terms(
    text: str, spots: list[tuple[int, int]], heard: str
) -> Iterator[tuple[int, int, str]]:
    """Yield where in the heard text which term stands otherwise than it was said."""
    left, right = units(text), units(heard)
    row = [n for n, (_, _, sound) in enumerate(left) for _ in sound]
    other = [n for n, (_, _, sound) in enumerate(right) for _ in sound]
    said = tuple(p for u in left for p in u[2])
    got = tuple(p for u in right for p in u[2])
    pairs = aligned(said, got)
    for start, end in spots:
        met = [other[j] for i, j in pairs if i >= 0 and j >= 0 and start <= left[row[i]][0] < end]
        if met:
            a, b = right[min(met)][0], right[max(met)][1]
            yield a, b, text[start:end]


def main() -> None:
    from agent.voice.audio import to_samples
    from agent.voice.backends.kokoro import KokoroTts
    from agent.voice.backends.whisper import WhisperAsr

    seed, seconds, file = int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3])
    rng, folder = random.Random(seed), Path(os.environ["KAOGUAN_MODELS"])
    lines = sorted({s for line in bank_lines() for s in sentences_of(line) if len(s) < 45})
    asr = WhisperAsr(folder / "whisper-base")
    voices = [KokoroTts(folder / "kokoro", v, speed=rng.uniform(0.95, 1.3)) for v in VOICES[::2]]
    while time.process_time() < seconds:
        text, spots = said_sentence(lines, rng)
        if not spots:
            continue
        sound = rng.choice(voices).synthesise(aloud(text, rng), "zh")
        noise = np.random.default_rng(rng.randrange(10**6))
        hiss = noise.normal(0, rng.choice((20, 150, 500)), len(sound))
        heard = asr.recognise(to_samples((sound + hiss) / 32768.0), "zh", ()).text
        with file.open("a", encoding="utf-8") as out:
            for a, b, meant in heard_terms(text, spots, heard):
                if plain(heard[a:b]) != plain(meant):
                    out.write(f"{heard[:a]}[{heard[a:b]}|{meant}]{heard[b:]}\n")


if __name__ == "__main__":
    main()
