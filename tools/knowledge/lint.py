"""What is wrong with a bank: rules on its structure; `lint_text` holds those on its sentences.

An imported bank is held only to the rules that its material can meet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from sessions.records import Lang, Question
from tools.grading.probe import gives_away
from tools.knowledge.bank import SHIPPED, Bank
from tools.knowledge.dedupe import find_duplicates, likely_pairs
from tools.knowledge.glossary import load_glossary
from tools.knowledge.lint_numbers import number_problems
from tools.knowledge.lint_text import Problem, text_problems
from tools.knowledge.text import squeeze
from tools.knowledge.topics import Topic, load_topics

_POINTS = (3, 6)
_MISCONCEPTIONS = (2, 4)
_WEIGHTS = (1, 3)
_SPOKEN = 2
_FOLLOW_UPS = 2
_HARD = 4


def lint(bank: Bank) -> list[Problem]:
    """Return every problem found, in the order of the bank."""
    shipped = bank.name == SHIPPED
    found: list[Problem] = []
    for question in bank.questions:
        found += _reference_problems(question, bank)
        if shipped:
            found += _measure_problems(question)
            found += _term_problems(question)
            found += _aim_problems(question)
            found += number_problems(question)
        found += text_problems(question, shipped)
    found += _duplicate_problems(bank.questions)
    if shipped:
        found += _topic_problems(bank.questions, load_topics())
    found += _cycle_problems(bank)
    return found


def _reference_problems(question: Question, bank: Bank) -> Iterator[Problem]:
    """Yield names that lead nowhere."""
    if question["topic"] not in load_topics():
        yield Problem(question["id"], "topic", "unknown", f"no topic {question['topic']!r}")
    for prerequisite in question["prerequisites"]:
        target = bank.get(prerequisite)
        if target is None:
            yield Problem(question["id"], "prerequisites", "unknown", f"no question {prerequisite}")
        elif target["level"] > question["level"]:
            text = f"{prerequisite} is harder ({target['level']}) than this ({question['level']})"
            yield Problem(question["id"], "prerequisites", "level", text)


def _measure_problems(question: Question) -> Iterator[Problem]:
    """Yield what there is too little or too much of."""
    counts = (
        ("key_points", _POINTS),
        ("misconceptions", _MISCONCEPTIONS),
    )
    for name, (low, high) in counts:
        number = len(question[name])  # type: ignore[literal-required]
        if not low <= number <= high:
            yield Problem(question["id"], name, "count", f"{number}, not {low} to {high}")
    if len(question["follow_ups"]) < _FOLLOW_UPS:
        yield Problem(question["id"], "follow_ups", "count", f"{len(question['follow_ups'])}")
    if len(question["hints"]) != 3:
        yield Problem(question["id"], "hints", "count", f"{len(question['hints'])}, not 3")
    for lang in ("zh", "en"):
        number = len(question["spoken"].get(lang, []))
        if number < _SPOKEN:
            yield Problem(question["id"], f"spoken.{lang}", "count", f"{number}, not {_SPOKEN}")
    for point in question["key_points"]:
        if not _WEIGHTS[0] <= point["weight"] <= _WEIGHTS[1]:
            text = f"{point['id']}: {point['weight']:g} is not 1 to 3"
            yield Problem(question["id"], "key_points", "weight", text)
    if not question["source"]:
        yield Problem(question["id"], "source", "missing", "no source")


def _term_problems(question: Question) -> Iterator[Problem]:
    """Yield terms without another spelling here or in the glossary; a Latin name may have none."""
    glossary = load_glossary()
    if not question["terms"] and question["kind"] in ("concept", "language"):
        yield Problem(question["id"], "terms", "missing", "no terms")
    for row in question["terms"]:
        if len({squeeze(spelling)[0] for spelling in row}) < 2:
            if glossary.get(row[0]) is None:
                name = row[0].isascii() and len(row[0].split()) == 1
                text = f"{row[0]} has no alias"
                yield Problem(question["id"], "terms", "alias", text, is_error=not name)


def _aim_problems(question: Question) -> Iterator[Problem]:
    """Yield points after which nothing can be asked once they are missed.

    A follow-up that brings in a point's own words suits a candidate who has said them; one who has
    not needs another that the interviewer's own test of giving away lets pass.
    """
    langs: tuple[Lang, ...] = ("zh", "en")
    for point in question["key_points"]:
        aimed = [f["text"] for f in question["follow_ups"] if f["key_point"] == point["id"]]
        if not aimed:
            yield Problem(question["id"], "follow_ups", "aim", f"none for {point['id']}")
            continue
        for lang in langs:
            texts = [str(text.get(lang, "")) for text in aimed]
            if all(gives_away(text, point, question, frozenset(), lang) for text in texts):
                where = f"follow_ups.{lang}"
                yield Problem(question["id"], where, "aim", f"all give {point['id']} away")


def _duplicate_problems(questions: Sequence[Question]) -> Iterator[Problem]:
    """Yield questions that are asked twice, in the same or nearly the same words."""
    owner: dict[str, str] = {}
    for question in questions:
        wordings = [*question["wording"].values(), *chain(*question["spoken"].values())]
        for wording in dict.fromkeys(squeeze(str(w))[0].strip("?？。.") for w in wordings):
            other = owner.setdefault(wording, question["id"])
            if other != question["id"]:
                text = f"worded as {other}: {wording}"
                yield Problem(question["id"], "wording", "duplicate", text)
    texts = [str(q["wording"].get("zh") or q["wording"].get("en", "")) for q in questions]
    for pair in find_duplicates(questions, likely_pairs(texts)):
        text = f"seems to ask what {pair.first} asks ({pair.judgement.chance:.2f})"
        yield Problem(pair.second, "wording", "near-duplicate", text, is_error=False)


def _topic_problems(questions: Sequence[Question], topics: dict[str, Topic]) -> Iterator[Problem]:
    """Yield topics without questions, and topics whose hard questions build on nothing."""
    for name in topics:
        own = [question for question in questions if question["topic"] == name]
        hard = [question for question in own if question["level"] >= _HARD]
        if not own:
            yield Problem(name, "topic", "empty", "no question")
        elif hard and not any(question["prerequisites"] for question in own):
            yield Problem(name, "topic", "prerequisites", "no question has a prerequisite")
        for need in topics[name].needs:
            if need not in topics:
                yield Problem(name, "topic", "unknown", f"needs {need!r}, which is no topic")


def _cycle_problems(bank: Bank) -> Iterator[Problem]:
    """Yield each question from which its prerequisites lead back to itself."""
    for question in bank.questions:
        seen: set[str] = set()
        waiting = list(question["prerequisites"])
        while waiting:
            current = waiting.pop()
            if current == question["id"]:
                yield Problem(question["id"], "prerequisites", "cycle", "leads back to itself")
                break
            target = bank.get(current)
            if current not in seen and target is not None:
                seen.add(current)
                waiting += target["prerequisites"]
