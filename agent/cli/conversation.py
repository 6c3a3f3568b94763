"""The terminal as a face: shows events as they come, and turns `/` commands into turns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.code import COMMANDS, Desk
from agent.cli.code_view import show_problem, show_run
from agent.cli.face import announce_grader, print_json, words
from agent.coding import code_languages
from agent.events import Asked, Closed, CodeRan, Event, Notice, Said, StageChanged
from agent.interviewer import Interviewer, load_embeddings, open_interview
from agent.settings import Settings
from agent.why import explain_all

if TYPE_CHECKING:
    from rich.console import Console

    from agent.assembly import Setup
    from sessions.ledger import Ledger


class Paused(Exception):
    """The interview stops for now; the message's key says why."""


_SPOKEN_COMMANDS = {"/hint": "hint_words", "/repeat": "repeat_words", "/skip": "skip_words"}


class Conversation:
    """One interview in a terminal."""

    def __init__(
        self, console: Console, settings: Settings, *, as_json: bool, scripted: bool
    ) -> None:
        self._console = console
        self._settings = settings
        self._lang = settings.general.lang
        self._as_json = as_json
        self._scripted = scripted
        self._speaking = False
        self._asked = ""
        """Id of the question that the turn under way asks."""
        self._desk = Desk(console, self._lang)

    async def hold(
        self,
        setup: Setup,
        ledger: Ledger,
        folder: Path,
        session: str,
        answers: AsyncIterator[str],
    ) -> None:
        """Open the interview and go through it to its end.

        Raises:
            Paused: The candidate pauses, or a script has no more answers.
        """
        async with open_interview(setup, ledger, folder, session) as interviewer:
            self._lang = interviewer.interview.lang
            self._desk = Desk(self._console, self._lang)
            self._head(interviewer, setup, resumed=bool(session))
            await self._show(interviewer.begin())
            self._show_asked(interviewer)
            # After the first question is out: nobody should wait for what grading needs.
            loading = asyncio.create_task(load_embeddings())
            try:
                await self._exchange(interviewer, answers)
                with self._console.status(words("grading", self._lang)):
                    await loading
                    await interviewer.settle()
            finally:
                loading.cancel()
            self._foot(interviewer, ledger)

    async def _exchange(self, interviewer: Interviewer, answers: AsyncIterator[str]) -> None:
        while not interviewer.is_closed:
            await self._status(interviewer)
            answer = await anext(answers, None)
            if answer is None:
                raise Paused("script_ended" if self._scripted else "paused")
            if self._scripted and not self._as_json:
                self._console.print(f"[bold green]{words('you', self._lang)} ›[/] ", end="")
                self._console.print(answer, markup=False)
            await self._take(interviewer, answer)
            self._show_asked(interviewer)

    async def _take(self, interviewer: Interviewer, answer: str) -> None:
        name = answer.strip().lower()
        if not name.startswith("/"):
            self._desk.keep(await interviewer.current_question(), answer)
            await self._show(interviewer.reply(answer))
        elif name in _SPOKEN_COMMANDS:
            await self._show(interviewer.reply(words(_SPOKEN_COMMANDS[name], self._lang)))
        elif name == "/end":
            await self._show(interviewer.reply(words("end_words", self._lang)))
            if not interviewer.is_closed:
                await self._show(interviewer.reply(words("end_words", self._lang)))
        elif name.split()[0] in COMMANDS:
            turn = await self._desk.take(interviewer, answer.strip())
            if turn:
                await self._show(interviewer.reply(turn))
        elif name == "/pause":
            raise Paused("paused")
        elif name == "/why":
            await self._why(interviewer)
        elif name == "/help":
            self._console.print(words("help", self._lang), style="dim")
        else:
            self._console.print(
                words("unknown_command", self._lang, name=name.split()[0]), style="yellow"
            )

    def _show_asked(self, interviewer: Interviewer) -> None:
        """Lay out a coding problem that was just asked: signature, examples, keys."""
        question = interviewer.interview.question(self._asked)
        self._asked = ""
        if question is not None and question["kind"] == "code" and not self._as_json:
            languages = code_languages(question)
            show_problem(self._console, question, self._lang, languages, whole=False)

    async def _show(self, events: AsyncIterator[Event]) -> None:
        self._speaking = False
        async for event in events:
            self._show_one(event)
        if self._speaking:
            self._console.print("\n")

    def _show_one(self, event: Event) -> None:
        match event:
            case Said(text=text):
                if not self._speaking:
                    name = words("interviewer", self._lang)
                    self._console.print(f"[bold cyan]{name} ›[/] ", end="")
                    self._speaking = True
                self._console.print(text, end="", markup=False)
            case StageChanged(title=title, minutes=minutes):
                self._console.rule(words("stage", self._lang, title=title, minutes=minutes))
            case CodeRan(run=run):
                show_run(self._console, run, self._lang)
            case Notice(code=code, detail=detail):
                self._console.print(words(code, self._lang, detail=detail), style="dim")
            case Asked(move="ask", question=question):
                self._asked = question
            case Asked() | Closed() | _:
                pass

    def _head(
        self, interviewer: Interviewer, setup: Setup, *, resumed: bool, local: bool = True
    ) -> None:
        interview, console = interviewer.interview, self._console
        if local and setup.model is None and setup.grader is None:
            console.print(words("local_only", self._lang), style="dim")
        if setup.model is not None:
            where = getattr(setup.model, "where", "")
            console.print(words("remote", self._lang, where=where, model=setup.model.name))
        announce_grader(console, setup.grader, self._lang)
        if setup.grader is not None:
            console.print(words("remote_memory", self._lang))
        title = interview.format.title.get(self._lang, interview.format.id)
        minutes = round(interview.format.minutes)
        session = interviewer.session
        console.print(words("header", self._lang, title=title, minutes=minutes, session=session))
        if not self._scripted:
            console.print(words("keys", self._lang), style="dim")
        if resumed:
            console.print(words("resumed", self._lang), style="dim")
        console.print()

    async def _status(self, interviewer: Interviewer) -> None:
        """Show question number, stage and time on one dim line above the prompt."""
        if self._scripted or self._as_json:
            return
        state, interview = await interviewer.state(), interviewer.interview
        stage = interview.stage(state)
        line = words(
            "progress",
            self._lang,
            number=len(state["asked"]),
            stage=stage.title.get(self._lang, stage.id),
            used=interview.stage_seconds(state) / 60,
            total=stage.minutes,
        )
        self._console.print(line, style="dim")

    async def _why(self, interviewer: Interviewer) -> None:
        state = await interviewer.state()
        body = interviewer.interview.journal.find(f"question:{state['about']['question']}")
        if body is None:
            self._console.print(words("no_why", self._lang), style="dim")
            return
        wording = body["question"]["wording"]
        text = wording.get(self._lang) or next(iter(wording.values()), "")
        reasons = explain_all(body["why"], self._lang, interviewer.interview.topic_titles)
        self._console.print(words("why", self._lang, question=text, reasons=reasons), style="dim")

    def _foot(self, interviewer: Interviewer, ledger: Ledger) -> None:
        from sessions.report.build import build_report

        session = interviewer.session
        report = build_report(ledger, session)
        if self._as_json:
            print_json(report)
            return
        from agent.cli.report import print_summary

        print_summary(self._console, report, self._lang)
        self._console.print(words("closed", self._lang, session=session))
