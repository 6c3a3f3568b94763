"""Code on the terminal: the problem, the candidate's code in colour, and what a run came to."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sessions.wording import say
from tools.knowledge.problem_signature import template

if TYPE_CHECKING:
    from rich.console import Console

    from sessions.records import Lang, Question

_FILE = Path(__file__).with_name("code.toml")
_MARKS = {"AC": "✓", "-": "·"}
_SHOWN_CHARS = 300
"""Of one example or one printed text."""


@cache
def _table() -> dict[str, dict[str, str]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def code_words(key: str, lang: str, **slots: object) -> str:
    """Return the message of this key in the language, with its slots filled."""
    return _table()[key][lang].format(**slots)


def show_code(console: Console, code: str, language: str, lang: str) -> None:
    """Print code with its line numbers, in colour where there is colour."""
    from rich.syntax import Syntax

    lines = len(code.splitlines())
    console.print(code_words("your_code", lang, language=language, lines=lines), style="dim")
    theme = "ansi_dark"
    console.print(Syntax(code.rstrip(), language, theme=theme, line_numbers=True, word_wrap=True))


def show_problem(
    console: Console, question: Question, lang: Lang, languages: Sequence[str], *, whole: bool
) -> None:
    """Print signature, examples and keys; the statement too when it is the `whole` problem."""
    from rich.syntax import Syntax

    problem = question.get("problem", {})
    if whole:
        title = say(problem.get("title", {}), lang)
        head = f"{code_words('problem', lang)} · {title}".rstrip(" ·")
        console.print(head, style="bold", markup=False)
        # Copies of earlier sessions hold no statement: their wording tells the problem.
        console.print(say(problem.get("statement") or question["wording"], lang), markup=False)
    console.print()
    signature = str(problem.get("signature", ""))
    form = template(signature, "python") if signature.startswith("class") else signature
    console.print(Syntax(form, "python", theme="ansi_dark", word_wrap=True))
    if public := problem.get("public"):
        console.print(code_words("examples", lang), style="dim")
        for test in public:
            console.print("  " + example(test), markup=False)
    if languages:
        console.print(code_words("languages", lang, names=" · ".join(languages)), style="dim")
    console.print(code_words("keys", lang), style="dim")


def example(test: Mapping[str, Any]) -> str:
    """Write one test as a call and what it gives."""
    if "ops" in test:
        calls = [f"{name}({_written(args)})" for name, args in test["ops"]]
        pairs = zip(calls, test["expected"], strict=False)
        shown = "; ".join(c if v is None else f"{c} → {json.dumps(v)}" for c, v in pairs)
    else:
        value = json.dumps(test["expected"], ensure_ascii=False)
        shown = f"{test['fn']}({_written(test['args'])}) → {value}"
    return shown if len(shown) <= _SHOWN_CHARS else shown[: _SHOWN_CHARS - 1] + "…"


def _written(args: Sequence[Any]) -> str:
    return ", ".join(json.dumps(arg, ensure_ascii=False) for arg in args)


def show_run(console: Console, run: Mapping[str, Any], lang: str) -> None:
    """Print verdict, tests, the error, and the first failing public test."""
    if run.get("unsupported"):
        console.print(run["reason"], style="yellow", markup=False)
        return
    verdict = run["verdict"]
    style = "green" if verdict == "AC" else "dim" if verdict == "IE" else "red"
    count = f" {run['passed']}/{run['total']}" if run["total"] else ""
    console.print(f"[{style} bold]{verdict} {code_words(verdict, lang)}[/]{count}")
    if verdict not in ("AC", "WA") and run.get("reason") and not run.get("error"):
        console.print(f"  {run['reason']}", markup=False)
    _show_error(console, run.get("error"), lang)
    _show_tests(console, run.get("tests") or [], lang)
    failing = run.get("failing") or {}
    for name in ("input", "expected", "got"):
        if failing.get("public") and name in failing:
            console.print(f"  {code_words(name, lang)}: {failing[name]}", markup=False)
    if printed := str(run.get("stdout") or "").strip():
        console.print(f"  {code_words('printed', lang)}: {printed[:_SHOWN_CHARS]}", markup=False)
    if run.get("isolation"):
        used = {"ms": run["time_ms"], "mb": run["memory_mb"], "language": run["language"]}
        line = code_words("used", lang, isolation=run["isolation"], **used)
        console.print(f"  {line}", style="dim", markup=False)


def _show_error(console: Console, error: Mapping[str, Any] | None, lang: str) -> None:
    if not error:
        return
    console.print(f"  {error['type']}: {error['message']}", markup=False)
    if error.get("line"):
        where = code_words("at_line", lang, line=error["line"])
        console.print(f"  {where}: {error['text']}", markup=False)


def _show_tests(console: Console, tests: Sequence[Mapping[str, Any]], lang: str) -> None:
    """Print a line for every public test and every hidden one that failed; count the others."""
    from rich.table import Table

    if not tests:
        return
    table = Table(box=None)
    for head in ("test", "kind", "verdict", "ms"):
        table.add_column(code_words(head, lang))
    for row in tests:
        if row["public"] or row["verdict"] not in ("AC", "-"):
            kind = code_words("public" if row["public"] else "hidden", lang)
            shown = f"{_MARKS.get(row['verdict'], '✗')} {row['verdict']}"
            table.add_row(str(row["index"] + 1), kind, shown, f"{row['ms']:.1f}")
    for verdict, name in (("AC", "✓ AC"), ("-", f"· {code_words('not_run', lang)}")):
        rows = [row for row in tests if not row["public"] and row["verdict"] == verdict]
        if rows:
            slowest = f"≤ {max(row['ms'] for row in rows):.1f}" if verdict == "AC" else ""
            table.add_row(f"×{len(rows)}", code_words("hidden", lang), name, slowest)
    console.print(table)
