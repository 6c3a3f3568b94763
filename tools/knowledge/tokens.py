"""What the lexical index knows of a text: tokens of seven sorts, each with a one-letter tag.

w words · b pairs of Chinese characters · t glossary terms under their canonical names ·
s everyday words and the technical ones they stand for, as one · a what is asked ·
p pairs of syllables (for what was mis-heard) · g pieces of Latin words.
"""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tools.knowledge.aspects import aspects
from tools.knowledge.glossary import Glossary, Term
from tools.knowledge.sound import syllable
from tools.knowledge.text import FILLERS, bigrams, cut_words, fold, han_runs, latin_words

Tokens = dict[str, float]
"""Token (tag first) to how often it occurs, or how much it counts in a query."""

BODY_READ = 3_000
"""Characters of an answer that are indexed: the rest of a long one is about something else."""

SYNONYMS_FILE = Path(__file__).with_name("synonyms.txt")

_HEARD = 0.6  # a guess: a term known by its sound alone counts less than a written one


@dataclass(frozen=True)
class Entry:
    """One searchable thing: what it is called, what it says and where it stands."""

    key: str
    titles: tuple[str, ...]
    """Wordings of the question; the first is shown."""
    body: str = ""
    context: str = ""
    """Headings above it."""
    topic: str = ""
    level: int = 0
    scope: str = "shared"
    kind: str = "concept"


@cache
def load_synonyms() -> Glossary:
    """Return everyday words and what they stand for; each sense is named by its first word."""
    rows = map(shlex.split, SYNONYMS_FILE.read_text(encoding="utf-8").splitlines())
    lines = [row for row in rows if row and row[0] != "#"]
    return Glossary(Term(words[0], tuple(words[1:]), (), "") for words in lines)


def title_tokens(text: str, glossary: Glossary) -> Tokens:
    """Return all sorts of tokens, as for a heading or a query."""
    folded = fold(text)
    tokens = Counter(f"w{word}" for word in cut_words(folded))
    for run in han_runs(folded):
        tokens.update(f"b{pair}" for pair in bigrams(run))
        tokens.update(f"p{pair}" for pair in bigrams([syllable(c) for c in run]) if len(run) > 1)
    for word in latin_words(folded):
        if len(word) > 2 and word not in FILLERS:
            padded = f"^{word}$"
            tokens.update(f"g{padded[i : i + 3]}" for i in range(len(padded) - 2))
    tokens.update(f"t{match.name}" for match in glossary.find(text))
    tokens.update(f"s{match.name}" for match in load_synonyms().find(text))
    tokens.update(f"a{aspect}" for aspect in aspects(text))
    return dict(tokens)


def body_tokens(text: str, glossary: Glossary) -> Tokens:
    """Return words, senses and terms, as for an answer: other sorts would only cost there."""
    tokens = Counter(f"w{word}" for word in cut_words(fold(text)))
    tokens.update(f"t{match.name}" for match in glossary.find(text))
    tokens.update(f"s{match.name}" for match in load_synonyms().find(text))
    return dict(tokens)


def entry_tokens(entry: Entry, glossary: Glossary) -> dict[str, Tokens]:
    """Return the tokens of an entry by field letter: Titles, Body, Context."""
    titles: Counter[str] = Counter()
    for title in entry.titles:
        titles.update(title_tokens(title, glossary))
    return {
        "T": dict(titles),
        "B": body_tokens(entry.body[:BODY_READ], glossary),
        "C": body_tokens(entry.context, glossary),
    }


def query_tokens(text: str, glossary: Glossary) -> Tokens:
    """Return a query's tokens; each counts once, terms that were only heard count less."""
    tokens: Tokens = dict.fromkeys(title_tokens(text, glossary), 1.0)
    for match in glossary.heard(text):
        tokens.setdefault(f"t{match.name}", _HEARD)
    return tokens
