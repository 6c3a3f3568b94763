from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bank_fixtures import question
from tools.knowledge.bank import (
    QUESTIONS_FOLDER,
    BankError,
    bank_names,
    bank_of,
    bank_path,
    load_bank,
    read_toml_bank,
    write_jsonl_bank,
)
from tools.knowledge.schema import check_record
from tools.knowledge.topics import load_topics

TOML = """
[[question]]
id = "attention-x"
level = 2
kind = "concept"
zh = "什么是注意力？"
en = "What is attention?"
spoken_zh = []
spoken_en = []
prerequisites = []
terms = [["softmax", "归一化指数函数"]]
source = "derivation"

[[question.key_point]]
id = "k1"
weight = 3
zh = "按相关性加权求和"
en = "A sum weighted by relevance"
"""


def write(folder: Path, text: str, topic: str = "attention") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{topic}.toml").write_text(text, encoding="utf-8")
    return folder


def test_the_shipped_bank_loads_and_finds_each_question_by_its_id() -> None:
    bank = load_bank()
    assert len(bank.questions) >= 100
    assert all(bank.get(q["id"]) is q for q in bank.questions)
    assert bank.get("no-such-question") is None
    assert {q["topic"] for q in bank.questions} <= set(load_topics())


def test_each_shipped_file_is_named_after_a_topic() -> None:
    assert {path.stem for path in QUESTIONS_FOLDER.glob("*.toml")} <= set(load_topics())


def test_topics_need_only_topics_and_never_lead_back_to_themselves() -> None:
    topics = load_topics()

    def above(name: str, path: tuple[str, ...] = ()) -> None:
        assert name not in path, f"{name} needs itself by way of {path}"
        for need in topics[name].needs:
            above(need, (*path, name))

    for name in topics:
        above(name)


def test_a_toml_question_becomes_a_record_with_its_topic_and_both_languages(tmp_path: Path) -> None:
    bank = read_toml_bank(write(tmp_path / "q", TOML), "kaoguan")
    (found,) = bank.questions
    assert found["topic"] == "attention"
    assert found["wording"] == {"zh": "什么是注意力？", "en": "What is attention?"}
    assert found["key_points"][0]["text"]["en"] == "A sum weighted by relevance"
    assert (found["scope"], found["bank"]) == ("shared", "kaoguan")


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("level = 2", "level = 9", ["attention.toml", "attention-x", "level"]),
        ("level = 2", 'level = "2"', ["attention-x", "level"]),
        ("level = 2", "level = 2\nlevels = 3", ["attention-x", "levels"]),
        ('kind = "concept"', 'kind = "quiz"', ["attention-x", "kind", "quiz"]),
        ('zh = "什么是注意力？"\n', "", ["attention-x", "zh", "missing"]),
        ("weight = 3", "weight = -1", ["attention-x", "weight"]),
        ("spoken_zh = []", "spoken_zh = [1]", ["attention-x", "spoken_zh"]),
        ('terms = [["softmax", "归一化指数函数"]]', "terms = [[]]", ["attention-x", "terms"]),
        ("[[question]]", "[question", ["attention.toml"]),
        ("[[question]]", "x = 1\n[[question]]", ["attention.toml", "x"]),
    ],
)
def test_a_fault_is_one_line_naming_file_question_and_field(
    tmp_path: Path, old: str, new: str, names: list[str]
) -> None:
    folder = write(tmp_path / "q", TOML.replace(old, new, 1))
    with pytest.raises(BankError) as error:
        read_toml_bank(folder, "kaoguan")
    message = str(error.value)
    assert "\n" not in message
    assert all(name in message for name in names), message


def test_a_misconception_must_break_a_key_point_of_its_own_question(tmp_path: Path) -> None:
    text = TOML + '[[question.misconception]]\nkey_point = "k7"\nzh = "错"\nen = "wrong"\n'
    with pytest.raises(BankError, match="k7"):
        read_toml_bank(write(tmp_path / "q", text), "kaoguan")


def test_an_id_used_twice_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "q", TOML)
    write(folder, TOML, "rag")
    with pytest.raises(BankError, match="attention-x"):
        read_toml_bank(folder, "kaoguan")


