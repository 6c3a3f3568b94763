"""Reading JSON as models write it: strict first, then with repairs that are counted.

What was cut is never completed: a value that is missing or open is an error. Missing brackets are
added only when the caller knows that the text did not end by accident.
"""

from __future__ import annotations

import json
import re
from typing import Any

from tools.wire.json_scan import CLOSERS, PAIRS, QUOTES

DEPTH = 100
"""Brackets deeper than this are refused; no tool's arguments come near it."""

_SKIP = re.compile(r"[\s\ufeff\u200b\u200c\u200d\u2060]+")
_STRAY = re.compile(
    r"//[^\n]*|/\*.*?\*/|\#[^\n]*|```[A-Za-z0-9_]*|</?[A-Za-z_][^<>\"'{}]{0,80}>", re.S
)
_NUMBER = re.compile(r"[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])")
_WORD = re.compile(r"[A-Za-z_$][\w$]*(?:[.-][\w$]+)*")
_LITERALS: dict[str, Any] = {
    "true": True,
    "false": False,
    "null": None,
    "none": None,
}
_NEXT_KEY = re.compile(r"[\"'“‘][^\"'“”‘’\\\n]{0,120}[\"'”’]\s*[:：]|[A-Za-z_$][\w$-]*\s*[:：]")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "/": "/", "\\": "\\"}
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.S)
_END_OF_STRING = frozenset(",:}])，：｝］】）、;；/#<`")


class Unreadable(ValueError):
    """A text is no JSON and cannot be made such without guessing."""


def read_json(text: str, closed: bool = True) -> tuple[Any, int]:
    """Return the value and the number of repairs; `closed` allows adding missing brackets.

    Raises:
        Unreadable: A value is missing or cut, or the text is no JSON at all.
    """
    try:
        return json.loads(text), 0
    except (ValueError, RecursionError):
        pass
    try:
        return json.loads(text, strict=False), 1
    except (ValueError, RecursionError):
        pass
    try:
        return _Lenient(text, closed).read()
    except RecursionError as error:
        raise Unreadable("brackets nested too deep") from error
    except ValueError as error:
        raise Unreadable(str(error)) from error


