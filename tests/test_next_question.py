"""What a candidate did badly comes back in other words, what was mended rests, all by code."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from agent.assembly import Setup, assemble, started
from agent.events import Said
from agent.interviewer import LEDGER_FILE, open_interview
from agent.next_question import in_words, is_anything_due, next_question, pool_of, so_far
from agent.past import FEWEST, calibration_file, exposure, past_of, topic_names
from agent.plan import load_format
from agent.state import about, fresh_state
from sessions.ledger import open_ledger
from sessions.mastery import GradedAnswer, gather
from sessions.memory import in_force
from sessions.projections import project
from sessions.recall import Situation, recall
from sessions.records import Quote, TextMemory
from sessions.schedule import due_by_question
from tests.fakes import FakeClock
from tests.remembered import TOPICS, at, copy_of_three, three_sessions
from tools.knowledge.bank import load_bank
from tools.knowledge.topics import load_topics

QUICK = Setup(format="quick", topics=TOPICS)


def asked(held):
    return {body["question"]["topic"]: body for body in held.asked}


def test_a_hole_comes_back_in_words_not_heard_before():
    _, (spring, summer, july) = three_sessions()
    heard = [asked(one)["rag"]["question"] for one in (spring, summer, july)]
    assert len({question["id"] for question in heard}) == 1
    assert len({question["wording"]["zh"] for question in heard}) == 3
    assert [asked(one)["rag"]["wording"] for one in (spring, summer, july)] == [0, 1, 2]


def test_the_phrasing_recorded_is_the_one_spoken():
    folder, held = three_sessions()
    ledger = open_ledger(folder / LEDGER_FILE)
    for one in held:
        turns = [e["body"] for e in ledger.events(session=one.session, kinds=["turn"])]
        for body in one.asked:
            question = body["question"]
            first = next(t for t in turns if t["question"] == question["id"])
            assert question["wording"]["zh"] in first["text"]


def known_before(day: str):
    folder, _ = three_sessions()
    events = open_ledger(folder / LEDGER_FILE).events(candidate="me")
    return project([event for event in events if event["at"] < day], "me", topic_names())


def test_a_mended_hole_rests_and_an_open_one_does_not():
    _, (spring, summer, july) = three_sessions()
    assert {"rag", "positions"} <= set(asked(spring)) & set(asked(summer))
    assert july.asked[0]["question"]["topic"] == "rag"
    before, after = known_before("2026-06"), known_before("2026-07-10")
    due = due_by_question(after.cards.values(), at(6, 15))
    hole, mended = (asked(summer)[topic]["question"]["id"] for topic in ("rag", "positions"))
    assert due[hole].due == due[hole].cards
    assert mended not in due or due[mended].due < due[mended].cards / 2
    then, now = (
        {m["topic"] for m in in_force(known.memories).values() if m["kind"] == "misconception"}
        for known in (before, after)
    )
    assert then >= {"rag", "positions"} and now == {"rag"}


def test_every_question_says_why_in_the_language_of_the_session():
    _, held = three_sessions()
    for one in held:
        for body in one.asked:
            assert body["why"] and len(body["because"]) == len(body["why"])
            assert any("\u4e00" <= c <= "\u9fff" for c in body["because"][0])


async def _opening(tmp_path: Path, scores: dict[str, float]) -> str:
    ledger, clock = open_ledger(tmp_path / LEDGER_FILE), FakeClock(at(7, 12))
    said = ""
    setup = replace(QUICK, clock=clock)
    async with open_interview(setup, ledger, tmp_path) as interviewer:
        answers = [
            GradedAnswer(
                question=f"q{n}", topic=topic, level=2, score=score, at=at(7, 10).isoformat()
            )
            for topic, score in scores.items()
            for n in range(5)
        ]
        past = replace(interviewer.interview.past, answers=answers, evidence=gather(answers))
        interviewer.interview = replace(interviewer.interview, past=past)
        async for event in interviewer.begin():
            said += event.text if isinstance(event, Said) else ""
    return said


@pytest.mark.parametrize(
    ("scores", "mentioned"),
    [({}, 0), ({"rag": 0.0, "positions": 95.0}, 1), ({"rag": 90.0}, 0), ({"safety": 0.0}, 0)],
)
async def test_the_opening_mentions_at_most_one_thing_that_was_hard_last_time(
    scores: dict[str, float], mentioned: int, tmp_path: Path
):
    said = await _opening(tmp_path, scores)
    assert said.count("上次") == mentioned and ("检索" in said or not mentioned)


def _goal(text: str) -> TextMemory:
    return TextMemory(
        id="m1", candidate="me", kind="goal", key="goal//post", text=text,
        quote=Quote(turn="0002c", start=0, end=len(text), text=text), topic="",
        observed_at=at(3, 1).isoformat(), valid_from=at(3, 1).isoformat(),
        invalid_at=None, superseded_by=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "mentioned"),
    [("我想投推理方向", True), ("I want to do inference", False), ("你说呢？我想投推理", False)],
)
def test_a_wish_is_said_back_only_when_it_can_be(text: str, mentioned: bool, tmp_path: Path):
    from agent.greeting import recall_for_greeting

    ledger = open_ledger(tmp_path / LEDGER_FILE)
    interview = assemble(QUICK, ledger, "s", tmp_path)
    interview = replace(interview, past=replace(interview.past, memories=[_goal(text)]))
    recall_for_greeting(interview)
    body = interview.journal.find("recall:opening")
    assert (body is not None) == mentioned
    if body is not None:
        assert text in body["texts"][0] and body["found"][0]["reason"]


async def test_a_draft_stands_in_for_a_grade_still_being_made_and_help_costs(tmp_path: Path):
    ledger = open_ledger(tmp_path / LEDGER_FILE)
    async with open_interview(QUICK, ledger, tmp_path) as interviewer:
        async for _ in interviewer.begin():
            pass
        async for _ in interviewer.reply("这个和方差有关系，具体的做法要看实际情况。"):
            pass
        interview, state = interviewer.interview, await interviewer.state()
        state = {**state, "about": {**state["about"], "hints": 0, "told": False}}
        plain = so_far(interview, state)[0]
        body = interview.journal.last("draft_grade")
        assert body is not None and plain["score"] == body["grade"]["overall"]
        full = {**body, "grade": {**body["grade"], "overall": 80.0}, "hints": 2, "told": False}
        interview.journal.record("grade", full, "grade:x")
        final = so_far(interview, state)
        assert len(final) == 1 and final[0]["score"] == pytest.approx(48.0)


def test_exposure_counts_ids_over_all_candidates_of_the_bank(tmp_path: Path):
    ledger = open_ledger(tmp_path / LEDGER_FILE)
    for n in range(FEWEST * 2):
        session, body = f"s{n}", {"bank": "kaoguan" if n % 2 else "mine"}
        who = f"c{n}"
        ledger.append("session_started", body, session=session, candidate=who, key="started")
        ledger.append("question_asked", {}, session=session, candidate=who, key="question:q")
    assert exposure(ledger, "kaoguan") == {"q": 1.0}
    assert exposure(ledger, "kaoguan", without="s1") == {"q": (FEWEST - 1) / FEWEST}
    assert exposure(ledger, "other") == {}


def test_calibrated_parameters_reach_pool_and_evidence(tmp_path: Path):
    import json

    folder, held = copy_of_three(tmp_path)
    question = held[0].asked[0]["question"]["id"]
    fitted = {question: {"slope": 2.0, "thresholds": [0.0, 0.5, 1.0, 1.5]}}
    path = calibration_file(folder, "kaoguan")
    path.parent.mkdir()
    path.write_text(json.dumps(fitted))
    interview = assemble(QUICK, open_ledger(folder / LEDGER_FILE), "new", folder)
    item = interview.pool.items[interview.pool.index[question]]
    assert item.parameters == fitted[question]
    used = [a for a in interview.past.answers if a["question"] == question]
    assert used and all(a["parameters"] == fitted[question] for a in used)


def test_other_phrasings_are_chosen_by_number_and_language():
    question = load_bank().questions[0]
    second = in_words(question, 2)
    assert second["wording"] == {lang: question["spoken"][lang][1] for lang in ("zh", "en")}
    assert in_words(question, 0) == question and second["key_points"] == question["key_points"]


def test_practice_knows_when_nothing_is_due():
    folder, _ = three_sessions()
    ledger = open_ledger(folder / LEDGER_FILE)
    pool, form = pool_of(load_bank().questions), load_format("practice")
    later = at(10, 20)
    assert is_anything_due(form, past_of(ledger, folder, "me", "", later), pool, later)
    nobody = past_of(ledger, folder, "nobody", "", later)
    assert not is_anything_due(form, nobody, pool, later)


def test_recall_and_selection_take_under_twenty_milliseconds_a_turn():
    folder, _ = three_sessions()
    clock = FakeClock(at(9, 1))
    ledger = open_ledger(folder / LEDGER_FILE)
    interview = assemble(replace(QUICK, topics=(), clock=clock), ledger, "new", folder)
    state = {**fresh_state("new", clock().isoformat()), "stage": 0, "about": about("")}

    def turn() -> float:
        began = time.perf_counter()
        situation = Situation("me", "answer", clock(), topic="rag", words="块切得越大越好")
        recall(interview.past.memories, situation)
        assert next_question(interview, state) is not None
        return time.perf_counter() - began

    turn()
    assert min(turn() for _ in range(7)) < 0.02


def test_two_candidates_share_nothing_but_how_worn_a_question_is(tmp_path: Path):
    folder, _ = copy_of_three(tmp_path)
    ledger = open_ledger(folder / LEDGER_FILE)
    past = past_of(ledger, folder, "other", "", at(9, 1) + timedelta(days=1), "kaoguan")
    assert (past.answers, past.asked, past.due, past.memories) == ([], {}, {}, [])
    assert past.exposure


def test_the_plans_titles_name_every_topic_that_a_stage_may_ask_about():
    setup = Setup(format="fundamentals", topics=("rag",), lang="zh")
    titles = started(setup, load_bank())["topics"]
    assert titles["rag"] and titles["python"] == load_topics()["python"].zh  # the language stage
    assert "attention" not in titles
