from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.knowledge.importers import Imported, ImportFailed, import_file

NUMBERED = """Machine learning questions

1. What is overfitting?
The model fits noise in the training data and does badly on new data.

2. Explain the bias-variance trade-off.
High bias means the model is too simple. High variance means it follows noise.

3. What is dropout?

4. How does batch normalisation work?
It normalises activations over the batch.
1. Compute the mean
2. Compute the variance
3. Scale and shift
5. Why use residual connections?
They let gradients flow past a layer.
"""

SECTIONS = """一、深度学习
1、什么是梯度消失？
反向传播时梯度连乘，层数一多就趋近于零。
2、如何缓解梯度消失？
（1）换用 ReLU
（2）加残差连接
3、批归一化的作用
让每层输入的分布稳定，收敛更快。
二、自然语言处理
1、什么是词向量？
用稠密向量表示词，相近的词向量也相近。
"""


def read(tmp_path: Path, text: str, name: str = "notes.md", encoding: str = "utf-8") -> Imported:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return import_file(path)


def headings(imported: Imported) -> list[tuple[int, str, bool]]:
    return [(item.line, item.title, item.has_answer) for item in imported.items]


def test_numbered_plain_text_gives_one_item_a_number_and_keeps_lists_in_answers(
    tmp_path: Path,
) -> None:
    assert headings(read(tmp_path, NUMBERED, "q.txt")) == [
        (3, "What is overfitting?", True),
        (6, "Explain the bias-variance trade-off.", True),
        (9, "What is dropout?", False),
        (11, "How does batch normalisation work?", True),
        (16, "Why use residual connections?", True),
    ]


def test_numbers_that_start_again_in_each_section_stay_apart(tmp_path: Path) -> None:
    imported = read(tmp_path, SECTIONS, "q.txt")
    assert headings(imported) == [
        (2, "什么是梯度消失？", True),
        (4, "如何缓解梯度消失？", True),
        (7, "批归一化的作用", True),
        (10, "什么是词向量？", True),
    ]
    assert imported.items[3].section == ("二、自然语言处理",)
    assert "残差连接" in imported.items[1].answer


def test_a_question_heading_takes_its_sub_headings_as_its_answer(tmp_path: Path) -> None:
    text = (
        "# 笔记\n\n## 什么是过拟合？\n训练集好，测试集差。\n### 原因\n数据太少。\n"
        "### 正则化\n加惩罚项。\n## 偏差与方差\n偏差是系统误差。\n"
    )
    imported = read(tmp_path, text)
    assert headings(imported) == [(3, "什么是过拟合？", True), (9, "偏差与方差", True)]
    assert "加惩罚项" in imported.items[0].answer


def test_a_topic_heading_and_its_sub_topics_are_items_of_their_own(tmp_path: Path) -> None:
    text = (
        "# Notes\n## Attention\nWeighs values by similarity.\n### Multi-query attention\n"
        "Shares keys and values.\n## Empty section\n### Rotary positions\n"
        "Rotate queries and keys by an angle.\n"
    )
    assert headings(read(tmp_path, text)) == [
        (3 - 1, "Attention", True),
        (4, "Multi-query attention", True),
        (7, "Rotary positions", True),
    ]


def test_contents_with_links_are_left_out_and_bound_what_is_a_heading(tmp_path: Path) -> None:
    names = [f"{n}.什么是概念{n}？" for n in range(1, 6)]
    toc = "\n".join(f"- [{name}](#{name})" for name in names)
    body = "\n".join(
        f"<h3 id='{n}'>{name}</h3>\n\n概念的说明写在这里。\n\n### 如何使用\n这样使用。\n"
        for n, name in enumerate(names)
    )
    imported = read(tmp_path, f"目录\n\n{toc}\n\n{body}")
    assert [item.heading for item in imported.items] == names
    assert "这样使用" in imported.items[0].answer


def test_plain_contents_and_repeated_outlines_are_left_out(tmp_path: Path) -> None:
    parts = ["过拟合的表现", "学习率的选择", "批大小的影响", "早停的做法", "权重衰减的推导"]
    contents = "\n".join(f"- {part}" for part in parts)
    body = "\n".join(f"{part}\n- 这里是关于它的一段说明。\n" for part in parts)
    imported = read(tmp_path, f"目录\n{contents}\n\n{body}", "notes.txt")
    assert [item.title for item in imported.items] == parts
    assert imported.items[0].line > len(parts)


