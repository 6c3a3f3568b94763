"""One whole session as a zip file: its events, its recording if wanted, hashes and a seal.

What the seal proves: with a passphrase, that whoever made the file knew it and that no byte has
changed since (HMAC-SHA256 under a key from scrypt). Without one, only that the file arrived whole:
anybody could have made it. Nothing in it is encrypted. Reading trusts no name, size or count in
the file and writes nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import struct
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from sessions.ledger import ERASED, Event
from sessions.records import SCHEMA_VERSION

FORMAT = "kaoguan-session"
BUNDLE_VERSION = 1
MANIFEST, EVENTS, AUDIO, SEAL = "manifest.json", "events.jsonl", "audio.wav", "seal.txt"
MOST_BYTES = {MANIFEST: 100_000, SEAL: 1_000, EVENTS: 100_000_000, AUDIO: 1_000_000_000}
"""Largest size of each member, unpacked; two hours of talk have under 10 MB of events."""
MOST_RATIO = 200
"""Unpacked over packed: JSON text stays below 30, silence in a recording below 200."""
_RATIO_FROM = 1_000_000
_SESSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_KIND = re.compile(r"[a-z_]{1,40}")
_PIECE = 1 << 20
_OUTSIDE = {"forget", "memory_edit", "memory_export", ERASED}
"""Kinds that reach beyond their session: a `forget` would hide what else is known of the person."""
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, struct.error),
    *(EOFError, OSError, RuntimeError, ValueError),
)
"""What `zipfile` raises at damaged, encrypted and made-up files."""
_SCRYPT = {"n": 1 << 14, "r": 8, "p": 1}
"""Interactive parameters of RFC 7914, section 2: about 50 ms and 16 MB."""


class BundleError(Exception):
    """A file is no session that can be taken in; the message says why in one line."""


@dataclass(frozen=True)
class Bundle:
    """A session read out of a file that passed every check."""

    session: str
    candidate: str
    events: list[Event]
    sealed: bool
    """A passphrase was given and fits."""
    audio_bytes: int
    """Size of the recording inside; 0 when there is none."""


def write_bundle(
    path: Path, events: Iterable[Event], audio: Path | None = None, passphrase: str = ""
) -> int:
    """Write a session's events to a zip file, whole or not at all; return how many there were.

    Raises:
        BundleError: There are no events, or they are not of one session.
    """
    kept = [event for event in events if event["kind"] not in _OUTSIDE]
    if not kept or len({event["session"] for event in kept}) != 1:
        raise BundleError("a bundle holds the events of one session")
    lines = "".join(json.dumps(_row(e), ensure_ascii=False) + "\n" for e in kept).encode()
    files = {EVENTS: _told(hashlib.sha256(lines), len(lines))}
    if audio is not None:
        files[AUDIO] = _hash_of(audio)
    salt = secrets.token_hex(16) if passphrase else ""
    manifest = {
        "format": FORMAT,
        "version": BUNDLE_VERSION,
        "schema": SCHEMA_VERSION,
        "session": kept[0]["session"],
        "candidate": kept[0]["candidate"],
        "events": len(kept),
        "files": files,
        "salt": salt,
    }
    head = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
    partial = path.with_name(path.name + ".part")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(MANIFEST, head)
            archive.writestr(EVENTS, lines)
            if audio is not None:
                archive.write(audio, AUDIO)
            archive.writestr(SEAL, _seal(head, passphrase, salt))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return len(kept)


def read_bundle(path: Path, passphrase: str = "") -> Bundle:
    """Read and check a bundle; the recording is hashed but not unpacked.

    Raises:
        BundleError: It is damaged, hostile, from a newer version, or the seal does not fit.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive)
            head = _member(archive, MANIFEST)
            manifest = _manifest(head)
            if set(manifest["files"]) != set(archive.namelist()) - {MANIFEST, SEAL}:
                raise BundleError("the manifest names other files than the zip holds")
            seal = _member(archive, SEAL).decode("ascii", "replace")
            if manifest["salt"] and not passphrase:
                raise BundleError("the file is sealed: give its passphrase")
            if not hmac.compare_digest(
                seal.encode(), _seal(head, passphrase, manifest["salt"]).encode()
            ):
                raise BundleError(
                    "the passphrase does not fit, or the file was changed"
                    if manifest["salt"]
                    else "the file was changed after it was written"
                )
            lines = _checked(archive, manifest, EVENTS)
            if AUDIO in manifest["files"]:
                _check_stream(archive, manifest, AUDIO)
    except _UNREADABLE as error:
        raise BundleError(f"this is no whole zip file: {error}") from error
    return Bundle(
        manifest["session"],
        manifest["candidate"],
        _events(lines, manifest),
        bool(manifest["salt"]),
        int(manifest["files"].get(AUDIO, {}).get("bytes", 0)),
    )


