"""Absolute figures of the knowledge base: load, index, search; run by `make bench`."""

from __future__ import annotations

import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools.knowledge.bank import load_bank
from tools.knowledge.glossary import load_glossary
from tools.knowledge.search import Searcher, entry_of, open_searcher
from tools.knowledge.tokens import Entry

pytestmark = pytest.mark.bench


def milliseconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def spread(times: list[float]) -> str:
    return (
        f"p50 {statistics.median(times):.1f} ms, p90 {sorted(times)[9 * len(times) // 10]:.1f} ms"
    )


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def many_entries(count: int) -> list[Entry]:
    """Questions put together from the bank's sentences and the glossary's terms."""
    rng = random.Random(1)
    bank = load_bank()
    terms = [term for term in load_glossary().terms.values() if term.zh]
    answers = [str(q["reference"]["zh"]) for q in bank.questions]
    forms = (
        "什么是{}？",
        "{}的原理是什么？",
        "为什么需要{}？",
        "{}和{}有什么区别？",
        "怎么优化{}？",
    )
    entries = []
    for number in range(count):
        form = rng.choice(forms)
        names = [rng.choice(rng.choice(terms).spellings) for _ in range(form.count("{}"))]
        body = rng.choice(answers) + rng.choice(answers)[:60]
        entries.append(
            Entry(str(number), (form.format(*names),), body, "", rng.choice(terms).topic)
        )
    return entries


def test_bank_load(tmp_path: Path) -> None:
    parsed = milliseconds(lambda: load_bank("kaoguan", tmp_path))
    kept = min(milliseconds(lambda: load_bank("kaoguan", tmp_path)) for _ in range(5))
    count = len(load_bank().questions)
    print(f"\nbank: {count} questions, parsed {parsed:.0f} ms, kept {kept:.0f} ms")


@pytest.mark.parametrize("thorough", [False, True])
def test_search_of_the_shipped_bank(tmp_path: Path, thorough: bool) -> None:
    bank = load_bank()
    opened = milliseconds(lambda: open_searcher(bank, folder=tmp_path))
    searcher = open_searcher(bank, folder=tmp_path)
    first = milliseconds(lambda: searcher.search("缩放点积注意力为什么除以根号 d k"))
    built = milliseconds(searcher.build_vectors)
    queries = [text for q in bank.questions for text in q["spoken"]["zh"]][:400]
    times = [milliseconds(lambda t=text: searcher.search(t, thorough=thorough)) for text in queries]
    found = [
        searcher.search(text, 1, thorough=thorough)[0].key == q["id"]
        for q in bank.questions
        for text in q["spoken"]["zh"][:1]
    ]
    print(
        f"\n{len(bank.questions)} questions: index {opened / 1000:.1f} s, first {first:.0f} ms,"
        f" vectors {built / 1000:.0f} s; thorough={thorough}: {spread(times)},"
        f" own wording first {sum(found) / len(found):.3f}"
    )


def test_spoken_wordings_left_out_of_the_index() -> None:
    bank = load_bank()
    entries, queries = [], []
    for q in bank.questions:
        entry = entry_of(q)
        entries.append(Entry(entry.key, (str(q["wording"]["zh"]),), entry.body))
        queries.append((q["spoken"]["zh"][0], q["id"]))
    searcher = Searcher(entries, embedder=None)
    ranks = [[hit.key for hit in searcher.search(text, 5)] for text, _ in queries]
    right = [
        (found[:1] == [key], key in found) for found, (_, key) in zip(ranks, queries, strict=True)
    ]
    first, five = (sum(side) / len(right) for side in zip(*right, strict=True))
    print(f"\nspoken wordings not indexed, words alone: right at 1 {first:.3f}, among 5 {five:.3f}")


def test_a_hundred_thousand_questions(tmp_path: Path) -> None:
    entries = many_entries(100_000)
    before, begin = peak_mb(), time.process_time()
    built = milliseconds(lambda: Searcher(entries, tmp_path, embedder=None)) / 1000
    worked = time.process_time() - begin
    grown = peak_mb() - before
    searcher: list[Searcher] = []
    opened = (
        milliseconds(lambda: searcher.append(Searcher(entries, tmp_path, embedder=None))) / 1000
    )
    queries = [text for q in load_bank().questions for text in q["spoken"]["zh"]][:200]
    begin = time.process_time()
    times = [milliseconds(lambda t=text: searcher[0].search(t)) for text in queries]
    each = (time.process_time() - begin) / len(queries) * 1000
    files = (tmp_path / "cache" / "search").iterdir()
    size = sum(path.stat().st_size for path in files) / 2**20
    print(
        f"\n100,000 questions: index {built:.0f} s ({worked:.0f} s of CPU), {grown:.0f} MB more,"
        f" {size:.0f} MB on disk, opened again {opened:.1f} s;"
        f" search {spread(times)} ({each:.1f} ms of CPU)"
    )


def test_the_sample_queries_over_imported_documents() -> None:
    samples = os.environ.get("KAOGUAN_SAMPLES")
    if not samples:
        pytest.skip("KAOGUAN_SAMPLES is not set: the sample queries are not here")
    script = Path(samples) / "retrieval" / "run.py"
    done = subprocess.run(
        [sys.executable, str(script), "--adapter", "tests.adapters:build_search"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    print(f"\n{done.stdout.strip()}")