class _Lenient:
    """One tolerant pass over a text; counts what it had to overlook."""

    def __init__(self, text: str, closed: bool) -> None:
        self.text = text
        self.closed = closed
        self.pos = 0
        self.repairs = 0
        self.open: list[str] = []

    def read(self) -> tuple[Any, int]:
        self.skip()
        if self.peek() in QUOTES or _WORD.match(self.text, self.pos):
            self.repairs += 1
            self.open.append("}")
            value: Any = self.members()
        else:
            value = self.value()
        while self.skip() in CLOSERS and self.peek():
            self.pos += 1
            self.repairs += 1
        if self.pos < len(self.text):
            raise Unreadable(f"unexpected {self.peek()!r} after the end of the JSON")
        return value, max(1, self.repairs)

    def peek(self) -> str:
        return self.text[self.pos : self.pos + 1]

    def skip(self) -> str:
        """Pass over blanks, comments, fences and stray tags; return the next character."""
        while True:
            found = _SKIP.match(self.text, self.pos)
            if found:
                self.pos = found.end()
            found = _STRAY.match(self.text, self.pos)
            if not found:
                return self.peek()
            self.pos = found.end()
            self.repairs += 1

    def value(self) -> Any:
        char = self.skip()
        if char and char in PAIRS:
            return self.container(char)
        if char and char in QUOTES:
            return self.string(char)
        found = _NUMBER.match(self.text, self.pos)
        if found:
            self.pos = found.end()
            return _number(found.group())
        found = _WORD.match(self.text, self.pos)
        if found and found.group().lower() in _LITERALS:
            self.pos = found.end()
            if found.group() not in ("true", "false", "null"):
                self.repairs += 1
            return _LITERALS[found.group().lower()]
        if not char:
            raise Unreadable("the JSON ends where a value should stand")
        raise Unreadable(f"no value at {self.text[self.pos : self.pos + 20]!r}")

    def container(self, char: str) -> Any:
        if len(self.open) >= DEPTH:
            raise Unreadable("brackets nested too deep")
        self.pos += 1
        self.repairs += char not in "{["
        self.open.append(PAIRS[char])
        return self.members() if PAIRS[char] == "}" else self.items()

    def at_end(self) -> bool:
        """Return whether the innermost container ends here, and pass over its bracket."""
        char = self.skip()
        mine = self.open[-1]
        if not char:
            if not self.closed:
                raise Unreadable("the JSON is cut off")
            self.repairs += 1
        elif CLOSERS.get(char) == mine:
            self.repairs += char not in "}]"
            self.pos += 1
        elif char in CLOSERS and CLOSERS[char] in self.open:
            self.repairs += 1
        elif char in CLOSERS:
            self.repairs += 1
            self.pos += 1
            return self.at_end()
        else:
            return False
        self.open.pop()
        return True

    def comma(self, before: bool) -> None:
        """Pass over commas; `before` tells that an element stands before, so one is due."""
        count = 0
        while self.skip() and self.peek() in ",，、;；":
            self.repairs += self.peek() != ","
            count += 1
            self.pos += 1
        missing = before and count == 0 and self.peek() not in CLOSERS
        surplus = count - before if not missing else 0
        self.repairs += missing or surplus > 0
        if count and before and (not self.peek() or self.peek() in CLOSERS):
            self.repairs += 1

    def members(self) -> Any:
        members: dict[str, Any] = {}
        self.comma(before=False)
        while not self.at_end():
            if not members and self.peek() in "{｛":
                return self.doubled()
            key = self.key()
            if self.skip() not in (":", "："):
                raise Unreadable(f"no colon after the key {key!r}")
            self.repairs += self.peek() != ":"
            self.pos += 1
            members[key] = self.value()
            self.comma(before=True)
        return members

    def doubled(self) -> Any:
        """Read an object that stands in a second pair of braces."""
        inner = self.value()
        self.repairs += 1
        if not self.at_end():
            raise Unreadable("an object where a key should stand")
        return inner

    def items(self) -> list[Any]:
        items: list[Any] = []
        self.comma(before=False)
        while not self.at_end():
            items.append(self.value())
            self.comma(before=True)
        return items

    def key(self) -> str:
        char = self.peek()
        if char in QUOTES:
            return self.string(char)
        found = _WORD.match(self.text, self.pos)
        if not found:
            raise Unreadable(f"no key at {self.text[self.pos : self.pos + 20]!r}")
        self.pos = found.end()
        self.repairs += 1
        return found.group()

    def string(self, quote: str) -> str:
        self.repairs += quote != '"'
        closing = QUOTES[quote]
        pieces: list[str] = []
        if quote in "\"'" and self.text.startswith(quote * 3, self.pos):
            return self.triple(quote * 3)
        self.pos += 1
        noted = re.compile(f"[\\\\{closing}]")
        while True:
            found = noted.search(self.text, self.pos)
            if found is None:
                raise Unreadable("a string is not closed")
            pieces.append(self.text[self.pos : found.start()])
            self.pos = found.start()
            if found.group() == "\\":
                pieces.append(self.escape())
                continue
            self.pos += 1
            if self.ends_string():
                break
            pieces.append(found.group())
            self.repairs += 1
        return "".join(pieces)

    def triple(self, quotes: str) -> str:
        """Read a string in three quotes, as Python has them: only escapes are special."""
        noted = re.compile(rf"\\|{quotes}")
        pieces: list[str] = []
        self.pos += 3
        self.repairs += 1
        while found := noted.search(self.text, self.pos):
            pieces.append(self.text[self.pos : found.start()])
            self.pos = found.start()
            if found.group() == quotes:
                self.pos += 3
                return "".join(pieces)
            pieces.append(self.escape())
        raise Unreadable("a string is not closed")

    def ends_string(self) -> bool:
        """Return whether the quote just passed closes its string or stands inside it."""
        found = _SKIP.match(self.text, self.pos)
        at = found.end() if found else self.pos
        after = self.text[at : at + 1]
        if after == "+":
            raise Unreadable("strings joined with + are no JSON")
        if not after or after in _END_OF_STRING:
            return after not in (")", "）") or ")" in self.open
        if self.open and self.open[-1] == "]":
            return after in QUOTES or (found is not None and after.isdigit())
        return _NEXT_KEY.match(self.text, at) is not None

    def escape(self) -> str:
        found = _ESCAPED.match(self.text, self.pos)
        if found is None:
            raise Unreadable("a string is not closed")
        self.pos = found.end()
        code = found.group(1)
        if len(code) == 5:
            return self.wide(int(code[1:], 16))
        if code in _ESCAPES:
            return _ESCAPES[code]
        if code in QUOTES:
            self.repairs += code != '"'
            return code
        self.repairs += 1
        return "\\" + code

    def wide(self, code: int) -> str:
        """Return the character of an escape, joining a surrogate pair."""
        found = _ESCAPED.match(self.text, self.pos) if 0xD800 <= code < 0xDC00 else None
        if found and len(found.group(1)) == 5:
            low = int(found.group(1)[1:], 16)
            if 0xDC00 <= low < 0xE000:
                self.pos = found.end()
                return chr(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00))
        return chr(code)


def _number(text: str) -> int | float:
    text = text.replace("_", "")
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)
