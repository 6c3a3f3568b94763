"""What the commands share: the console, words in two languages, options, and calm errors."""

from __future__ import annotations

import json
import os
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from agent.settings import Settings, SettingsError, data_folder, load_settings

if TYPE_CHECKING:
    from rich.console import Console

    from agent.model_grading.grader import ModelGrader
    from sessions.ledger import Ledger

_MESSAGES = Path(__file__).with_name("messages.toml")
F = TypeVar("F", bound=Callable[..., Any])


@cache
def _messages() -> dict[str, dict[str, str]]:
    return tomllib.loads(_MESSAGES.read_text(encoding="utf-8"))


def words(key: str, lang: str, **slots: object) -> str:
    """Return the message of this key in the language, with its slots filled."""
    return _messages()[key][lang].format(**slots)


def make_console(settings: Settings, *, stderr: bool = False) -> Console:
    """Return a rich console: plain when asked for, when NO_COLOR is set or outside a terminal."""
    from rich.console import Console

    plain = settings.general.plain or bool(os.environ.get("NO_COLOR"))
    return Console(stderr=stderr, no_color=plain, highlight=False, soft_wrap=plain, emoji=False)


def common_options(function: F) -> F:
    """Add the options that every command takes."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="机器可读输出 · For machines"),
        click.option("--plain", is_flag=True, default=None, help="无颜色 · No colour"),
        click.option("--lang", type=click.Choice(["zh", "en"]), help="界面与面试语言 · Language"),
    ):
        function = option(function)
    return function


def settings_from(**flags: Any) -> Settings:
    """Read the settings with these flags of section `general`; a bad one ends the command."""
    try:
        return load_settings({f"general.{name}": value for name, value in flags.items()})
    except SettingsError as error:
        fail(str(error), usage=True)


def announce_grader(console: Console, grader: ModelGrader | None, lang: str) -> None:
    """Say where answers go to be graded, one line a model; nothing for the embedded grader."""
    for model in grader.panel.members() if grader else ():
        console.print(words("remote_grader", lang, where=model.where, model=model.name))


def fail(message: str, *, usage: bool = False) -> NoReturn:
    """End the command with one clear line and exit code 1, or 2 when it was called wrongly."""
    click.echo(f"kaoguan: {message}", err=True)
    sys.exit(2 if usage else 1)


@contextmanager
def calm() -> Iterator[None]:
    """Turn the errors that a user can do something about into one line and an exit code."""
    from agent.assembly import SetupError
    from agent.models.presets import PresetError
    from agent.plan import PlanError
    from sessions.ledger import LedgerError
    from sessions.lock import SessionBusy
    from tools.knowledge.schema import BankError

    try:
        yield
    except (PlanError, PresetError, SetupError) as error:
        fail(str(error), usage=True)
    except (BankError, LedgerError, SessionBusy) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "))


def open_store() -> Ledger:
    """Open the ledger in the data folder."""
    from agent.interviewer import LEDGER_FILE
    from sessions.ledger import open_ledger

    return open_ledger(data_folder() / LEDGER_FILE)


def print_json(value: Any) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))
