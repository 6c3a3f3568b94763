"""`kaoguan eval review`: hold a review against what a careful reader found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli.face import calm, common_options, fail, make_console, print_json, settings_from

if TYPE_CHECKING:
    from agent.reviewing.measuring import Measured


@click.command(
    help="把复盘结果和人工清单对照。\n\nCompare a review (`kaoguan review --json`) with an "
    "expected list: topics with words, severity and evidence lines or times; moments of help."
)
@click.argument("review", type=click.Path(path_type=Path))
@click.argument("expected", type=click.Path(path_type=Path))
@click.option(
    "--transcript", type=click.Path(path_type=Path), help="核对每句引文 · Look every quote up in it"
)
@common_options
def command(review: Path, expected: Path, transcript: Path | None, **options: Any) -> None:
    """Print recall, invented findings, severity within one step and quote validity."""
    from agent.reviewing.measuring import measure

    settings = settings_from(lang=options["lang"], plain=options["plain"])
    with calm():
        report, wanted = _read(review), _read(expected)
        if "review" not in report:
            fail(f"{review.name} is no review: make it with `kaoguan review FILE --json`")
        if not isinstance(wanted.get("topics"), list):
            fail(f"{expected.name} has no list `topics`")
        found = measure(report, wanted, _said(transcript) if transcript else None)
    if options["as_json"]:
        print_json(found)
        return
    console = make_console(settings)
    for line in _lines(found):
        console.print(line, markup=False)


def _said(path: Path) -> dict[str, str]:
    """Return the words of each turn as a review numbers and masks them."""
    from agent.reviewing.masking import masked_blocks
    from sessions.transcript import TranscriptError, read_transcript

    try:
        blocks, _ = masked_blocks(read_transcript(path))
    except TranscriptError as error:
        fail(f"{path.name}: {error}")
    return {f"t{block.number}": block.text for block in blocks}


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        fail(f"{path.name} is no JSON: {error}")
    if not isinstance(document, dict):
        fail(f"{path.name} holds no JSON object")
    return document


def _lines(found: Measured) -> list[str]:
    lines = [
        f"topics found             {found['topics_found']} of {found['topics']}",
        f"severity within one step {found['severity_close']} of {found['topics_found']}",
        f"findings without a topic {found['unexpected']} of {found['findings']}",
        f"moments of help found    {found['moments_found']} of {found['moments']}",
        f"quotes not in their turn {found['bad_quotes']} of {found['quotes']}",
    ]
    return lines + [f"  missed: {name}" for name in found["missed"]]
