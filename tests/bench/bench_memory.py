"""Absolute times of memory and selection: python -m tests.bench.bench_memory."""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.question_pool import Asked, ItemInfo, make_pool
from agent.selection import KnowledgeState, SelectionPlan, choose
from sessions import memory_store
from sessions.mastery import GradedAnswer, gather, posterior
from sessions.memory import memory_key
from sessions.projections import Event, Known, project
from sessions.recall import Situation, recall
from sessions.records import Quote, TextMemory
from sessions.schedule import CardState, due_by_question, review

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TOPICS = tuple(f"topic{n:02d}" for n in range(26))


def timed(run: Callable[[], object], times: int = 30) -> tuple[float, float]:
    """Median and worst milliseconds."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        found.append((time.perf_counter() - start) * 1e3)
    return statistics.median(found), max(found)


def memory(n: int, candidate: str = "me") -> TextMemory:
    kind = ("misconception", "claim", "project_fact", "preference")[n % 4]
    topic = TOPICS[n % 26]
    at = (NOW - timedelta(days=n % 900)).isoformat()
    text = f"第{n}条：把{topic}里的第{n % 97}个概念说反了，以为越大越好"
    return TextMemory(
        id=f"{candidate}-{n}",
        candidate=candidate,
        kind=kind,
        key=memory_key(kind, topic, f"q{n}#k1"),
        text=text,
        quote=Quote(turn="t", start=0, end=len(text), text=text),
        topic=topic,
        observed_at=at,
        valid_from=at,
        invalid_at=None,
        superseded_by=None,
    )


def answers(count: int) -> list[GradedAnswer]:
    rng = random.Random(3)
    return [
        GradedAnswer(
            question=f"q{n}",
            topic=TOPICS[n % 26],
            level=1 + n % 5,
            score=rng.uniform(0, 100),
            at=(NOW - timedelta(days=1000 - n / 3)).isoformat(),
        )
        for n in range(count)
    ]


def cards(count: int) -> list[CardState]:
    at = NOW - timedelta(days=20)
    made = [review(None, 1 + n % 4, at, ("", "", "")) for n in range(4)]  # type: ignore[arg-type]
    return [
        CardState(
            **{
                **made[n % 4],
                "question": f"q{n // 4}",
                "key_point": f"k{n % 4}",
                "topic": TOPICS[n // 4 % 26],
            }
        )
        for n in range(count)
    ]


def bench_turn() -> None:
    """Recall, estimate and choice of one turn: 10,000 cards, 5,000 questions, 2,500 answers."""
    pool = make_pool(
        ItemInfo(f"q{n}", TOPICS[n % 26], 1 + n // 26 % 5, wordings=3) for n in range(5000)
    )
    deck, past_answers = cards(10_000), answers(2500)
    asked = {f"q{n}": (Asked(0, NOW - timedelta(days=100)),) for n in range(2500)}
    held = [memory(n) for n in range(200)]
    plan = SelectionPlan(TOPICS, NOW)
    due = due_by_question(deck, NOW)
    belief = posterior(past_answers, NOW, TOPICS)
    state = KnowledgeState(belief, due, asked)

    def show(name: str, run: Callable[[], object]) -> None:
        median, worst = timed(run)
        print(f"{name:46s} median {median:7.2f} ms   worst {worst:7.2f} ms")

    about = Situation("me", "ask", NOW, TOPICS[3], "越大越好")
    show("recall of 200 memories", lambda: recall(held, about))
    show("choose among 5,000 questions", lambda: choose(plan, pool, state, []))
    show("due cards of 10,000", lambda: due_by_question(deck, NOW))
    show(
        "posterior of 2,500 answers over three years", lambda: posterior(past_answers, NOW, TOPICS)
    )

    before, session = gather(past_answers[:-12]), past_answers[-12:]

    def turn() -> object:
        known = KnowledgeState(posterior(session, NOW, TOPICS, before), due, asked)
        return recall(held, about), choose(plan, pool, known, [])

    show("a turn: recall, estimate, choose", turn)


def bench_rebuild(sessions: int = 1000) -> None:
    """Fold a ledger of many whole sessions."""
    events: list[Event] = []

    def add(session: int, kind: str, body: dict) -> None:
        at = (NOW - timedelta(days=sessions - session)).isoformat()
        events.append(
            Event(
                id=len(events), session=f"s{session}", candidate="me", at=at, kind=kind, body=body
            )
        )

    for session in range(sessions):
        add(session, "session_started", {"lang": "zh"})
        for n in range(12):
            question = f"q{(session * 12 + n) % 5000}"
            topic = TOPICS[n]
            add(
                session,
                "question_asked",
                {"question": {"id": question, "topic": topic, "level": 3}},
            )
            said = (
                "我们项目大概用了三万条数据，先清洗再训练。然后我觉得这里主要是看召回和精度的平衡。"
                * 3
            )
            for speaker in ("interviewer", "candidate"):
                add(session, "turn", {
                    "id": f"{session}-{n}-{speaker}", "session": f"s{session}", "number": n,
                    "speaker": speaker, "text": said, "at": events[-1]["at"], "stage": "project",
                    "question": question,
                })  # fmt: skip
            verdicts = ("covered", "partial", "missed", "wrong")
            points = [{"key_point": f"k{k}", "verdict": verdicts[(n + k + session) % 4],
                       "quotes": [{"turn": f"{session}-{n}-candidate", "start": 0, "end": 4,
                                   "text": said[:4]}]} for k in range(4)]  # fmt: skip
            add(session, "grade", {"question": question, "turns": [], "grade": {
                "status": "graded", "overall": 60.0, "confidence": 0.8, "points": points,
                "misconceptions": []}})  # fmt: skip
        add(session, "session_closed", {"reason": "complete"})
    start = time.perf_counter()
    known = project(events, "me")
    seconds = time.perf_counter() - start
    print(
        f"rebuild of {sessions:,} sessions, {len(events):,} events: {seconds:.1f} s, "
        f"{len(known.cards):,} cards, {len(known.memories):,} memories"
    )


def bench_store(people: int = 10_000, each: int = 100) -> None:
    """Recall of one candidate from a store of a million memories."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "memory.sqlite"
        store = memory_store.open_store(path)
        start = time.perf_counter()
        memory_store.save_all(
            store,
            (
                Known(f"c{p}", memories=[memory(n, f"c{p}") for n in range(each)])
                for p in range(people)
            ),
        )
        seconds = time.perf_counter() - start
        print(
            f"{people * each:,} memories written in {seconds:.0f} s, {path.stat().st_size:,} bytes"
        )
        rng = random.Random(1)

        def one() -> object:
            name = f"c{rng.randrange(people)}"
            held = memory_store.held_memories(store, name)
            return recall(held, Situation(name, "ask", NOW, TOPICS[3], "越大越好"))

        median, worst = timed(one, 100)
        print(f"recall of one candidate: median {median:.2f} ms, worst {worst:.2f} ms")
        store.dispose()


if __name__ == "__main__":
    bench_turn()
    bench_rebuild(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
    bench_store(int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)
