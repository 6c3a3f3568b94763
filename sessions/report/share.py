"""A report made fit for other eyes: no names, no project details, chosen quotes hidden."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from sessions.report.schema import Report

HIDDEN = "▇▇▇"
_PERSONAL_STAGES = frozenset({"project", "behaviour", "self_introduction", "reverse", "opening"})


def hide_quotes(report: Report, words: Sequence[str]) -> Report:
    """Return the report with every spoken text that holds one of these words hidden.

    A hidden text is gone from all its places; the judgement beside it stays.
    """
    wanted = [word.casefold() for word in words if word.strip()]
    shared = copy.deepcopy(report)
    _walk(shared, lambda text: any(word in text.casefold() for word in wanted))
    return shared


def anonymous(report: Report) -> Report:
    """Return the report without name, session id, dates and what the candidate told of themselves.

    Talk about own projects is dropped whole, and so are company facts; quotes on subject matter
    stay, because they are the evidence.
    """
    shared = copy.deepcopy(report)
    shared["candidate"], shared["session"] = "", "anonymous"
    shared["started_at"] = shared["ended_at"] = ""
    for question in shared["questions"]:
        personal = question["stage"] in _PERSONAL_STAGES or question["topic"] in (
            "",
            "project",
            "behaviour",
        )
        question["exchanges"] = []
        question.pop("fallback", None)  # may name a host
        if personal:
            question["asked"] = HIDDEN
            for point in question["points"]:
                point["quotes"] = []
    own = {q["id"] for q in shared["questions"] if q["asked"] == HIDDEN}
    shared["timeline"] = [
        {**span, "label": HIDDEN if _is_own(shared, span["number"], own) else span["label"]}
        for span in shared.get("timeline", [])
    ]
    for name in ("strengths", "weaknesses"):
        shared[name] = [f for f in shared[name] if f["question"] and f["question"] not in own]
    shared["to_learn"] = []
    shared["outlook"] = None  # days and topics over months are as good as a name
    shared["contradictions"] = []
    _without_company(shared, own)
    return shared


def _is_own(report: Report, number: int, own: set[str]) -> bool:
    return any(q["number"] == number and q["id"] in own for q in report["questions"])


def _without_company(report: Report, own: set[str]) -> None:
    """Leave of a review what the bank and the candidate say: no word of the interviewer."""
    review = report.get("review")
    if review is None:
        return
    wording = {q["id"]: q["asked"] for q in report["questions"] if q["id"] not in own}
    review["labels"] = {}
    review["company_facts"] = []
    review["reverse_questions"] = []
    review["findings"] = [f for f in review["findings"] if f["question"] in wording]
    for finding in review["findings"]:
        finding["title"] = finding["asked"] = wording[finding["question"]]
        finding["asks"] = []
        finding["evidence"] = [q for q in finding["evidence"] if q["speaker"] == "candidate"]
    for weak in report["weaknesses"]:  # named by the titles of the findings
        weak["text"] = wording.get(weak["question"], HIDDEN)
    review["moments"], review["doubts"], review["credited"] = [], [], []
    review["unopposed"], review["praise"], review["circling"] = [], [], []
    report["practise"] = [line for line in report["practise"] if _names_bank(line, report)]


def _names_bank(line: str, report: Report) -> bool:
    asked = [q["asked"] for q in report["questions"] if q["asked"] != HIDDEN]
    return report.get("review") is None or any(text in line for text in asked)


def _walk(node: Any, hides: Any) -> None:
    """Hide the spoken texts under a node: quotes, words said and answered."""
    spoken = ("quote", "said", "answer", "text", "asked", "title", "label", "reply")
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in list(items):
        if isinstance(value, dict | list):
            _walk(value, hides)
        elif isinstance(value, str) and (key in spoken or isinstance(node, list)) and hides(value):
            node[key] = HIDDEN
