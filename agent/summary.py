"""The rolling summary of turns that have left the prompt: what was talked about, never evidence.

Made by code from the ledger, so it costs no call and says the same whenever it is made again. It
holds no verdict and no score: a model that reads it can neither repeat nor leak one.
"""

from __future__ import annotations

from agent.brief import fragment
from agent.interview import Interview
from prompts import render
from sessions.records import Turn
from sessions.wording import say
from tools.neutralise import neutralise

MOST_QUESTIONS = 12
"""The newest ones; of older ones only the number is told."""
WORDING_CHARS = 60


def summary(interview: Interview, dropped: int) -> str:
    """Return the summary of the session's first `dropped` turns."""
    lang = interview.lang
    by_question: dict[str, list[Turn]] = {}
    for number, event in enumerate(interview.journal.events(["turn"])):
        if number >= dropped:
            break
        turn: Turn = event["body"]  # type: ignore[assignment]
        by_question.setdefault(turn["question"], []).append(turn)
    rows = [(key, turns) for key, turns in by_question.items() if key]
    lines = [_line(interview, key, turns) for key, turns in rows[-MOST_QUESTIONS:]]
    earlier = str(max(len(rows) - MOST_QUESTIONS, 0))
    return render("summary", lang, lines="\n".join(lines), earlier=earlier).strip()


def _line(interview: Interview, key: str, turns: list[Turn]) -> str:
    """Return one question in a line: its words, and a piece of the longest answer."""
    question, lang = interview.question(key), interview.lang
    wording = say(question["wording"], lang)[:WORDING_CHARS] if question else key
    answers = [turn["text"] for turn in turns if turn["speaker"] == "candidate"]
    piece = fragment(max(answers, key=len)[:2_000], lang) if answers else ""
    topic = interview.topic_titles.get(question["topic"], "") if question else ""
    return neutralise(f"- {topic} | {wording} | {piece}").text
