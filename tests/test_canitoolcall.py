"""Our parser on canitoolcall's fixtures, which are read from that package and copied nowhere.

Published there for other engines' own parsers, each fed by its own server: vLLM 268 of 469,
llama.cpp 278 of 438, SGLang 189 of 448. Ours is fed text alone, in pieces of several sizes.
"""

from __future__ import annotations

import importlib.util
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from tools.protocol import Parser, Speech, Thought, ToolCall

OURS = {"qwen3-hermes", "qwen3-xml", "llama", "mistral", "deepseek"}
"""Families whose forms PROTOCOL.md names; the others are reported, not asserted."""
PUBLISHED = {"vLLM": (268, 469), "llama.cpp": (278, 438), "SGLang": (189, 448)}


def pieces(text: str, size: int) -> Iterator[str]:
    rng = random.Random(f"{size}:{text}")
    start = 0
    while start < len(text):
        step = size if size else rng.randint(1, 11)
        yield text[start : start + step]
        start += step


def read(chunks: Iterable[str], tools: Any, opened: bool) -> Any:
    from canitoolcall.results import ParsedToolCall, ParseResult

    parser = Parser(tools or None)
    events = parser.feed("<think>") if opened else []
    for chunk in chunks:
        events += parser.feed(chunk)
    events += parser.close()
    calls = tuple(
        ParsedToolCall(e.name, json.dumps(e.arguments, ensure_ascii=False))
        for e in events
        if isinstance(e, ToolCall)
    )
    speech = "".join(e.text for e in events if isinstance(e, Speech))
    thought = "".join(e.text for e in events if isinstance(e, Thought))
    return ParseResult(speech or None, thought or None, calls)


def results() -> list[tuple[str, str, bool]]:
    """Return (family, id, passed) for every fixture."""
    from canitoolcall.checks import case_status, run_checks
    from canitoolcall.fixtures import load_families, load_fixtures
    from canitoolcall.results import Observation, Status

    families, rows = load_families(), []
    for fixture in load_fixtures():
        opened = (fixture.generation_prompt or "").rstrip().endswith(("<think>", "[THINK]"))
        text, tools = fixture.raw_output, list(fixture.tools)
        streams = {f"size:{n}": read(pieces(text, n), tools, opened) for n in (0, 1, 4)}
        seen = Observation(nonstream=read([text], tools, opened), streams=streams)
        status = case_status(run_checks(fixture, families.get(fixture.family), seen))
        passed = status in (Status.PASS, Status.SOFT_PASS)
        rows.append((fixture.family, fixture.id, passed))
    return rows


def test_our_number_stands_beside_the_published_ones(capsys: pytest.CaptureFixture[str]) -> None:
    if importlib.util.find_spec("canitoolcall") is None:
        pytest.skip("canitoolcall is not installed (pip install canitoolcall)")
    rows = results()
    total, right = Counter(f for f, _, _ in rows), Counter(f for f, _, ok in rows if ok)
    ours = sum(right[f] for f in OURS), sum(total[f] for f in OURS)
    others = ", ".join(f"{name} {part} of {whole}" for name, (part, whole) in PUBLISHED.items())
    families = ", ".join(f"{name} {right[name]}/{total[name]}" for name in sorted(total))
    with capsys.disabled():
        print(f"\ncanitoolcall: ours {sum(right.values())} of {len(rows)}; {others}")
        print(f"  on the forms of PROTOCOL.md {ours[0]} of {ours[1]}; {families}")
    best = max(part / whole for part, whole in PUBLISHED.values())
    assert ours[0] / ours[1] > best
