"""What is known of a candidate, as one document for machines and as a tree for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from agent.cli.memory_words import listed, said, titles
from agent.why import explain_all
from sessions.memory import in_force
from sessions.overview import TopicView, topic_views
from sessions.projections import Known
from sessions.records import Lang, TextMemory
from sessions.schedule import PracticeDay, practice_plan, recall_chance
from sessions.standing import WORDS, Standing
from sessions.wording import say

if TYPE_CHECKING:
    from rich.console import Console
    from rich.tree import Tree

ORDER: tuple[Standing, ...] = ("weak", "not_enough_evidence", "fair", "strong")
CELLS = 20
"""Width of the bar for 0 to 100 points."""
KNOWLEDGE = tuple(topic for topic in titles("zh") if topic != "reverse")
"""What may be known well or badly: the candidate's own questions may not."""
LONGEST = 46


class Proof(TypedDict):
    """One graded answer behind a standing."""

    at: str
    question: str
    asked: str
    """In the words in which it was asked."""
    score: float
    why: list[dict[str, Any]]
    """Why it was asked."""


class Shown(TypedDict):
    """All that is known of a candidate, ready for a face."""

    candidate: str
    sessions: int
    answers: int
    at: str
    topics: list[TopicView]
    memories: list[TextMemory]
    """In force; with `--why` closed ones as well."""
    plan: list[PracticeDay]
    proofs: dict[str, list[Proof]]
    """By topic; only with `--why`."""


@dataclass(frozen=True)
class Asked:
    """The questions put to a candidate, from the ledger."""

    bodies: Sequence[tuple[str, Mapping[str, Any]]] = ()
    """Session and body of each `question_asked` event, oldest first."""
    texts: dict[str, str] = field(default_factory=dict)
    """Text of each key point, by `question#key point`."""


def asked_of(events: Sequence[Mapping[str, Any]], lang: Lang) -> Asked:
    """Gather what was asked from the `question_asked` events."""
    texts = {
        f"{event['body']['question']['id']}#{point['id']}": say(point["text"], lang)
        for event in events
        for point in event["body"]["question"]["key_points"]
    }
    return Asked([(event["session"], event["body"]) for event in events], texts)


def shown(
    known: Known,
    asked: Asked,
    now: datetime,
    topics: Sequence[str] = (),
    *,
    why: bool = False,
    lang: Lang = "zh",
) -> Shown:
    """Arrange what is known; `topics` limits it, none means all."""
    views = topic_views(known, now, tuple(topics) or KNOWLEDGE)
    wanted = [view for view in views if not topics or view["topic"] in topics]
    memories = known.memories if why else list(in_force(known.memories).values())
    cards = [card for card in known.cards.values() if not topics or card["topic"] in topics]
    return Shown(
        candidate=known.candidate,
        sessions=known.sessions,
        answers=len(known.answers),
        at=now.isoformat(),
        topics=wanted,
        memories=[memory for memory in memories if not topics or memory["topic"] in topics],
        plan=practice_plan(cards, now),
        proofs=_proofs(known, asked, {view["topic"] for view in wanted}, lang) if why else {},
    )


def _proofs(known: Known, asked: Asked, topics: set[str], lang: Lang) -> dict[str, list[Proof]]:
    sessions = {
        (question, one["at"][:10]): one["session"]
        for question, times in known.asked.items()
        for one in times
    }
    bodies = {(session, body["question"]["id"]): body for session, body in asked.bodies}
    found: dict[str, list[Proof]] = {}
    for answer in known.answers:
        if answer["topic"] not in topics:
            continue
        session = sessions.get((answer["question"], answer["at"][:10]), "")
        body = bodies.get((session, answer["question"]))
        proof = Proof(
            at=answer["at"],
            question=answer["question"],
            asked=say(body["question"]["wording"], lang) if body else answer["question"],
            score=round(answer["score"], 1),
            why=list(body["why"]) if body else [],
        )
        found.setdefault(answer["topic"], []).append(proof)
    return found


def bar(low: int, middle: int, high: int) -> str:
    """Draw where a score from 0 to 100 lies: a line for the range, a dot for the middle."""
    cells = ["·"] * CELLS
    first, last = (min(round(x / 100 * (CELLS - 1)), CELLS - 1) for x in (low, high))
    cells[first : last + 1] = ["─"] * (last + 1 - first)
    cells[min(round(middle / 100 * (CELLS - 1)), CELLS - 1)] = "●"
    return "".join(cells)


