"""Draw text memories from a finished session by rules, for when no model does it.

Misconceptions come from grades, everything else from sentences in which candidates speak of
themselves (`extract.toml`). A rule that is not sure says nothing: a memory missed is asked again
some day, an invented one is never forgiven.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sessions.memory import (
    GradeEvent,
    Operation,
    SessionRecord,
    in_force,
    is_echo,
    is_personal,
    memory_key,
    split_key,
    words_before,
)
from sessions.records import MemoryKind, Quote, TextMemory, Turn, Wording

NUMBER = r"(?:\d[\d,.]*|[零一二两三四五六七八九十百千万亿几]+)"
PERSONAL_STAGES = ("self-introduction", "project", "behaviour", "close", "hr")
"""Where candidates speak of their own work; facts are read nowhere else."""
PRIVATE_TOPICS = ("project", "behaviour", "reverse", "")
"""Topics of which nobody claims to know much or little."""

_SENTENCE = re.compile(r"[^。！？!?；;\n]+?(?:[。！？!?；;\n]|\.(?=\s|$)|$)")
_SUPPOSED = re.compile(
    r"如果|假如|假设|要是|比如说?有|理论上|\b(?:if|suppose|would have)\b", re.IGNORECASE
)
_OTHERS = re.compile(
    r"你们|您们|他们|她们|同事|别人|朋友|别的组|你说过|您(?:刚才)?说|你刚才说"
    r"|(?:老板|领导|导师|主管|师兄|师姐|实习生|leader|mentor|另一个组|合作方)"
    r"|\b(?:my colleague|they|other team|my manager)\b",
    re.IGNORECASE,
)
_ASKED = re.compile(r"[?？]\s*$|(?:吗|呢|么)[。.]?\s*$")
_DENIED = re.compile(
    r"没有?(?:用过?|做过?|碰过|接触)|从来没|\b(?:never|did not|didn't)\b", re.IGNORECASE
)
_CHANGED = re.compile(
    r"改成|改用|换成|换回|扩到|涨到|提到|提升到|降到|做到|应该是|其实|转去|变成|现在是"
    r"|switched to|\bnow\b"
)
_MENDING = re.compile(r"在改|改了|改掉|好多了|不再|克服")
_UNSURE = re.compile(
    r"没有?(?:实际|真正|怎么)?(?:做过|用过|碰过|接触)|不(?:太|是很|怎么|大)?(?:了解|懂|熟|清楚)"
    r"|不算(?:太)?(?:熟|了解)|忘得差不多|忘光|(?:做|用|接触|了解|看)得?不多|得(?:不深|很浅|一般)|零基础|没概念|半懂不懂|一知半解|只(?:是)?(?:在)?[^，。]{0,6}(?:学过|看过|听过)"
    r"|\b(?:never used|not familiar|don't know much|no experience)\b",
    re.IGNORECASE,
)
_SURE = re.compile(
    r"(?:比较|很|还算|挺|非常|算是|算|特别)?(?:熟悉?(?!人)|精通|拿手|擅长|老手|有经验|经验丰富)|(?:基本|差不多)?都会了"
    r"|\b(?:very familiar|know .{1,20} well|expert in)\b",
    re.IGNORECASE,
)
_THIS_QUESTION = re.compile(r"这(?:道|个)?(?:题|问题|点)|\bthis question\b", re.IGNORECASE)


@dataclass(frozen=True)
class Rule:
    """One row of extract.toml, compiled."""

    kind: MemoryKind
    slot: str
    needs: re.Pattern[str] | None
    unless: re.Pattern[str] | None
    values: tuple[re.Pattern[str], ...]

    def value_in(self, sentence: str) -> str:
        """Return what the sentence says under this rule, empty when it says nothing."""
        if self.needs is not None and not self.needs.search(sentence):
            return ""
        if self.unless is not None and self.unless.search(sentence):
            return ""
        changes = list(_CHANGED.finditer(sentence))
        for start in (changes[-1].start(), 0) if changes else (0,):
            for pattern in self.values:
                found = pattern.search(sentence, start)
                if found:
                    return found["v"].strip()
        return ""


@lru_cache(maxsize=1)
def load_rules() -> tuple[Rule, ...]:
    """Read and compile the rules."""
    data = tomllib.loads((Path(__file__).parent / "extract.toml").read_text("utf-8"))

    def compiled(pattern: str | None) -> re.Pattern[str] | None:
        if pattern is None:
            return None
        return re.compile(pattern.replace("NUM", NUMBER), re.IGNORECASE)

    return tuple(
        Rule(
            kind=row["kind"],
            slot=row["slot"],
            needs=compiled(row.get("needs")),
            unless=compiled(row.get("unless")),
            values=tuple(re.compile(v.replace("NUM", NUMBER)) for v in row["values"]),
        )
        for row in data["rule"]
    )


def extract(
    session: SessionRecord,
    memories: Sequence[TextMemory],
    topic_names: Mapping[str, Sequence[str]] | None = None,
) -> list[Operation]:
    """Return the operations that a finished session supports; none after an interrupted one.

    `topic_names` gives the words by which a topic is mentioned, for claims about it.
    """
    if not session.allows_conclusions:
        return []
    operations = list(operations_of_grades(session, memories))
    graded = {turn for event in session.grades for turn in event["turns"]}
    latest: dict[str, Operation] = {}
    held = in_force(memories)
    for turn in session.turns:
        if turn["speaker"] != "candidate":
            continue
        for key, sentence, quote in _statements(session, turn, turn["id"] in graded, topic_names):
            op = _against(key, sentence, held.get(key))
            if op is not None:
                said = {"key": key, "text": sentence, "quote": quote, "at": turn["at"]}
                latest[key] = Operation(op=op, **said)  # type: ignore[typeddict-item]
            else:
                latest.pop(key, None)
    return [*operations, *latest.values()]


def operations_of_grades(
    session: SessionRecord, memories: Sequence[TextMemory]
) -> Iterator[Operation]:
    """Yield what grades tell: misconceptions met, met again, or mended without help."""
    held = set(in_force(memories))
    for event in session.grades:
        if event["grade"]["status"] != "graded":
            continue
        for operation in _of_grade(event, held):
            yield operation
            if operation["op"] == "delete":
                held.discard(operation["key"])
            else:
                held.add(operation["key"])


def _of_grade(event: GradeEvent, held: Set[str]) -> Iterator[Operation]:
    grade, at = event["grade"], event["at"]

    def key_of(point: str) -> str:
        return memory_key("misconception", event["topic"], f"{event['question']}#{point}")

    met: dict[str, tuple[Wording, Quote]] = {
        m["key_point"]: (m["statement"], m["quote"]) for m in grade["misconceptions"]
    }
    for point in grade["points"]:
        if point["verdict"] == "wrong" and point["quotes"]:
            met.setdefault(point["key_point"], ({}, point["quotes"][0]))
    for name, (statement, quote) in met.items():
        key = key_of(name)
        text = statement.get("zh") or statement.get("en") or quote["text"]
        op = Operation(op="add", key=key, text=text, quote=quote, at=at)
        yield Operation({**op, "op": "update" if key in held else "add"})
    for point in grade["points"]:
        key = key_of(point["key_point"])
        helped = event["told"] or point["key_point"] in event["helped"]
        mended = point["verdict"] == "covered" and point["key_point"] not in met and not helped
        if mended and key in held:
            quote_of = point["quotes"][0] if point["quotes"] else None
            yield Operation(op="delete", key=key, text="", quote=quote_of, at=at)


def _statements(
    session: SessionRecord,
    turn: Turn,
    graded: bool,
    topic_names: Mapping[str, Sequence[str]] | None,
) -> Iterator[tuple[str, str, Quote]]:
    """Sentences of a turn in which candidates speak of themselves, with key and quote."""
    before = words_before(session.turns, turn["id"])
    topic = session.topics.get(turn["question"], "")
    for found in _SENTENCE.finditer(turn["text"]):
        sentence = found.group().strip()
        start = found.start() + found.group().index(sentence) if sentence else 0
        quote = Quote(turn=turn["id"], start=start, end=start + len(sentence), text=sentence)
        if not sentence or is_personal(sentence) or _is_repeated(sentence, before):
            continue
        for key in _keys(sentence, turn["stage"], topic, graded, topic_names or {}):
            yield key, sentence, quote


def _is_repeated(sentence: str, before: str) -> bool:
    """Whether the sentence, or the clause it begins with, is the interviewer's own."""
    return any(is_echo(part, before) for part in (sentence, re.split(r"[，,]", sentence)[0]))


