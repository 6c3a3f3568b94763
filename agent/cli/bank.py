"""`kaoguan bank`: import, search, show, count and check question banks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from agent.cli import bank_calibrate
from agent.cli.face import (
    calm,
    common_options,
    fail,
    make_console,
    print_json,
    settings_from,
    words,
)
from agent.settings import data_folder

if TYPE_CHECKING:
    from tools.knowledge.search import Searcher

_MEANINGS_S = 10.0  # a guess at what one waits for a first search
BANK_OPTION = click.option("--bank", default="kaoguan", show_default=True, help="题库 · Bank")


@click.group(help="题库：导入、搜索、查看。\n\nQuestion banks.")
def command() -> None:
    """Hold the subcommands."""


command.add_command(bank_calibrate.command)


@command.command("import", help="从文档导入题目 · Import questions from documents")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", default="mine", show_default=True, help="导入到哪个题库 · Name of the bank")
@click.option("--dry-run", is_flag=True, help="只看会导入什么 · Only show what would be imported")
@common_options
def import_files(files: tuple[Path, ...], name: str, dry_run: bool, **options: Any) -> None:
    """Import documents into one bank; importing again changes nothing."""
    from rich.progress import Progress

    from tools.knowledge.importers import ImportFailed, dry_run_table, import_all, import_file

    settings = settings_from(lang=options["lang"], plain=options["plain"])
    console, lang = make_console(settings, stderr=True), settings.general.lang
    try:
        with calm():
            if dry_run:
                tables = {str(path): dry_run_table(import_file(path)) for path in files}
                _show_dry_run(tables, options["as_json"], settings)
                return
            with Progress(console=console, transient=True) as bar:
                task = bar.add_task(words("importing", lang), total=len(files))
                written = import_all(
                    files,
                    name,
                    data_folder(),
                    progress=lambda done, total: bar.update(task, completed=done, total=total),
                )
    except ImportFailed as error:
        fail(str(error))
    summary = {
        file: {"added": w.added, "changed": w.changed, "unchanged": w.unchanged}
        for file, w in written.items()
    }
    if options["as_json"]:
        print_json({"bank": name, "files": summary})
        return
    if not summary:
        click.echo(words("nothing_new", lang, bank=name))
    for file, counts in summary.items():
        click.echo(words("imported", lang, file=file, bank=name, **counts))


def _show_dry_run(tables: dict[str, list[dict[str, Any]]], as_json: bool, settings: Any) -> None:
    if as_json:
        print_json(tables)
        return
    from rich.table import Table

    console = make_console(settings)
    for file, rows in tables.items():
        table = Table(title=file, box=None)
        for head in ("line", "heading", "kind", "scope", "topic", "key_points", "note"):
            table.add_column(head)
        for row in rows:
            table.add_row(*(str(row[h]) for h in ("line", "heading", "kind", "scope", "topic",
                                                  "key_points", "note")))  # fmt: skip
        console.print(table)


@command.command("search", help="搜索题目 · Search questions")
@click.argument("query")
@click.option("-n", "count", default=5, show_default=True, help="条数 · How many")
@BANK_OPTION
@common_options
def search(query: str, count: int, bank: str, **options: Any) -> None:
    """Search a bank by words, terms, sounds and meaning; every hit says why it matched.

    Meanings of a bank searched for the first time are computed for some seconds and kept; until all
    are there, words alone decide.
    """
    from tools.knowledge.bank import load_bank
    from tools.knowledge.search import open_searcher

    settings = settings_from(lang=options["lang"], plain=options["plain"])
    with calm():
        searcher = open_searcher(load_bank(bank, data_folder()), folder=data_folder())
        _build_meanings(searcher, settings)
        hits = searcher.search(query, count, thorough=True)
    rows: list[dict[str, Any]] = [
        {
            "id": hit.key,
            "title": hit.title,
            "score": round(hit.score, 3),
            "why": [f"{reason.kind}: {reason.text}" for reason in hit.why],
        }
        for hit in hits
    ]
    if options["as_json"]:
        print_json(rows)
        return
    console = make_console(settings)
    if not rows:
        console.print(words("no_hits", settings.general.lang))
    for row in rows:
        console.print(f"[bold]{row['id']}[/]  {row['score']}")
        console.print(f"  {row['title']}", markup=False)
        console.print(f"  {', '.join(row['why'])}", style="dim", markup=False)


def _build_meanings(searcher: Searcher, settings: Any) -> None:
    """Compute missing meanings for some seconds, with a bar; say when some are still missing."""
    from rich.progress import Progress

    console, lang = make_console(settings, stderr=True), settings.general.lang
    left = [0]
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task(words("meanings", lang), total=None)

        def show(done: int, total: int) -> None:
            left[0] = total - done
            bar.update(task, completed=done, total=total)

        searcher.build_vectors(show, within_s=_MEANINGS_S)
    if left[0]:
        click.echo(words("meanings_left", lang, count=left[0]), err=True)


@command.command("show", help="查看一道题 · Show one question")
@click.argument("question_id")
@BANK_OPTION
@common_options
def show(question_id: str, bank: str, **options: Any) -> None:
    """Show a question with its rubric."""
    from tools.knowledge.bank import load_bank

    settings = settings_from(lang=options["lang"], plain=options["plain"])
    with calm():
        question = load_bank(bank, data_folder()).get(question_id)
    if question is None:
        _offer_nearest(question_id, bank, settings.general.lang)
    if options["as_json"]:
        print_json(question)
        return
    from sessions.wording import say

    console, lang = make_console(settings), settings.general.lang
    console.print(f"[bold]{say(question['wording'], lang)}[/]")
    console.print(f"{question['topic']} · {question['level']} · {question['source']}", style="dim")
    for point in question["key_points"]:
        console.print(f"  • {say(point['text'], lang)} ({point['weight']:g})", markup=False)
    for wrong in question["misconceptions"]:
        console.print(f"  ✗ {say(wrong['text'], lang)}", markup=False)
        console.print(f"    → {say(wrong['correction'], lang)}", markup=False)
    console.print(say(question["reference"], lang), markup=False)


def _offer_nearest(query: str, bank: str, lang: str) -> NoReturn:
    """Name the nearest few questions to choose from: nothing has this id."""
    from tools.knowledge.bank import load_bank
    from tools.knowledge.search import open_searcher

    searcher = open_searcher(load_bank(bank, data_folder()), folder=data_folder())
    for hit in searcher.search(query, 3):
        click.echo(f"  {hit.key}  {hit.title}", err=True)
    fail(words("no_such_question", lang, query=query, bank=bank), usage=True)


@command.command("stats", help="统计 · Count questions by topic and level")
@BANK_OPTION
@common_options
def stats(bank: str, **options: Any) -> None:
    """Count what a bank holds."""
    from collections import Counter

    from tools.knowledge.bank import load_bank
    from tools.knowledge.topics import load_topics

    settings = settings_from(lang=options["lang"], plain=options["plain"])
    with calm():
        questions = load_bank(bank, data_folder()).questions
    topics = Counter(q["topic"] for q in questions)
    levels = Counter(q["level"] for q in questions)
    kinds = Counter(q["kind"] for q in questions)
    scopes = Counter(q["scope"] for q in questions)
    if options["as_json"]:
        print_json({"questions": len(questions), "topics": topics, "levels": levels,
                    "kinds": kinds, "scopes": scopes})  # fmt: skip
        return
    console, lang = make_console(settings), settings.general.lang
    console.print(words("bank_stats", lang, bank=bank, count=len(questions)))
    most = max(topics.values(), default=1)
    for topic in load_topics().values():
        if topics[topic.id]:
            bar = "█" * max(1, round(24 * topics[topic.id] / most))
            title = topic.zh if lang == "zh" else topic.en
            console.print(f"  {bar} {topics[topic.id]:>3}  {title}")
    console.print("  " + "  ".join(f"L{n}: {levels[n]}" for n in sorted(levels)))
    console.print("  " + "  ".join(f"{kind}: {n}" for kind, n in kinds.most_common()))


@command.command("lint", help="检查题库质量 · Check a bank's quality")
@BANK_OPTION
@common_options
def lint_bank(bank: str, **options: Any) -> None:
    """Report every rule that a bank breaks; exit code 1 when there is one."""
    from tools.knowledge.bank import load_bank
    from tools.knowledge.lint import lint

    settings = settings_from(lang=options["lang"], plain=options["plain"])
    with calm():
        problems = lint(load_bank(bank, data_folder()))
    if options["as_json"]:
        print_json([vars(p) if hasattr(p, "__dict__") else str(p) for p in problems])
    else:
        console = make_console(settings)
        for problem in problems:
            console.print(str(problem), markup=False)
        console.print(words("lint_done", settings.general.lang, count=len(problems)))


@command.command("dedupe", help="找出问同一件事的题 · Find questions that ask the same")
@BANK_OPTION
@common_options
def dedupe(bank: str, **options: Any) -> None:
    """List pairs that ask the same; nothing is changed."""
    from sessions.wording import say
    from tools.knowledge.bank import load_bank
    from tools.knowledge.dedupe import find_duplicates, likely_pairs

    settings = settings_from(lang=options["lang"], plain=options["plain"])
    with calm():
        loaded = load_bank(bank, data_folder())
    texts = [say(q["wording"], "zh") for q in loaded.questions]
    pairs = find_duplicates(loaded.questions, likely_pairs(texts))
    if options["as_json"]:
        print_json([{"first": p.first, "second": p.second, "chance": p.judgement.chance}
                    for p in pairs])  # fmt: skip
        return
    console = make_console(settings)
    titles = dict(zip((q["id"] for q in loaded.questions), texts, strict=True))
    for pair in pairs:
        console.print(f"{pair.judgement.chance:.2f}  {titles[pair.first]}", markup=False)
        console.print(f"      {titles[pair.second]}", markup=False)
        console.print(f"      {', '.join(pair.judgement.why)}", style="dim", markup=False)
    console.print(words("pairs_found", settings.general.lang, count=len(pairs)))
