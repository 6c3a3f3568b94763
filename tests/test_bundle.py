from __future__ import annotations

import asyncio
import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from agent.assembly import Setup
from agent.cli.sessions import command
from agent.interviewer import LEDGER_FILE
from agent.portable import import_session
from agent.simulation import simulate
from sessions import bundle as bundles
from sessions.bundle import BundleError, read_bundle, same_events, unpack_audio, write_bundle
from sessions.ledger import Event, open_ledger
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
    return _with(path, parts)


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
    at = "2026-01-05T10:00:00+00:00"
    row = json.dumps({"at": at, "kind": "session_started", "key": "started", "body": {"x": 1}})
    found = read_bundle(_resealed(made, lines=row.encode() + b"\n"))
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
