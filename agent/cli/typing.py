"""Where a turn's words come from: the keyboard, a pipe, or a file of scripted answers."""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from agent.cli.face import words

if TYPE_CHECKING:
    from rich.console import Console


_BLOCK = re.compile(r"(?:^```.*\n(?:(?!```).*\n)*```.*(?:\n|\Z)|.*\S.*(?:\n|\Z))+", re.M)


async def scripted(text: str) -> AsyncIterator[str]:
    """Yield the answers of a script: one a block, blank lines between; `/` commands allowed.

    A fenced block of code stays whole, whatever blank lines are in it.
    """
    for block in _BLOCK.findall(text.replace("\r\n", "\n")):
        if block.strip():
            yield block.strip()


async def typed(console: Console, lang: str) -> AsyncIterator[str]:
    """Yield what is typed: Enter sends, Alt+Enter breaks the line, a paste stays one answer."""
    if not sys.stdin.isatty():
        async for answer in scripted(sys.stdin.read()):
            yield answer
        return
    from prompt_toolkit import PromptSession
    from prompt_toolkit.formatted_text import FormattedText
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    keys = KeyBindings()

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    session: PromptSession[str] = PromptSession(multiline=True, key_bindings=keys)
    style = "" if console.no_color else "bold fg:ansigreen"
    prompt = FormattedText([(style, f"{words('you', lang)} › ")])
    while True:
        try:
            yield await session.prompt_async(prompt, prompt_continuation="… ")
        except EOFError:
            return
