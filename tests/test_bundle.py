from __future__ import annotations

import asyncio
import hashlib
import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from agent.assembly import Setup
from agent.cli.sessions import command
from agent.interviewer import CHECKPOINT_FILE, LEDGER_FILE
from agent.past import STORE_FILE, known_of
from agent.portable import import_session
from agent.simulation import simulate
from sessions import bundle as bundles
from sessions.bundle import BundleError, read_bundle, same_events, unpack_audio, write_bundle
from sessions.checkpoints import open_checkpoints
from sessions.ledger import Event, Ledger, LedgerError, open_ledger
from sessions.listing import session_rows
from sessions.lock import SessionBusy, session_lock
from sessions.memory_store import load, open_store
from sessions.report.build import build_report


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> list[Event]:
    folder = tmp_path_factory.mktemp("simulated")
    ledger = open_ledger(folder / LEDGER_FILE)
    setup = Setup(candidate="demo", format="quick", lang="zh", seed=4)
    name = asyncio.run(simulate("partial", setup, ledger, folder))
    found = list(ledger.events(session=name))
    ledger.close()
    return found


@pytest.fixture
def made(events: list[Event], tmp_path: Path) -> Path:
    path = tmp_path / "session.zip"
    write_bundle(path, events)
    return path


def _report(folder: Path, session: str) -> Any:
    ledger = open_ledger(folder / LEDGER_FILE)
    try:
        return build_report(ledger, session)
    finally:
        ledger.close()


def _with(path: Path, changes: dict[str, bytes | None]) -> Path:
    """Return a copy of the zip with members replaced, added or left out."""
    other = path.with_name("changed.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as new:
        members = {info.filename: old.read(info) for info in old.infolist()} | changes
        for name, data in members.items():
            if data is not None:
                new.writestr(name, data)
    return other


def _resealed(path: Path, **changes: Any) -> Path:
    """Return a copy whose manifest says something else, with a seal and hashes that fit."""
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read(bundles.MANIFEST))
    events = changes.pop("lines", None)
    others = changes.pop("parts", {})
    if events is not None:
        told = bundles._told(hashlib.sha256(events), len(events))
        manifest["files"][bundles.EVENTS] = told
        manifest["events"] = events.count(b"\n")
    head = json.dumps({**manifest, **changes}).encode()
    parts: dict[str, bytes | None] = {
        bundles.MANIFEST: head,
        bundles.SEAL: bundles._seal(head, "", "").encode(),
    }
    if events is not None:
        parts[bundles.EVENTS] = events
    return _with(path, parts | others)


def _line(kind: str, body: dict[str, Any], key: str | None = None) -> bytes:
    at = "2026-01-05T10:00:00+00:00"
    return json.dumps({"at": at, "kind": kind, "key": key, "body": body}).encode() + b"\n"


def _in_ledger(folder: Path, session: str) -> list[Event]:
    ledger = open_ledger(folder / LEDGER_FILE)
    try:
        return list(ledger.events(session=session))
    finally:
        ledger.close()


