"""A whole spoken interview with the real parts: neural voice, Silero, Whisper base."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

pytestmark = pytest.mark.slow


@pytest.fixture
def models() -> Path:
    import platformdirs

    from agent.voice.models import installed, packaged_models

    chosen = os.environ.get("KAOGUAN_MODELS")
    folder = Path(chosen) if chosen else Path(platformdirs.user_cache_dir("kaoguan")) / "models"
    for model in packaged_models().values():
        if not installed(model, folder):
            pytest.skip(f"{model.id} is not in {folder}: kaoguan voice install with KAOGUAN_MODELS")
    return folder


def test_a_spoken_interview_is_heard_answered_aloud_and_recorded(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agent.cli.main import cli
    from agent.interviewer import LEDGER_FILE
    from agent.settings import data_folder
    from agent.voice.audio import read_audio, silence, write_audio
    from agent.voice.backends.kokoro import KokoroTts
    from agent.voice.backends.whisper import WhisperAsr
    from sessions.delivery import delivery_of
    from sessions.ledger import open_ledger

    monkeypatch.setenv("KAOGUAN_MODELS", str(models))
    voice = KokoroTts(models / "kokoro", "zm_yunxi")
    pieces = [
        silence(0.5),
        voice.synthesise("我觉得主要原因是", "zh"),
        silence(5.0),
        voice.synthesise("这样训练会更加稳定。", "zh"),
        silence(3.0),
    ]
    write_audio(tmp_path / "answers.wav", np.concatenate(pieces))
    out = tmp_path / "session.wav"
    command = ["talk", "--format", "quick", "--plain", "--out", str(out)]
    done = CliRunner().invoke(cli, [*command, "--file", str(tmp_path / "answers.wav")])
    assert done.exit_code == 0, done.output
    ledger = open_ledger(data_folder() / LEDGER_FILE)
    events = list(ledger.events())
    ledger.close()
    turns = [e["body"] for e in events if e["kind"] == "turn"]
    answers = [t for t in turns if t["speaker"] == "candidate"]
    assert len(answers) == 1, "a thinking pause of five seconds must not end the turn"
    assert "原因" in answers[0]["text"] and "稳定" in answers[0]["text"]
    assert answers[0]["heard"] and answers[0]["words"]
    found = delivery_of(events, "zh")
    assert found is not None and 4.0 < found["longest_pause_s"] < 6.5

    both = np.frombuffer(out.read_bytes()[44:], "<i2").reshape(-1, 2)
    assert np.abs(both[:, 0]).max() > 1_000 and np.abs(both[:, 1]).max() > 1_000
    write_audio(tmp_path / "interviewer.wav", both[: 20 * 16_000, 1].copy())
    spoken = WhisperAsr(models / "whisper-base").recognise(
        read_audio(tmp_path / "interviewer.wav"), "zh", ()
    )
    opening = next(t["text"] for t in turns if t["speaker"] == "interviewer")
    shared = set(spoken.text) & set(opening)
    assert len(shared) >= 8, json.dumps([spoken.text, opening], ensure_ascii=False)


def test_a_corrupt_recording_is_one_clear_line(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agent.cli.main import cli

    monkeypatch.setenv("KAOGUAN_MODELS", str(models))
    (tmp_path / "bad.wav").write_bytes(b"RIFFnothing")
    done = CliRunner().invoke(cli, ["talk", "--file", str(tmp_path / "bad.wav")])
    assert done.exit_code == 1
    assert len(done.output.strip().splitlines()) == 1 and "bad.wav" in done.output
