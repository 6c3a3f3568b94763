"""Render a report as Markdown or as one self-contained HTML page."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sessions.records import Lang
from sessions.report.schema import GrowthReport, Report

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER = Path(__file__).parent
MARKS = {"covered": "✓", "partial": "◐", "missed": "○", "wrong": "✗", "not_graded": "–"}
"""Beside every colour stands a sign, so that the page reads in black and white."""


@cache
def labels(lang: Lang) -> dict[str, str]:
    """Return the report's words in a language."""
    table = tomllib.loads((_FOLDER / "labels.toml").read_text(encoding="utf-8"))
    found: dict[str, str] = table[lang]
    return found


@cache
def _environment(escape: bool) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["md"] = _plain_markdown
    environment.filters["clock"] = clock
    environment.globals["sign_words"] = sign_words
    environment.globals["growth_words"] = growth_words
    return environment


def _plain_markdown(text: str) -> str:
    """Return the text on one line, with what Markdown or HTML would read as markup defused."""
    line = " ".join(str(text).split())
    for sign in ("\\", "`", "*", "_", "[", "]", "<", ">", "#", "|"):
        line = line.replace(sign, f"\\{sign}")
    return line


def clock(seconds: float | None) -> str:
    """Return seconds as `mm:ss`, or `h:mm:ss` from an hour on; a dash when unknown."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"


def sign_words(signs: Mapping[str, int], t: Mapping[str, str]) -> str:
    """Return the signs of a finding in words, each with its count when it is more than one."""
    return " · ".join(
        t[f"sign_{name}"] + (f" ×{count}" if count > 1 else "")
        for name, count in sorted(signs.items(), key=lambda pair: -pair[1])
    )


def growth_words(growth: GrowthReport, t: Mapping[str, str]) -> str:
    """Return what was measured of a submission in one line."""
    if not growth["among"]:
        return t["code_growth_unknown"].format(reason=growth["reason"])
    return t["code_growth"].format(
        orders=t["code_or"].join(growth["among"]),
        sizes=growth["sizes"],
        low=growth["smallest"],
        high=growth["largest"],
        times=growth["repetitions"],
        confidence=f"{growth['confidence']:.0%}",
        target=growth["target"] or "–",
    )


def _values(report: Report, lang: Lang | None) -> dict[str, Any]:
    chosen = lang or report["lang"]
    return {"r": report, "t": labels(chosen), "marks": MARKS, "lang": chosen}


def to_markdown(report: Report, lang: Lang | None = None) -> str:
    """Return the report as Markdown."""
    return _environment(False).get_template("report.md.j2").render(_values(report, lang))


def to_html(
    report: Report, lang: Lang | None = None, sounds: Mapping[str, str] | None = None
) -> str:
    """Return the report as one HTML page: no script, nothing loaded, all text escaped.

    `sounds` holds addresses of clips by `turn:start-end` of the quote; sound is all that may load.
    """
    values = {**_values(report, lang), "sounds": sounds or {}}
    return _environment(True).get_template("report.html.j2").render(values)