def wants_passphrase(path: Path) -> bool:
    """Return whether a bundle is sealed; what cannot be read is left to `read_bundle` to refuse."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive)
            return bool(_manifest(_member(archive, MANIFEST))["salt"])
    except (*_UNREADABLE, BundleError):
        return False


def unpack_audio(path: Path, to: Path) -> None:
    """Write the recording of a bundle that was read, whole or not at all."""
    partial = to.with_name(to.name + ".part")
    try:
        with zipfile.ZipFile(path) as archive, partial.open("wb") as out:
            for piece in _pieces(archive, AUDIO):
                out.write(piece)
        partial.replace(to)
    finally:
        partial.unlink(missing_ok=True)


def _row(event: Event) -> dict[str, Any]:
    return {name: event[name] for name in ("at", "kind", "key", "body")}


def _told(digest: Any, size: int) -> dict[str, Any]:
    return {"sha256": digest.hexdigest(), "bytes": size}


def _hash_of(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return _told(hashlib.file_digest(file, "sha256"), path.stat().st_size)


def _seal(head: bytes, passphrase: str, salt: str) -> str:
    if not salt:
        return hashlib.sha256(head).hexdigest()
    key = hashlib.scrypt(passphrase.encode(), salt=bytes.fromhex(salt), dklen=32, **_SCRYPT)
    return hmac.new(key, head, "sha256").hexdigest()


def _check_members(archive: zipfile.ZipFile) -> None:
    names = [info.filename for info in archive.infolist()]
    strange = [name for name in names if name not in MOST_BYTES]
    if strange:
        raise BundleError(f"the zip holds {strange[0][:60]!r}, which belongs into no session")
    if len(set(names)) != len(names) or not {MANIFEST, EVENTS, SEAL} <= set(names):
        raise BundleError("the zip lacks a part of a session, or holds one twice")
    for info in archive.infolist():
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BundleError(f"{info.filename} is packed in a way that no session is")
        packed = max(1, info.compress_size)
        swollen = info.file_size > _RATIO_FROM and info.file_size / packed > MOST_RATIO
        if info.file_size > MOST_BYTES[info.filename] or swollen:
            raise BundleError(f"{info.filename} would unpack to {info.file_size / 1e6:.0f} MB")


def _pieces(archive: zipfile.ZipFile, name: str) -> Iterable[bytes]:
    """Yield a member in pieces; what it claims of its size is not believed."""
    got = 0
    with archive.open(name) as file:
        while piece := file.read(_PIECE):
            got += len(piece)
            if got > MOST_BYTES[name]:
                raise BundleError(f"{name} is larger than it says")
            yield piece


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    return b"".join(_pieces(archive, name))


def _checked(archive: zipfile.ZipFile, manifest: dict[str, Any], name: str) -> bytes:
    data = _member(archive, name)
    if _told(hashlib.sha256(data), len(data)) != manifest["files"].get(name):
        raise BundleError(f"{name} is not what the manifest says: the file was changed")
    return data


def _check_stream(archive: zipfile.ZipFile, manifest: dict[str, Any], name: str) -> None:
    digest, size = hashlib.sha256(), 0
    for piece in _pieces(archive, name):
        digest.update(piece)
        size += len(piece)
    if _told(digest, size) != manifest["files"][name]:
        raise BundleError(f"{name} is not what the manifest says: the file was changed")


def _manifest(head: bytes) -> dict[str, Any]:
    found = _json(head, MANIFEST)
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise BundleError(f"the zip is no session: its format is not {FORMAT!r}")
    for name, known in (("version", BUNDLE_VERSION), ("schema", SCHEMA_VERSION)):
        number = found.get(name)
        if type(number) is not int or not 1 <= number <= known:
            raise BundleError(
                f"the file has {name} {str(number)[:20]}, this Kaoguan reads up to {known}: "
                "update Kaoguan"
            )
    wanted = {"session": str, "candidate": str, "salt": str, "files": dict, "events": int}
    for name, sort in wanted.items():
        if not isinstance(found.get(name), sort):
            raise BundleError(f"the manifest's {name!r} is missing or no {sort.__name__}")
    if not _SESSION.fullmatch(found["session"]) or not 0 < len(found["candidate"]) <= 200:
        raise BundleError("the manifest's session or candidate is no name")
    if not re.fullmatch(r"(?:[0-9a-f]{32})?", found["salt"]):
        raise BundleError("the manifest's 'salt' is none")
    return found


def _json(data: bytes, what: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{what} is no JSON") from error


def _events(lines: bytes, manifest: dict[str, Any]) -> list[Event]:
    rows = [_json(line, EVENTS) for line in lines.split(b"\n") if line.strip()]
    if len(rows) != manifest["events"]:
        raise BundleError(f"{EVENTS} holds {len(rows)} events, not {manifest['events']}")
    return [_event(row, number, manifest) for number, row in enumerate(rows, 1)]


def _event(row: Any, number: int, manifest: dict[str, Any]) -> Event:
    try:
        fits = (
            datetime.fromisoformat(row["at"]).tzinfo is not None
            and _KIND.fullmatch(row["kind"])
            and row["kind"] not in _OUTSIDE
            and isinstance(row["body"], dict)
            and (row["key"] is None or 0 < len(row["key"]) <= 200)
            and json.dumps(row, ensure_ascii=False).encode()  # a lone surrogate cannot be stored
        )
    except (KeyError, TypeError, ValueError, RecursionError):
        fits = False
    if not fits:
        raise BundleError(f"line {number} of {EVENTS} is no event")
    whose = {"session": manifest["session"], "candidate": manifest["candidate"], "id": number}
    return cast("Event", {name: row[name] for name in ("at", "kind", "key", "body")} | whose)


def same_events(some: Sequence[Event], others: Sequence[Event]) -> bool:
    """Return whether two lists tell the same of a session, whatever their ids."""
    return [_row(event) for event in some] == [_row(event) for event in others]
