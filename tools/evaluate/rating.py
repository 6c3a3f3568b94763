"""A person's labels for answers: one line each, kept in a file, held against other labels.

A line is a letter for every key point (c covered, p partial, m missed, w wrong), then the error
level 0 to 3 and the clarity 0 to 10: `ccmp 0 8`. `e` alone labels an evasive answer, `t` a list of
terms. The file of ratings has the rows that `kaoguan eval grading` reads.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.evaluate.graded_rows import GradedAnswer, score_by_rule
from tools.evaluate.grading_metrics import known, level, qwk, spearman

_WHOLE = {"e": "evasive", "t": "keyword-stuffing"}
_LETTERS = "cpmw"


class RatingError(Exception):
    """A line is no rating; the message says what it should look like."""


@dataclass(frozen=True)
class Rating:
    """What a person says of one answer."""

    key: str
    verdicts: dict[str, str]
    """`c`, `p`, `m` or `w` by key point."""
    error_level: int
    clarity: float
    kind: str
    """`answer`, or a kind that is capped whatever its points."""


def parse_rating(line: str, answer: GradedAnswer) -> Rating:
    """Return the rating that a line stands for.

    Raises:
        RatingError: It has too few letters, or a number is out of range.
    """
    names = [point["id"] for point in answer.question["key_points"]]
    parts = line.lower().split()
    if len(parts) == 1 and parts[0] in _WHOLE:
        return Rating(answer.key, dict.fromkeys(names, "m"), 0, 5.0, _WHOLE[parts[0]])
    letters = parts[0] if parts else ""
    if len(letters) != len(names) or set(letters) - set(_LETTERS):
        raise RatingError(f"{len(names)} letters of c p m w are needed, one a key point")
    try:
        error, clarity = (int(parts[1]), float(parts[2])) if len(parts) == 3 else (-1, -1.0)
    except ValueError:
        error, clarity = -1, -1.0
    if error not in range(4) or not 0 <= clarity <= 10:
        raise RatingError("after the letters: error level 0 to 3 and clarity 0 to 10")
    if "w" in letters and error < 2:
        raise RatingError("a wrong key point is a false relation: error level 2 or 3")
    return Rating(answer.key, dict(zip(names, letters, strict=True)), error, clarity, "answer")


def in_blind_order(answers: Sequence[GradedAnswer], seed: int) -> list[GradedAnswer]:
    """Return the answers shuffled, the same for the same seed, whatever order the file has."""
    found = sorted(answers, key=lambda answer: answer.key)
    random.Random(seed).shuffle(found)
    return found


def score_of(rating: Rating, answer: GradedAnswer) -> float:
    """Return the number that a rating amounts to by the rule."""
    covered, partial = _points(rating, "c"), _points(rating, "p")
    rest = (rating.error_level, rating.clarity)
    return score_by_rule(answer.question, rating.kind, covered, partial, rest)


def agreement(ratings: Mapping[str, Rating], answers: Sequence[GradedAnswer]) -> dict[str, Any]:
    """Return how the ratings agree with the labels of the file, on what was rated.

    For key points: exact share and Cohen's kappa over covered, partial and missed (a wrong point
    is not covered). For whole answers: quadratic weighted kappa of levels and rank correlation.
    """
    rated = [answer for answer in answers if answer.key in ratings]
    if not rated:
        return {"n": 0}
    pairs = [
        (_label(answer, name), "m" if letter == "w" else letter)
        for answer in rated
        for name, letter in ratings[answer.key].verdicts.items()
    ]
    mine = [score_of(ratings[answer.key], answer) for answer in rated]
    theirs = [answer.score for answer in rated]
    return {
        "n": len(rated),
        "key_points": len(pairs),
        "key_points_alike": sum(a == b for a, b in pairs) / len(pairs),
        "key_point_kappa": known(_kappa(pairs)),
        "qwk": known(qwk(level(theirs), level(mine))),
        "spearman": known(spearman(theirs, mine)),
        "mean_difference": sum(abs(a - b) for a, b in zip(mine, theirs, strict=True)) / len(rated),
    }


def load(path: Path, answers: Sequence[GradedAnswer]) -> dict[str, Rating]:
    """Return the ratings of a file, in order, as far as they are of these answers.

    Raises:
        RatingError: The file is no file of ratings.
    """
    keys = {answer.key for answer in answers}
    return {rating.key: rating for _, rating in _lines(path) if rating.key in keys}


def save(path: Path, ratings: Mapping[str, Rating], answers: Sequence[GradedAnswer]) -> None:
    """Write all ratings anew: a few kilobytes, so that an undone one is really gone.

    What the file says of answers that are not among these stays as it is.

    Raises:
        RatingError: The file is no file of ratings.
    """
    by_key = {answer.key: answer for answer in answers}
    lines = [line for line, rating in _lines(path) if rating.key not in by_key]
    lines += [
        json.dumps(_row(rating, by_key[key]), ensure_ascii=False) for key, rating in ratings.items()
    ]
    draft = path.with_name(path.name + ".new")
    draft.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    draft.replace(path)


def _lines(path: Path) -> list[tuple[str, Rating]]:
    """Return each line of a file with the rating that it holds; none when there is no file."""
    found: list[tuple[str, Rating]] = []
    if not path.exists():
        return found
    # not splitlines: an answer may hold a line separator that JSON leaves as it is
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if not line:
            continue
        try:
            row = json.loads(line)
            rating = Rating(
                row["key"],
                dict(row["verdicts"]),
                int(row["error_level"]),
                float(row["clarity"]),
                row["kind"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise RatingError(f"{path}:{number}: is no rating: {error}") from error
        found.append((line, rating))
    return found


def _row(rating: Rating, answer: GradedAnswer) -> dict[str, Any]:
    return {
        "key": rating.key,
        "question": answer.question["id"],
        "answer": answer.text,
        "kind": rating.kind,
        "covered": sorted(_points(rating, "c")),
        "partial": sorted(_points(rating, "p")),
        "error_level": rating.error_level,
        "clarity": rating.clarity,
        "score": score_of(rating, answer),
        "verdicts": rating.verdicts,
    }


def _points(rating: Rating, letter: str) -> frozenset[str]:
    return frozenset(name for name, said in rating.verdicts.items() if said == letter)


def _label(answer: GradedAnswer, name: str) -> str:
    return "c" if name in answer.covered else "p" if name in answer.partial else "m"


def _kappa(pairs: Sequence[tuple[str, str]]) -> float:
    """Return Cohen's kappa of two raters' letters; NaN when chance alone explains them."""
    n = len(pairs)
    alike = sum(a == b for a, b in pairs) / n
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    chance = sum(first[letter] * second[letter] for letter in _LETTERS) / (n * n)
    return (alike - chance) / (1 - chance) if chance < 1 else float("nan")