def test_a_session_taken_to_another_machine_gives_the_same_report(
    events: list[Event], made: Path, tmp_path: Path
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    found = read_bundle(made)
    import_session(here, found)
    import_session(there, read_bundle(made))
    assert _report(here, found.session) == _report(there, found.session)
    ledger = open_ledger(here / LEDGER_FILE)
    assert same_events(list(ledger.events(session=found.session)), events)
    ledger.close()


def test_a_sealed_file_opens_with_its_passphrase_only(events: list[Event], tmp_path: Path) -> None:
    path = tmp_path / "sealed.zip"
    write_bundle(path, events, passphrase="open sesame")
    assert read_bundle(path, "open sesame").sealed
    for wrong in ("", "open Sesame"):
        with pytest.raises(BundleError, match="passphrase"):
            read_bundle(path, wrong)


def test_a_sealed_file_that_was_changed_and_hashed_again_is_refused(
    events: list[Event], tmp_path: Path
) -> None:
    path = tmp_path / "sealed.zip"
    write_bundle(path, events, passphrase="open sesame")
    with pytest.raises(BundleError, match="passphrase does not fit"):
        read_bundle(_resealed(path, candidate="other"), "open sesame")


def test_a_recording_travels_with_its_session(events: list[Event], tmp_path: Path) -> None:
    sound, path, back = tmp_path / "a.wav", tmp_path / "s.zip", tmp_path / "b.wav"
    sound.write_bytes(b"RIFF" + bytes(range(256)) * 900)
    write_bundle(path, events, sound)
    assert read_bundle(path).audio_bytes == sound.stat().st_size
    unpack_audio(path, back)
    assert back.read_bytes() == sound.read_bytes()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"../../evil.py": b"x"}, "evil"),
        ({"/etc/passwd": b"x"}, "belongs into no session"),
        ({bundles.EVENTS: b"{}\n"}, "not what the manifest says"),
        ({bundles.EVENTS: b" " * 90_000_000}, "would unpack to 90 MB"),
        ({bundles.SEAL: None}, "lacks a part"),
        ({bundles.MANIFEST: b"[]"}, "format"),
        ({bundles.MANIFEST: b"\xff\xfe"}, "JSON"),
        ({bundles.SEAL: b"0" * 64}, "changed"),
    ],
)
def test_a_hostile_zip_is_refused_with_one_line(
    made: Path, changes: dict[str, bytes | None], says: str
) -> None:
    with pytest.raises(BundleError, match=says) as refused:
        read_bundle(_with(made, changes))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"version": 99}, "version 99.*update"),
        ({"schema": 99}, "schema 99.*update"),
        ({"version": True}, "update"),
        ({"session": "../../x"}, "no name"),
        ({"files": []}, "files"),
        ({"salt": "zz"}, "salt"),
        ({"lines": b"not json\n"}, "no JSON"),
        ({"lines": b'{"at": "yesterday"}\n'}, "line 1"),
        ({"lines": b"[" * 100_000 + b"\n"}, "no JSON"),
        ({"lines": _line("forget", {"what": "all"})}, "line 1"),
        ({"lines": _line("memory_edit", {"id": "m1"})}, "line 1"),
        ({"lines": _line("memory_export", {"path": "/x"})}, "line 1"),
        ({"lines": _line("erased", {})}, "line 1"),
        ({"files": {bundles.EVENTS: {}, bundles.AUDIO: {}}}, "other files than the zip"),
        ({"parts": {bundles.AUDIO: b"RIFF"}}, "other files than the zip"),
    ],
)
def test_a_well_sealed_lie_is_refused_with_one_line(
    made: Path, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(BundleError, match=says) as refused:
        read_bundle(_resealed(made, **changes))
    assert "\n" not in str(refused.value)


def test_a_half_written_file_is_refused(made: Path, tmp_path: Path) -> None:
    data = made.read_bytes()
    for size in (0, 10, len(data) // 2, len(data) - 5):
        half = tmp_path / "half.zip"
        half.write_bytes(data[:size])
        with pytest.raises(BundleError, match="no whole zip"):
            read_bundle(half)


def test_flipped_bytes_are_never_taken_in(made: Path, tmp_path: Path, events: list[Event]) -> None:
    data, spoilt = made.read_bytes(), tmp_path / "spoilt.zip"
    for place in range(0, len(data), max(1, len(data) // 60)):
        spoilt.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
        try:
            found = read_bundle(spoilt)
        except BundleError:
            continue
        assert same_events(found.events, events)  # a byte that zip itself does not read


def test_events_that_make_no_session_do_not_reach_the_ledger(made: Path, tmp_path: Path) -> None:
    found = read_bundle(_resealed(made, lines=_line("session_started", {"x": 1}, "started")))
    with pytest.raises(BundleError, match="no session"):
        import_session(tmp_path / "data", found)
    assert not (tmp_path / "data").exists()


def test_nothing_is_replaced_unasked(made: Path, data_folder: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    first = run(command, ["import", str(made)])
    assert first.exit_code == 0, first.output
    session = read_bundle(made).session
    again = run(command, ["import", str(made), "--json"])
    assert json.loads(again.output)["changed"] is False
    ledger = open_ledger(data_folder / LEDGER_FILE)
    ledger.append("memory_edit", {"x": 1}, session=session, candidate="demo")
    ledger.close()
    assert run(command, ["import", str(made)], input="n\n").exit_code == 1
    ledger = open_ledger(data_folder / LEDGER_FILE)
    assert ledger.last(session, "memory_edit") is not None
    ledger.close()
    out = tmp_path / "out.zip"
    out.write_bytes(b"mine")
    assert run(command, ["export", session, str(out)], input="n\n").exit_code == 1
    assert out.read_bytes() == b"mine"


def test_the_commands_tell_what_the_seal_proves(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data_folder: Path
) -> None:
    run, out = CliRunner().invoke, tmp_path / "out.zip"
    run(command, ["import", str(made)])
    session = read_bundle(made).session
    plain = run(command, ["export", session, str(out), "--lang", "en"])
    assert "Not signed" in plain.output and "not encrypted" in plain.output
    monkeypatch.setenv("KAOGUAN_PASSPHRASE", "open sesame")
    sealed = run(command, ["export", session, str(out), "--seal", "--yes", "--lang", "en"])
    assert "Signed" in sealed.output
    monkeypatch.setenv("KAOGUAN_PASSPHRASE", "wrong")
    refused = run(command, ["import", str(out)])
    assert refused.exit_code == 1 and refused.output.count("\n") == 1


@pytest.mark.parametrize("packing", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_member_packed_otherwise_than_we_pack_is_refused(
    made: Path, tmp_path: Path, packing: int
) -> None:
    other = tmp_path / "packed.zip"
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(other, "w", packing) as new:
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))
    with pytest.raises(BundleError, match="packed in a way"):
        read_bundle(other)
    data = bytearray(other.read_bytes())
    data[60:200] = bytes(140)  # what unpacking would stumble over
    other.write_bytes(data)
    refused = CliRunner().invoke(command, ["import", str(other)])
    assert refused.exit_code == 1 and refused.output.count("\n") == 1


def test_a_session_open_elsewhere_is_not_replaced(made: Path, tmp_path: Path) -> None:
    found = read_bundle(made)
    import_session(tmp_path, found)
    before = _in_ledger(tmp_path, found.session)
    with session_lock(tmp_path / "locks", found.session), pytest.raises(SessionBusy):
        import_session(tmp_path, found)
    assert _in_ledger(tmp_path, found.session) == before
    import_session(tmp_path, found)


def test_the_old_session_is_put_back_when_the_new_one_cannot_be_written(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = read_bundle(made)
    import_session(tmp_path, found)
    ledger = open_ledger(tmp_path / LEDGER_FILE)
    ledger.append("note", {"mine": 1}, session=found.session, candidate="demo")
    ledger.close()
    before, delete, append = (
        _in_ledger(tmp_path, found.session),
        Ledger.delete_session,
        Ledger.append,
    )
    left = [5]

    def deleting(self: Ledger, session: str) -> int:
        monkeypatch.setattr(Ledger, "append", appending)
        return delete(self, session)

    def appending(self: Ledger, *args: Any, **named: Any) -> bool:
        left[0] -= 1
        if left[0] == 0:
            raise LedgerError("the disk is full")
        return append(self, *args, **named)

    monkeypatch.setattr(Ledger, "delete_session", deleting)
    with pytest.raises(LedgerError, match="full"):
        import_session(tmp_path, found)
    assert same_events(_in_ledger(tmp_path, found.session), before)


def test_what_was_derived_from_the_old_session_goes_with_it(made: Path, tmp_path: Path) -> None:
    found = read_bundle(made)
    import_session(tmp_path, found)
    ledger = open_ledger(tmp_path / LEDGER_FILE)
    upto = known_of(ledger, tmp_path, found.candidate).upto
    ledger.close()

    async def kept(write: bool) -> bool:
        async with open_checkpoints(tmp_path / CHECKPOINT_FILE) as saver:
            if write:
                row = ("INSERT INTO checkpoints (thread_id, checkpoint_id) VALUES (?, '1')",)
                await saver.conn.execute(*row, (found.session,))
                await saver.conn.commit()
            cursor = await saver.conn.execute("SELECT thread_id FROM checkpoints")
            return any(row[0] == found.session for row in await cursor.fetchall())

    assert asyncio.run(kept(write=True))
    store = open_store(tmp_path / STORE_FILE)
    assert load(store, found.candidate, upto) is not None
    import_session(tmp_path, found)
    assert not asyncio.run(kept(write=False))
    assert load(store, found.candidate, upto) is None
    store.dispose()


def test_a_session_still_under_way_arrives_closed(
    made: Path, events: list[Event], data_folder: Path
) -> None:
    open_ended = [e for e in events if e["kind"] != "session_closed"]
    assert len(open_ended) < len(events)
    write_bundle(made, open_ended)
    run = CliRunner().invoke
    assert run(command, ["import", str(made)]).exit_code == 0
    arrived = _in_ledger(data_folder, events[0]["session"])
    assert same_events(arrived[:-1], open_ended)
    assert arrived[-1]["kind"] == "session_closed"
    assert arrived[-1]["body"] == {"reason": "interrupted"}
    ledger = open_ledger(data_folder / LEDGER_FILE)
    assert [row["status"] for row in session_rows(ledger)] == ["interrupted"]
    ledger.close()
    assert json.loads(run(command, ["import", str(made), "--json"]).output)["changed"] is False


def test_two_events_of_one_key_make_no_session(made: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(made) as archive:
        lines = archive.read(bundles.EVENTS)
    found = read_bundle(_resealed(made, lines=lines + _line("note", {}, "started")))
    with pytest.raises(BundleError, match="same key"):
        import_session(tmp_path / "data", found)


def test_import_tells_whether_the_file_was_proven(
    made: Path, events: list[Event], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, sealed = CliRunner().invoke, tmp_path / "sealed.zip"
    write_bundle(sealed, events, passphrase="open sesame")
    assert "not signed" in run(command, ["import", str(made), "--lang", "en"]).output
    monkeypatch.setenv("KAOGUAN_PASSPHRASE", "open sesame")
    assert "signature fits" in run(command, ["import", str(sealed), "--lang", "en"]).output
    told = run(command, ["import", str(sealed), "--json"]).output
    assert json.loads(told)["sealed"] is True


def test_an_unsealed_file_is_refused_when_a_passphrase_is_set(
    made: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAOGUAN_PASSPHRASE", "open sesame")
    refused = CliRunner().invoke(command, ["import", str(made)])
    assert refused.exit_code == 1 and "not sealed" in refused.output
    assert refused.output.count("\n") == 1
    assert not (data_folder / LEDGER_FILE).exists()


def test_a_session_still_open_here_is_not_closed_by_its_own_file(
    made: Path, events: list[Event], data_folder: Path
) -> None:
    open_ended = [e for e in events if e["kind"] != "session_closed"]
    write_bundle(made, open_ended)
    ledger = open_ledger(data_folder / LEDGER_FILE, lambda: datetime.fromisoformat(now))
    for event in open_ended:
        now = event["at"]
        whose = {"session": event["session"], "candidate": event["candidate"]}
        ledger.append(event["kind"], event["body"], key=event["key"], **whose)
    ledger.close()
    told = CliRunner().invoke(command, ["import", str(made), "--json", "--yes"]).output
    assert json.loads(told)["changed"] is False
    assert same_events(_in_ledger(data_folder, events[0]["session"]), open_ended)
