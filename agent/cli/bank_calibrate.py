"""`kaoguan bank calibrate`: fit questions' difficulty and slope from the answers in the ledger."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli.face import (
    calm,
    common_options,
    fail,
    make_console,
    open_store,
    print_json,
    settings_from,
    words,
)
from agent.settings import Settings, data_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessions.mastery import GradedAnswer
    from tools.knowledge.calibrate import Fit


@click.command("calibrate", help="用积累的评分估计题目难度 · Fit difficulty from graded answers")
@click.option("--bank", default="kaoguan", show_default=True, help="题库 · Bank")
@click.option("--dry-run", is_flag=True, help="只看结果，不保存 · Show, save nothing")
@click.option("--remove", is_flag=True, help="撤销校准，回到作者难度 · Back to the authors' levels")
@common_options
def command(bank: str, dry_run: bool, remove: bool, **options: Any) -> None:
    """Save what selection may use; the authors' levels stay, misfits are listed for them."""
    from agent.past import calibration_file

    settings = settings_from(lang=options["lang"], plain=options["plain"])
    lang, path = settings.general.lang, calibration_file(data_folder(), bank)
    if remove:
        if not path.exists():
            fail(words("not_calibrated", lang, bank=bank), usage=True)
        path.unlink()
        click.echo(words("calibration_removed", lang, bank=bank))
        return
    histories = _histories(bank)
    fits = _fit(histories, settings)
    if fits and not dry_run:
        _save(path, fits)
    if options["as_json"]:
        print_json({"bank": bank, "answers": sum(map(len, histories.values())), "fits": fits})
        return
    _show(fits, histories, settings)
    if fits:
        key = "calibration_shown" if dry_run else "calibration_saved"
        click.echo(words(key, lang, bank=bank, count=len(fits)))


def _histories(bank: str) -> dict[str, list[GradedAnswer]]:
    """Return everyone's graded answers to the bank's questions: no words, only scores."""
    from agent.past import known_of
    from tools.knowledge.bank import load_bank

    with calm():
        ours = {question["id"] for question in load_bank(bank, data_folder()).questions}
        ledger = open_store()
        try:
            started = ledger.events(kinds=["session_started"])
            people = dict.fromkeys(event["candidate"] for event in started)
            known = (known_of(ledger, data_folder(), person) for person in people)
            found = {
                one.candidate: [a for a in one.answers if a["question"] in ours] for one in known
            }
        finally:
            ledger.close()
    return {person: answers for person, answers in found.items() if answers}


def _fit(histories: dict[str, list[GradedAnswer]], settings: Settings) -> list[Fit]:
    from rich.progress import Progress

    from tools.knowledge.calibrate import ROUNDS, calibrate

    console = make_console(settings, stderr=True)
    with Progress(console=console, transient=True) as bar:
        title = words("calibrating", settings.general.lang)
        task = bar.add_task(title, total=ROUNDS * len(histories))
        return calibrate(histories, advance=lambda: bar.advance(task))


def _save(path: Path, fits: Sequence[Fit]) -> None:
    """Write the parameters that enough answers stand behind, all or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(".part")
    part.write_text(json.dumps({fit["question"]: fit["parameters"] for fit in fits}), "utf-8")
    os.replace(part, path)


def _show(
    fits: Sequence[Fit], histories: dict[str, list[GradedAnswer]], settings: Settings
) -> None:
    from rich.table import Table

    from tools.knowledge.calibrate import ENOUGH

    lang, console = settings.general.lang, make_console(settings)
    answers = sum(map(len, histories.values()))
    slots = {"people": len(histories), "answers": answers, "enough": ENOUGH, "fits": len(fits)}
    console.print(words("calibration_base", lang, **slots))
    if not fits:
        return
    table = Table(box=None)
    for head in words("calibration_heads", lang).split("|"):
        table.add_column(head)
    for fit in sorted(fits, key=lambda f: (not f["misfits"], f["question"])):
        table.add_row(
            fit["question"],
            str(fit["answers"]),
            f"L{fit['level']} → L{fit['suggested_level']}",
            f"{fit['difficulty']:+.2f} ± {fit['difficulty_sd']:.2f}",
            f"{fit['parameters']['slope']:.2f}",
            " ".join(words(f"misfit_{misfit}", lang) for misfit in fit["misfits"]),
        )
    console.print(table)
