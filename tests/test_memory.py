from __future__ import annotations

import json

import pytest

from sessions.extract import extract
from sessions.memory import (
    MOST_SLOTS,
    Operation,
    SessionRecord,
    apply,
    check_operations,
    in_force,
    is_personal,
    memory_key,
    quote_holds,
)
from sessions.records import Quote, Turn
from tests.memory_script import SCRIPT, read_script, score

AT = "2026-03-01T10:00:00+00:00"
LATER = "2026-06-01T10:00:00+00:00"
GRADE = {
    "question": "q", "status": "graded", "reason": "", "kind": "content", "points": [],
    "misconceptions": [], "error_level": 0, "clarity": 5.0, "overall": 50.0, "dimensions": None,
    "confidence": 0.8, "grader": "t 1",
}  # fmt: skip


def turn(text, speaker="candidate", n=1, stage="project", at=AT):
    return Turn(
        id=f"t{n}",
        session="s",
        number=n,
        speaker=speaker,
        text=text,
        at=at,
        stage=stage,
        question="",
    )


def session(*turns, closed="complete", graded=True, **more):
    event = {
        "question": "q", "topic": "rag", "level": 3, "grade": GRADE, "hints": 0, "told": False,
        "helped": {}, "turns": [], "at": AT,
    }  # fmt: skip
    return SessionRecord(
        "s", "me", closed=closed, turns=turns, grades=(event,) if graded else (), **more
    )


def operation(op, key, text="x", at=AT, turn_id="t1"):
    quote = Quote(turn=turn_id, start=0, end=len(text), text=text)
    return Operation(op=op, key=key, text=text, quote=quote, at=at)


def test_scripted_candidates_get_the_expected_operations():
    people = read_script()
    assert len(people) >= 30 and all(len(sessions) == 3 for sessions in people.values())
    found = score(people)
    assert found.invented_quotes == 0
    assert found.accuracy >= 0.9, found.mistakes


def test_an_update_keeps_the_old_memory_with_its_time():
    key = memory_key("project_fact", "", "data_size")
    memories = apply([], [operation("add", key, "三万条")], "me")
    memories = apply(memories, [operation("update", key, "五万条", LATER, "t9")], "me")
    old, new = memories
    assert (old["text"], old["invalid_at"], old["superseded_by"]) == ("三万条", LATER, new["id"])
    assert new["invalid_at"] is None and in_force(memories) == {key: new}
    assert json.loads(json.dumps(memories, ensure_ascii=False)) == memories


def test_a_delete_closes_the_memory_and_keeps_it_as_history():
    key = memory_key("misconception", "rag", "q#k1")
    memories = apply([], [operation("add", key)], "me")
    memories = apply(memories, [operation("delete", key, at=LATER)], "me")
    assert len(memories) == 1 and memories[0]["invalid_at"] == LATER
    assert in_force(memories) == {}


def test_interrupted_and_ungraded_sessions_give_no_text_memories():
    said = turn("我的目标岗位是算法工程师。", stage="self-introduction")
    assert extract(session(said), [])
    assert extract(session(said, closed="interrupted"), []) == []
    assert extract(session(said, closed=""), []) == []
    assert extract(session(said, graded=False), []) == []


@pytest.mark.parametrize(
    "text",
    [
        "如果有十万条数据，我会先去重。",
        "他们团队有二十个人。",
        "我叫王小明，我的目标是算法岗。",
        "邮箱是a.b@example.com，想投算法岗。",
        "你们用的是Milvus吗？",
        "我们没有用过Qdrant。",
        "好的，谢谢。",
    ],
)
def test_suppositions_others_names_and_questions_are_not_remembered(text):
    assert extract(session(turn(text)), []) == []


def test_words_taken_from_the_interviewer_are_not_remembered():
    asked = turn("上次你们用的是八张A100，对吧？", "interviewer", 1)
    said = turn("上次你们用的是八张A100，对吧", n=2)
    assert extract(session(asked, said), []) == []


