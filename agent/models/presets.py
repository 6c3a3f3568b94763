"""Endpoints by name: where a model's words go, which key it takes and what its wire can do."""

from __future__ import annotations

import ipaddress
import os
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

_FILE = Path(__file__).with_name("presets.toml")
KEY_ENV = "KAOGUAN_API_KEY"
"""Holds the key of an endpoint given by its address; OPENAI_API_KEY stands in for it."""


class PresetError(Exception):
    """A preset is unknown or an address is none; the message says what to choose."""


@dataclass(frozen=True)
class Endpoint:
    """One model at one address."""

    model: str
    base_url: str
    key_envs: tuple[str, ...] = ()
    """Environment variables that may hold the key, the first that is set wins."""
    schema: str = ""
    native: bool = True
    usage: bool = True
    limit: str = ""
    preset: str = ""

    @property
    def host(self) -> str:
        """Host that the words are sent to."""
        return urlsplit(self.base_url).netloc.rpartition("@")[2] or self.base_url

    @property
    def is_local(self) -> bool:
        """Whether the words stay on this machine."""
        name = urlsplit(self.base_url).hostname or ""
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return name == "localhost"

    def key(self) -> str:
        """Return the key from the environment, empty when none is set; never kept or shown."""
        return next((value for name in self.key_envs if (value := os.environ.get(name))), "")


@cache
def presets() -> dict[str, dict[str, str | bool]]:
    """Return the table of presets."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def endpoint(name: str, preset: str = "", base_url: str = "") -> Endpoint:
    """Return the endpoint for a model's name; `preset/model` names both.

    Raises:
        PresetError: The preset is unknown, or the address is not one of http or https.
    """
    head, slash, rest = name.partition("/")
    if slash and rest and not preset and not base_url and head in presets():
        preset, name = head, rest
    if preset and preset not in presets():
        raise PresetError(f"unknown preset {preset!r}; choose from {', '.join(presets())}")
    if base_url and urlsplit(base_url).scheme not in ("http", "https"):
        raise PresetError(f"{base_url!r} is no address; write it like http://127.0.0.1:8000/v1")
    if preset:
        row = presets()[preset]
        found = Endpoint(
            model=name,
            base_url=str(row["base_url"]),
            key_envs=tuple(filter(None, (str(row["key_env"]),))) or (KEY_ENV,),
            schema=str(row["schema"]),
            native=bool(row["native"]),
            usage=bool(row["usage"]),
            limit=str(row["limit"]),
            preset=preset,
        )
        return replace(found, base_url=base_url) if base_url else found
    if base_url:
        return Endpoint(name, base_url, key_envs=(KEY_ENV, "OPENAI_API_KEY"))
    return endpoint(name, "openai")
