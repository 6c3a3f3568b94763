from __future__ import annotations

import asyncio
import copy
import json
import shutil
import sqlite3
import subprocess
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate

from agent.assembly import Setup
from agent.simulation import simulate
from sessions.ledger import open_ledger
from sessions.records import Turn
from sessions.report.build import build_report
from sessions.report.calendar import to_calendar
from sessions.report.pdf import PdfError, find_browser, write_pdf
from sessions.report.render import clock, labels, to_html, to_markdown
from sessions.report.schema import json_schema
from sessions.report.share import HIDDEN, anonymous, hide_quotes
from sessions.schedule import CardState


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, dict[str, Turn]]:
    folder = tmp_path_factory.mktemp("simulated")
    ledger = open_ledger(folder / "ledger.db")
    setup = Setup(candidate="demo", format="quick", lang="zh", seed=3)
    name = asyncio.run(simulate("partial", setup, ledger, folder))
    report = build_report(ledger, name)
    turns = {e["body"]["id"]: e["body"] for e in ledger.events(session=name, kinds=["turn"])}
    ledger.close()
    return report, turns


def test_a_report_keeps_to_its_published_schema(session: tuple[Any, dict[str, Turn]]) -> None:
    validate(json.loads(json.dumps(session[0])), json_schema())


def test_every_quote_of_a_session_is_a_piece_of_its_turn(
    session: tuple[Any, dict[str, Turn]],
) -> None:
    report, turns = session
    quotes = [q for item in report["questions"] for p in item["points"] for q in p["quotes"]]
    assert quotes
    assert all(turns[q["turn"]]["text"][q["start"] : q["end"]] == q["text"] for q in quotes)


def test_the_time_line_holds_every_question_in_order(session: tuple[Any, dict[str, Turn]]) -> None:
    line = session[0]["timeline"]
    assert len(line) == len(session[0]["questions"])
    assert [s["start_s"] for s in line] == sorted(s["start_s"] for s in line)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_is_small_loads_nothing_and_runs_nothing(
    session: tuple[Any, dict[str, Turn]], lang: Any
) -> None:
    page = to_html(session[0], lang)
    assert len(page.encode()) < 1_000_000
    assert "<script" not in page and "http" not in page.split("<main>")[0].replace("http-equiv", "")
    assert "default-src 'none'" in page
    assert labels(lang)["delivery"] in page


@pytest.mark.parametrize(("band", "says"), [(10.0, True), (40.0, False), (None, True)])
def test_graders_disagree_by_the_band_of_the_record(
    tmp_path: Path, band: float | None, says: bool
) -> None:
    ledger = open_ledger(tmp_path / "ledger.db")
    setup = Setup(candidate="demo", format="quick", lang="zh", seed=3)
    name = asyncio.run(simulate("partial", setup, ledger, tmp_path))
    body = next(e["body"] for e in ledger.events(session=name, kinds=["grade"]))
    grade = {**body["grade"], "overall": 70.0, "status": "graded"}
    other = {**grade, "overall": 40.0 if band is None else 45.0, "grader": "another"}
    grade |= {"opinions": [other]} if band is None else {"opinions": [other], "band": band}
    ledger.append("grade", {**body, "grade": grade}, session=name, candidate="demo")
    report = build_report(ledger, name)
    ledger.close()
    page = to_html(report, "zh")
    assert "another" in page and (labels("zh")["disagreement"] in page) == says


def test_markup_in_an_answer_stays_text(session: tuple[Any, dict[str, Turn]]) -> None:
    report = copy.deepcopy(session[0])
    report["questions"][0]["exchanges"][0]["answer"] = "<img src=x onerror=alert(1)>"
    assert "<img" not in to_html(report)
    assert "<img" not in to_markdown(report).replace("\\<img", "")


def test_both_languages_have_the_same_words() -> None:
    assert labels("zh").keys() == labels("en").keys()


@pytest.mark.parametrize(
    ("seconds", "shown"), [(None, "–"), (0, "00:00"), (59.9, "00:59"), (3661, "1:01:01")]
)
def test_times_are_shown_as_a_clock(seconds: float | None, shown: str) -> None:
    assert clock(seconds) == shown


def test_hidden_words_are_nowhere_in_the_shared_report(
    session: tuple[Any, dict[str, Turn]],
) -> None:
    report = session[0]
    quote = next(q for i in report["questions"] for p in i["points"] for q in p["quotes"])
    shared = json.dumps(hide_quotes(report, [quote["text"]]), ensure_ascii=False)
    assert quote["text"] in json.dumps(report, ensure_ascii=False)
    assert quote["text"] not in shared and HIDDEN in shared


def test_an_anonymous_report_has_no_name_no_date_and_no_talk(
    session: tuple[Any, dict[str, Turn]],
) -> None:
    shared = anonymous(session[0])
    text = json.dumps(shared, ensure_ascii=False)
    assert session[0]["session"] not in text and session[0]["started_at"] not in text
    assert all(not question["exchanges"] for question in shared["questions"])
    assert to_html(shared)


def test_cards_for_anki_keep_their_ids_when_written_again(
    session: tuple[Any, dict[str, Turn]], tmp_path: Path
) -> None:
    pytest.importorskip("genanki")
    from sessions.report.anki import write_anki

    first, again = tmp_path / "a.apkg", tmp_path / "b.apkg"
    count = write_anki(session[0], first, "zh")
    write_anki(session[0], again, "zh")
    assert _notes(first, tmp_path / "1") == _notes(again, tmp_path / "2")
    assert len(_notes(first, tmp_path / "3")) == count > 0


def _notes(package: Path, folder: Path) -> dict[str, str]:
    with zipfile.ZipFile(package) as archive:
        archive.extract("collection.anki2", folder)
    base = sqlite3.connect(folder / "collection.anki2")
    try:
        return dict(base.execute("select guid, flds from notes").fetchall())
    finally:
        base.close()


def _card(days: int, now: datetime) -> CardState:
    card: Any = {
        "question": "attention-scaling",
        "key_point": f"k{days}",
        "topic": "attention",
        "due": (now + timedelta(days=days)).isoformat(),
        "last_review": (now - timedelta(days=3)).isoformat(),
        "stability": 3.0,
    }
    return card  # type: ignore[no-any-return]


def test_due_practice_is_a_calendar_with_an_entry_a_day_and_stable_ids() -> None:
    now = datetime(2026, 1, 5, 9, tzinfo=UTC)
    cards = {f"c{days}": _card(days, now) for days in (0, 2, 40)}
    text = to_calendar(
        cards, now, "zh", {"attention": "注意力与 Transformer，多头、缩放、掩码与位置"}
    )
    assert text.count("BEGIN:VEVENT") == 2
    assert "UID:kaoguan-practice-20260105\r\n" in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert text.endswith("END:VCALENDAR\r\n")


def test_a_pdf_holds_the_chinese_text(session: tuple[Any, dict[str, Turn]], tmp_path: Path) -> None:
    if find_browser() is None:
        pytest.skip("no Chromium, Chrome or Edge on this machine")
    target = tmp_path / "report.pdf"
    write_pdf(to_html(session[0]), target)
    assert target.read_bytes().startswith(b"%PDF")
    if shutil.which("pdftotext"):
        text = subprocess.run(
            ["pdftotext", str(target), "-"], capture_output=True, text=True, check=True
        ).stdout
        assert labels("zh")["practise"] in text


def test_without_a_browser_the_way_out_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sessions.report.pdf.find_browser", lambda: None)
    with pytest.raises(PdfError, match="install one, or print the HTML"):
        write_pdf("<html></html>", tmp_path / "x.pdf")
