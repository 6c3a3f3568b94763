"""Due practice as iCalendar text (RFC 5545): one all-day entry for each day of the plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sessions.records import Lang
from sessions.schedule import CardState, practice_plan

_WORDS: Mapping[Lang, tuple[str, str]] = {
    "zh": ("考官练习：{count} 个要点", "运行 kaoguan practice"),
    "en": ("Kaoguan practice: {count} points", "Run kaoguan practice"),
}
_LINE_BYTES = 75


def to_calendar(
    cards: Mapping[str, CardState], now: datetime, lang: Lang, titles: Mapping[str, str]
) -> str:
    """Return the plan of the next two weeks.

    An entry's id is its day, so that importing again updates it.
    """
    title, what = _WORDS[lang]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Kaoguan//practice//EN"]
    for day in practice_plan(list(cards.values()), now):
        date = datetime.fromisoformat(day["day"]).date()
        topics = ", ".join(titles.get(topic, topic) for topic in day["topics"])
        lines += [
            "BEGIN:VEVENT",
            f"UID:kaoguan-practice-{date:%Y%m%d}",
            f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{date:%Y%m%d}",
            f"DTEND;VALUE=DATE:{date + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escaped(title.format(count=day['cards']))}",
            f"DESCRIPTION:{_escaped(f'{what}. {topics}')}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    return "".join(f"{line}\r\n" for line in _folded([*lines, "END:VCALENDAR"]))


def _escaped(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "\\n")


def _folded(lines: Iterable[str]) -> Iterable[str]:
    """Yield each line in pieces of at most 75 bytes, never inside a character."""
    for line in lines:
        piece = ""
        for char in line:
            if len((piece + char).encode()) > _LINE_BYTES:
                yield piece
                piece = " "
            piece += char
        yield piece
