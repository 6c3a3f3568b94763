"""The spoken interview on a terminal: transcript above, state and level in a line below."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.face import words
from agent.events import Notice, StageChanged
from agent.voice.signals import (
    Interrupted,
    Level,
    Nudged,
    Partial,
    Passed,
    Saying,
    Signal,
    StateChanged,
    Trouble,
    TurnReopened,
    TurnTaken,
)

if TYPE_CHECKING:
    from rich.console import Console

_FILE = Path(__file__).with_name("talk.toml")
_BARS = "▁▂▃▄▅▆▇█"
_QUIET_DB, _LOUD_DB = -60.0, -6.0
_MARK = {"listening": "●", "thinking": "…", "speaking": "▶"}


@cache
def _messages() -> dict[str, dict[str, str]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def spoken(key: str, lang: str, **slots: object) -> str:
    """Return a message of the spoken face with its slots filled."""
    return _messages()[key][lang].format(**slots)


class SpokenFace:
    """Shows signals as they come; `status` is the line below."""

    def __init__(self, console: Console, lang: str) -> None:
        self._console = console
        self._lang = lang
        self._state = "thinking"
        self._db = -90.0
        self._partial = ""
        self._saying = False
        self._warned = False

    @property
    def status(self) -> str:
        """State, level of the microphone and the words heard so far, on one line."""
        share = (self._db - _QUIET_DB) / (_LOUD_DB - _QUIET_DB)
        bar = _BARS[max(0, min(len(_BARS) - 1, int(share * len(_BARS))))]
        tail = self._partial[-60:]
        return f" {_MARK[self._state]} {spoken(self._state, self._lang)}  {bar}  {tail}"

    def show(self, signal: Signal) -> None:
        """Show one signal."""
        match signal:
            case Level(db=db, clipping=clipping):
                self._db = db
                if clipping and not self._warned:
                    self._warned = True
                    self._note("clipping")
            case StateChanged(state=state):
                self._state = state
            case Partial(text=text):
                self._partial = text
            case TurnTaken(text=text):
                self._partial = ""
                self._line("you", "bold green", text)
            case Saying(text=text):
                self._say(text)
            case _:
                self._aside(signal)

    def _aside(self, signal: Signal) -> None:
        match signal:
            case TurnReopened():
                self._note("reopened")
            case Interrupted(unsaid=unsaid):
                self._note("interrupted", detail=unsaid)
            case Nudged():
                self._note("nudged")
            case Trouble(message=message):
                self._note("trouble", detail=message)
            case Passed(event=StageChanged(title=title, minutes=minutes)):
                self._saying = False
                self._console.rule(words("stage", self._lang, title=title, minutes=minutes))
            case Passed(event=Notice(code=code, detail=detail)):
                self._saying = False
                self._console.print(words(code, self._lang, detail=detail), style="dim")
            case _:
                pass

    def _say(self, text: str) -> None:
        """Show a sentence as a line of its own: the prompt below would redraw over half a line."""
        if self._saying:
            self._console.print(f"  {text.strip()}", markup=False, soft_wrap=True)
        else:
            self._line("interviewer", "bold cyan", text.strip())
        self._saying = True

    def _line(self, who: str, style: str, text: str) -> None:
        from rich.text import Text

        self._saying = False
        # The terminal breaks the line itself: rich takes Chinese for one long word and would leave
        # the name alone on its line.
        line = Text.assemble((f"{words(who, self._lang)} › ", style), text)
        self._console.print(line, soft_wrap=True)

    def _note(self, key: str, **slots: object) -> None:
        self._saying = False
        self._console.print(spoken(key, self._lang, **slots), style="dim", markup=False)
