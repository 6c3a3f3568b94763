"""What the commands about memory share: their words, titles, and the one who is asked about."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli.face import calm, fail, open_store, settings_from
from agent.settings import Settings
from tools.knowledge.topics import load_topics

if TYPE_CHECKING:
    from sessions.ledger import Ledger
    from sessions.records import Lang

_FILE = Path(__file__).with_name("memory.toml")

candidate_option = click.option("--candidate", help="候选人（一台电脑多人用）· Of whom")


@cache
def _messages() -> dict[str, dict[str, str]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def said(key: str, lang: str, **slots: object) -> str:
    """Return a message about memory with its slots filled."""
    return _messages()[key][lang].format(**slots)


def titles(lang: Lang) -> dict[str, str]:
    """Return the topics' names in a language, by id."""
    return {topic.id: topic.zh if lang == "zh" else topic.en for topic in load_topics().values()}


def listed(names: list[str], lang: Lang) -> str:
    """Return names joined as the language joins them."""
    return ("、" if lang == "zh" else ", ").join(names)


def chosen(options: dict[str, Any]) -> Settings:
    """Read the settings with the options of a command about one candidate."""
    return settings_from(
        lang=options["lang"], plain=options["plain"], candidate=options["candidate"]
    )


@contextmanager
def opened() -> Iterator[Ledger]:
    """Hold the ledger open; what a user can mend ends the command with one line."""
    from agent.forgetting import ForgetError
    from sessions.portable import PortableError

    with calm():
        ledger = open_store()
        try:
            yield ledger
        except ForgetError as error:
            fail(str(error), usage=True)
        except PortableError as error:
            fail(str(error))
        finally:
            ledger.close()
