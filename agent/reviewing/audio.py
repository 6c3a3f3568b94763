"""A recording as a transcript: speech found, speakers told apart, words recognised, piece by piece.

Two channels are two speakers. In one channel two voices are told apart as well as they differ;
where they hardly do, that is said and nothing is guessed. Finished stretches are kept in the data
folder, so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from agent.reviewing.decoding import channels_of
from agent.reviewing.voices import tell_apart
from sessions.records import Word
from sessions.transcript import Block, Transcript, TranscriptError

if TYPE_CHECKING:
    from agent.voice.base import Asr, Samples

_SPEECH_FROM = 0.5
_PAUSE_S = 0.7
_BREATH_S = 0.25
"""A pause of one channel at which the voice may change."""
_LONGEST_S = 24.0
_LEAST_S = 0.3
_PAD_S = 0.15
_TRIED = 3
"""Stretches that are recognised in both languages to find out which is spoken."""
_ONE_VOICE = 3.5
"""Distance of the groups below which there is one voice, or two that are too alike. Own dialogues
of packaged voices, clean, noisy, in a telephone's band and in a room: 3.6 to 12.3 where the voices
were told apart in 99 % of the time, 1.6 where they were not; one voice alone at most 3.3."""


@dataclass(frozen=True)
class Stretch:
    """Speech of one voice between two silences."""

    start: int
    """Samples from the beginning."""
    end: int
    voice: str


def transcribe(
    path: Path,
    folder: Path,
    progress: Callable[[str, int, int], None],
    asr: Asr,
    lang: str = "",
) -> Transcript:
    """Return the transcript of a recording; without `lang` its language is found out.

    Raises:
        TranscriptError: The file is no sound, holds no speech or one voice, or the speech parts
            are missing.
    """
    from agent.voice.base import VoiceError

    try:
        channels = channels_of(path)
        stretches = _stretches(channels)
        chosen = lang or language_spoken(asr, channels, stretches)
        said = _recognised(path, folder, channels, stretches, asr, chosen, progress)
    except VoiceError as error:
        raise TranscriptError(str(error)) from error
    blocks = _blocks(stretches, said)
    if len({block.label for block in blocks}) < 2:
        raise TranscriptError(
            "only one voice was found: record both sides, or review the meeting tool's transcript"
        )
    return Transcript("audio", tuple(blocks))


def _blocks(stretches: Sequence[Stretch], said: Sequence[tuple[str, list[Word]]]) -> list[Block]:
    """Join what one voice says without the other; word times count from the beginning."""
    from agent.voice.base import RATE_HZ

    blocks: list[Block] = []
    for stretch, (text, words) in zip(stretches, said, strict=True):
        if not text.strip():
            continue
        start, end = stretch.start / RATE_HZ, stretch.end / RATE_HZ
        placed = tuple(
            Word(
                text=word["text"],
                start_s=round(start + word["start_s"], 2),
                end_s=round(start + word["end_s"], 2),
                confidence=round(word["confidence"], 2),
            )
            for word in words
        )
        if blocks and blocks[-1].label == stretch.voice:
            last = blocks[-1]
            joined, heard = f"{last.text} {text.strip()}", last.words + placed
            blocks[-1] = Block(last.number, last.label, joined, last.line, last.start_s, end, heard)
        else:
            number = len(blocks) + 1
            blocks.append(Block(number, stretch.voice, text.strip(), number, start, end, placed))
    return blocks


def _stretches(channels: Sequence[Samples]) -> list[Stretch]:
    if len(channels) == 1:
        return _told_apart(channels[0])
    found: list[Stretch] = []
    for number, channel in enumerate(channels, 1):
        found += [Stretch(a, b, f"speaker {number}") for a, b in speech_in(channel)]
    return sorted(_spoken(found), key=lambda stretch: stretch.start)


def _spoken(stretches: list[Stretch]) -> list[Stretch]:
    if not stretches:
        raise TranscriptError("no speech was found in the recording")
    return stretches


def _told_apart(samples: Samples) -> list[Stretch]:
    """Return the stretches of two voices in one channel.

    Raises:
        TranscriptError: There is no speech, or it cannot be told whose it is.
    """
    from agent.voice.base import RATE_HZ

    told = tell_apart(samples, speech_in(samples, _BREATH_S), RATE_HZ)
    found: list[Stretch] = []
    for (start, end), group in zip(told.pieces, told.groups, strict=True):
        voice, last = f"speaker {group + 1}", found[-1] if found else None
        near = last is not None and start - last.end < _PAUSE_S * RATE_HZ
        if last and near and last.voice == voice and end - last.start < _LONGEST_S * RATE_HZ:
            found[-1] = Stretch(last.start, end, voice)
        else:
            found.append(Stretch(start, end, voice))
    if told.apart < _ONE_VOICE and _spoken(found):
        raise TranscriptError(
            "the two voices in its one channel cannot be told apart surely: record each side on "
            "a channel of its own (left and right), or review the meeting tool's transcript"
        )
    return _spoken(found)


def speech_in(samples: Samples, pause_s: float = _PAUSE_S) -> list[tuple[int, int]]:
    """Return the stretches of speech, cut at pauses and at the longest the recogniser takes."""
    from agent.voice.backends.silero import SileroVad
    from agent.voice.base import FRAME_SAMPLES, RATE_HZ

    vad = SileroVad()
    spoken = [
        vad.probability(samples[at : at + FRAME_SAMPLES]) >= _SPEECH_FROM
        for at in range(0, len(samples) - FRAME_SAMPLES + 1, FRAME_SAMPLES)
    ]
    found: list[tuple[int, int]] = []
    pause, longest = pause_s * RATE_HZ, _LONGEST_S * RATE_HZ
    for place, is_speech in enumerate(spoken):
        start, end = place * FRAME_SAMPLES, (place + 1) * FRAME_SAMPLES
        if not is_speech:
            continue
        if found and start - found[-1][1] < pause and end - found[-1][0] < longest:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    pad = int(min(_PAD_S, pause_s / 2) * RATE_HZ)
    return [
        (max(0, a - pad), min(len(samples), b + pad))
        for a, b in found
        if b - a >= _LEAST_S * RATE_HZ
    ]


def language_spoken(
    asr: Asr, channels: Sequence[Samples], stretches: Sequence[Stretch]
) -> Literal["zh", "en"]:
    """Return the language in which the recogniser is surer of the longest stretches."""
    sure = {"zh": 0.0, "en": 0.0}
    for stretch in sorted(stretches, key=lambda s: s.start - s.end)[:_TRIED]:
        for lang in sure:
            heard = asr.recognise(_sound(channels, stretch), lang, ())
            words = [word.confidence for word in heard.words]
            sure[lang] += sum(words) / len(words) if words else 0.0
    return "en" if sure["en"] > sure["zh"] else "zh"


def _sound(channels: Sequence[Samples], stretch: Stretch) -> Samples:
    channel = channels[int(stretch.voice[-1]) - 1] if len(channels) > 1 else channels[0]
    return channel[stretch.start : stretch.end]


def _recognised(
    path: Path,
    folder: Path,
    channels: Sequence[Samples],
    stretches: Sequence[Stretch],
    asr: Asr,
    lang: str,
    progress: Callable[[str, int, int], None],
) -> list[tuple[str, list[Word]]]:
    """Return the text and words of each stretch, going on where an earlier run stopped."""
    kept = folder / "cache" / "review" / f"{_digest(path, f'{asr.name} {lang} ')}.jsonl"
    done = _kept(kept)
    kept.parent.mkdir(parents=True, exist_ok=True)
    said = []
    with kept.open("a", encoding="utf-8") as file:
        for number, stretch in enumerate(stretches):
            key = f"{stretch.start}-{stretch.end}-{stretch.voice if len(channels) > 1 else ''}"
            if key not in done:
                heard = asr.recognise(_sound(channels, stretch), lang, ())
                done[key] = (heard.text, [cast("Word", asdict(word)) for word in heard.words])
                file.write(json.dumps([key, *done[key]], ensure_ascii=False) + "\n")
                file.flush()
            said.append(done[key])
            progress("recognising", number + 1, len(stretches))
    kept.unlink()  # the words are in the review now; a recording's text is not left lying about
    return said


def _digest(path: Path, told: str) -> str:
    """Return what tells this file, recognised so, from others; an hour of sound is not copied."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.sha256(told.encode()))
    return found.hexdigest()[:16]


def _kept(path: Path) -> dict[str, tuple[str, list[Word]]]:
    """Return what an earlier run has recognised; a line cut off by its end counts as not done."""
    done: dict[str, tuple[str, list[Word]]] = {}
    for line in path.read_text("utf-8").splitlines() if path.is_file() else ():
        try:
            key, text, words = json.loads(line)
        except ValueError:
            continue
        done[key] = (text, words)
    return done
