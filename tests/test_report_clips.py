"""Quotes that can be heard: their place in the recording, the clips, and where they are kept."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest

np = pytest.importorskip("numpy")
soundfile = pytest.importorskip("soundfile")

from agent import clips  # noqa: E402
from sessions.ledger import Event, Ledger, open_ledger  # noqa: E402
from sessions.report.build import build_report  # noqa: E402
from sessions.report.render import to_html  # noqa: E402
from sessions.report.speaking import place_quotes  # noqa: E402

RATE_HZ = 16_000
TEXT = "残差连接让梯度直接流过，所以深层网络更好训练。"
WORDS = ["残差", "连接", "让", "梯度", "直接", "流过，", "所以", "深层", "网络", "更好", "训练。"]


def _quote(start: int, end: int, turn: str = "t2") -> Any:
    return {"turn": turn, "start": start, "end": end, "text": TEXT[start:end]}


def _report(*quotes: Any) -> Any:
    return {"mode": "mock", "questions": [{"points": [{"quotes": list(quotes)}]}]}


def _events() -> list[Event]:
    words = [
        {"text": w, "start_s": i * 0.5, "end_s": i * 0.5 + 0.4, "confidence": 0.9}
        for i, w in enumerate(WORDS)
    ]
    bodies: Any = [
        ("heard", {"id": "h1", "text": TEXT, "words": words, "offset_s": 10.0}),
        ("heard_taken", {"id": "h1", "turn": "t2"}),
        ("heard", {"id": "h2", "text": TEXT, "words": words, "offset_s": 30.0}),
    ]
    at = "2026-01-05T10:00:00+00:00"
    return [
        Event(id=i, session="s", candidate="me", at=at, kind=kind, key=None, body=body)
        for i, (kind, body) in enumerate(bodies, 1)
    ]


def _recording(path: Path, seconds: float = 20.0) -> Path:
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    left = np.where((t > 11.0) & (t < 13.5), 0.4 * np.sin(2 * np.pi * 440 * t), 0.0)
    right = 0.4 * np.sin(2 * np.pi * 1_800 * t)
    soundfile.write(path, np.stack([left, right], axis=1), RATE_HZ, subtype="PCM_16")
    return path


def _loudest_hz(data: bytes) -> float:
    sound, rate_hz = soundfile.read(io.BytesIO(data), dtype="float32")
    return float(np.argmax(np.abs(np.fft.rfft(sound))) * rate_hz / len(sound))


def test_a_quote_is_placed_by_the_words_that_say_it() -> None:
    start = TEXT.index("梯度")
    report = _report(_quote(start, start + 6))
    place_quotes(report, _events())
    quote = report["questions"][0]["points"][0]["quotes"][0]
    assert quote["from_s"] == pytest.approx(10.0 + 3 * 0.5 - 0.15)
    assert quote["to_s"] == pytest.approx(10.0 + 5 * 0.5 + 0.4 + 0.15)


def test_a_typed_answer_has_no_place_in_a_recording() -> None:
    report = _report(_quote(0, 4, turn="t9"))
    place_quotes(report, _events())
    assert "from_s" not in report["questions"][0]["points"][0]["quotes"][0]


def test_a_clip_holds_the_candidates_side_alone(tmp_path: Path) -> None:
    report = _report({**_quote(3, 9), "from_s": 11.2, "to_s": 13.2})
    [(key, data)] = clips.cut_clips(report, _recording(tmp_path / "a.wav"))
    assert key == "t2:3-9"
    assert _loudest_hz(data) == pytest.approx(440, abs=20)
    assert len(data) < 12_000


def test_a_silent_place_or_a_recording_of_another_day_gives_no_clip(tmp_path: Path) -> None:
    silent = _report({**_quote(0, 4), "from_s": 2.0, "to_s": 4.0})
    assert list(clips.cut_clips(silent, _recording(tmp_path / "a.wav"))) == []
    other = _report({**_quote(3, 9), "from_s": 11.2, "to_s": 90.0})
    assert list(clips.cut_clips(other, _recording(tmp_path / "b.wav"))) == []
    (tmp_path / "c.wav").write_bytes(b"RIFF no sound at all")
    assert list(clips.cut_clips(other, tmp_path / "c.wav")) == []


def test_clips_beyond_the_limit_lie_in_files_beside_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = [{**_quote(i, i + 4), "from_s": 11.2, "to_s": 13.2} for i in (0, 5)]
    recording, page = _recording(tmp_path / "a.wav"), tmp_path / "report.html"
    [(_, first), _] = clips.cut_clips(_report(*two), recording)
    monkeypatch.setattr(clips, "EMBEDDED_BYTES", 2 * len(first))
    sounds = clips.place_clips(_report(*two), recording, page)
    assert sounds["t2:0-4"].startswith("data:audio/mpeg;base64,")
    assert sounds["t2:5-9"] == "report-audio/002.mp3"
    assert (tmp_path / sounds["t2:5-9"]).read_bytes() == base64.b64decode(
        sounds["t2:0-4"].split(",")[1]
    )


def test_the_address_of_a_clip_leads_to_its_file_whatever_the_page_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clips, "EMBEDDED_BYTES", 0)
    report = _report({**_quote(3, 9), "from_s": 11.2, "to_s": 13.2})
    page = tmp_path / "round #2? 100%.html"
    sounds = clips.place_clips(report, _recording(tmp_path / "a.wav"), page)
    address = urljoin(page.as_uri(), sounds["t2:3-9"])
    assert Path(unquote(urlsplit(address).path)).is_file()


def _graded(ledger: Ledger) -> None:
    wording = {"zh": "残差连接有什么用？"}
    question: Any = {
        "id": "q", "bank": "b", "topic": "t", "level": 3, "kind": "concept", "scope": "public",
        "wording": wording, "spoken": {}, "example": {}, "misconceptions": [], "reference": {},
        "key_points": [{"id": "k1", "text": {"zh": "梯度可以直接回传"}, "weight": 1.0}],
        "hints": [], "follow_ups": [], "terms": [], "prerequisites": [], "source": "",
    }  # fmt: skip
    point = {"key_point": "k1", "verdict": "covered", "quotes": [_quote(6, 12)], "note": ""}
    grade: Any = {
        "question": "q", "status": "graded", "reason": "", "kind": "content", "points": [point],
        "misconceptions": [], "error_level": 0, "clarity": 8.0, "overall": 97.0,
        "dimensions": None, "confidence": 0.9, "grader": "embedded",
    }  # fmt: skip
    start = {
        "candidate": "me", "format": "quick", "lang": "zh", "mode": "talk", "bank": "b",
        "bank_version": "1", "topic": "", "topics": {"t": "网络"}, "interviewer": "embedded",
        "grader": "embedded", "job": "",
    }  # fmt: skip
    turn = {"session": "s", "stage": "f", "question": "q", "at": "2026-01-05T10:00:30+00:00"}
    ask = {**turn, "id": "t1", "number": 1, "speaker": "interviewer", "text": wording["zh"]}
    told = {**turn, "id": "t2", "number": 2, "speaker": "candidate", "text": TEXT, "heard": True}
    heard = {e["kind"]: e["body"] for e in reversed(_events())}
    for kind, body in (
        ("session_started", start),
        ("question_asked", {"question": question, "number": 1, "stage": "f", "why": []}),
        ("turn", {**ask, "seconds": 3.0}),
        ("heard", {**heard["heard"], "wait_s": 1.2, "seconds": 5.5}),
        ("heard_taken", heard["heard_taken"]),
        ("turn", {**told, "words": heard["heard"]["words"], "seconds": 5.5}),
        ("grade", {"question": "q", "grade": grade, "turns": ["t2"], "hints": 0, "told": False}),
        ("session_closed", {"reason": "complete"}),
    ):
        ledger.append(kind, body, session="s", candidate="me")


def test_a_spoken_session_can_be_heard_in_its_page_and_tells_its_delivery(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "ledger.db")
    _graded(ledger)
    report = build_report(ledger, "s")
    ledger.close()
    page_file = tmp_path / "r.html"
    sounds = clips.place_clips(report, _recording(tmp_path / "a.wav"), page_file)
    page = to_html(report, "zh", sounds)
    assert page.count("<audio") == 1 and "data:audio/mpeg" in page
    assert "开口前的停顿" in page and "1.2 秒" in page
    assert "100% × 85 = 85" in page
    assert "<script" not in page


def test_a_page_without_a_recording_holds_no_player(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "ledger.db")
    _graded(ledger)
    report = build_report(ledger, "s")
    ledger.close()
    assert "<audio" not in to_html(report)
