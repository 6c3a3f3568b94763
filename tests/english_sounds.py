"""Write tools/knowledge/english_sounds.txt: words whose spelling tells their sound badly.

Run by hand: `python -m tests.english_sounds`. Pronunciations are those of misaki's American
dictionary (Apache-2.0), said with the few sounds that Mandarin has.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files

from tests.train_terms import bank_lines
from tools.knowledge.sound import ENGLISH_FILE, by_ear
from tools.knowledge.term_targets import latin_targets
from tools.knowledge.text import fold

_SOUNDS = {
    "æ": "a", "ɑ": "a", "ɔ": "o", "ʌ": "a", "ə": "e", "ɜ": "e", "ɪ": "i", "i": "i", "ʊ": "u",
    "u": "u", "ɛ": "e", "A": "ei", "I": "ai", "W": "ao", "Y": "oi", "O": "ou", "ŋ": "N",
    "ʃ": "S", "ʒ": "j", "ʧ": "C", "ʤ": "j", "θ": "s", "ð": "z", "v": "w", "w": "u", "j": "i",
    "ɡ": "g", "T": "t", "ɾ": "t", **{c: c for c in "pbtdkfszmnlhr"}, "ɹ": "r",
}  # fmt: skip
_VOWELS = "æɑɔʌəɜɪiʊuɛAIWYOᵊᵻ"


def said(ipa: str, word: str) -> str:
    """Return a pronunciation in our phones; r is lost where no vowel follows."""
    if "a" not in word:
        ipa = ipa.replace("ɑ", "ɔ")  # what is spelled with o is heard so from most speakers
    plain = re.sub(f"ɹ(?![{_VOWELS}ˈˌ])", "", ipa)
    sound = "".join(_SOUNDS.get(char, "") for char in plain.replace("ᵻ", "ɪ"))
    return re.sub(r"(.)\1+", r"\1", sound)


def main() -> None:
    known = json.loads(files("misaki").joinpath("data/us_gold.json").read_text(encoding="utf-8"))
    words = {w for t in latin_targets() for w in re.findall("[a-z]+", t.folded)}
    words |= {w for line in bank_lines() for w in re.findall("[a-z]+", fold(line))}
    rows = []
    for word in sorted(words):
        ipa = known.get(word)
        ipa = ipa.get("DEFAULT") if isinstance(ipa, dict) else ipa
        if ipa and len(word) > 2 and said(ipa, word) != by_ear(word):
            rows.append(f"{word} {said(ipa, word)}")
    head = (
        "# English words with their sounds where the spelling misleads, from misaki's dictionary.\n"
    )
    ENGLISH_FILE.write_text(head + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
