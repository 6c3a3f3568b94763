"""Texts to be read: in the language that is wanted where it exists, without unseen characters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_UNSHOWABLE = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\\u200b-\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]"
)
"""Control characters and marks that turn text around: they mean nothing in an answer."""


def say(wording: Mapping[str, Any], lang: str) -> str:
    """Return the text in this language, or in the other when it has none; empty without any."""
    return str(wording.get(lang) or wording.get("zh") or wording.get("en") or "")


def shown(text: str) -> str:
    """Return a text without characters that nobody sees and without blanks around it."""
    return _UNSHOWABLE.sub("", text).strip()