def test_fenced_answers_and_a_question_without_marker_are_found(tmp_path: Path) -> None:
    text = "".join(f"#### {n}.概念{n}\n\n```\n答：概念{n}的说明。\n```\n\n" for n in range(1, 4))
    text += (
        "4.置信度怎么算？\n\n````\n用 softmax 的输出。\n```\n例子\n```\n````\n\n"
        "#### 5.空的\n\n```\n答：\n```\n"
    )
    imported = read(tmp_path, text)
    assert [(item.title, item.has_answer) for item in imported.items] == [
        ("概念1", True),
        ("概念2", True),
        ("概念3", True),
        ("置信度怎么算？", True),
        ("空的", False),
    ]
    assert imported.items[0].answer == "概念1的说明。"


def test_a_heading_inside_a_fence_is_part_of_the_answer(tmp_path: Path) -> None:
    text = (
        "## What is a comment?\nText that is not run.\n```python\n# load the data\n"
        "## more\nx = 1\n```\n## What is a loop?\nRepeats statements.\n"
    )
    assert [item.line for item in read(tmp_path, text).items] == [1, 8]


def test_comments_in_unfenced_code_are_no_headings(tmp_path: Path) -> None:
    text = (
        "1. 词向量怎么训练？\n用语料训练即可。\n# 导入库\nimport gensim\n"
        "# 训练\nmodel = Word2Vec(data)\n"
        "2. 词向量有什么用？\n作为下游模型的输入。\n"
    )
    assert [item.line for item in read(tmp_path, text, "q.txt").items] == [1, 7]


def test_pairs_of_question_and_answer_labels_are_read(tmp_path: Path) -> None:
    text = (
        "Q: What is a heap?\nA: A tree ordered from the root down.\n\nQ：什么是二叉树？\n"
        "A：每个节点最多两个孩子的树。\n"
    )
    imported = read(tmp_path, text, "qa.txt")
    assert imported.shape == "dialogue"
    assert [item.answer for item in imported.items] == [
        "A tree ordered from the root down.",
        "每个节点最多两个孩子的树。",
    ]


def test_bare_headings_open_items_and_facets_do_not(tmp_path: Path) -> None:
    text = (
        "梯度裁剪\n- 限制梯度的范数，防止爆炸。\n优点\n- 训练更稳定。\n知识蒸馏\n"
        "- 让小模型学习大模型的输出。\n"
    )
    imported = read(tmp_path, text, "notes.txt")
    assert [item.title for item in imported.items] == ["梯度裁剪", "知识蒸馏"]
    assert "训练更稳定" in imported.items[0].answer


def test_paragraphs_broken_at_a_fixed_width_are_joined_and_open_no_items(tmp_path: Path) -> None:
    sentence = "让模型在处理一个位置时参考所有其他位置并按相似度分配权重" * 3
    broken = "\n".join(sentence[n : n + 30] for n in range(0, len(sentence), 30))
    text = f"1. 什么是注意力\n{broken}。\n2. 什么是位置编码\n{broken}。\n"
    items = read(tmp_path, text, "q.txt").items
    assert [item.title for item in items] == ["什么是注意力", "什么是位置编码"]
    assert items[0].answer == f"{sentence}。"


def test_tables_are_kept_whole_and_give_key_points(tmp_path: Path) -> None:
    text = (
        "## 激活函数对比\n\n| 名称 | 取值范围 |\n|---|---|\n| sigmoid | 输出在 0 与 1 之间 |\n"
        "| tanh | 输出在 -1 与 1 之间 |\n\n## 其他内容\n说明文字在此。\n"
    )
    item = read(tmp_path, text).items[0]
    assert item.answer.count("\n") == 3
    assert item.key_points == ("sigmoid：输出在 0 与 1 之间", "tanh：输出在 -1 与 1 之间")


