from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from sessions import memory_store
from sessions.mastery import posterior
from sessions.memory import in_force
from sessions.portable import PortableError, export, read_export
from sessions.projections import Event, project
from sessions.recall import Situation, recall
from sessions.standing import standing
from tests.memory_script import NAMES, read_script

KEY_POINTS = ("k1", "k2", "k3")


def events_of(who, start=0):
    """The ledger that a scripted candidate's sessions would have written."""
    found, number = [], start
    for scripted in read_script()[who]:
        talk = scripted.session
        at = talk.turns[0]["at"]

        def add(kind, body, when, sid=talk.id):
            nonlocal number
            number += 1
            found.append(
                Event(id=number, session=sid, candidate=who, at=when, kind=kind, body=body)
            )

        add("session_started", {"candidate": who, "format": "x", "lang": "zh", "mode": "mock"}, at)
        for question, topic in talk.topics.items():
            record = {"id": question, "topic": topic, "level": 3}
            add("question_asked", {"question": record, "move": "ask", "why": []}, at)
        for turn in talk.turns:
            add("turn", dict(turn), turn["at"])
        for event in talk.grades:
            names = ("question", "grade", "hints", "told", "helped", "turns")
            add("grade", {name: event[name] for name in names}, event["at"])
        add("session_closed", {"reason": talk.closed}, talk.turns[-1]["at"])
    return found


def added(events, kind, body, at="2026-07-01T00:00:00+00:00", session=""):
    last = max(event["id"] for event in events)
    who = events[0]["candidate"]
    return [
        *events,
        Event(id=last + 1, session=session, candidate=who, at=at, kind=kind, body=body),
    ]


def test_a_rebuild_gives_the_identical_projection():
    for name in ("c01", "c14", "c24"):
        events = events_of(name)
        first, second = project(events, name, NAMES), project(events[::-1], name, NAMES)
        assert asdict(first) == asdict(second)
        assert json.loads(json.dumps(asdict(first))) == asdict(first)


def test_interrupted_sessions_give_grades_and_cards_but_no_conclusions():
    events = [e for e in events_of("c14") if e["session"] == "c14-s0"]
    known = project(events, "c14")
    assert len(known.answers) == 1 and known.cards and known.asked
    assert known.memories == []


def test_a_weak_spot_is_met_and_mended_across_sessions():
    known = project(events_of("c01"), "c01", NAMES)
    about = [m for m in known.memories if m["kind"] == "misconception"]
    assert len(about) == 1 and about[0]["invalid_at"] is not None
    card = known.cards["lora-basic#k2"]
    assert card["reviews"] == 2 and card["last_rating"] == 3
    assert known.asked["lora-basic"][0]["wording"] == 0 and len(known.asked["lora-basic"]) == 2


def test_a_regrade_replaces_the_grade_of_its_session():
    events = events_of("c01")
    grade = next(e for e in events if e["kind"] == "grade")
    better = json.loads(json.dumps(grade["body"]))
    better["grade"]["overall"] = 99.0
    again = added(events, "grade", better, grade["at"], grade["session"])
    before, after = project(events, "c01"), project(again, "c01")
    assert len(after.answers) == len(before.answers)
    assert 99.0 in [a["score"] for a in after.answers]


def test_ungraded_answers_are_no_evidence():
    events = events_of("c01")
    for event in events:
        if event["kind"] == "grade":
            event["body"]["grade"] = event["body"]["grade"] | {
                "status": "not_graded",
                "overall": None,
            }
    known = project(events, "c01", NAMES)
    assert (known.answers, known.cards, known.memories) == ([], {}, [])


def test_help_is_told_apart_in_evidence_and_cards():
    known = project(events_of("c15"), "c15", NAMES)
    told = [a for a in known.answers if a["at"].startswith("2026-04-12")]
    assert told[0]["score"] <= 20
    assert known.cards["moe#k2"]["last_rating"] == 1
    held = in_force(known.memories)
    assert any(memory["kind"] == "misconception" for memory in held.values())


def test_candidates_share_nothing():
    events = events_of("c01") + [e | {"id": e["id"] + 1000} for e in events_of("c08")]
    both = {name: project(events, name, NAMES) for name in ("c01", "c08")}
    for name, known in both.items():
        alone = project(events_of(name), name, NAMES)
        assert [m["text"] for m in known.memories] == [m["text"] for m in alone.memories]
        assert all(m["candidate"] == name for m in known.memories)
        assert set(known.cards) == set(alone.cards)


@pytest.mark.parametrize("what", ["all", "finetuning", "lora-basic", "c01-s0", "memory"])
def test_what_was_forgotten_stays_forgotten_on_rebuild(what):
    events = events_of("c01")
    before = project(events, "c01", NAMES)
    target = in_force(before.memories)["goal//post"]["id"] if what == "memory" else what
    after = project(added(events, "forget", {"what": target}), "c01", NAMES)
    if what == "all":
        assert (after.answers, after.cards, after.asked, after.memories) == ([], {}, {}, [])
    elif what == "memory":
        assert target not in {m["id"] for m in after.memories}
        assert len(after.memories) == len(before.memories) - 1
    elif what == "c01-s0":
        assert not [a for a in after.answers if a["at"].startswith("2026-03-02")]
        assert after.answers
    else:
        questions = {"lora-basic", "lora-init"} if what == "finetuning" else {"lora-basic"}
        assert not {a["question"] for a in after.answers} & questions
        assert not {key.split("#")[0] for key in after.cards} & questions
        assert after.answers


