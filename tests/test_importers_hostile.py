"""Fifty files meant to break an importer: each is read or refused in one clear line, in time."""

from __future__ import annotations

import io
import random
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.knowledge.importers import ImportFailed, import_file, to_questions
from tools.knowledge.schema import check_record

_SECONDS = 30.0
"""Processor time no file here may exceed; most take milliseconds."""

QA = "# What is a test?\nA check that can fail.\n# What is a fake?\nA stand-in for a part.\n"


def archive(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def noise(n: int) -> bytes:
    return random.Random(7).randbytes(n)


FILES: dict[str, Callable[[], bytes | str]] = {
    "empty.md": lambda: b"",
    "blank.txt": lambda: " \n\t\n" * 1000,
    "bom-only.txt": lambda: b"\xef\xbb\xbf",
    "noise.txt": lambda: noise(100_000),
    "noise.md": lambda: b"# A\n" + noise(50_000),
    "png.md": lambda: b"\x89PNG\r\n\x1a\n" + noise(1000),
    "elf.txt": lambda: b"\x7fELF" + noise(1000),
    "gzip.csv": lambda: b"\x1f\x8b" + noise(1000),
    "nul.txt": lambda: QA.replace("test", "te\0st").encode(),
    "all-nul.txt": lambda: b"\0" * 100_000,
    "one-line.txt": lambda: "1. What is long?\n" + "word " * 2_000_000,
    "no-newline.md": lambda: "#" * 1_000_000,
    "long-heading.md": lambda: "# " + "甲" * 500_000 + "\ntext\n# B\ntext",
    "crlf.md": lambda: QA.replace("\n", "\r\n"),
    "cr.md": lambda: QA.replace("\n", "\r"),
    "half-utf8.txt": lambda: QA.encode() + "什么".encode()[:4],
    "utf16-odd.txt": lambda: "什么是？\n答案在此。\n".encode("utf-16") + b"\x41",
    "mixed.txt": lambda: (
        "1. 什么是甲？\n一种写法。\n".encode()
        + "2. 什么是丙？\n另一种写法。\n".encode("gb18030") * 50
        + b"\xff"
    ),
    "gb.csv": lambda: "问题,答案\n什么是甲？,一种写法\n".encode("gb18030"),
    "bidi.md": lambda: QA + "# What is \u202etxet\u202c?\nRight \u2066to\u2069 left.\n",
    "zero-width.md": lambda: "# Wh\u200bat i\u200ds th\ufeffis?\nHid\u00adden.\n# B\ntext here\n",
    "surrogates.txt": lambda: b"1. What is \xed\xa0\x80 this?\nA lone surrogate.\n" * 20,
    "combining.md": lambda: "# What is Z" + "\u0335" * 50_000 + "?\ntext\n# B\ntext",
    "emoji.md": lambda: "# 🧠" * 20_000 + "\n🧠\n# B\ntext",
    "headings.md": lambda: "".join(f"# H{n}\n" for n in range(100_000)),
    "answers.md": lambda: "".join(f"# What is {n}?\nIt is {n}.\n" for n in range(3_000)),
    "numbers.txt": lambda: "".join(f"{n}. topic {n}\ntext of it\n" for n in range(3_000)),
    "all-ones.txt": lambda: "1. 标题内容\n正文在此。\n" * 2_000,
    "deep-numbers.txt": lambda: "".join("1." * min(n, 40) + "1 标题\n正文\n" for n in range(2_000)),
    "deep-lists.md": lambda: "# A\n" + "".join("  " * n + f"- {n}\n" for n in range(2_000)),
    "deep-quotes.md": lambda: "# A\n" + ">" * 100_000 + " text\n# B\n" + "> " * 50_000,
    "open-fences.md": lambda: QA + "```x\n" * 20_000,
    "fence-soup.md": lambda: QA + "".join("`" * (3 + n % 50) + "\n" for n in range(20_000)),
    "open-tags.html": lambda: QA + "<" * 200_000 + "<h1" * 20_000,
    "scripts.html": lambda: QA + "<script># What?\n" * 20_000,
    "comments.html": lambda: QA + "<!-- " * 50_000,
    "script-heading.html": lambda: "<h1><script>alert(1)</script>What is XSS?</h1>text<h1>B</h1>x",
    "brackets.md": lambda: QA + "[" * 100_000 + "](" * 50_000,
    "stars.md": lambda: QA + "**" * 200_000 + "\n" + "_" * 200_000,
    "dashes.txt": lambda: QA + "- " * 100_000 + "\n" + "=" * 100_000 + "\n" + "==a" * 50_000,
    "pipes.md": lambda: QA + "|" * 200_000 + "\n" + "| a " * 50_000,
    "entities.md": lambda: QA + "&#x41;" * 50_000 + "&lt;" * 50_000,
    "spaces.md": lambda: QA + " " * 500_000 + "x\n" + "\t" * 500_000 + "# y",
    "mails.md": lambda: QA + "a@" * 50_000 + "1" * 100_000 + "." * 50_000,
    "quotes.csv": lambda: 'question,answer\n"' + "open " * 200_000,
    "wide.csv": lambda: "question," + "," * 100_000 + "\nWhat?,x\n",
    "deep.json": lambda: "[" * 100_000,
    "deep.jsonl": lambda: '{"question":' + "[" * 100_000 + "\n",
    "numbers.json": lambda: '{"items": [1, null, true, {"question": 5, "answer": {"zh": []}}]}',
    "fake.docx": lambda: archive(readme=b"hello"),
    "bomb.docx": lambda: archive(word__document_xml=b"0" * 50_000_000),
    "parts.docx": lambda: archive(**{f"p{n}": b"" for n in range(6_000)}),
    "text.docx": lambda: QA,
    "cut.pdf": lambda: b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R",
    "loop.pdf": lambda: (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 1 0 R/Kids[1 0 R]>>endobj\ntrailer<</Root 1 0 R>>"
    ),
    "old.doc": lambda: b"\xd0\xcf\x11\xe0" + noise(1000),
    "sheet.xlsx": lambda: archive(xl__workbook=b"<x/>"),
}


def test_there_are_at_least_fifty_hostile_files() -> None:
    assert len(FILES) >= 50


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_read_or_refused_in_one_clear_line(tmp_path: Path, name: str) -> None:
    content = FILES[name]()
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    start = time.process_time()
    try:
        imported = import_file(path)
    except ImportFailed as error:
        assert str(error).startswith(name) and "\n" not in str(error) and len(str(error)) < 250
        imported = None
    assert time.process_time() - start < _SECONDS
    if imported is not None:
        questions = to_questions(imported, "hostile")
        told = "".join(str(question) for question in questions[:500])
        assert not any(mark in told for mark in ("\0", "\u202e", "\u200b", "<script", "alert("))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("empty.md", "is empty"),
        ("noise.txt", "binary"),
        ("png.md", "PNG picture"),
        ("all-nul.txt", "binary"),
        ("blank.txt", "no text"),
        ("fake.docx", "without a Word document"),
        ("bomb.docx", "without a Word document|times its size"),
        ("text.docx", "no DOCX inside"),
        ("cut.pdf", "damaged"),
        ("old.doc", "save it as .docx"),
        ("sheet.xlsx", "export it as CSV"),
        ("deep.json", "nested too deeply"),
        ("deep.jsonl", "no JSON record|nested too deeply"),
    ],
)
def test_a_refusal_says_what_is_wrong(tmp_path: Path, name: str, says: str) -> None:
    content = FILES[name]()
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ImportFailed, match=says):
        import_file(path)