def propose(quote, op="add", kind="preference", topic="", point="pace", text="wants it slower"):
    return {"op": op, "kind": kind, "topic": topic, "point": point, "text": text, "quote": quote}


def test_a_models_quote_must_be_the_candidates_own_words():
    asked, said = turn("请问您希望语速慢一点吗？", "interviewer", 1), turn("希望您说慢一点。", n=2)
    talk = session(asked, said)
    good, refused = check_operations([propose("希望您说慢一点")], talk, [])
    assert [op["op"] for op in good] == ["add"] and refused == []
    for invented in ("我想快一点", "希望语速慢一点吗", "", "  "):
        good, refused = check_operations([propose(invented)], talk, [])
        assert good == [] and "own words" in refused[0]


def test_a_models_operation_is_put_right_by_what_is_held():
    talk = session(turn("希望您说慢一点，这次。", n=1))
    key = memory_key("preference", "", "pace")
    held = apply([], [operation("add", key)], "me")
    assert check_operations([propose("说慢一点")], talk, held)[0][0]["op"] == "update"
    assert check_operations([propose("说慢一点", "update")], talk, [])[0][0]["op"] == "add"
    assert check_operations([propose("说慢一点", "delete")], talk, held)[0][0]["op"] == "delete"
    assert check_operations([propose("说慢一点", "delete")], talk, [])[0] == []
    assert check_operations([propose("", "none")], talk, held) == ([], [])
    assert check_operations([propose("说慢一点", "erase")], talk, held)[0] == []


def test_a_models_proposals_after_an_interruption_are_refused():
    talk = session(turn("希望您说慢一点。"), closed="interrupted")
    assert check_operations([propose("希望您说慢一点")], talk, [])[0] == []


def test_categories_may_grow_but_not_without_end():
    talk = session(turn("希望您说慢一点。"))
    memories = []
    for n in range(40):
        good, _ = check_operations([propose("说慢一点", point=f"slot{n}")], talk, memories)
        memories = apply(memories, good, "me")
    slots = {m["key"] for m in memories}
    assert 10 < len(slots) < MOST_SLOTS
    assert check_operations([propose("说慢一点", point="pace")], talk, memories)[0]


def test_personal_data_never_enters_a_memory():
    assert is_personal("我叫李雷") and is_personal("电话13812345678") and is_personal("a@b.cn")
    assert not is_personal("我叫停了那个实验".replace("我叫停", "我停")) and not is_personal(
        "用了三万条"
    )
    talk = session(turn("我叫李雷，希望说慢一点。"))
    assert check_operations([propose("我叫李雷，希望说慢一点")], talk, [])[0] == []


def test_a_quote_is_checked_at_its_offsets():
    said = turn("数据有三万条。")
    good = Quote(turn="t1", start=2, end=6, text="有三万条")
    assert quote_holds(good, [said])
    assert not quote_holds(Quote(turn="t1", start=3, end=7, text="有三万条"), [said])
    assert not quote_holds(Quote(turn="t2", start=2, end=6, text="有三万条"), [said])
    assert not quote_holds(good, [turn("数据有三万条。", "interviewer")])


def test_the_rules_carry_to_sentences_they_were_not_written_for():
    lines = (SCRIPT.parent / "phrases.txt").read_text("utf-8").splitlines()
    rows = [line.split(" | ") for line in lines if line and not line.startswith("#")]
    names = {"rag": ("RAG", "检索增强"), "inference": ("部署",), "rl": ("强化学习",)}
    right = invented = 0
    for words, wanted in rows:
        found = {op["key"] for op in extract(session(turn(words)), [], names)}
        expected = set() if wanted == "none" else set(wanted.split())
        right += found == expected
        invented += wanted == "none" and bool(found)
    assert len(rows) >= 60 and right / len(rows) >= 0.9 and invented == 0
