"""Key points as Anki cards: question in front, points and model answer behind, ids that stay."""

from __future__ import annotations

import hashlib
import html
from pathlib import Path
from typing import Any

from sessions.records import Lang
from sessions.report.schema import QuestionReport, Report

_DECK = {"zh": "考官", "en": "Kaoguan"}
_MODEL_ID = 1_607_392_417
"""Chosen once: Anki updates notes of the same model and guid, and doubles those of another."""


class AnkiError(Exception):
    """No package could be written; the message says what is missing."""


def write_anki(report: Report, path: Path, lang: Lang) -> int:
    """Write one note for each question with a rubric; return how many.

    A note's guid comes from the question's id alone, so that importing again updates the note.

    Raises:
        AnkiError: The library is not installed, or nothing can be asked.
    """
    try:
        import genanki
    except ImportError as error:
        raise AnkiError("no Anki cards: pip install genanki") from error
    asked = [question for question in report["questions"] if question["points"]]
    if not asked:
        raise AnkiError("no Anki cards: no question of this session has key points")
    deck = genanki.Deck(_deck_id(lang), _DECK[lang])
    model = _model(genanki)
    for question in asked:
        note = genanki.Note(
            model=model,
            fields=[_front(question), _back(question), html.escape(question["id"])],
            tags=[f"kaoguan::{question['topic']}", f"level::{question['level']}"],
            guid=genanki.guid_for("kaoguan", question["id"], lang),
        )
        deck.add_note(note)
    genanki.Package(deck).write_to_file(str(path))
    return len(asked)


def _deck_id(lang: Lang) -> int:
    return int(hashlib.sha256(f"kaoguan deck {lang}".encode()).hexdigest()[:8], 16)


def _model(genanki: Any) -> Any:
    return genanki.Model(
        _MODEL_ID,
        "Kaoguan",
        fields=[{"name": "Front"}, {"name": "Back"}, {"name": "Id"}],
        templates=[
            {
                "name": "Card",
                "qfmt": "{{Front}}",
                "afmt": '{{FrontSide}}<hr id="answer">{{Back}}',
            }
        ],
        css=".card{font:20px/1.6 sans-serif;text-align:left}ul{padding-left:1.2em}",
        sort_field_index=2,
    )


def _front(question: QuestionReport) -> str:
    return f"<p>{html.escape(question['asked'])}</p>"


def _back(question: QuestionReport) -> str:
    points = "".join(f"<li>{html.escape(point['text'])}</li>" for point in question["points"])
    answer = html.escape(question["model_answer"])
    return f"<ul>{points}</ul>" + (f"<p>{answer}</p>" if answer else "")
