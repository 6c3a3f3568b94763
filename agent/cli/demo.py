"""`kaoguan demo`: a whole interview with a simulated candidate, and its report."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from agent.cli.face import calm, common_options, make_console, print_json, settings_from, words


@click.command(
    help="看考官面试一位模拟候选人，不到一分钟。\n\nWatch a simulated candidate being interviewed."
)
@click.option("--kind", default="partial", show_default=True, help="strong | partial | weak | …")
@click.option("--format", "form", default="quick", show_default=True, help="面试形式 · Format")
@click.option("--seed", type=int, default=7, show_default=True, help="随机种子 · Seed")
@click.option(
    "--html", type=click.Path(path_type=Path), help="把报告写成网页 · Write the report page"
)
@common_options
def command(kind: str, form: str, seed: int, html: Path | None, **options: Any) -> None:
    """Run the interview in a folder of its own: the candidate's records stay untouched."""
    from agent.assembly import Setup
    from agent.candidates import KINDS
    from agent.cli.face import fail
    from agent.cli.report import print_summary
    from agent.simulation import simulate
    from sessions.ledger import open_ledger
    from sessions.report.build import build_report
    from sessions.report.render import to_html

    settings = settings_from(lang=options["lang"], plain=options["plain"])
    lang = settings.general.lang
    if kind not in KINDS:
        fail(f"unknown kind of candidate {kind!r}; choose one of {', '.join(KINDS)}", usage=True)
    console = make_console(settings, stderr=options["as_json"])

    def show(speaker: str, text: str) -> None:
        if options["as_json"]:
            return
        if speaker == "interviewer":
            console.print(f"\n[bold cyan]{words('interviewer', lang)} ›[/] ", end="")
        else:
            console.print(f"[bold green]{words('candidate', lang)} ›[/] ", end="")
        console.print(text or "……", markup=False)

    with calm(), TemporaryDirectory(prefix="kaoguan-demo-") as folder:
        ledger = open_ledger(Path(folder) / "ledger.db")
        try:
            setup = Setup(candidate="demo", format=form, lang=lang, seed=seed)
            if not options["as_json"]:
                console.print(words("demo", lang, kind=kind), style="dim")
            session = asyncio.run(simulate(kind, setup, ledger, Path(folder), show))
            report = build_report(ledger, session)
        finally:
            ledger.close()
    if html is not None:
        html.write_text(to_html(report), encoding="utf-8")
        click.echo(str(html), err=options["as_json"])
    if options["as_json"]:
        print_json({"session": session, "kind": kind, "report": report})
    else:
        print_summary(console, report, lang)
