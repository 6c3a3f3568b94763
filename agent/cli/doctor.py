"""`kaoguan doctor`: every setting with its origin, every part with a trial."""

from __future__ import annotations

import os
import sys
from dataclasses import fields
from typing import Any

import click

from agent.cli.face import common_options, make_console, print_json, settings_from, words
from agent.settings import Settings, data_folder, settings_file


@click.command(
    help="检查安装：每项设置的来源，每个部件实际试一次。\n\nCheck settings and try every part."
)
@click.option(
    "--voice", "by_voice", is_flag=True, help="录一句、放一遍、转成文字 · Record, play, transcribe"
)
@common_options
def command(by_voice: bool, **options: Any) -> None:
    """Print settings and findings; exit code 1 when a needed part does not work."""
    if by_voice:
        from agent.cli.voice import run_check

        run_check(4.0, options)
        return
    from agent.parts import PARTS, try_part

    settings = settings_from(lang=options["lang"], plain=options["plain"])
    rows = _settings_rows(settings)
    findings = [try_part(part) for part in PARTS]
    folder = data_folder()
    writable = os.access(folder if folder.exists() else folder.parent, os.W_OK)
    broken = [f for f in findings if f.part.needed and not f.ok]
    if options["as_json"]:
        print_json(
            {
                "settings": rows,
                "settings_file": str(settings_file()),
                "data_folder": {"path": str(folder), "writable": writable},
                "parts": [
                    {
                        "name": f.part.name,
                        "ok": f.ok,
                        "detail": f.detail,
                        "needed": f.part.needed,
                        "licence": f.part.licence,
                        "install": f.part.install,
                    }
                    for f in findings
                ],
            }
        )
    else:
        _show(settings, rows, findings, folder, writable)
    if broken or (folder.exists() and not writable):
        sys.exit(1)


def _settings_rows(settings: Settings) -> list[dict[str, Any]]:
    return [
        {
            "setting": f"{section}.{item.name}",
            "value": getattr(getattr(settings, section), item.name),
            "origin": settings.origin(f"{section}.{item.name}"),
        }
        for section in ("general", "model", "voice")
        for item in fields(getattr(settings, section))
    ]


def _show(
    settings: Settings, rows: list[dict[str, Any]], findings: list[Any], folder: Any, writable: bool
) -> None:
    from rich.table import Table

    console, lang = make_console(settings), settings.general.lang
    table = Table(box=None, title=words("doctor_settings", lang), title_justify="left")
    for head in ("setting", "value", "origin"):
        table.add_column(head)
    for row in rows:
        table.add_row(row["setting"], str(row["value"]) or "–", row["origin"])
    console.print(table)
    console.print(words("doctor_file", lang, path=settings_file()), style="dim")
    state = words("doctor_writable" if writable else "doctor_not_writable", lang)
    console.print(words("doctor_folder", lang, path=folder, state=state))
    parts = Table(box=None, title=words("doctor_parts", lang), title_justify="left")
    for head in ("", "part", "found", "licence"):
        parts.add_column(head)
    for finding in findings:
        mark = "✓" if finding.ok else ("✗" if finding.part.needed else "–")
        detail = finding.detail
        if not finding.ok:
            detail += f"\n→ {finding.part.install}"
        parts.add_row(mark, finding.part.name, detail, finding.part.licence)
    console.print()
    console.print(parts)
