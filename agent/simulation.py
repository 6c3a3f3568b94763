"""Run a whole interview with a simulated candidate on a clock that moves as speech would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.assembly import Setup
from agent.candidates import Candidate, Heard, make_candidate
from agent.events import Asked, Event, Said
from agent.interviewer import Interviewer, open_interview
from sessions.ledger import Ledger

CHARS_PER_SECOND = {"zh": 4.2, "en": 14.0}
"""Speaking rates; the two real interviews ran at 3 to 4 characters a second, pauses included."""
THINKING_S = 2.0
MOST_TURNS = 150


class SpeechClock:
    """A clock that only speech moves; begins where it is told."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the present time."""
        return self._now

    def speak(self, text: str, lang: str) -> None:
        """Let the time pass that saying `text` takes."""
        self._now += timedelta(seconds=THINKING_S + len(text) / CHARS_PER_SECOND[lang])


@dataclass
class Ear:
    """Collects what the interviewer did in a turn."""

    text: str = ""
    asked: Asked | None = None

    def take(self, event: Event) -> None:
        """Note one event."""
        if isinstance(event, Said):
            self.text += event.text
        elif isinstance(event, Asked):
            self.asked = event


async def simulate(
    kind: str,
    setup: Setup,
    ledger: Ledger,
    folder: Path,
    show: Callable[[str, str], None] = lambda speaker, text: None,
) -> str:
    """Interview a simulated candidate to the end; return the session's id.

    `show` gets each finished turn: "interviewer" or "candidate", and its text.
    """
    clock = SpeechClock()
    person = make_candidate(kind, setup.lang, setup.seed)
    async with open_interview(replace(setup, clock=clock), ledger, folder) as interviewer:
        ear = Ear()
        async for event in interviewer.begin():
            ear.take(event)
        for _ in range(MOST_TURNS):
            clock.speak(ear.text, setup.lang)
            show("interviewer", ear.text)
            if interviewer.is_closed:
                break
            answer = await _answer(interviewer, person, ear)
            clock.speak(answer, setup.lang)
            show("candidate", answer)
            ear = Ear()
            async for event in interviewer.reply(answer):
                ear.take(event)
            await interviewer.settle()
        return interviewer.session


async def _answer(interviewer: Interviewer, person: Candidate, ear: Ear) -> str:
    state = await interviewer.state()
    decision = state["decision"]
    question = interviewer.interview.question(decision["question"])
    if question is None:
        return person.pick("confirm")
    return person.answer(Heard(ear.text, decision["move"], question, decision["key_point"]))
