"""Reads tests/data/memory/script.txt and scores operations against what it expects."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sessions.extract import extract
from sessions.help_given import helped_of
from sessions.memory import GradeEvent, Operation, SessionRecord, apply, memory_key, split_key
from sessions.records import Grade, MisconceptionMet, PointGrade, Quote, TextMemory, Turn

SCRIPT = Path(__file__).parent / "data" / "memory" / "script.txt"
NAMES = {
    "rl": ("强化学习",), "inference": ("推理部署", "部署"), "safety": ("安全",),
    "knowledge-graphs": ("知识图谱",), "classic-ml": ("传统机器学习",), "alignment": ("对齐",),
    "positions": ("位置编码", "长上下文"), "rag": ("RAG", "检索增强"),
}  # fmt: skip


@dataclass(frozen=True)
class Gold:
    """What one turn should change: operation, key and words; an empty list is `none`."""

    turn: str
    changes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Scripted:
    session: SessionRecord
    gold: tuple[Gold, ...]


def read_script(path: Path = SCRIPT) -> dict[str, list[Scripted]]:
    people: dict[str, list[list[str]]] = {}
    name = ""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("= "):
            name = line[2:].strip()
            people[name] = []
        elif line.startswith("@ "):
            people[name].append([line])
        elif line.strip() and not line.startswith("#"):
            people[name][-1].append(line)
    return {
        who: [_session(who, number, lines) for number, lines in enumerate(blocks)]
        for who, blocks in people.items()
    }


def _session(who: str, number: int, lines: list[str]) -> Scripted:
    _, day, closed = lines[0].split()
    sid = f"{who}-s{number}"
    turns: list[Turn] = []
    grades: list[GradeEvent] = []
    topics: dict[str, str] = {}
    gold: list[Gold] = []
    for n, line in enumerate(lines[1:], 1):
        head, words, *rest = [part.strip() for part in line.split("|")]
        sort, *fields = head.split()
        at, tid = f"{day}T10:{n:02d}:00+00:00", f"{sid}-t{n}"
        turn = Turn(
            id=tid, session=sid, number=n, speaker="interviewer" if sort == "i" else "candidate",
            text=words.replace("「", "").replace("」", ""), at=at, stage="", question="",
        )  # fmt: skip
        turns.append(turn)
        if sort == "i":
            continue
        if sort == "g":
            turn["stage"], turn["question"] = "fundamentals", fields[1]
            topics[fields[1]] = fields[0]
            grades.append(_grade(fields, words, turn))
        else:
            turn["stage"] = fields[0]
            turn["question"] = f"about-{fields[0]}"
            topics[turn["question"]] = fields[0]
        topic = fields[0] if sort == "g" else ""
        gold.append(Gold(tid, tuple(_changes(rest[0], topic, fields[0]))))
    record = SessionRecord(sid, who, "zh", closed, tuple(turns), tuple(grades), topics)
    return Scripted(record, tuple(gold))


def _grade(fields: list[str], words: str, turn: Turn) -> GradeEvent:
    topic, question, *marks = fields
    text = turn["text"]
    points: list[PointGrade] = []
    met: list[MisconceptionMet] = []
    score, hints, told = 0.0, 0, False
    for mark in marks:
        if mark.startswith("hints="):
            hints = int(mark[6:])
        elif mark == "told":
            told = True
        elif "=" not in mark:
            score = float(mark)
        else:
            name, verdict = mark.split("=")
            spot = words.split("「")[1].split("」")[0] if verdict == "wrong!" else text
            start = text.index(spot)
            quote = Quote(turn=turn["id"], start=start, end=start + len(spot), text=spot)
            said = verdict.rstrip("!")
            points.append(
                PointGrade(key_point=name, verdict=said, quotes=[] if said == "missed" else [quote])
            )
            if verdict == "wrong!":
                met.append(MisconceptionMet(
                    key_point=name, statement={"zh": spot}, correction={"zh": ""}, quote=quote,
                ))  # fmt: skip
    grade = Grade(
        question=question, status="graded", reason="", kind="content", points=points,
        misconceptions=met, error_level=0, clarity=7.0, overall=score, dimensions=None,
        confidence=0.8, grader="script 1",
    )  # fmt: skip
    return GradeEvent(
        question=question, topic=topic, level=3, grade=grade, hints=hints, told=told,
        helped=helped_of({"grade": grade, "hints": hints, "told": told}), turns=[turn["id"]],
        at=turn["at"],
    )  # fmt: skip


def _changes(text: str, graded_topic: str, stage: str) -> list[tuple[str, str, str]]:
    found = []
    for part in text.split(";"):
        if part.strip() == "none":
            continue
        op, rest = part.strip().split(" ", 1)
        path, _, words = rest.partition("=")
        kind, slot = path.split("/", 1)
        if kind == "misconception":
            key = memory_key("misconception", graded_topic, slot)
        elif kind == "claim":
            key = memory_key("claim", slot, "level")
        else:
            key = memory_key(kind, "", slot)
        found.append((op, key, words))
    return found


@dataclass
class Score:
    right: int = 0
    all: int = 0
    invented_quotes: int = 0
    mistakes: list[str] = None  # type: ignore[assignment]

    @property
    def accuracy(self) -> float:
        return self.right / self.all if self.all else 0.0


def score(people: dict[str, list[Scripted]]) -> Score:
    """Every expected operation and every `none` turn counts one; an extra operation counts too."""
    total = Score(mistakes=[])
    for who, sessions in people.items():
        memories: list[TextMemory] = []
        for scripted in sessions:
            found = extract(scripted.session, memories, NAMES)
            _compare(scripted, found, total)
            memories = apply(memories, found, who)
    return total


def _compare(scripted: Scripted, found: list[Operation], total: Score) -> None:
    turns = {turn["id"]: turn for turn in scripted.session.turns}
    by_turn: dict[str, list[Operation]] = {}
    for op in found:
        quote = op["quote"]
        turn = turns.get(quote["turn"]) if quote else None
        if quote and (turn is None or turn["text"][quote["start"] : quote["end"]] != quote["text"]):
            total.invented_quotes += 1
        by_turn.setdefault(quote["turn"] if quote else "", []).append(op)
    for gold in scripted.gold:
        mine = by_turn.pop(gold.turn, [])
        wanted = {(op, key): words for op, key, words in gold.changes}
        got = {(op["op"], op["key"]): (op["quote"] or {"text": ""})["text"] for op in mine}
        hits = [k for k, words in wanted.items() if (k in got and words in (got[k] or words))
                or (k in got and k[0] == "delete")]  # fmt: skip
        total.right += len(hits) if wanted or got else 1
        total.all += len(set(wanted) | set(got)) or 1
        if len(hits) < len(set(wanted) | set(got)):
            said = turns[gold.turn]["text"]
            total.mistakes.append(f"{gold.turn} {said} wanted={wanted} got={got}")
    for extra in by_turn.values():
        total.all += len(extra)
        total.mistakes.append(f"outside any turn: {extra}")


def kinds_of(found: list[Operation]) -> set[str]:
    return {split_key(op["key"])[0] for op in found}
