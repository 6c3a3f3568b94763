"""The candidate's desk in the terminal: code written, read from a file, tried and handed in."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.cli.code_view import code_words, show_code, show_problem, show_run
from agent.coding import code_languages, has_code
from tools.base import ToolError
from tools.knowledge.problem_signature import template
from tools.run_code import code_in, language_of

if TYPE_CHECKING:
    from rich.console import Console

    from agent.interviewer import Interviewer
    from sessions.records import Lang, Question

COMMANDS = ("/edit", "/file", "/run", "/submit", "/code", "/problem")
_EXTENSIONS = {"python": ".py", "javascript": ".js", "cpp": ".cpp", "java": ".java"}


class Desk:
    """What lies on the desk during one interview: the draft and its language."""

    def __init__(self, console: Console, lang: Lang) -> None:
        self._console = console
        self._lang = lang
        self._draft = ""
        self._language = "python"
        self._problem = ""

    async def take(self, interviewer: Interviewer, line: str) -> str:
        """Do one command; return the turn that hands the code in, or nothing."""
        question = await interviewer.current_question()
        if question is None or question["kind"] != "code":
            self._say("no_problem")
            return ""
        self._turn_to(question)
        name, _, rest = line.partition(" ")
        if name == "/problem":
            show_problem(self._console, question, self._lang, code_languages(question), whole=True)
        elif name == "/edit":
            await self._edit(interviewer, question, rest.strip())
        elif name == "/file":
            await self._read(interviewer, rest.strip())
        elif not self._draft.strip():
            self._say("no_code")
        elif name == "/code":
            show_code(self._console, self._draft, self._language, self._lang)
        elif name == "/run":
            await self._try(interviewer)
        else:
            self._console.print(code_words("submitting", self._lang), style="dim")
            return self._turn()
        return ""

    def keep(self, question: Question | None, text: str) -> None:
        """Take code that was pasted into the talk as the draft, so that /edit goes on from it.

        A block in a language that nothing here runs, such as a log, is talk and no draft.
        """
        if question is None or question["kind"] != "code" or not has_code(text):
            return
        code, fence = code_in(text)
        try:
            language = language_of(fence, code)
        except ToolError:
            return
        self._turn_to(question)
        self._draft, self._language = code, language

    def _turn_to(self, question: Question) -> None:
        """Clear the desk when another problem is on it."""
        if self._problem != question["id"]:
            self._problem, self._draft = question["id"], ""

    def _turn(self) -> str:
        return f"```{self._language}\n{self._draft.strip()}\n```"

    def _say(self, key: str, **slots: object) -> None:
        self._console.print(code_words(key, self._lang, **slots), style="yellow", markup=False)

    async def _edit(self, interviewer: Interviewer, question: Question, language: str) -> None:
        """Open $EDITOR on the draft, then show and try what was saved."""
        offered = code_languages(question)
        if language and language not in offered:
            self._say("no_language", name=language, names=" · ".join(offered))
            return
        changed = bool(language) and language != self._language
        self._language = language or self._language
        draft = "" if changed else self._draft
        signature = str(question.get("problem", {}).get("signature", ""))
        start = draft or template(signature, self._language)
        try:
            saved = await asyncio.to_thread(
                click.edit, start, extension=_EXTENSIONS[self._language]
            )
        except click.ClickException as error:
            self._say("no_editor", why=error.format_message())
            return
        if saved is None and not draft:
            self._say("no_code")
            return
        await self._put(interviewer, saved or draft)

    async def _read(self, interviewer: Interviewer, name: str) -> None:
        """Read a file onto the desk, then show and try it."""
        try:
            code = await asyncio.to_thread(_text_of, name)
        except (OSError, UnicodeDecodeError) as error:
            self._say("no_file", name=name, why=getattr(error, "strerror", None) or "UTF-8")
            return
        suffix = Path(name).suffix
        self._language = next((k for k, v in _EXTENSIONS.items() if v == suffix), "python")
        await self._put(interviewer, code)

    async def _put(self, interviewer: Interviewer, code: str) -> None:
        self._draft = code
        if not code.strip():
            self._say("no_code")
            return
        show_code(self._console, code, self._language, self._lang)
        await self._try(interviewer)

    async def _try(self, interviewer: Interviewer) -> None:
        """Run the draft against the public tests; nothing is handed in or graded."""
        with self._console.status(code_words("running", self._lang)):
            run = await interviewer.try_code(self._turn())
        if run is not None:
            show_run(self._console, run, self._lang)
            self._say("next" if run["verdict"] == "AC" else "fix_first")


def _text_of(name: str) -> str:
    return Path(name).expanduser().read_text(encoding="utf-8")
