from __future__ import annotations

import importlib
import zipfile
from pathlib import Path

import docx
import pytest

from tools.knowledge.importers import ImportFailed, documents, import_file
from tools.knowledge.importers.documents import read_document


def pdf(tmp_path: Path, pages: list[list[str]], name: str = "notes.pdf") -> Path:
    """Write a PDF by hand: one Helvetica text object a line."""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    kids = []
    for lines in pages:
        told = "".join(f"({line}) Tj 0 -14 Td " for line in lines)
        stream = f"BT /F1 11 Tf 50 800 Td {told}ET" if lines else ""
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]"
            f" /Contents {len(objects)} 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
        )
    objects[1] = f"<< /Type /Pages /Count {len(pages)} /Kids [{' '.join(kids)}] >>"
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode()
    out += f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF".encode()
    path = tmp_path / name
    path.write_bytes(out)
    return path


def test_a_word_document_is_read_with_headings_lists_and_tables(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("面试笔记", 0)
    document.add_heading("什么是注意力？", 2)
    document.add_paragraph("按查询与键的相似度给值加权。")
    document.add_paragraph("多头：各头看不同的子空间", style="List Bullet")
    document.add_heading("激活函数对比", 2)
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ["名称", "范围", "sigmoid", "零到一之间"], strict=True):
        cell.text = text
    path = tmp_path / "notes.docx"
    document.save(str(path))
    items = import_file(path).items
    assert [item.title for item in items] == ["什么是注意力？", "激活函数对比"]
    assert "- 多头" in items[0].answer
    assert items[1].key_points == ("sigmoid：零到一之间",)


def test_questions_that_word_numbers_by_itself_are_found(tmp_path: Path) -> None:
    document = docx.Document()
    for question, answer in (("什么是过拟合？", "记住了噪声。"), ("如何缓解？", "正则化或早停。")):
        document.add_paragraph(question, style="List Number")
        document.add_paragraph(answer)
    path = tmp_path / "numbered.docx"
    document.save(str(path))
    items = import_file(path).items
    assert [(item.heading, item.answer) for item in items] == [
        ("1. 什么是过拟合？", "记住了噪声。"),
        ("2. 如何缓解？", "正则化或早停。"),
    ]


def test_a_pdf_is_read_without_its_page_frames_and_broken_lines(tmp_path: Path) -> None:
    long = "Overfitting means that the model fits noise of the training data and so"
    pages = [
        ["Interview notes", "1. What is overfitting?", long, "does badly on new data.", "Page 1"],
        ["Interview notes", "2. What is dropout?", "Units are switched off at random.", "Page 2"],
        ["Interview notes", "3. What is momentum?", "A moving average of gradients.", "Page 3"],
    ]
    items = import_file(pdf(tmp_path, pages)).items
    assert [item.title for item in items] == [
        "What is overfitting?",
        "What is dropout?",
        "What is momentum?",
    ]
    assert items[0].answer == f"{long} does badly on new data."


@pytest.fixture
def without_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_OCR", ("no_such_package",))


def scanned(tmp_path: Path, pages: list[list[str]]) -> Path:
    """A PDF whose pages are pictures of these lines."""
    pypdfium2 = pytest.importorskip("pypdfium2", reason="the ocr extra is not installed")
    try:
        importlib.import_module("rapidocr_onnxruntime")
    except ImportError as error:
        pytest.skip(f"the ocr extra does not work here: {error}")
    shown = pypdfium2.PdfDocument(pdf(tmp_path, pages, "typed.pdf"))
    pictures = [page.render(scale=2).to_pil().convert("RGB") for page in shown]
    path = tmp_path / "scanned.pdf"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], resolution=144)
    return path


@pytest.mark.usefixtures("without_ocr")
def test_a_scanned_pdf_says_that_it_needs_ocr(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match=r"its 2 pages are pictures .* kaoguan\[ocr\]"):
        import_file(pdf(tmp_path, [[], []]))


def test_scanned_pages_are_recognised_with_the_extra(tmp_path: Path) -> None:
    pages = [
        ["1. What is overfitting?", "The model learns noise of the training data."],
        ["2. What is dropout?", "Units are switched off at random."],
    ]
    imported = import_file(scanned(tmp_path, pages))
    words = ["".join(item.title.split()).lower() for item in imported.items]
    assert words == ["whatisoverfitting?", "whatisdropout?"]
    assert "noise" in imported.items[0].answer and "random" in imported.items[1].answer
    assert imported.cleaned["scanned page recognised"] == 2


def test_a_blank_page_holds_nothing_however_it_is_read(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match=r"pictures|no text"):
        import_file(pdf(tmp_path, [[]]))


@pytest.mark.usefixtures("without_ocr")
def test_scanned_pages_among_others_are_counted(tmp_path: Path) -> None:
    page = ["1. What is overfitting?", "Noise is learnt.", "2. What is dropout?", "Units are off."]
    imported = import_file(pdf(tmp_path, [page, []]))
    assert len(imported.items) == 2
    assert imported.cleaned["scanned page left out, needs OCR"] == 1


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * (64 * 1024 * 1024))
    with pytest.raises(ImportFailed, match="times its size"):
        import_file(path)


def test_entities_in_a_word_document_are_not_expanded(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("What is XML?", 1)
    document.add_paragraph("MARK")
    document.add_heading("What is YAML?", 1)
    document.add_paragraph("A format for settings.")
    path, hostile = tmp_path / "a.docx", tmp_path / "b.docx"
    document.save(str(path))
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(hostile, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "word/document.xml":
                grow = b"".join(
                    b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 9)
                )
                head, _, rest = content.partition(b"?>")
                content = head + b'?><!DOCTYPE x [<!ENTITY a0 "boom">' + grow + b"]>" + rest
                content = content.replace(b"MARK", b"&a8;")
            new.writestr(name, content)
    try:
        told = " ".join(item.answer for item in import_file(hostile).items)
    except ImportFailed:
        told = ""
    assert "boom" not in told


@pytest.mark.parametrize("kind", ["pdf", "docx"])
def test_a_damaged_document_gives_one_clear_line(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"broken.{kind}"
    path.write_bytes((b"%PDF-1.4\n" if kind == "pdf" else b"PK\x03\x04") + b"\x00broken" * 200)
    with pytest.raises(ImportFailed) as failed:
        import_file(path)
    assert "\n" not in str(failed.value)
    assert str(failed.value).startswith(f"broken.{kind}: ")


def test_a_document_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "slow.pdf"
    path.symlink_to("/dev/zero")
    with pytest.raises(ImportFailed, match=r"slow\.pdf: "):
        read_document(path, "pdf", seconds=1)
