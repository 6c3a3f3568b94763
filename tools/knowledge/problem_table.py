"""The shape of a coding problem, and how one table of a problem file is read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from sessions.records import FollowUp, FollowUpKind, Wording
from tools.sandbox.growth import ORDERS

Style = Literal["call", "ops"]


class ProblemError(Exception):
    """A problem is malformed or its own code fails; the message names the problem and the field."""


@dataclass(frozen=True)
class Wrong:
    """A common wrong solution and the follow-up it deserves."""

    source: str
    verdict: str
    follow_up: Wording


@dataclass(frozen=True)
class Problem:
    """One coding problem as it stands in the bank."""

    id: str
    topic: str
    level: int
    title: Wording
    statement: Wording
    signature: str
    entry: str
    style: Style
    public: list[tuple[list[Any], Any]]
    cases: str
    large: str
    grow: str
    """Code of `grow(rng, n)`: arguments of size n; empty when time is not worth measuring."""
    driver: str
    reference: str
    brute: str
    check: str
    tol: float | None
    time: str
    space: str
    order: str
    """The order of time as `grow`'s n grows alone; empty when it is not one of the usual."""
    approach: Wording
    edges: Wording
    hints: list[Wording]
    follow_ups: list[FollowUp]
    wrong: list[Wrong]

    def test(self, args: list[Any], expected: Any, *, public: bool) -> dict[str, Any]:
        """One test for the runner."""
        made: dict[str, Any] = {"expected": expected, "public": public}
        made |= {"ops": args} if self.style == "ops" else {"fn": self.entry, "args": args}
        if self.check:
            made["check"] = self.check
        if self.tol is not None:
            made["tol"] = self.tol
        return made

    def submission(self, source: str) -> str:
        """The candidate's source with the problem's driver behind it."""
        return f"{source}\n{self.driver}" if self.driver else source


def _wording(table: Mapping[str, Any], name: str, where: str) -> Wording:
    prefix = f"{name}_" if name else ""
    made = Wording()
    for lang in ("zh", "en"):
        value = table.get(f"{prefix}{lang}")
        if not isinstance(value, str) or not value.strip():
            raise ProblemError(f"{where}: {prefix}{lang} is missing")
        made[lang] = value.strip()
    return made


def _hints(table: Mapping[str, Any], where: str) -> list[Wording]:
    """The ladder: two hints, then the idea in one sentence."""
    pairs = list(zip(table["hints_zh"], table["hints_en"], strict=True))
    if len(pairs) != 2:
        raise ProblemError(f"{where}: two hints are wanted before the idea itself")
    return [*(Wording(zh=zh, en=en) for zh, en in pairs), _wording(table, "approach", where)]


def _follow_ups(table: Mapping[str, Any], where: str) -> list[FollowUp]:
    return [
        FollowUp(
            key_point=row["point"],
            kind=cast(FollowUpKind, row["kind"]),
            text=_wording(row, "", where),
        )
        for row in table.get("follow_up", [])
    ]


def _entry(signature: str, where: str) -> tuple[str, Style]:
    found = re.match(r"(def|class)\s+(\w+)", signature)
    if found is None:
        raise ProblemError(f"{where}: signature must begin with def or class")
    return found.group(2), "ops" if found.group(1) == "class" else "call"


def read_problem(name: str, table: Mapping[str, Any]) -> Problem:
    """Read one table of a problem file; raises ProblemError naming what is wrong."""
    try:
        entry, style = _entry(table["signature"], name)
        return Problem(
            id=name,
            topic=table["topic"],
            level=int(table["level"]),
            title=_wording(table, "title", name),
            statement=_wording(table, "", name),
            signature=table["signature"],
            entry=table.get("entry", entry),
            style=style,
            public=[(args, expected) for args, expected in json.loads(table["public"])],
            cases=table["cases"],
            large=table.get("large", ""),
            grow=table.get("grow", ""),
            driver=table.get("driver", ""),
            reference=table["reference"],
            brute=table["brute"],
            check=table.get("check", ""),
            tol=table.get("tol"),
            time=table["time"],
            space=table["space"],
            order=table.get("order", table["time"] if table["time"] in ORDERS else ""),
            approach=_wording(table, "approach", name),
            edges=_wording(table, "edges", name),
            hints=_hints(table, name),
            follow_ups=_follow_ups(table, name),
            wrong=[
                Wrong(row["source"], row.get("verdict", "WA"), _wording(row, "", name))
                for row in table.get("wrong", [])
            ],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ProblemError(f"{name}: {type(error).__name__}: {error}") from error
