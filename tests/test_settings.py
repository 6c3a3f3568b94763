from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent.settings import SettingsError, load_settings


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in list(os.environ):
        if name.startswith(("KAOGUAN_", "OPENAI_")) and name != "KAOGUAN_SAMPLES":
            monkeypatch.delenv(name)
    monkeypatch.setenv("KAOGUAN_CONFIG_DIR", str(tmp_path))
    return tmp_path / "settings.toml"


def test_flags_beat_the_environment_which_beats_the_file(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text('[general]\nlang = "en"\nformat = "hr"\ncandidate = "小王"\n', "utf-8")
    monkeypatch.setenv("KAOGUAN_FORMAT", "quick")
    settings = load_settings({"general.candidate": "小李"})
    general = settings.general
    assert (general.lang, general.format, general.candidate) == ("en", "quick", "小李")
    origins = [settings.origin(f"general.{n}") for n in ("lang", "format", "candidate", "bank")]
    assert origins == ["file", "environment", "flag", "default"]


def test_a_key_in_the_environment_switches_nothing_on(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-something")
    assert load_settings().model.name == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[general]\nlang = 'fr'", "choose one of zh, en"),
        ("[general]\ncolour = 1", "unknown setting 'general.colour'"),
        ("[wrong]\na = 1", "unknown section"),
        ("[general", "mend or remove it"),
        ("[model]\ntimeout_s = 'soon'", "takes a float"),
        ("[model]\ngrader_band = 140", "lies from 0 to 100"),
        ("[model]\ngrader_band = nan", "lies from 0 to 100"),
    ],
)
def test_a_bad_settings_file_is_one_clear_line(config: Path, text: str, message: str) -> None:
    config.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=message.replace("[", r"\[")):
        load_settings()


def test_sections_stay_small() -> None:
    settings = load_settings()
    for section in (settings.general, settings.model, settings.voice):
        assert len(section.__dataclass_fields__) <= 15
