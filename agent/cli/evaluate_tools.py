"""`kaoguan eval tools`: how well a model calls functions, and whether the parser reads them all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli.face import (
    calm,
    common_options,
    fail,
    make_console,
    print_json,
    settings_from,
    words,
)
from agent.settings import Settings, data_folder

if TYPE_CHECKING:
    from rich.console import Console

    from tools.base import ChatModel
    from tools.evaluate.run import Result

BAD_CASES = Path("evaluation") / "tool_calls.jsonl"


@click.command(help="评测模型的工具调用。\n\nMeasure a model's function calls.")
@click.option("--model", help="OpenAI 兼容接口上的模型名 · Model name")
@click.option("--base-url", help="模型服务地址 · Address of the endpoint")
@click.option("--kind", "kinds", multiple=True, help="只跑这些类别 · Only these kinds")
@click.option("--variants", is_flag=True, help="加上口语变体 · Spoken variants as well")
@click.option("--limit", type=click.IntRange(min=1), help="最多几条 · At most so many")
@click.option("--bfcl", type=click.Path(path_type=Path), help="BFCL 数据 · bfcl-eval wheel or data")
@click.option("--self-test", is_flag=True, help="不用模型，只测解析 · No model, parse BFCL back")
@click.option("--replay", is_flag=True, help="重放坏例 · Read the stored bad cases again")
@common_options
def command(**options: Any) -> None:
    """Run what was asked for and print the scores."""
    settings = settings_from(lang=options["lang"], plain=options["plain"])
    console = make_console(settings, stderr=options["as_json"])
    with calm():
        if options["self_test"]:
            found = _self_test(_bfcl_place(options["bfcl"], settings))
        elif options["replay"]:
            found = _replay(settings)
        else:
            found = asyncio.run(_ask(settings, options, console))
    if options["as_json"]:
        print_json(found)
    else:
        _print(console, found, settings.general.lang)
    if options["self_test"] and any(n != found["items"] for n in found["forms"].values()):
        fail(words("eval_self_test_failed", settings.general.lang))


def _bfcl_place(place: Path | None, settings: Settings) -> Path:
    if place is None or not place.exists():
        fail(words("eval_needs_bfcl", settings.general.lang), usage=True)
    return place


def _self_test(place: Path) -> dict[str, Any]:
    from tools.evaluate.bfcl import fitted, parses_back, read_bfcl
    from tools.evaluate.forms import FORMS

    try:
        items = list(read_bfcl(place))
    except (KeyError, OSError, ValueError) as error:
        fail(f"{place}: not the data of bfcl-eval ({error})", usage=True)
    return {
        "items": len(items),
        "forms": {form: sum(parses_back(one, form, 0) for one in items) for form in FORMS},
        "keys_outside_their_schema": sum(not fitted(one)[1] for one in items),
    }


def _replay(settings: Settings) -> dict[str, Any]:
    from tools.evaluate.bad_cases import load, replay
    from tools.evaluate.situations import load_situations
    from tools.table import schemas

    cases = load(data_folder() / BAD_CASES)
    if not cases:
        fail(words("eval_no_bad_cases", settings.general.lang))
    causes: dict[str, int] = {}
    for case in cases:
        causes[case["cause"]] = causes.get(case["cause"], 0) + 1
    plain, _ = replay(cases, load_situations(), schemas(), rules=False)
    ruled, mended = replay(cases, load_situations(), schemas())
    return {
        "cases": len(cases),
        "causes": causes,
        "right_now": plain.exact,
        "right_with_rules": ruled.exact,
        "mended": mended,
    }


async def _ask(settings: Settings, options: dict[str, Any], console: Console) -> dict[str, Any]:
    from agent.models.choose import choose_model
    from tools.evaluate.bad_cases import store

    model = choose_model(settings, options["model"], options["base_url"])
    if model is None:
        fail(words("eval_needs_model", settings.general.lang), usage=True)
    where = getattr(model, "where", "")
    console.print(words("remote", settings.general.lang, where=where, model=model.name))
    result: Result | None = None
    try:
        stream, total = _stream(model, settings, options)
        with console.status("") as status:
            async for latest in stream:
                result, done = latest, latest.total.situations + len(latest.failed)
                status.update(words("eval_progress", settings.general.lang, done=done, total=total))
    finally:
        close = getattr(model, "aclose", None)
        if close is not None:
            await close()
    if result is None or not result.total.situations:
        fail(
            words(
                "eval_no_reply", settings.general.lang, why=(result.failed if result else [""])[0]
            )
        )
    stored = store(data_folder() / BAD_CASES, result.bad)
    return {
        "model": result.model,
        "total": result.total.as_json(),
        "by_kind": {kind: score.as_json() for kind, score in result.by_kind.items()},
        "failed": result.failed,
        "bad_cases_stored": stored,
    }


def _stream(
    model: ChatModel, settings: Settings, options: dict[str, Any]
) -> tuple[AsyncIterator[Result], int]:
    from tools.evaluate.bfcl import read_bfcl
    from tools.evaluate.run import run_bfcl, run_situations
    from tools.table import schemas

    if options["bfcl"]:
        items = list(read_bfcl(_bfcl_place(options["bfcl"], settings)))
        chosen = [one for one in items if not options["kinds"] or one.category in options["kinds"]]
        chosen = chosen[: options["limit"]]
        return run_bfcl(model, chosen), len(chosen)
    situations = _situations(options)
    return run_situations(model, situations, schemas()), len(situations)


def _situations(options: dict[str, Any]) -> Sequence[Any]:
    from tools.evaluate.situations import load_situations

    found = [
        one
        for one in load_situations()
        if (not options["kinds"] or one.kind in options["kinds"])
        and (options["lang"] is None or one.lang == options["lang"])
    ]
    if options["variants"]:
        from tools.evaluate.variants import keep
        from tools.knowledge.embed import load_embedder

        embedder = load_embedder()
        found += keep(found, lambda texts: embedder.encode(list(texts)).tolist()).situations
    return found[: options["limit"]]


# ---- output


def _print(console: Console, found: dict[str, Any], lang: str) -> None:
    from rich.table import Table

    if "total" not in found:
        for key, value in found.items():
            console.print(f"{key}: {value}", markup=False)
        return
    table = Table(box=None)
    table.add_column(words("eval_kind", lang))
    names = ("situations", "name_recall", "false_call_rate", "argument_precision",
             "argument_recall", "exact_match", "malformed", "repairs")  # fmt: skip
    for name in names:
        table.add_column(words(f"eval_{name}", lang), justify="right")
    rows = {**found["by_kind"], words("eval_total", lang): found["total"]}
    for kind, score in rows.items():
        cells = (score[name] for name in names)
        table.add_row(kind, *(f"{c:.3f}" if isinstance(c, float) else str(c) for c in cells))
    console.print(table)
    _print_confusion(console, found["total"]["confusion"], lang)
    if found["failed"]:
        line = words("eval_failed", lang, count=len(found["failed"]), first=found["failed"][0])
        console.print(line, markup=False)
    console.print(words("eval_bad_cases", lang, count=found["bad_cases_stored"]), style="dim")


def _print_confusion(console: Console, cells: list[list[Any]], lang: str) -> None:
    from rich.table import Table

    called = sorted({cell[1] for cell in cells})
    table = Table(box=None, title=words("eval_confusion", lang))
    table.add_column("")
    for name in called:
        table.add_column(name, justify="right")
    counts = {(e, c): n for e, c, n in cells}
    for expected in sorted({cell[0] for cell in cells}):
        table.add_row(expected, *(str(counts.get((expected, c), "")) for c in called))
    console.print(table)
