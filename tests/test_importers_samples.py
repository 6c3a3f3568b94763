"""The importer on three real documents with labelled questions; skipped without them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest

from tools.knowledge.importers import Imported, import_file, to_questions

BARS = {"001": 0.97, "002": 0.80, "003": 0.93}


def samples() -> Path:
    folder = os.environ.get("KAOGUAN_SAMPLES")
    if not folder:
        pytest.skip("set KAOGUAN_SAMPLES to the folder of labelled samples to run this")
    return Path(folder)


@cache
def imported(start: str) -> tuple[Path, Imported]:
    path = next((samples().parent / "seeds").glob(f"{start}*"))
    return path, import_file(path)


def everything_told() -> str:
    """Return all that an import could store or show of the three documents."""
    told = []
    for start in BARS:
        _, result = imported(start)
        told += [str(item) for item in result.items]
        told += [json.dumps(q, ensure_ascii=False) for q in to_questions(result, "samples")]
    return "\n".join(told)


def test_the_measuring_script_finds_every_bar_kept() -> None:
    command = [sys.executable, str(samples() / "importer" / "run.py")]
    command += ["--adapter", "tests.adapters:import_questions"]
    for start, bar in BARS.items():
        command += ["--bar", f"{start}={bar}"]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_labelled_traps_are_hardly_ever_returned() -> None:
    rows = (samples() / "importer" / "traps.jsonl").read_text(encoding="utf-8").splitlines()
    traps = {(row["seed"][:3], row["line"]) for row in map(json.loads, rows)}
    lines = [(start, item.line) for start in BARS for item in imported(start)[1].items]
    assert sum(line in traps for line in lines) <= 0.03 * len(lines)


def test_no_heading_is_returned_twice() -> None:
    for start in BARS:
        lines = [item.line for item in imported(start)[1].items]
        assert len(lines) == len(set(lines))


def test_every_item_points_at_its_heading() -> None:
    for start in BARS:
        path, result = imported(start)
        lines = path.read_text(encoding="utf-8").split("\n")
        for item in result.items:
            if "[" not in item.title:
                word = re.findall(r"\w+", item.title)[0]
                assert word in lines[item.line - 1]


def test_names_phones_pay_and_paths_of_the_documents_do_not_survive() -> None:
    cues = (r"我叫([\u4e00-\u9fff]{2,4})[，,]", r"作者[:：](\S{2,8})", r"举例[:：](\d{4,6})")
    cues += (r"(底薪\d+万?)", r"(绩效\d+)", r"Users\\([A-Za-z]+)", r"(?<!\d)(1[3-9]\d{9})(?!\d)")
    told = everything_told()
    found = 0
    for start in BARS:
        text = imported(start)[0].read_text(encoding="utf-8")
        for cue in cues:
            for secret in re.findall(cue, text):
                found += 1
                assert secret not in told
    assert found >= 5


def test_three_documents_are_imported_within_twenty_seconds() -> None:
    paths = [imported(start)[0] for start in BARS]
    start = time.process_time()
    for path in paths:
        to_questions(import_file(path), "samples")
    assert time.process_time() - start < 20


def test_answered_questions_carry_key_points_and_a_reference() -> None:
    for start in BARS:
        for question in to_questions(imported(start)[1], "samples"):
            answered = question["scope"] != "draft"
            assert bool(question["key_points"]) == answered
            assert bool(question["reference"]) == answered
