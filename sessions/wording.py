"""One text in the language that is wanted, or in the other one where that is all there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def say(wording: Mapping[str, Any], lang: str) -> str:
    """Return the text in this language, or in the other when it has none; empty without any."""
    return str(wording.get(lang) or wording.get("zh") or wording.get("en") or "")