def test_the_version_changes_with_content_and_with_nothing_else(tmp_path: Path) -> None:
    folder = write(tmp_path / "q", TOML)
    first = read_toml_bank(folder, "kaoguan").version
    assert read_toml_bank(folder, "kaoguan").version == first
    write(folder, TOML.replace("level = 2", "level = 3"))
    assert read_toml_bank(folder, "kaoguan").version != first


def test_the_kept_form_equals_the_parsed_one_and_is_left_when_the_files_change(
    tmp_path: Path,
) -> None:
    folder, data = write(tmp_path / "q", TOML), tmp_path / "data"
    parsed = read_toml_bank(folder, "kaoguan", data)
    assert list((data / "cache").iterdir())
    assert read_toml_bank(folder, "kaoguan", data) == parsed
    write(folder, TOML.replace("level = 2", "level = 4"))
    assert read_toml_bank(folder, "kaoguan", data).questions[0]["level"] == 4


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"format": 1}', b"\xff\xfe"])
def test_a_damaged_copy_is_read_afresh(tmp_path: Path, damage: bytes) -> None:
    folder, data = write(tmp_path / "q", TOML), tmp_path / "data"
    parsed = read_toml_bank(folder, "kaoguan", data)
    (kept,) = (data / "cache").iterdir()
    kept.write_bytes(damage)
    assert read_toml_bank(folder, "kaoguan", data) == parsed


def test_an_imported_bank_survives_writing_and_reading(tmp_path: Path) -> None:
    records = [question("a"), question("b", "什么是门控？", level=4)]
    write_jsonl_bank(bank_path("mine", tmp_path), records)
    assert list(load_bank("mine", tmp_path).questions) == records
    assert bank_names(tmp_path) == ["kaoguan", "mine"]


def test_a_broken_line_of_an_imported_bank_is_named_by_number(tmp_path: Path) -> None:
    path = bank_path("mine", tmp_path)
    write_jsonl_bank(path, [question("a")])
    with path.open("a", encoding="utf-8") as file:
        file.write("{oops\n")
    with pytest.raises(BankError, match=r"mine\.jsonl:2"):
        load_bank("mine", tmp_path)
    path.write_text(json.dumps({**question("a"), "scope": "secret"}) + "\n", encoding="utf-8")
    with pytest.raises(BankError, match="scope"):
        load_bank("mine", tmp_path)


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", ".hidden"])
def test_a_bank_name_cannot_leave_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(BankError):
        load_bank(name, tmp_path)


def test_a_missing_bank_says_which_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(BankError, match=r"nobody.*jsonl"):
        load_bank("nobody", tmp_path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(field=st.sampled_from(sorted(question())), value=JSON)
def test_a_record_of_any_shape_is_either_accepted_or_refused_by_name(
    field: str, value: object
) -> None:
    try:
        check_record({**question(), field: value}, "x.jsonl:1")
    except BankError as error:
        assert "x.jsonl:1" in str(error)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, "problem: missing"),
        ({"problem": {}}, "None is the id of no coding problem"),
        ({"problem": {"id": ["two-sum"]}}, "is the id of no coding problem"),
        ({"problem": {"id": "no-such"}}, "'no-such' is the id of no coding problem"),
    ],
)
def test_a_coding_question_without_a_known_problem_is_refused_by_its_id(
    more: dict[str, object], says: str
) -> None:
    with pytest.raises(BankError, match=f"question q-code: .*{says}"):
        check_record({**question("q-code"), "kind": "code", **more}, "x.jsonl:1")


def test_a_coding_question_of_a_known_problem_is_accepted() -> None:
    record = {**question("q-code"), "kind": "code", "problem": {"id": "two-sum"}}
    assert check_record(record, "x.jsonl:1")["problem"] == {"id": "two-sum"}


def test_a_bank_in_memory_has_a_version_of_its_content() -> None:
    assert bank_of("m", [question("a")]).version == bank_of("m", [question("a")]).version
    assert bank_of("m", [question("a")]).version != bank_of("m", [question("b")]).version
