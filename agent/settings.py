"""Settings, read once: defaults, then the settings file, then the environment, then flags.

Each value keeps where it came from, so that `kaoguan doctor` can show it. A key in the environment
switches nothing on: words leave this machine only when a model is named.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

Origin = Literal["default", "file", "environment", "flag"]


class SettingsError(Exception):
    """A setting has a value it cannot have, or the settings file cannot be read."""


@dataclass(frozen=True)
class General:
    """Who is interviewed, how, and in which language."""

    lang: Literal["zh", "en"] = "zh"
    candidate: str = "me"
    format: str = "standard"
    bank: str = "kaoguan"
    mode: Literal["mock", "practice"] = "mock"
    plain: bool = False
    """No colour, no live screen: for screen readers and pipes."""


@dataclass(frozen=True)
class Model:
    """The interviewer's and the grader's model; empty names mean the embedded parts."""

    name: str = ""
    preset: str = ""
    base_url: str = ""
    grader: str = ""
    grader_strong: str = ""
    """Grades code and design; the grader when empty."""
    grader_second: str = ""
    """Asked when the grader is unsure or the embedded one disagrees; nobody when empty."""
    grader_band: float = 20.0
    """Points that two graders may differ by before it is shown, 0 to 100."""
    grader_base_url: str = ""
    tool_mode: Literal["tagged", "native"] = "tagged"
    timeout_s: float = 30.0
    budget_tokens: int = 400_000
    """Tokens a session may use; the goodbye has its own reserve."""
    price_in: float = 0.0
    """Of a million prompt tokens, for the cost shown; 0 means unknown."""
    price_out: float = 0.0


@dataclass(frozen=True)
class Voice:
    """Listening and speaking."""

    asr_model: str = "base"
    tts: str = "auto"
    voice: str = ""
    input_device: str = ""
    output_device: str = ""
    keep_audio: bool = False


@dataclass(frozen=True)
class Settings:
    """All settings, and for each `section.name` where its value came from."""

    general: General = General()
    model: Model = Model()
    voice: Voice = Voice()
    origins: Mapping[str, Origin] = field(default_factory=dict)

    def origin(self, name: str) -> Origin:
        """Return where the value of `section.name` came from."""
        return self.origins.get(name, "default")


_SECTIONS = ("general", "model", "voice")
_ENV_ALIASES = {"OPENAI_BASE_URL": "model.base_url"}


def data_folder() -> Path:
    """Return the folder for the ledger, checkpoints, banks and caches."""
    chosen = os.environ.get("KAOGUAN_DATA_DIR")
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("kaoguan", appauthor=False))


def settings_file() -> Path:
    """Return the path of the settings file, whether or not it exists."""
    chosen = os.environ.get("KAOGUAN_CONFIG_DIR")
    if chosen:
        return Path(chosen).expanduser() / "settings.toml"
    import platformdirs

    return Path(platformdirs.user_config_dir("kaoguan", appauthor=False)) / "settings.toml"


def load_settings(flags: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings; `flags` maps `section.name` to the values given on the command line.

    Raises:
        SettingsError: The file is not TOML, or a value is unknown or of the wrong kind.
    """
    settings = Settings()
    for name, value in _from_file(settings_file()).items():
        settings = _with(settings, name, value, "file")
    for name, value in _from_environment(os.environ).items():
        settings = _with(settings, name, value, "environment")
    for name, value in (flags or {}).items():
        if value is not None:
            settings = _with(settings, name, value, "flag")
    return settings


def with_grader(settings: Settings, name: str | None, base_url: str | None) -> Settings:
    """Return the settings with the grading model that flags named; None leaves them as they are."""
    flags = {"model.grader": name, "model.grader_base_url": base_url}
    for key, value in flags.items():
        if value is not None:
            settings = _with(settings, key, value, "flag")
    return settings


def _from_file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"cannot read {path}: {error}; mend or remove it") from error
    found: dict[str, Any] = {}
    for section, values in tables.items():
        if section not in _SECTIONS or not isinstance(values, dict):
            raise SettingsError(f"{path}: unknown section [{section}]; known: {_SECTIONS}")
        found |= {f"{section}.{name}": value for name, value in values.items()}
    return found


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    known = {
        f"KAOGUAN_{section}_{item.name}".upper(): f"{section}.{item.name}"
        for section in _SECTIONS
        for item in fields(getattr(Settings(), section))
    }
    known |= {f"KAOGUAN_{item.name}".upper(): f"general.{item.name}" for item in fields(General)}
    found = {target: environ[name] for name, target in _ENV_ALIASES.items() if environ.get(name)}
    return found | {known[name]: value for name, value in environ.items() if name in known}


def _with(settings: Settings, name: str, value: Any, origin: Origin) -> Settings:
    section, _, key = name.partition(".")
    part = getattr(settings, section)
    if key not in {item.name for item in fields(part)}:
        raise SettingsError(f"unknown setting {name!r} ({origin})")
    part = replace(part, **{key: _convert(name, value, getattr(part, key))})
    changed = replace(settings, origins={**settings.origins, name: origin})
    return replace(changed, **{section: part})


_CHOICES = {
    "general.lang": ("zh", "en"),
    "general.mode": ("mock", "practice"),
    "model.tool_mode": ("tagged", "native"),
}

_RANGES = {"model.grader_band": (0.0, 100.0)}


def _convert(name: str, value: Any, default: Any) -> Any:
    """Turn a text from the environment into the default's type, and check choices and ranges."""
    allowed = _CHOICES.get(name)
    if allowed and value not in allowed:
        raise SettingsError(f"{name} cannot be {value!r}; choose one of {', '.join(allowed)}")
    if isinstance(default, bool) and isinstance(value, str):
        if value.lower() in ("1", "true", "yes", "on"):
            return True
        if value.lower() in ("0", "false", "no", "off", ""):
            return False
        raise SettingsError(f"{name} cannot be {value!r}; choose true or false")
    try:
        converted = type(default)(value)
    except (TypeError, ValueError) as error:
        kind = type(default).__name__
        raise SettingsError(f"{name} cannot be {value!r}; it takes a {kind}") from error
    low, high = _RANGES.get(name, (None, None))
    if low is not None and high is not None and not low <= converted <= high:
        raise SettingsError(f"{name} cannot be {value!r}; it lies from {low:g} to {high:g}")
    return converted
