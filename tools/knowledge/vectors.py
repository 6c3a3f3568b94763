"""Sentence vectors of the entries: kept in an append-only file, built in the background.

The file of an embedding is a row of records (16 bytes of text hash, the vector in half precision):
stopping at any moment loses at most the record being written.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.knowledge.embed import Embedder
from tools.knowledge.tokens import Entry

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

_KEY_BYTES = 16
_BATCH = 2  # the embedder is shared: others wait for a batch at most
_TITLES = 4  # wordings embedded: the first ones say it all, each costs some 40 ms
_BODY_CHARS = 220  # cost grows with length; the beginning of an answer says what it is about
_COARSE_FROM = 40_000
_COARSE_WIDTH = 64
_FINE = 600


class VectorFile:
    """Vectors by text, for one embedding."""

    def __init__(self, embedder: Embedder, folder: Path | None) -> None:
        self._embedder = embedder
        self._known: dict[bytes, Any] = {}
        self._path: Path | None = None
        if folder is not None:
            name = "".join(c if c.isalnum() or c in ".-" else "_" for c in embedder.name)
            self._path = folder / f"{name}-{embedder.version}.vec"
            self._read()

    def get(self, text: str) -> Any | None:
        """Return the stored vector (half precision) or None."""
        return self._known.get(_key(text))

    def add(self, texts: Sequence[str]) -> None:
        """Compute and keep the vectors of texts."""
        import numpy as np

        rows = self._embedder.encode(texts, "passage").astype(np.float16)
        records = b""
        for text, row in zip(texts, rows, strict=True):
            key = _key(text)
            self._known[key] = row
            records += key + row.tobytes()
        if self._path is not None:
            with contextlib.suppress(OSError):  # a full disk: they live until the process ends
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with self._path.open("ab") as file:
                    file.write(records)

    def _read(self) -> None:
        """Read the file; a torn last record is cut off."""
        import numpy as np

        assert self._path is not None
        width = self._embedder.encode(["a"]).shape[1]
        record = np.dtype([("key", f"V{_KEY_BYTES}"), ("row", np.float16, (width,))])
        try:
            size = self._path.stat().st_size
            whole = size // record.itemsize
            if size % record.itemsize:
                with self._path.open("r+b") as file:
                    file.truncate(whole * record.itemsize)
            rows = np.fromfile(self._path, dtype=record)
        except OSError:
            return
        self._known = {bytes(r["key"]): r["row"] for r in rows}


class Meanings:
    """The vectors of some entries as one matrix, filled while searches go on."""

    def __init__(self, entries: Sequence[Entry], file: VectorFile) -> None:
        self._texts = [_texts(entry) for entry in entries]
        self._file = file
        self._matrix: _Matrix | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_ready(self) -> bool:
        """True when every entry has its vectors."""
        return self._matrix is not None

    def start(self) -> None:
        """Build what is missing in the background, once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="vectors", daemon=True)
            self._thread.start()

    def build(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Build what is missing now."""
        wanted = dict.fromkeys(text for texts in self._texts for text, _ in texts)
        missing = [text for text in wanted if self._file.get(text) is None]
        for at in range(0, len(missing), _BATCH):
            if self._stop.is_set():
                return
            self._file.add(missing[at : at + _BATCH])
            if progress is not None:
                progress(min(at + _BATCH, len(missing)), len(missing))
            time.sleep(0)
        self._matrix = _Matrix(self._texts, self._file)

    def stop(self) -> None:
        """Stop building after the batch under way; what is built stays."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        self.build()

    def likeness(self, vector: Floats) -> dict[str, Floats] | None:
        """Return standard scores by kind of text, one an entry; None when not ready."""
        return None if self._matrix is None else self._matrix.likeness(vector)


class _Matrix:
    """Rows by kind of text, with the entry of each."""

    def __init__(self, texts: Sequence[Sequence[tuple[str, str]]], file: VectorFile) -> None:
        self._parts = {kind: _Part(texts, kind, file) for kind in ("title", "body")}

    def likeness(self, vector: Floats) -> dict[str, Floats]:
        return {kind: part.likeness(vector) for kind, part in self._parts.items()}


class _Part:
    """One kind's rows; large ones are first compared in few dimensions."""

    def __init__(self, texts: Sequence[Sequence[tuple[str, str]]], kind: str, file: VectorFile):
        import numpy as np

        rows: list[Any] = []
        firsts: list[int] = []
        for entry in texts:
            firsts.append(len(rows))
            rows += [file.get(text) for text, k in entry if k == kind]
        self._firsts = np.array(firsts, dtype=np.int64)
        self._rows: Any = np.array(
            rows, dtype=np.float16 if len(rows) > _COARSE_FROM else np.float32
        )
        self._coarse: Any = None
        self._axes: Any = None
        if len(rows) > _COARSE_FROM:
            sample = self._rows[:: max(1, len(rows) // 4_000)].astype(np.float32)
            self._mean: Any = sample.mean(axis=0)
            centred = sample - self._mean
            axes: Any = np.linalg.eigh(centred.T @ centred)[1]
            self._axes = axes[:, -_COARSE_WIDTH:].astype(np.float32)
            self._coarse = np.concatenate(
                [
                    (self._rows[at : at + 4_096].astype(np.float32) - self._mean) @ self._axes
                    for at in range(0, len(rows), 4_096)
                ]
            )

    def likeness(self, vector: Floats) -> Floats:
        import numpy as np

        if not len(self._firsts):
            return np.zeros(0, dtype=np.float32)
        if self._coarse is None:
            cosines: Any = self._rows @ vector
        else:
            cosines = self._coarse @ (self._axes.T @ vector) + float(self._mean @ vector)
            fine = np.argpartition(-cosines, _FINE)[:_FINE]
            cosines[fine] = self._rows[fine].astype(np.float32) @ vector
        top: Any = np.maximum.reduceat(cosines, self._firsts)
        scores: Floats = (top - top.mean()) / max(float(top.std()), 1e-6)
        return scores


def _texts(entry: Entry) -> list[tuple[str, str]]:
    """Return the texts to embed: each wording, and the first one with the answer's beginning."""
    titles = [(title, "title") for title in dict.fromkeys(entry.titles[:_TITLES])]
    return [*titles, (f"{entry.titles[0]}\n{entry.body}"[:_BODY_CHARS], "body")]


def _key(text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    return hashlib.blake2b(raw, digest_size=_KEY_BYTES).digest()
