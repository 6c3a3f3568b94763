"""The only door for faces: open an interview, give it what the candidate said, receive events.

An answer is in the ledger before the graph hears of it, and the graph is resumed with its id: after
a crash at any point the interview goes on from what the ledger holds.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from agent.assembly import GRADED_CHARS, Setup, SetupError, assemble, setup_of, started
from agent.coding import run_turn
from agent.events import Closed, Event, Notice, Said, TurnDone
from agent.interview import Interview
from agent.model_grading.grader import ModelGrader
from agent.state import STATE_VERSION, InterviewState, fresh_state
from sessions.checkpoints import open_checkpoints, prune
from sessions.journal import Started
from sessions.ledger import Ledger
from sessions.lock import session_lock
from sessions.records import Misheard, Question, Turn, Word
from sessions.wording import shown
from tools.base import ChatModel

if TYPE_CHECKING:
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
    from langgraph.types import StateSnapshot

LEDGER_FILE = "ledger.db"
CHECKPOINT_FILE = "checkpoints.db"


def new_session_id(setup: Setup) -> str:
    """Return a readable id that sorts by time."""
    return f"{setup.clock():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


class Interviewer:
    """One open interview; `begin` it, then `reply` until it is closed."""

    def __init__(self, interview: Interview, saver: AsyncSqliteSaver) -> None:
        from agent.graph import build_graph

        self._beside: set[asyncio.Task[None]] = set()
        self.interview = replace(interview, background=self._run_beside)
        self.session = interview.journal.session
        self._saver = saver
        self._graph = build_graph(saver)
        self._config: Any = {"configurable": {"thread_id": self.session}, "recursion_limit": 50}

    def _run_beside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    def abandon(self) -> None:
        """Stop the work beside the interview; the ledger says what is still to be done."""
        for task in self._beside:
            task.cancel()

    async def settle(self) -> None:
        """Wait for the work that runs beside the interview: grades of questions left."""
        while self._beside:
            await asyncio.gather(*self._beside)

    @property
    def is_closed(self) -> bool:
        """Whether the interview is over."""
        return self.interview.journal.find("closed") is not None

    async def begin(self) -> AsyncIterator[Event]:
        """Ask the first question, or take an interrupted interview up where it stopped."""
        snapshot = await self._snapshot()
        if not snapshot.values:
            state = fresh_state(self.session, self.interview.now().isoformat())
            async for event in self._run(state):
                yield event
            return
        self._check_version(snapshot)
        if snapshot.next and not snapshot.interrupts:
            async for event in self._run(None):
                yield event
        pending = self._pending((await self._snapshot()).values)
        if pending:
            async for event in self._resume(pending):
                yield event
        else:
            for turn in self.interview.journal.recent_turns(1):
                yield Said(turn["text"])

    async def reply(
        self,
        text: str,
        *,
        heard: bool = False,
        words: list[Word] | None = None,
        seconds: float | None = None,
        repaired: str | None = None,
        hints: Sequence[Misheard] = (),
    ) -> AsyncIterator[Event]:
        """Take one turn of the candidate and let the interviewer answer it."""
        turn = self._record(text, heard, words, seconds, repaired)
        if hints:
            at = text.find(turn["text"])  # blanks around the words are not kept
            turn["hints"] = [
                Misheard(start=h["start"] - at, end=h["end"] - at, term=h["term"])
                for h in hints
                if at >= 0
            ]
        self.interview.journal.add_turn(turn)
        if len(turn["text"]) > GRADED_CHARS:
            yield Notice("long_answer", f"{len(turn['text'])} > {GRADED_CHARS}")
        async for event in self._resume(turn["id"]):
            yield event

    async def current_question(self) -> Question | None:
        """Return the question under discussion."""
        return self.interview.question((await self.state())["about"]["question"])

    async def try_code(self, text: str) -> dict[str, Any] | None:
        """Run code against the public tests of the problem under discussion; None without one."""
        question = await self.current_question()
        if question is None or question["kind"] != "code":
            return None
        run = await run_turn(question, text, submit=False)
        journal = self.interview.journal
        number = 1 + journal.count("code_tried")
        journal.record("code_tried", {"question": question["id"], "run": run}, f"tried:{number}")
        return run

    async def state(self) -> InterviewState:
        """Return the present checkpoint's values."""
        return cast(InterviewState, (await self._snapshot()).values)

    def _record(
        self,
        text: str,
        heard: bool,
        words: list[Word] | None,
        seconds: float | None,
        repaired: str | None,
    ) -> Turn:
        journal = self.interview.journal
        last = journal.recent_turns(1)
        number = last[0]["number"] + 1 if last else 1
        turn = Turn(
            id=f"{number:04d}c",
            session=self.session,
            number=number,
            speaker="candidate",
            text=shown(text),
            at=self.interview.now().isoformat(),
            stage=last[0]["stage"] if last else "",
            question=last[0]["question"] if last else "",
            heard=heard,
        )
        if words is not None:
            turn["words"] = words
        if seconds is not None:
            turn["seconds"] = seconds
        if heard and repaired is None:
            from tools.knowledge.terms import repair

            repaired = repair(turn["text"]).text
        if repaired is not None and shown(repaired) != turn["text"]:
            turn["repaired"] = shown(repaired)
        return turn

    def _pending(self, values: dict[str, Any]) -> str:
        """Return the id of a recorded turn that the graph has not heard of yet, or nothing."""
        last = self.interview.journal.recent_turns(1)
        if last and last[0]["speaker"] == "candidate" and last[0]["id"] != values.get("turn"):
            return last[0]["id"]
        return ""

    async def _resume(self, turn_id: str) -> AsyncIterator[Event]:
        from langgraph.types import Command

        interrupts = (await self._snapshot()).interrupts
        if not interrupts:
            return
        # By id: a plain resume sent twice would be taken as the answer to the next question.
        async for event in self._run(Command(resume={interrupts[0].id: turn_id})):
            yield event

    async def _run(self, start: Any) -> AsyncIterator[Event]:
        stream = self._graph.astream(
            start,
            self._config,
            context=self.interview,
            stream_mode="custom",
            durability="sync",
        )
        async for event in stream:
            yield cast(Event, event)
        await prune(self._saver, self.session)
        state = await self.state()
        if not state["closed"]:
            yield TurnDone(state["turn"])

    async def _snapshot(self) -> StateSnapshot:
        return await self._graph.aget_state(self._config)

    def _check_version(self, snapshot: StateSnapshot) -> None:
        found = snapshot.values.get("version", 0)
        if found > STATE_VERSION:
            raise SetupError(
                f"session {self.session} was begun by a newer Kaoguan (state {found}, this one "
                f"knows {STATE_VERSION}): update Kaoguan to go on with it"
            )


