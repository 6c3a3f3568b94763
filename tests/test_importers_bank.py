from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tools.knowledge.bank import load_bank
from tools.knowledge.importers import (
    ImportFailed,
    dry_run_table,
    import_all,
    import_file,
    to_questions,
    write_bank,
)
from tools.knowledge.importers.privacy import mask

NOTES = """# 笔记
## 什么是过拟合？
模型记住了训练集里的噪声，在新数据上表现变差。
- 正则化：在损失里加上对权重大小的惩罚，从而限制模型的复杂度。
- 早停：验证集的损失不再下降时就停止训练。
## LSTM
带门的循环网络，能记住更久以前的输入。
## 什么是贝叶斯优化？
"""


def write(tmp_path: Path, text: str, name: str = "notes.md") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "gone", "rule"),
    [
        ("我叫欧阳小明，来自河北，本科学历", "欧阳小明", "name"),
        ("姓名：张三丰\n住址略", "张三丰", "name"),
        ("这是赵敏老师讲的", "赵敏", "name"),
        ("Hello, my name is Jane Doe.", "Jane Doe", "name"),
        ("作者：王小明\n链接：略", "王小明", "name"),
        ("手机 13912345678 有空再说", "13912345678", "phone"),
        ("电话：+86 139 1234 5678", "1234 5678", "phone"),
        ("请致电 010-12345678", "12345678", "phone"),
        ("身份证 110101199003071234 已核", "110101199003071234", "identity number"),
        ("写信到 someone.here@example.com 即可", "someone.here", "e-mail"),
        ("微信号：abc_12345", "abc_12345", "account"),
        (r"见 C:\Users\someone\pic.png", "someone", "local path"),
        ("放在 /home/someone/data 下", "someone", "local path"),
        ("![图](file:///C:/Users/someone/a.png)文字", "someone", "image path"),
        ("薪资构成：举例 18000，底薪1.2万+绩效6000", "18000", "salary"),
        ("期望薪资 25-30k", "25-30k", "salary"),
        ("我叫小明，老家在石家庄，本科学历", "石家庄", "place"),
        ("和某某公司那边一起做的，和云海公司那边一起做的", "云海", "company"),
    ],
)
def test_personal_data_is_masked_and_counted(text: str, gone: str, rule: str) -> None:
    counts: Counter[str] = Counter()
    masked = mask(text, counts)
    assert gone not in masked
    assert counts[f"masked: {rule}"] >= 1


@pytest.mark.parametrize(
    "text",
    [
        "高斯过程是一种先验，贝叶斯优化用它选下一个点",
        "训练用了 59000000 条语料，学习率 2e-5，序列长 2048",
        "LLaMA-65B 在 2048 张卡上训练了 21 天",
        "马尔可夫链与何凯明初始化",
        "我们公司一起做，别的公司合作",
        "the model name is bert-base, path models/bert",
        "GPU 的绩效指标是吞吐",
        "2023-11-22 12:30:45 提交",
    ],
)
def test_technical_words_are_not_masked(text: str) -> None:
    assert mask(text, Counter()) == text


def test_questions_are_ready_to_be_asked_and_graded(tmp_path: Path) -> None:
    questions = to_questions(import_file(write(tmp_path, NOTES)), "mine")
    first, second, third = questions
    assert first["wording"] == {"zh": "什么是过拟合？"}
    assert second["wording"] == {"zh": "请介绍一下LSTM。"}
    assert second["spoken"] == {"zh": ["LSTM"]}
    assert [p["text"]["zh"] for p in first["key_points"]][1].startswith("正则化：")
    assert len({p["id"] for p in first["key_points"]}) == 3
    assert 20 < len(first["reference"]["zh"]) <= 260
    assert first["source"] == "notes.md:2"
    assert (third["scope"], third["key_points"], third["reference"]) == ("draft", [], {})


def test_equal_questions_are_merged_and_name_every_place(tmp_path: Path) -> None:
    text = NOTES + "## 什么是过拟合\n训练集好测试集差。\n"
    questions = to_questions(import_file(write(tmp_path, text)), "mine")
    assert len(questions) == 3
    assert questions[0]["source"] == "notes.md:2; notes.md:9"
    assert len(questions[0]["key_points"]) == 3


def test_personal_items_never_reach_a_bank(tmp_path: Path) -> None:
    text = "## 自我介绍\n面试官你好，我叫王小明，来自河北，本科学历。\n" + NOTES
    imported = import_file(write(tmp_path, text))
    assert imported.items[0].scope == "personal"
    written = json.dumps(to_questions(imported, "mine"), ensure_ascii=False)
    assert "自我介绍" not in written and "王小明" not in written


