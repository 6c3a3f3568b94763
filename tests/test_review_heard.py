"""A reviewed recording can be heard: each quote knows its place, and no masked name its time."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

np = pytest.importorskip("numpy")
soundfile = pytest.importorskip("soundfile")

from agent import clips  # noqa: E402
from agent.review import Wanted, keep, review  # noqa: E402
from agent.reviewing import audio  # noqa: E402
from agent.reviewing.masking import masked_blocks  # noqa: E402
from sessions.ledger import open_ledger  # noqa: E402
from sessions.records import Word  # noqa: E402
from sessions.report.build import build_report  # noqa: E402
from sessions.report.quotes import quotes_of  # noqa: E402
from sessions.report.render import labels, to_html  # noqa: E402
from sessions.report.speaking import place_quotes  # noqa: E402
from sessions.transcript import (  # noqa: E402
    Block,
    Transcript,
    TranscriptError,
    parse_transcript,
    read_transcript,
)
from tools.knowledge.bank import load_bank  # noqa: E402
from tools.knowledge.search import open_searcher  # noqa: E402

TALK = Path(__file__).parent / "data" / "review" / "talk.txt"
RATE_HZ = 16_000
A_LETTER_S = 0.1


def _timed(block: Block) -> Block:
    """Say a block's characters one after the other, a tenth of a second each."""
    start = block.start_s or 0.0
    words = []
    for place, letter in enumerate(block.text):
        at = start + place * A_LETTER_S
        words.append(Word(text=letter, start_s=at, end_s=at + A_LETTER_S, confidence=1.0))
    return replace(block, words=tuple(words))


def _heard(text: str) -> Transcript:
    read = parse_transcript(text)
    return Transcript("audio", tuple(_timed(block) for block in read.blocks))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("heard")
    bank = load_bank()
    found = review(
        _heard(TALK.read_text("utf-8")), bank, open_searcher(bank, folder=folder), Wanted()
    )
    ledger = open_ledger(folder / "ledger.db")
    keep(found, ledger)
    made = build_report(ledger, found.session)
    ledger.close()
    return made


def test_every_quote_of_a_recording_lies_where_its_words_are_said(report: Any) -> None:
    starts = {f"t{b.number}": b.start_s or 0.0 for b in read_transcript(TALK).blocks}
    quotes = list(quotes_of(report))
    assert len(quotes) > 5
    for quote in quotes:
        said = starts[quote["turn"]] + quote["start"] * A_LETTER_S
        assert quote["from_s"] == pytest.approx(max(0.0, said - 0.15), abs=0.02)
        assert quote["to_s"] - quote["from_s"] < len(quote["text"]) * A_LETTER_S + 0.35


def test_both_sides_of_a_talk_are_heard_in_its_page(report: Any, tmp_path: Path) -> None:
    t = np.arange(6 * 60 * RATE_HZ) / RATE_HZ
    sides = [0.3 * np.sin(2 * np.pi * hz * t) for hz in (440.0, 1_800.0)]
    soundfile.write(tmp_path / "talk.wav", np.stack(sides, axis=1), RATE_HZ, subtype="PCM_16")
    sounds = dict(clips.cut_clips(report, tmp_path / "talk.wav"))
    shown = {
        clips.clip_key(q["turn"], q["start"], q["end"])
        for f in report["review"]["findings"]
        for q in f["evidence"]
    }
    assert shown and shown <= set(sounds)
    sound, rate_hz = soundfile.read(io.BytesIO(next(iter(sounds.values()))))
    loud = np.abs(np.fft.rfft(sound))
    hz = np.fft.rfftfreq(len(sound), 1 / rate_hz)
    both = [loud[(hz > tone - 30) & (hz < tone + 30)].max() for tone in (440, 1_800)]
    assert min(both) > 20 * np.median(loud)
    page = to_html(report, "zh", dict.fromkeys(sounds, "x.mp3"))
    assert page.count('aria-label="' + labels("zh")["hear"]) >= len(shown)


def test_no_time_is_kept_of_a_masked_name() -> None:
    text = TALK.read_text("utf-8").replace("说话人 2", "周明远").replace("你好，", "我是周明远，")
    blocks, _ = masked_blocks(_heard(text))
    assert "[name]" in blocks[0].text
    said = "".join(word["text"] for word in blocks[0].words)
    assert "明" not in said and "我们开始吧" in said


def test_a_masked_name_is_heard_in_no_clip(tmp_path: Path) -> None:
    said = "今天我们请周明远讲讲注意力机制的作用。"
    talk = Transcript("audio", (_timed(Block(1, "周明远", said, 1, start_s=1.0)),))
    [masked], _ = masked_blocks(talk)
    words = list(masked.words)
    event: Any = {
        "kind": "turn",
        "body": {"id": "t1", "text": masked.text, "words": words, "from_s": 0.0},
    }
    quotes = []
    for piece in ("今天我们请", "我们请[name]讲讲", "讲讲注意力机制"):
        start = masked.text.index(piece)
        quotes.append({"turn": "t1", "start": start, "end": start + len(piece), "text": piece})
    report: Any = {"mode": "review", "questions": [{"points": [{"quotes": quotes}]}]}
    place_quotes(report, [event])
    t = np.arange(5 * RATE_HZ) / RATE_HZ
    begin = 1.0 + said.index("周") * A_LETTER_S
    named = (t >= begin) & (t < begin + 3 * A_LETTER_S)
    sound = 0.3 * np.sin(2 * np.pi * np.where(named, 3_000.0, 440.0) * t)
    soundfile.write(tmp_path / "talk.wav", sound, RATE_HZ, subtype="PCM_16")
    heard = dict(clips.cut_clips(report, tmp_path / "talk.wav"))
    ends = [clips.clip_key("t1", q["start"], q["end"]) for q in (quotes[0], quotes[2])]
    assert list(heard) == ends
    for clip in heard.values():
        one, rate_hz = soundfile.read(io.BytesIO(clip))
        loud = np.abs(np.fft.rfft(one))
        hz = np.fft.rfftfreq(len(one), 1 / rate_hz)
        assert loud[(hz > 2_900) & (hz < 3_100)].max() < 0.05 * loud[(hz > 400) & (hz < 480)].max()


def test_one_voice_is_not_taken_for_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(5)
    sound = random.normal(0, 0.1, 20 * RATE_HZ)
    soundfile.write(tmp_path / "one.wav", sound, RATE_HZ)
    spans = [(i * RATE_HZ, i * RATE_HZ + RATE_HZ * 3 // 4) for i in range(20)]
    monkeypatch.setattr(audio, "speech_in", lambda samples, pause_s=0.7: spans)
    with pytest.raises(TranscriptError, match="cannot be told apart surely"):
        audio.transcribe(tmp_path / "one.wav", tmp_path, lambda *_: None, _Silent())


class _Silent:
    name = "silent"

    def recognise(self, samples: Any, lang: str, terms: Any) -> Any:
        raise AssertionError("nothing may be recognised before it is known who speaks")
