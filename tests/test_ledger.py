from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest

from sessions.ledger import Ledger, LedgerError, open_ledger
from sessions.lock import SessionBusy, session_lock
from tests.fakes import FakeClock


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return open_ledger(tmp_path / "data" / "ledger.db", FakeClock())


def test_events_come_back_in_order_with_their_bodies(ledger: Ledger) -> None:
    ledger.append("turn", {"text": "你好\u0001"}, session="s", candidate="me", key="a")
    ledger.append("grade", {"n": [1, None]}, session="s", candidate="me", key="b")
    found = list(ledger.events(session="s"))
    assert [e["kind"] for e in found] == ["turn", "grade"]
    assert found[0]["body"] == {"text": "你好\u0001"} and found[1]["body"] == {"n": [1, None]}


def test_a_key_is_recorded_once_in_its_session(ledger: Ledger) -> None:
    assert ledger.append("turn", {"n": 1}, session="s", candidate="me", key="k")
    assert not ledger.append("turn", {"n": 2}, session="s", candidate="me", key="k")
    assert ledger.append("turn", {"n": 3}, session="other", candidate="me", key="k")
    assert ledger.find("s", "k")["body"] == {"n": 1}  # type: ignore[index]


def test_tail_gives_the_newest_oldest_first(ledger: Ledger) -> None:
    for n in range(5):
        ledger.append("turn", {"n": n}, session="s", candidate="me")
    assert [e["body"]["n"] for e in ledger.tail("s", "turn", 2)] == [3, 4]


def test_erased_words_are_gone_from_every_byte_of_the_folder(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "ledger.db", FakeClock())
    ledger.append("turn", {"text": "绝密的一句话SECRET"}, session="s", candidate="me")
    ledger.erase([1])
    ledger.close()
    files = [p.read_bytes() for p in tmp_path.iterdir()]
    assert files and not any(b"SECRET" in data for data in files)


def test_the_data_folder_is_private(tmp_path: Path) -> None:
    open_ledger(tmp_path / "mine" / "ledger.db").close()
    assert stat.S_IMODE(os.stat(tmp_path / "mine").st_mode) == 0o700


def test_a_newer_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    open_ledger(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
    connection.close()
    with pytest.raises(LedgerError, match=r"ledger\.db was written by a newer Kaoguan"):
        open_ledger(path)


def test_an_older_file_is_copied_before_it_is_migrated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.db"
    open_ledger(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = '0' WHERE name = 'schema'")
    connection.close()
    seen: list[int] = []
    monkeypatch.setattr("sessions.ledger._MIGRATIONS", {0: lambda connection: seen.append(1)})
    open_ledger(path).close()
    assert seen == [1] and (tmp_path / "ledger.schema0.db").exists()


def test_a_corrupt_file_is_kept_aside_and_named(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"not a database at all" * 200)
    with pytest.raises(LedgerError, match=r"kept aside as ledger\.corrupt-"):
        open_ledger(path)
    assert list(tmp_path.glob("ledger.corrupt-*.db")) and not path.exists()


def test_a_folder_that_cannot_be_made_says_which_setting_helps(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(LedgerError, match="KAOGUAN_DATA_DIR"):
        open_ledger(tmp_path / "file" / "ledger.db")


def test_a_full_disk_is_one_clear_line(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "ledger.db")
    with ledger._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=12")
        pages = connection.exec_driver_sql("PRAGMA max_page_count").scalar_one()
    assert pages >= 1
    small = open_ledger(tmp_path / "small.db")
    import sqlalchemy as sa

    sa.event.listen(small._engine, "connect", lambda c, _: c.execute("PRAGMA max_page_count=14"))
    small._engine.dispose()
    with pytest.raises(LedgerError, match="disk is full"):
        for _ in range(50):
            small.append("turn", {"text": "x" * 4000}, session="s", candidate="me")


def test_a_session_is_held_by_one_process_at_a_time(tmp_path: Path) -> None:
    with session_lock(tmp_path, "s"):
        with pytest.raises(SessionBusy, match="open in another terminal"):
            with session_lock(tmp_path, "s"):
                raise AssertionError("two at once")
        with session_lock(tmp_path, "another"):
            assert True
