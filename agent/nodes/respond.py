"""Let the model say the move: one call, streamed to the face sentence by sentence."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from agent.events import Notice, Said
from agent.interview import Interview
from agent.models.faults import calm_line
from agent.nodes.use_tools import MOST_ROUNDS
from agent.prompting import messages_for, rules_for
from agent.sentences import Sentences
from agent.speaking import Speaker, answered_by, speak
from agent.spending import over_budget, record_usage
from agent.state import InterviewState
from sessions.journal import Reply
from sessions.records import Turn
from tools.table import schemas

TAPE_CHARS = 256
"""Raw text is written in pieces of at least this length: one row a token would be too many."""


async def respond(state: InterviewState, runtime: Runtime[Interview]) -> dict[str, Any]:
    """Speak, and record the words; after a crash a complete text is replayed, never asked again."""
    interview, journal = runtime.context, runtime.context.journal
    write = runtime.stream_writer
    place = f"{state['turn'] or 'opening'}:{state['round']}"
    stored = journal.find(f"reply:{place}")
    if stored is not None:
        for sentence in _sentences(stored["spoken"]):
            write(Said(sentence))
        return {}
    spoken_before = _spoken_before(interview, place)
    count = len(spoken_before)
    for sentence in spoken_before:
        write(Said(sentence))

    def say(sentence: str) -> None:
        nonlocal count
        journal.record("sentence", {"place": place, "text": sentence}, f"said:{place}:{count}")
        count += 1
        write(Said(sentence))

    messages = messages_for(interview, state)
    speaker = Speaker(
        model=interview.speaker,
        fallback=interview.fallback,
        tools=schemas(),
        rules=rules_for(interview, state),
        move=state["decision"]["move"],
        earlier=_earlier(interview, state),
        may_look=state["round"] < MOST_ROUNDS,
        withheld=over_budget(interview, messages, state["decision"]["move"]),
    )
    tape = _Tape(interview, place)
    reply = await speak(speaker, messages, say, tape.keep, spoken_before)
    tape.flush()
    record_usage(interview, place)
    journal.record("reply", {**reply, "place": place}, f"reply:{place}")
    if reply["fallback"] and reply["model"] != interview.fallback.name:
        write(Notice("fallback", calm_line(reply["fallback"], interview.lang)))
    _record_turn(interview, state, reply)
    return {}


def _earlier(interview: Interview, state: InterviewState) -> tuple[str, ...]:
    """Return what was said in this turn's earlier rounds."""
    turn = state["turn"] or "opening"
    replies = (interview.journal.find(f"reply:{turn}:{n}") for n in range(state["round"]))
    return tuple(s for reply in replies if reply for s in _sentences(reply["spoken"]))


class _Tape:
    """Appends the model's raw text to the ledger while it streams."""

    def __init__(self, interview: Interview, place: str) -> None:
        self._journal = interview.journal
        self._place = place
        self._number = 0
        self._open = ""

    def keep(self, piece: str) -> None:
        """Take one piece; write when enough has come together."""
        self._open += piece
        if len(self._open) >= TAPE_CHARS:
            self.flush()

    def flush(self) -> None:
        """Write what has not been written."""
        if self._open:
            body = {"place": self._place, "text": self._open}
            self._journal.record("raw", body, f"raw:{self._place}:{self._number}")
            self._number, self._open = self._number + 1, ""


def _spoken_before(interview: Interview, place: str) -> list[str]:
    """Return the sentences of this round that a crash left behind; by key, not by reading all."""
    found: list[str] = []
    while (body := interview.journal.find(f"said:{place}:{len(found)}")) is not None:
        found.append(body["text"])
    return found


def _sentences(text: str) -> list[str]:
    cutter = Sentences()
    return [*cutter.feed(text), *cutter.close()]


def _record_turn(interview: Interview, state: InterviewState, reply: Reply) -> None:
    journal, decision = interview.journal, state["decision"]
    number = journal.turn(state["turn"])["number"] + 1 if state["turn"] else 1
    journal.add_turn(
        Turn(
            id=f"{number:04d}i{state['round'] or ''}",
            session=journal.session,
            number=number,
            speaker="interviewer",
            text=reply["spoken"],
            at=interview.now().isoformat(),
            stage=interview.stage(state).id,
            question=decision["question"],
            move=decision["move"],
            answered_by=answered_by(reply),
        )
    )
