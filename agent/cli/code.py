"""Code in the terminal: written in an editor or read from a file, echoed, and its verdict shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli.face import words

if TYPE_CHECKING:
    from rich.console import Console

_MARKS = {"AC": "✓", "-": "·"}


def from_editor(draft: str) -> str:
    """Open $EDITOR on the draft and return what was saved; the draft itself when nothing was."""
    return click.edit(draft, extension=".py") or draft


def from_file(name: str) -> str:
    """Read code from a file; nothing when it cannot be read."""
    try:
        return Path(name).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def show_run(console: Console, run: Mapping[str, Any], lang: str) -> None:
    """Print verdict, tests and the first failing public test."""
    from rich.table import Table

    verdict, passed, total = run["verdict"], run["passed"], run["total"]
    style = "green" if verdict == "AC" else "dim" if verdict == "IE" else "red"
    console.print(f"[{style} bold]{verdict}[/] {passed}/{total}  {run.get('reason') or ''}")
    tests = run.get("tests") or []
    if tests:
        table = Table(box=None)
        for head in ("test_number", "test_kind", "test_verdict", "test_ms"):
            table.add_column(words(head, lang))
        for row in tests:
            kind = words("test_public" if row["public"] else "test_hidden", lang)
            mark = _MARKS.get(row["verdict"], "✗")
            shown = f"{mark} {row['verdict']}"
            table.add_row(str(row["index"] + 1), kind, shown, f"{row['ms']:.1f}")
        console.print(table)
    failing = run.get("failing") or {}
    for name in ("input", "expected", "got"):
        if failing.get("public") and name in failing:
            line = f"  {words('test_' + name, lang)}: {failing[name]}"
            console.print(line, markup=False)
    error = run.get("error")
    if error:
        where = f"  {error['type']}: {error['message']} (line {error.get('line')})"
        console.print(where, markup=False)