def _keys(
    sentence: str, stage: str, topic: str, graded: bool, names: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    asserted = not (_SUPPOSED.search(sentence) or _OTHERS.search(sentence))
    asserted = asserted and not _ASKED.search(sentence)
    own_work = stage in PERSONAL_STAGES or topic == "project"
    for rule in load_rules():
        if rule.kind in ("project_fact", "goal", "habit") and not asserted:
            continue
        if rule.kind == "project_fact" and (not own_work or _DENIED.search(sentence)):
            continue
        if graded and rule.kind != "project_fact":
            continue
        if rule.value_in(sentence):
            yield memory_key(rule.kind, "", rule.slot)
    about = _topic_named(sentence, names) or topic
    if asserted and not graded and about not in PRIVATE_TOPICS and _confidence(sentence):
        yield memory_key("claim", about, "level")


def _topic_named(sentence: str, names: Mapping[str, Sequence[str]]) -> str:
    """Return the topic whose longest name the sentence holds."""
    lower = sentence.lower()
    hits = [(len(n), topic) for topic, words in names.items() for n in words if n.lower() in lower]
    return max(hits)[1] if hits else ""


def _confidence(sentence: str) -> str:
    """Return `unsure` or `sure` when the sentence says how well a topic is known."""
    if _THIS_QUESTION.search(sentence):
        return ""
    return "unsure" if _UNSURE.search(sentence) else "sure" if _SURE.search(sentence) else ""


def _against(key: str, sentence: str, held: TextMemory | None) -> Any:
    """Return add, update, or None when what is held already says so."""
    if held is None:
        return "add"
    kind, _, slot = split_key(key)
    before = held["quote"]["text"]
    if kind == "claim":
        return None if _confidence(before) == _confidence(sentence) else "update"
    if kind == "habit":
        news = bool(_MENDING.search(sentence)) != bool(_MENDING.search(before))
        return "update" if news else None
    rule = next(r for r in load_rules() if r.kind == kind and r.slot == slot)
    return None if rule.value_in(sentence) == rule.value_in(before) else "update"
