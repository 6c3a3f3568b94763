"""What a turn costs: first question, a turn with and without embeddings, and how it grows."""

from __future__ import annotations

import resource
import statistics
import time
from pathlib import Path

import pytest

from agent.assembly import Setup
from agent.interviewer import Interviewer, load_embeddings, open_interview
from sessions.ledger import open_ledger

ANSWERS = (
    "我觉得方差会随着维度变大，所以要缩放一下，不然会饱和，梯度就很小，训练不动。",
    "不太清楚",
    "能再说一遍吗",
)


async def turns(interviewer: Interviewer, answers: list[str]) -> list[float]:
    times = []
    for answer in answers:
        if interviewer.is_closed:
            break
        began = time.perf_counter()
        async for _ in interviewer.reply(answer):
            pass
        times.append(time.perf_counter() - began)
    return times


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.glob("*.db*")) / 1e6


@pytest.mark.bench
@pytest.mark.parametrize("embeddings", [False, True])
async def test_print_what_a_turn_costs(embeddings: bool, tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "ledger.db")
    began = time.perf_counter()
    async with open_interview(Setup(seed=3), ledger, tmp_path) as interviewer:
        async for _ in interviewer.begin():
            pass
        first = time.perf_counter() - began
        if embeddings:
            await load_embeddings()
        times = await turns(interviewer, [ANSWERS[i % 3] for i in range(24)])
        await interviewer.settle()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"\nembeddings={embeddings}: first question {first:.2f} s, turn p50 "
        f"{1000 * statistics.median(times):.0f} ms, p95 {1000 * sorted(times)[-2]:.0f} ms, "
        f"peak memory {memory:.0f} MB"
    )


@pytest.mark.slow
async def test_turn_100_costs_what_turn_5_costs(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "ledger.db")
    async with open_interview(Setup(seed=3), ledger, tmp_path) as interviewer:
        async for _ in interviewer.begin():
            pass
        times = await turns(interviewer, ["能再说一遍吗"] * 104)
    early, late = statistics.median(times[2:12]), statistics.median(times[-10:])
    size = _megabytes(tmp_path)
    print(f"\nturn 5: {1000 * early:.0f} ms, turn 100: {1000 * late:.0f} ms, files {size:.1f} MB")
    assert late < 1.3 * early + 0.01
    assert size < 6 + 4.5  # the write-ahead log is folded into the file on the next checkpoint
