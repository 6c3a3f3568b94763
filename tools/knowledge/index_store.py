"""Keeps the lexical index on disk by content, so that only what is new is read again."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tools.knowledge.glossary import GLOSSARY_FILE, Glossary
from tools.knowledge.lexical import SEGMENT_SIZE, Growing, Lexicon, Segment
from tools.knowledge.tokens import SYNONYMS_FILE, Entry, entry_tokens

Progress = Callable[[int, int], None]
"""Called as (done, total) in entries."""

_FORMAT = 3  # raise it whenever tokens or arrays change
_ARRAYS = ("hashes", "starts", "places", "impacts")
_MOST_SEGMENTS = 12
_MOST_GONE = 0.3


def open_lexicon(
    entries: Sequence[Entry],
    glossary: Glossary,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> tuple[Lexicon, list[int]]:
    """Return the index and, for each of its places, the number of its entry or -1.

    With a folder, segments written before are used for every entry whose content has not changed.
    """
    salt = _salt()
    digests = [_digest(entry, salt) for entry in entries]
    wanted = {digest: number for number, digest in reversed(list(enumerate(digests)))}
    kept = _load(folder, wanted) if folder is not None else []
    known = {digest for segment in kept for digest in segment.digests}
    new = [number for number, digest in enumerate(digests) if digest not in known]
    made = _build([(digests[n], entries[n]) for n in new], glossary, progress)
    segments = [*kept, *made]
    if folder is not None and (made or len(kept) != _count(folder)):
        _save(folder, segments)
    return _lexicon(segments, digests)


def _lexicon(segments: Sequence[Segment], digests: Sequence[str]) -> tuple[Lexicon, list[int]]:
    """Match places to entries; entries of equal content share a place's neighbours in turn."""
    import numpy as np

    waiting: dict[str, list[int]] = {}
    for number in range(len(digests) - 1, -1, -1):
        waiting.setdefault(digests[number], []).append(number)
    owners: list[int] = []
    for segment in segments:
        for digest in segment.digests:
            owners.append(waiting[digest].pop() if waiting.get(digest) else -1)
    live, at = [], 0
    for segment in segments:
        live.append(np.array(owners[at : at + len(segment)], dtype=np.int64) >= 0)
        at += len(segment)
    return Lexicon(tuple(segments), tuple(live)), owners


def _build(
    entries: Sequence[tuple[str, Entry]], glossary: Glossary, progress: Progress | None
) -> list[Segment]:
    segments: list[Segment] = []
    growing = Growing()
    for done, (digest, entry) in enumerate(entries, 1):
        growing.add(digest, entry_tokens(entry, glossary))
        if len(growing.digests) == SEGMENT_SIZE:
            segments.append(growing.finish())
            growing = Growing()
        if progress is not None and (done % 200 == 0 or done == len(entries)):
            progress(done, len(entries))
    if growing.digests:
        segments.append(growing.finish())
    return segments


def _salt() -> bytes:
    """What changes every entry's tokens: the format, the glossary and the synonyms."""
    words = GLOSSARY_FILE.read_bytes() + SYNONYMS_FILE.read_bytes()
    return hashlib.blake2b(words + b"%d" % _FORMAT, digest_size=8).digest()


def _digest(entry: Entry, salt: bytes) -> str:
    content = "\0".join((*entry.titles, "", entry.body, entry.context))
    return hashlib.blake2b(content.encode("utf-8", "replace"), key=salt, digest_size=12).hexdigest()


def _count(folder: Path) -> int:
    return len(_names(folder))


def _names(folder: Path) -> list[str]:
    try:
        names: list[str] = json.loads((folder / "segments.json").read_bytes())
        return names
    except (OSError, ValueError):
        return []


def _load(folder: Path, wanted: dict[str, int]) -> list[Segment]:
    """Return the segments worth keeping: mostly alive, and not too many small ones."""
    segments = [s for name in _names(folder) if (s := _read(folder / name)) is not None]
    alive = [
        s for s in segments if sum(d in wanted for d in s.digests) >= (1 - _MOST_GONE) * len(s)
    ]
    if len(alive) > _MOST_SEGMENTS:
        alive = [s for s in alive if len(s) == SEGMENT_SIZE]
    return alive


def _read(path: Path) -> Segment | None:
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as file:
            arrays: dict[str, Any] = {name: file[name] for name in _ARRAYS}
            raw = file["digests"].tobytes().hex()
    except (OSError, ValueError, KeyError, EOFError):
        return None  # absent or damaged: it is only a copy
    digests = tuple(raw[i : i + 24] for i in range(0, len(raw), 24))
    return Segment(digests=digests, **arrays)


def _save(folder: Path, segments: Sequence[Segment]) -> None:
    """Write new segments, then the list of them, then drop what the list no longer names."""
    import numpy as np

    with contextlib.suppress(OSError):  # a full disk costs only the next start's time
        folder.mkdir(parents=True, exist_ok=True)
        names = []
        for segment in segments:
            raw = bytes.fromhex("".join(segment.digests))
            name = f"{hashlib.blake2b(raw, digest_size=8).hexdigest()}.npz"
            names.append(name)
            if not (folder / name).exists():
                part = folder / f"{name}.{os.getpid()}.part"
                with part.open("wb") as file:
                    arrays = {n: getattr(segment, n) for n in _ARRAYS}
                    np.savez(file, digests=np.frombuffer(raw, dtype=np.uint8), **arrays)
                part.replace(folder / name)
        part = folder / f"segments.json.{os.getpid()}.part"
        part.write_text(json.dumps(names))
        part.replace(folder / "segments.json")
        for path in folder.glob("*.npz"):
            if path.name not in names:
                path.unlink(missing_ok=True)