@pytest.mark.parametrize("name", ["nul.txt", "crlf.md", "cr.md", "bidi.md", "mixed.txt", "gb.csv"])
def test_what_can_be_saved_of_a_damaged_file_is_read(tmp_path: Path, name: str) -> None:
    content = FILES[name]()
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert any(item.has_answer for item in import_file(path).items)


def test_a_missing_file_a_folder_and_a_huge_file_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ImportFailed, match=r"gone\.md: cannot be read"):
        import_file(tmp_path / "gone.md")
    with pytest.raises(ImportFailed, match="is a folder"):
        import_file(tmp_path)
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as file:
        file.truncate(301 * 1024 * 1024)
    with pytest.raises(ImportFailed, match="301 MB is over the limit of 300 MB"):
        import_file(huge)


def test_time_grows_with_size_and_not_with_its_square(tmp_path: Path) -> None:
    def seconds(n: int) -> float:
        path = tmp_path / f"{n}.md"
        path.write_text("".join(f"# What is {k}?\n- It is {k}.\n" for k in range(n)))
        start = time.process_time()
        import_file(path)
        return time.process_time() - start

    seconds(200)
    assert seconds(4_000) < 14 * max(seconds(800), 0.05)


def test_any_mixture_of_marks_gives_valid_questions_or_one_clear_line(tmp_path: Path) -> None:
    marks = "# |## |```|````|> ```|<h3>|</h3>|<script>|<!--|-->|---|===|1. |1、|（1）|一、|- |• |-"
    marks += "|**|$$|\u202e|\0|Q: |A: |答：|问题1:|01 |1.1 |\t|[a](b)|![x](|&lt;|什么是|？|如何"
    marks += "|text here|说明文字。"
    pieces = [*marks.split("|"), "|", "\n", "\n", "\n\n"]
    chance = random.Random(3)
    path = tmp_path / "mix.md"
    imported = 0
    for _ in range(150):
        path.write_text("".join(chance.choices(pieces, k=chance.randrange(5, 200))), "utf-8")
        try:
            questions = to_questions(import_file(path), "mix")
        except ImportFailed as error:
            assert "\n" not in str(error)
            continue
        imported += 1
        assert [check_record(question, "mix") for question in questions] == questions
    assert imported > 50
