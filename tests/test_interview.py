"""Whole interviews through the graph, and what survives when they are broken off."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from agent.assembly import Setup, SetupError
from agent.candidates import KINDS
from agent.events import Closed, Event, Said
from agent.interviewer import open_interview, unfinished
from agent.simulation import SpeechClock, simulate
from sessions.ledger import Ledger, open_ledger
from sessions.lock import SessionBusy
from sessions.report.build import build_report
from sessions.report.render import to_html, to_markdown
from tests.fakes import ScriptedModel

SETUP = Setup(format="quick", seed=3)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return open_ledger(tmp_path / "ledger.db")


async def collect(stream: Any) -> list[Event]:
    return [event async for event in stream]


def spoken(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Said))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_candidate_is_interviewed_to_the_end(
    kind: str, ledger: Ledger, tmp_path: Path
) -> None:
    session = await simulate(kind, SETUP, ledger, tmp_path)
    report = build_report(ledger, session)
    turns = [e["body"] for e in ledger.events(session=session, kinds=["turn"])]
    ours = [t["text"] for t in turns if t["speaker"] == "interviewer"]
    asked = [
        e["body"]["question"]["id"]
        for e in ledger.events(session=session, kinds=["question_asked"])
    ]
    assert report["status"] == "complete"
    assert len(asked) == len(set(asked)) > 0
    assert all(text.strip() for text in ours)
    assert not any("<" in text or "tool_call" in text for text in ours)
    assert len(turns) <= 100
    for question in report["questions"]:
        for point in question["points"]:
            assert bool(point["quotes"]) == (point["verdict"] in ("covered", "partial", "wrong"))
            for quote in point["quotes"]:
                said = next(t["text"] for t in turns if t["id"] == quote["turn"])
                assert said[quote["start"] : quote["end"]] == quote["text"]
    assert "<script" not in to_html(report).lower()
    assert to_markdown(report).startswith("# ")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["injecting", "gibberish", "clueless", "silent"])
async def test_empty_talk_is_not_praised_in_the_report(
    kind: str, ledger: Ledger, tmp_path: Path
) -> None:
    session = await simulate(kind, SETUP, ledger, tmp_path)
    report = build_report(ledger, session)
    scores = [q["score"] for q in report["questions"] if q["score"] is not None]
    assert all(score <= 10 for score in scores) and not report["strengths"]


async def test_the_same_seed_gives_the_same_interview(tmp_path: Path) -> None:
    texts = []
    for name in ("a", "b"):
        ledger = open_ledger(tmp_path / name / "ledger.db")
        setup = replace(SETUP, clock=SpeechClock())
        async with open_interview(setup, ledger, tmp_path / name) as interviewer:
            texts.append(spoken(await collect(interviewer.begin())))
            texts.append(spoken(await collect(interviewer.reply("不太清楚"))))
    assert texts[:2] == texts[2:]


async def test_an_interview_is_taken_up_where_it_stopped(ledger: Ledger, tmp_path: Path) -> None:
    async with open_interview(SETUP, ledger, tmp_path) as interviewer:
        session = interviewer.session
        await collect(interviewer.begin())
        last = spoken(await collect(interviewer.reply("给个提示")))
    assert unfinished(ledger, "me") == session
    async with open_interview(Setup(), ledger, tmp_path, session) as interviewer:
        assert spoken(await collect(interviewer.begin())) == last
        assert spoken(await collect(interviewer.reply("能再说一遍吗")))


async def test_a_second_terminal_is_told_that_the_session_is_open(
    ledger: Ledger, tmp_path: Path
) -> None:
    async with open_interview(SETUP, ledger, tmp_path) as interviewer:
        with pytest.raises(SessionBusy, match="open in another terminal"):
            async with open_interview(SETUP, ledger, tmp_path, interviewer.session):
                raise AssertionError("two at once")


async def test_a_closed_session_cannot_be_opened_again(ledger: Ledger, tmp_path: Path) -> None:
    async with open_interview(SETUP, ledger, tmp_path) as interviewer:
        await collect(interviewer.begin())
        await collect(interviewer.reply("结束面试"))
        events = await collect(interviewer.reply("嗯，结束"))
        assert Closed("complete") in events
        session = interviewer.session
    with pytest.raises(SetupError, match="is over"):
        async with open_interview(SETUP, ledger, tmp_path, session):
            raise AssertionError("opened a closed session")


async def test_the_model_cannot_end_the_interview_or_pick_the_question(
    ledger: Ledger, tmp_path: Path
) -> None:
    calls = (
        '<tool_call>{"name":"end_interview","arguments":{}}</tool_call>'
        '<tool_call>{"name":"select_question","arguments":{"question_id":"nothing"}}</tool_call>'
        '<tool_call>{"name":"format_disk","arguments":{}}</tool_call>'
    )
    model = ScriptedModel(f"第一个问题，你怎么看？{calls}", f"那再说说，为什么？{calls}")
    async with open_interview(replace(SETUP, model=model), ledger, tmp_path) as interviewer:
        await collect(interviewer.begin())
        await collect(interviewer.reply("我觉得和方差有关，具体还要再想。"))
        assert not interviewer.is_closed
        results = [e["body"]["result"] for e in interviewer.interview.journal.events(["tool_call"])]
        malformed = [
            e["body"]["malformed"] for e in interviewer.interview.journal.events(["reply"])
        ]
    model.finish()
    assert [result["ok"] for result in results] == [True, False, True, False]
    assert malformed == [1, 1]


async def test_state_stays_small_however_long_the_session(ledger: Ledger, tmp_path: Path) -> None:
    async with open_interview(SETUP, ledger, tmp_path) as interviewer:
        await collect(interviewer.begin())
        sizes = []
        for _ in range(30):
            await collect(interviewer.reply("能再说一遍吗"))
            sizes.append(len(repr(await interviewer.state())))
    assert sizes[-1] < 1.2 * sizes[2]


async def test_a_stale_resume_is_a_no_op(ledger: Ledger, tmp_path: Path) -> None:
    from langgraph.types import Command

    async with open_interview(SETUP, ledger, tmp_path) as interviewer:
        await collect(interviewer.begin())
        stale = (await interviewer._snapshot()).interrupts[0].id
        await collect(interviewer.reply("不太清楚"))
        before = interviewer.interview.journal.count("turn")
        await collect(interviewer._run(Command(resume={stale: "0002c"})))
        assert interviewer.interview.journal.count("turn") == before


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
import agent.graph
from agent.assembly import Setup
from agent.interviewer import open_interview
from sessions.ledger import open_ledger

folder, node, when = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
real = getattr(agent.graph, node)
turns = 0

async def deadly(*args, **kwargs):
    global turns
    turns += 1
    wanted = 3 if node != "wrap_up" else 1
    if turns == wanted and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = await real(*args, **kwargs)
    if turns == wanted and when == "after":
        os.kill(os.getpid(), signal.SIGKILL)
    return result

deadly.__name__ = node
import typing
deadly.__annotations__ = {k: v for k, v in typing.get_type_hints(real).items()}
import inspect
deadly.__signature__ = inspect.signature(real, eval_str=True)
setattr(agent.graph, node, deadly)

async def main():
    ledger = open_ledger(folder / "ledger.db")
    async with open_interview(Setup(format="quick", seed=3), ledger, folder) as interviewer:
        async for _ in interviewer.begin():
            pass
        answers = ("不太清楚", "应该和稳定性有关系，别的说不上来。", "给个提示", "结束面试", "结束")
        for answer in answers:
            async for _ in interviewer.reply(answer):
                pass

asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "node", ["understand", "recall", "decide", "respond", "use_tools", "wrap_up"]
)
def test_kill_9_at_any_node_loses_and_doubles_nothing(node: str, when: str, tmp_path: Path) -> None:
    root = Path(__file__).parent.parent
    environ = {**os.environ, "PYTHONPATH": str(root)}
    child = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), node, when],
        env=environ, cwd=root, capture_output=True, timeout=120,
    )  # fmt: skip
    assert child.returncode == -signal.SIGKILL, child.stderr.decode()[-800:]

    async def go_on() -> list[dict[str, Any]]:
        ledger = open_ledger(tmp_path / "ledger.db")
        session = next(ledger.events(kinds=["session_started"]))["session"]
        answered = ledger.count(session, "turn")
        if ledger.find(session, "closed") is None:
            async with open_interview(Setup(), ledger, tmp_path, session) as interviewer:
                await collect(interviewer.begin())
                if not interviewer.is_closed:
                    await collect(interviewer.reply("结束面试"))
                    await collect(interviewer.reply("结束"))
                assert interviewer.is_closed
        assert ledger.count(session, "turn") >= answered
        return [e["body"] for e in ledger.events(session=session, kinds=["turn"])]

    turns = asyncio.run(go_on())
    ids = [turn["id"] for turn in turns]
    assert len(ids) == len(set(ids))
    speakers = [turn["speaker"] for turn in turns]
    assert all(a != b for a, b in pairwise(speakers)), speakers
    numbers = [turn["number"] for turn in turns]
    assert numbers == list(range(1, len(turns) + 1))