def print_shown(
    console: Console, view: Shown, known: Known, texts: Mapping[str, str], lang: Lang
) -> None:
    """Print the tree: topics by standing, then what was said, then what is due when."""
    from rich.text import Text
    from rich.tree import Tree

    head = said("head", lang, **{name: view[name] for name in ("candidate", "sessions", "answers")})
    tree = Tree(Text(head, style="bold"))
    for word in ORDER:
        found = [topic for topic in view["topics"] if topic["standing"] == word]
        if found:
            branch = tree.add(Text(f"{WORDS[lang][word]} ({len(found)})", style="bold"))
            for topic in found:
                _add_topic(branch, view, topic, known, texts, lang)
    about = [memory for memory in view["memories"] if not memory["topic"]]
    if about:
        branch = tree.add(Text(said("about_you", lang), style="bold"))
        for memory in about:
            _add_memory(branch, memory, lang)
    console.print(tree, soft_wrap=False)
    names = titles(lang)
    unseen = [t for t in view["topics"] if t["standing"] == "not_covered"]
    if unseen:
        text = said("not_covered", lang, topics=listed([names[t["topic"]] for t in unseen], lang))
        console.print(text, style="dim", markup=False)
    _print_plan(console, view, lang)
    console.print(said("legend", lang), style="dim", markup=False)


def _add_topic(
    branch: Tree,
    view: Shown,
    topic: TopicView,
    known: Known,
    texts: Mapping[str, str],
    lang: Lang,
) -> None:
    from rich.cells import set_cell_size
    from rich.text import Text

    low, middle, high = topic["points"]
    parts = [
        set_cell_size(titles(lang).get(topic["topic"], topic["topic"]), 20),
        bar(low, middle, high),
        said("points", lang, low=low, high=high),
        said("answers", lang, count=topic["mastery"]["answers"]),
    ]
    if topic["due"]:
        parts.append(said("due_now", lang, due=topic["due"]))
    elif topic["next_due"]:
        parts.append(said("due_on", lang, day=topic["next_due"][:10]))
    leaf = branch.add(Text("  ".join(parts)))
    for proof in view["proofs"].get(topic["topic"], []):
        _add_proof(leaf, proof, lang)
    for name in topic["weakest"][:1]:
        chance = recall_chance(known.cards[name], datetime.fromisoformat(view["at"]))
        if view["proofs"] and name in texts and chance < 0.9:
            text = said("weakest", lang, text=texts[name], recall=f"{chance:.0%}")
            leaf.add(Text(text, style="dim"))
    for memory in view["memories"]:
        if memory["topic"] == topic["topic"]:
            _add_memory(leaf, memory, lang)


def _add_proof(leaf: Tree, proof: Proof, lang: Lang) -> None:
    from rich.text import Text

    day, score = proof["at"][:10], f"{proof['score']:.0f}"
    row = leaf.add(Text(said("evidence", lang, day=day, score=score, question=proof["asked"])))
    if proof["why"]:
        reasons = explain_all(proof["why"], lang, titles(lang))
        row.add(Text(said("asked_because", lang, reasons=reasons), style="dim"))


def _add_memory(branch: Tree, memory: TextMemory, lang: Lang) -> None:
    from rich.text import Text

    quote = memory["quote"]["text"]
    cut = quote if len(quote) <= LONGEST else quote[: LONGEST - 1] + "…"
    line = f"[{memory['id']}] {said(memory['kind'], lang)}"
    line += "" if memory["text"] == quote else f"：{memory['text']}"
    leaf = branch.add(Text(line))
    words = said("said_on", lang, day=memory["observed_at"][:10], quote=cut)
    leaf.add(Text(words, style="dim"))
    if memory["invalid_at"] is not None:
        key = "replaced" if memory["superseded_by"] else "mended"
        leaf.add(Text(said(key, lang, day=memory["invalid_at"][:10]), style="dim"))


def _print_plan(console: Console, view: Shown, lang: Lang) -> None:
    names = titles(lang)
    if not view["plan"]:
        return
    console.print(f"\n{said('plan', lang)}", style="bold", markup=False)
    for day in view["plan"]:
        topics = [f"{names.get(t, t)} {count}" for t, count in day["topics"].items()]
        line = said(
            "plan_day", lang, day=day["day"], cards=day["cards"], topics=listed(topics, lang)
        )
        console.print(f"  {line}", markup=False)
    if view["plan"][0]["day"] <= view["at"][:10]:
        console.print(f"  {said('plan_now', lang)}", markup=False)
