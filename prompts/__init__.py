"""Words for a model: one Markdown file each, in Chinese and English, with `$slots`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from string import Template

_FOLDER = Path(__file__).parent


class PromptError(Exception):
    """A prompt is missing, or its slots and the values given do not match."""


@cache
def _load(name: str, lang: str) -> Template:
    path = _FOLDER / lang / f"{name}.md"
    if not path.is_file():
        raise PromptError(f"there is no prompt {name!r} in language {lang!r}")
    return Template(path.read_text(encoding="utf-8"))


def render(name: str, lang: str, **slots: str) -> str:
    """Return the prompt with its slots filled.

    Raises:
        PromptError: A slot has no value, a value has no slot, or there is no such prompt.
    """
    template = _load(name, lang)
    wanted = set(template.get_identifiers())
    if wanted != set(slots):
        missing, unused = sorted(wanted - set(slots)), sorted(set(slots) - wanted)
        raise PromptError(f"prompt {name} ({lang}): missing {missing}, unused {unused}")
    return template.substitute(slots)
