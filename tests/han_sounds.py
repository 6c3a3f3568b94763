"""Write tools/knowledge/han_sounds.txt: the characters of every Mandarin syllable.

Run by hand: `python -m tests.han_sounds`. Readings are the first ones of pypinyin (MIT), which
loads too slowly for a table of 420 lines.
"""

from __future__ import annotations

from collections import defaultdict

from pypinyin import Style, lazy_pinyin

from tools.knowledge.sound import HAN_FILE


def main() -> None:
    rows: dict[str, list[str]] = defaultdict(list)
    for code in range(0x3400, 0xA000):
        said = str(lazy_pinyin(chr(code), style=Style.NORMAL)[0])
        if said.isascii():
            rows[said].append(chr(code))
    head = "# Mandarin syllables without tones and the characters read so, from pypinyin.\n"
    lines = [f"{said} {''.join(chars)}" for said, chars in sorted(rows.items())]
    HAN_FILE.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