def test_a_forgotten_topic_may_be_learnt_anew_afterwards():
    events = events_of("c01")
    cut = [e for e in events if e["session"] != "c01-s2"]
    rest = [e | {"id": e["id"] + 100} for e in events if e["session"] == "c01-s2"]
    forget = added(cut, "forget", {"what": "finetuning"}, "2026-04-01T00:00:00+00:00")
    known = project([*forget, *rest], "c01", NAMES)
    assert {a["question"] for a in known.answers if a["topic"] == "finetuning"} == {"lora-init"}


def test_emptied_rows_are_passed_over():
    events = events_of("c01")
    emptied = [e | {"body": {"forgotten": True}} if e["kind"] == "turn" else e for e in events]
    assert project(emptied, "c01", NAMES).answers


def test_an_edit_by_hand_survives_a_rebuild():
    events = events_of("c01")
    memory = in_force(project(events, "c01", NAMES).memories)["goal//post"]
    edited = added(events, "memory_edit", {"id": memory["id"], "text": "改投推理方向"})
    assert in_force(project(edited, "c01", NAMES).memories)["goal//post"]["text"] == "改投推理方向"
    wrong = added(events, "memory_edit", {"id": memory["id"], "wrong": True})
    assert "goal//post" not in in_force(project(wrong, "c01", NAMES).memories)


def test_operations_of_a_model_in_the_ledger_stand_for_the_rules():
    events = events_of("c01")
    ops = {"by": "m", "operations": []}
    quiet = added(events, "memory_ops", ops, session="c01-s0")
    first = project(quiet, "c01", NAMES)
    assert not [m for m in first.memories if m["observed_at"].startswith("2026-03-02")]
    assert [m for m in first.memories if m["observed_at"].startswith("2026-06-11")]


def test_nothing_stale_is_recalled_and_every_quote_is_the_candidates():
    for name, sessions in read_script().items():
        said = {t["id"]: t for s in sessions for t in s.session.turns}
        known = project(events_of(name), name, NAMES)
        for purpose in ("greeting", "ask", "answer", "project", "plan", "query"):
            now = project_time(known)
            for one in recall(known.memories, Situation(name, purpose, now, "rag", "模型 数据")):
                memory = one["memory"]
                quote = memory["quote"]
                turn = said[quote["turn"]]
                assert memory["invalid_at"] is None and memory["candidate"] == name
                assert turn["speaker"] == "candidate"
                assert turn["text"][quote["start"] : quote["end"]] == quote["text"]


def project_time(known):
    from datetime import datetime

    return datetime.fromisoformat(known.answers[-1]["at"])


def test_the_words_for_topics_follow_the_projection():
    known = project(events_of("c28"), "c28", NAMES)
    belief = posterior(known.answers, project_time(known), ["attention", "rl"]).mastery()
    assert standing(belief["rl"]) == "not_covered"
    assert standing(belief["attention"]) != "not_covered"


def test_the_store_gives_back_what_was_saved_and_only_when_it_is_current(tmp_path):
    store = memory_store.open_store(tmp_path / "memory.sqlite")
    known = project(events_of("c01"), "c01", NAMES)
    memory_store.save(store, known)
    memory_store.save(store, project(events_of("c08"), "c08", NAMES))
    assert memory_store.load(store, "c01", known.upto) == known
    assert memory_store.load(store, "c01", known.upto + 1) is None
    assert memory_store.load(store, "nobody", 1) is None
    held = memory_store.held_memories(store, "c01")
    assert {m["id"] for m in held} == {m["id"] for m in in_force(known.memories).values()}
    goals = memory_store.held_memories(store, "c01", ["goal"])
    assert goals and {m["kind"] for m in goals} == {"goal"}
    store.dispose()


def test_forgetting_leaves_no_byte_in_the_store(tmp_path):
    store = memory_store.open_store(tmp_path / "memory.sqlite")
    for name in ("c01", "c08"):
        memory_store.save(store, project(events_of(name), name, NAMES))
    secret = "三万条".encode()
    assert any(secret in f.read_bytes() for f in tmp_path.iterdir())
    memory_store.forget(store, "c01")
    store.dispose()
    assert not any(secret in f.read_bytes() for f in tmp_path.iterdir())
    assert b"H800" in (tmp_path / "memory.sqlite").read_bytes()


def test_an_export_rebuilds_the_same_elsewhere_and_twice_changes_nothing():
    events = events_of("c01")
    document = json.loads(json.dumps(export(events, "c01")))
    imported = read_export(document, "me", [])
    mine, theirs = project(imported, "me", NAMES), project(events, "c01", NAMES)
    assert mine.cards == theirs.cards and mine.answers == theirs.answers
    assert [m["text"] for m in mine.memories] == [m["text"] for m in theirs.memories]
    assert read_export(document, "me", {e["session"] for e in events}) == []


def test_an_export_holds_one_candidate_and_nothing_forgotten():
    events = events_of("c01") + [e | {"id": e["id"] + 1000} for e in events_of("c08")]
    events[0] = events[0] | {"body": {"forgotten": True}}
    document = export(events, "c01")
    assert {e["candidate"] for e in document["events"]} == {"c01"}
    assert not any(e["body"].get("forgotten") for e in document["events"])


@pytest.mark.parametrize(
    "document",
    [
        None,
        {"format": "other"},
        {"format": "kaoguan-memory", "version": 99, "events": []},
        {"format": "kaoguan-memory", "version": 1, "events": [{"id": "x"}]},
        {
            "format": "kaoguan-memory",
            "version": 1,
            "events": [{"id": 1, "session": "s", "at": "", "kind": "raw", "body": {}}],
        },
    ],
)
def test_a_document_that_is_no_export_is_refused_with_a_reason(document):
    with pytest.raises(PortableError, match=r"\w"):
        read_export(document, "me", [])
