"""`kaoguan eval interviewer`: how the interviewer behaves with simulated candidates."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from agent.cli.face import calm, common_options, make_console, print_json, settings_from, words

BANDS = {"follow_ups": (3.0, 5.0), "share": (0.25, 0.40), "median": (35.0, 50.0)}
"""Comparison bands from two real interviews; judged on the partial and rambling candidates."""


@click.command(help="让各种模拟候选人各面一场，统计考官的表现。\n\nInterview simulated candidates.")
@click.option("--simulated", is_flag=True, help="用模拟候选人 · With simulated ones")
@click.option("--kind", "kinds", multiple=True, help="只跑这些候选人 · Only these candidates")
@click.option("--format", "form", default="standard", show_default=True, help="面试形式 · Format")
@click.option("--seed", type=int, default=1, show_default=True, help="随机种子 · Seed")
@common_options
def command(simulated: bool, kinds: tuple[str, ...], form: str, seed: int, **options: Any) -> None:
    """Run the interviews and print the table."""
    del simulated
    from agent.candidates import KINDS

    settings = settings_from(lang=options["lang"], plain=options["plain"])
    lang, console = settings.general.lang, make_console(settings, stderr=options["as_json"])
    rows = []
    with calm():
        for kind in kinds or KINDS:
            with console.status(words("simulating", lang, kind=kind)):
                rows.append(_measure(kind, form, lang, seed))
    if options["as_json"]:
        print_json(rows)
        return
    from rich.table import Table

    table = Table(box=None)
    for head in rows[0]:
        table.add_column(head, justify="right")
    for row in rows:
        table.add_row(*(f"{v:.2f}" if isinstance(v, float) else str(v) for v in row.values()))
    console.print(table)
    console.print(words("bands", lang), style="dim")


def _measure(kind: str, form: str, lang: Any, seed: int) -> dict[str, Any]:
    from agent.assembly import Setup
    from agent.plan import load_format
    from agent.simulation import simulate
    from sessions.ledger import open_ledger
    from sessions.report.build import build_report

    with TemporaryDirectory(prefix="kaoguan-eval-") as folder:
        ledger = open_ledger(Path(folder) / "ledger.db")
        setup = Setup(candidate=kind, format=form, lang=lang, seed=seed)
        session = asyncio.run(simulate(kind, setup, ledger, Path(folder)))
        report = build_report(ledger, session)
        events = list(ledger.events(session=session))
        ledger.close()
    turns = [e["body"] for e in events if e["kind"] == "turn"]
    ours = [t["text"] for t in turns if t["speaker"] == "interviewer"]
    conduct = report["conduct"]
    asked = [q["id"] for q in report["questions"]]
    simulated_s = sum(_speech_seconds(t["text"], lang) for t in turns)
    return {
        "kind": kind,
        "questions": len(asked),
        "follow-ups/question": conduct["follow_ups_per_question"],
        "share": conduct["share_of_characters"],
        "median": conduct["median_turn_characters"],
        "longest": max(map(len, ours)),
        "repeated questions": len(asked) - len(set(asked)),
        "repeated turns": len(ours) - len(set(ours)),
        "leaks": sum("<" in text or "tool_call" in text for text in ours),
        "minutes": round(simulated_s / 60, 1),
        "in time": "yes" if simulated_s / 60 <= load_format(form).minutes + 3 else "no",
        "score": "–" if report["score"] is None else report["score"],
    }


def _speech_seconds(text: str, lang: str) -> float:
    from agent.simulation import CHARS_PER_SECOND, THINKING_S

    return THINKING_S + len(text) / CHARS_PER_SECOND[lang]