def test_html_scripts_and_styles_never_become_questions(tmp_path: Path) -> None:
    text = (
        "<style>h1{}</style><script>\n# 1. 什么是脚本？\nalert(1)</script>\n"
        "<h2>What is RAG?</h2>\n<p>Retrieve, then <b>generate</b>.</p>\n"
        "<h2>What is LoRA?</h2>\n<p>Low-rank adapters.</p>\n"
    )
    imported = read(tmp_path, text, "page.html")
    assert [(item.line, item.answer) for item in imported.items] == [
        (4, "Retrieve, then generate."),
        (6, "Low-rank adapters."),
    ]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"]
)
def test_every_usual_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    imported = read(tmp_path, SECTIONS, "q.txt", encoding)
    assert imported.items[0].title == "什么是梯度消失？"


def test_a_file_glued_from_two_encodings_is_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "q.txt"
    first = "1. 什么是梯度？\n函数增长最快的方向。\n".encode()
    second = "2. 什么是动量？\n梯度的滑动平均。\n".encode("gb18030")
    path.write_bytes(first + second + b"3. \xff\xfe\xff broken\n")
    titles = [item.title for item in import_file(path).items]
    assert titles[:2] == ["什么是梯度？", "什么是动量？"]


def test_csv_and_jsonl_rows_become_items_with_their_lines(tmp_path: Path) -> None:
    table = '问题,答案,分类\n什么是池化？,"缩小特征图，\n保留主要信息。",CNN\n什么是卷积？,,CNN\n'
    rows = read(tmp_path, table, "q.csv").items
    assert [(r.line, r.title, r.has_answer) for r in rows] == [
        (2, "什么是池化？", True),
        (4, "什么是卷积？", False),
    ]
    talk = [
        {"role": "user", "content": "What is AUC?"},
        {"role": "assistant", "content": "The area under ROC."},
    ]
    pair = {"question": "What is ROC?", "answer": "True against false positive rate."}
    records = json.dumps(pair) + "\n\n" + json.dumps({"messages": talk}) + "\n"
    items = read(tmp_path, records, "q.jsonl").items
    assert [(i.line, i.answer) for i in items] == [
        (1, "True against false positive rate."),
        (3, "The area under ROC."),
    ]


def test_a_broken_record_is_named_by_its_line(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match=r"q\.jsonl:2: is no JSON record"):
        read(tmp_path, '{"question": "a?"}\n{"question": \n', "q.jsonl")
    with pytest.raises(ImportFailed, match="no column is named"):
        read(tmp_path, "x,y\n1,2\n", "q.csv")


def test_stubs_and_announcements_are_kept_apart_as_drafts(tmp_path: Path) -> None:
    text = (
        "## 两种预训练有什么区别？\n甲的预训练\n乙的预训练\n区别：\n"
        "## 项目里你做了什么？\n重点说数据清洗那一块\n## 什么是池化？\n"
        "缩小特征图的操作，保留主要信息。\n"
    )
    items = read(tmp_path, text).items
    assert [item.scope for item in items] == ["draft", "draft", "shared"]
    assert items[0].note == "the answer announces something that is not there"


def test_own_projects_and_persons_are_told_from_knowledge(tmp_path: Path) -> None:
    text = (
        "# 自我介绍\n面试官你好，我叫王小明，来自河北，本科学历。\n"
        "# 你们项目用了几张显卡？\n我们公司有八张卡，我们训练了两周。\n# 什么是量化？\n"
        "用低位数表示权重，省显存。\n"
    )
    items = read(tmp_path, text).items
    assert [item.scope for item in items] == ["personal", "project", "shared"]
    assert items[0].answer == ""


def test_the_topic_is_guessed_from_title_and_section(tmp_path: Path) -> None:
    text = (
        "# 笔记\n## LoRA 的原理\n低秩矩阵近似权重更新。\n## Python 的装饰器\n接收函数并返回函数。\n"
        "# 知识图谱\n"
        "## 怎么保证它的质量？\n看准确与完整。\n"
    )
    topics = [item.topic for item in read(tmp_path, text).items]
    assert topics == ["finetuning", "python", "knowledge-graphs"]


def test_progress_reaches_its_total(tmp_path: Path) -> None:
    path = tmp_path / "q.txt"
    path.write_text(NUMBERED, encoding="utf-8")
    seen: list[tuple[int, int]] = []
    import_file(path, progress=lambda done, total: seen.append((done, total)))
    assert seen and all(done <= total for done, total in seen)
    assert seen[-1][0] == seen[-1][1]