@asynccontextmanager
async def open_interview(
    setup: Setup, ledger: Ledger, folder: Path, session: str = ""
) -> AsyncIterator[Interviewer]:
    """Open a new interview, or the one named, and hold it for this process.

    Raises:
        SessionBusy: Another process has it open.
        SetupError: There is no such session, or it is over already.
    """
    if session:
        setup = setup_of(_find(ledger, session), setup)
    name = session or new_session_id(setup)
    with session_lock(folder / "locks", name):
        interview = assemble(setup, ledger, name, folder)
        if not session:
            interview.journal.record("session_started", started(setup, interview.bank), "started")
        try:
            async with open_checkpoints(folder / CHECKPOINT_FILE) as saver:
                interviewer = Interviewer(interview, saver)
                if interviewer.is_closed:
                    raise SetupError(
                        f"session {name} is over: read it with `kaoguan report {name}`"
                    )
                try:
                    yield interviewer
                finally:
                    interviewer.abandon()
        finally:
            await _close(interview.speaker)
            await _close(setup.grader)


async def _close(model: ChatModel | ModelGrader | None) -> None:
    """Close the model's connection, when it keeps one."""
    close = getattr(model, "aclose", None)
    if close is not None:
        await close()


def _find(ledger: Ledger, session: str) -> Started:
    event = ledger.find(session, "started")
    if event is None:
        raise SetupError(f"there is no session {session!r}: see `kaoguan sessions list`")
    return cast(Started, event["body"])


def unfinished(ledger: Ledger, candidate: str) -> str:
    """Return the id of the candidate's newest session that is not closed, or nothing."""
    kinds = ["session_started", "session_closed"]
    still_open: dict[str, None] = {}
    for event in ledger.events(candidate=candidate, kinds=kinds):
        if event["kind"] == "session_started":
            still_open[event["session"]] = None
        else:
            still_open.pop(event["session"], None)
    return next(reversed(still_open), "")


async def load_embeddings() -> None:
    """Bring the grader's embeddings into memory beside the interview, so that no turn waits."""
    from tools.grade_answer import shared_grader

    await asyncio.to_thread(shared_grader().load)


__all__ = [
    "CHECKPOINT_FILE",
    "LEDGER_FILE",
    "Closed",
    "Interviewer",
    "load_embeddings",
    "new_session_id",
    "open_interview",
    "unfinished",
]
