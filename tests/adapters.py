"""Thin functions for outside measuring scripts: each only calls what the product itself uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def parse(
    chunks: Iterable[str],
    tools: list[dict[str, Any]] | None = None,
    on_speech: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    from tools.protocol import Malformed, Parser, Speech, Thought

    parser = Parser(tools)
    speech: list[str] = []
    thoughts: list[str] = []
    calls: list[dict[str, Any]] = []
    errors: list[str] = []

    def sort(events: list[Any]) -> None:
        for event in events:
            if isinstance(event, Speech):
                speech.append(event.text)
                if on_speech is not None:
                    on_speech(event.text)
            elif isinstance(event, Thought):
                thoughts.append(event.text)
            elif isinstance(event, Malformed):
                errors.append(event.reason)
            else:
                calls.append({"name": event.name, "arguments": event.arguments})

    for chunk in chunks:
        events = parser.feed(chunk)
        if events:
            sort(events)
    sort(parser.close())
    return {
        "speech": "".join(speech),
        "think": "".join(thoughts) or None,
        "calls": calls,
        "errors": errors,
    }


def grade(item: dict[str, Any], answer: str) -> dict[str, Any]:
    from tools.grade_answer import shared_grader
    from tools.grading.evidence import AnswerText
    from tools.grading.plain import plain_question

    question = plain_question(
        item["id"], item["question"], item["key_points"], item.get("reference_answer", "")
    )
    result = shared_grader().grade(question, [AnswerText("t1", answer)], "zh")
    covered = [p["key_point"] for p in result["points"] if p["verdict"] == "covered"]
    return {"score": result["overall"] or 0.0, "covered": covered, "grade": result}


def run_code(source: str, tests: list[Any], limits: dict[str, Any]) -> dict[str, Any]:
    from tools.sandbox.runner import run

    return dict(run(source, tests, limits))


def import_questions(path: str) -> list[dict[str, Any]]:
    from tools.knowledge.importers import import_file

    return [
        {
            "heading": item.heading,
            "line": item.line,
            "has_answer": item.has_answer,
            "kind": item.kind,
            "scope": item.scope,
            "section": " / ".join(item.section),
        }
        for item in import_file(path).items
    ]


def build_search(paths: list[str]) -> Callable[[str, int], list[dict[str, Any]]]:
    import os
    from pathlib import Path

    from tools.knowledge.importers.pipeline import import_file
    from tools.knowledge.search import Searcher, entry_of_item

    found = [(path, item) for path in paths for item in import_file(path).items]
    entries = [entry_of_item(item, str(place)) for place, (_, item) in enumerate(found)]
    data = os.environ.get("KAOGUAN_DATA_DIR")
    searcher = Searcher(entries, Path(data) if data else None)
    searcher.build_vectors()

    def search(query: str, k: int) -> list[dict[str, Any]]:
        hits = searcher.search(query, k, thorough=True)
        rows = [found[int(hit.key)] for hit in hits]
        return [{"heading": item.heading, "source": path, "line": item.line} for path, item in rows]

    return search


def same_question(a: dict[str, Any], b: dict[str, Any]) -> bool:
    from tools.knowledge.dedupe import asks_same

    return asks_same(a["heading"], b["heading"], a["section"], b["section"]).same


def repair_terms(text: str) -> str:
    from tools.knowledge.terms import repair

    return repair(text).text


def selection_policy(bank: list[dict[str, Any]], seed: int) -> Any:
    from tests.simulated_candidate import Policy

    return Policy(bank, seed)