def test_a_second_import_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, NOTES)
    first = write_bank(to_questions(import_file(path), "mine"), "mine", tmp_path)
    before = (tmp_path / "banks" / "mine.jsonl").read_bytes()
    second = write_bank(to_questions(import_file(path), "mine"), "mine", tmp_path)
    assert (first.added, first.changed, first.unchanged) == (3, 0, 0)
    assert (second.added, second.changed, second.unchanged) == (0, 0, 3)
    assert (tmp_path / "banks" / "mine.jsonl").read_bytes() == before


def test_what_is_written_is_a_bank_that_loads(tmp_path: Path) -> None:
    write_bank(to_questions(import_file(write(tmp_path, NOTES)), "mine"), "mine", tmp_path)
    bank = load_bank("mine", tmp_path)
    assert [question["scope"] for question in bank.questions] == ["shared", "shared", "draft"]


def test_an_edited_answer_changes_its_question_and_moves_nothing_else(tmp_path: Path) -> None:
    write_bank(to_questions(import_file(write(tmp_path, NOTES)), "mine"), "mine", tmp_path)
    edited = NOTES.replace("能记住更久以前的输入", "用三个门控制记忆的写入、保留与读出")
    again = write_bank(to_questions(import_file(write(tmp_path, edited)), "mine"), "mine", tmp_path)
    assert (again.added, again.changed, again.unchanged) == (0, 1, 2)


def test_the_same_question_of_another_document_keeps_both_places(tmp_path: Path) -> None:
    write_bank(to_questions(import_file(write(tmp_path, NOTES)), "mine"), "mine", tmp_path)
    other = write(
        tmp_path,
        "## 什么是过拟合？\n只在训练集上表现好。\n## 什么是欠拟合？\n模型太简单。\n",
        "b.md",
    )
    done = write_bank(to_questions(import_file(other), "mine"), "mine", tmp_path)
    assert (done.added, done.changed) == (1, 1)
    assert done.questions[0]["source"] == "notes.md:2; b.md:1"
    again = write_bank(to_questions(import_file(other), "mine"), "mine", tmp_path)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)


def test_the_shipped_bank_is_never_written_over(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="belongs to the shipped bank"):
        write_bank([], "kaoguan", tmp_path)


def test_an_import_of_several_documents_goes_on_where_it_broke_off(tmp_path: Path) -> None:
    good = write(tmp_path, NOTES)
    late = tmp_path / "late.md"
    with pytest.raises(ImportFailed, match=r"late\.md"):
        import_all([good, late], "mine", tmp_path)
    assert len(load_bank("mine", tmp_path).questions) == 3
    late.write_text(
        "## 什么是欠拟合？\n模型太简单，训练集也拟合不好。\n## 什么是偏差？\n系统误差。\n",
        encoding="utf-8",
    )
    seen: list[tuple[int, int]] = []
    done = import_all([good, late], "mine", tmp_path, progress=lambda *at: seen.append(at))
    assert list(done) == ["late.md"]
    assert seen == [(1, 2), (2, 2)]
    assert import_all([good, late], "mine", tmp_path) == {}


def test_a_write_that_breaks_off_leaves_the_old_bank(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = to_questions(import_file(write(tmp_path, NOTES)), "mine")
    write_bank(questions[:1], "mine", tmp_path)

    def fail(self: Path, target: Path) -> Path:
        raise OSError("the disk is gone")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk is gone"):
        write_bank(questions, "mine", tmp_path)
    monkeypatch.undo()
    assert len(load_bank("mine", tmp_path).questions) == 1


def test_the_dry_run_says_what_would_be_imported_and_writes_nothing(tmp_path: Path) -> None:
    rows = dry_run_table(import_file(write(tmp_path, NOTES)))
    assert [(row["line"], row["kind"], row["has_answer"]) for row in rows] == [
        (2, "question", True),
        (6, "topic", True),
        (8, "empty", False),
    ]
    assert not (tmp_path / "banks").exists()


def test_every_cleaning_rule_that_acted_is_counted(tmp_path: Path) -> None:
    text = (
        "## 什么是\u200b注意力？\n\n![图](a.png)\n**注意力**按相似度给值加权，见[论文](http://x.org/a)。\n"
        "注意力按相似度给值加权这一句出现了两次。\n注意力按相似度给值加权这一句出现了两次。\n"
        "点赞 12\n&lt;查询&gt; 与键相乘。<br>\n---\n"
        "作者：某人\n第一点说完了。- 第二点接着说下去，没有换行。\n"
        "## 另一题是什么？\n答：⼀个多头⾃注意⼒。\n"
    )
    imported = import_file(write(tmp_path, text))
    assert imported.cleaned == {
        "HTML entity resolved": 2,
        "HTML tag removed": 1,
        "answer label removed": 1,
        "attribution or link line removed": 1,
        "emphasis removed": 2,
        "image removed": 1,
        "invisible characters": 1,
        "joined list items parted": 1,
        "link kept as text": 1,
        "look-alike characters": 3,
        "page debris removed": 1,
        "repeated line removed": 1,
        "rule line removed": 1,
    }
