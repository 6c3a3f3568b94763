"""Sentence vectors of the entries: kept in an append-only file, built in the background.

The file of an embedding is a row of records (16 bytes of text hash, the vector in half precision):
stopping at any moment loses at most the record being written.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.knowledge.asking import take_apart
from tools.knowledge.embed import Embedder, TextKind
from tools.knowledge.tokens import Entry

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

_KEY_BYTES = 16
_TYPICAL = 48  # titles taken as typical queries
_TITLES = 4  # wordings embedded: the first ones say it all, each costs some 40 ms
_BODY_CHARS = 220  # cost grows with length; the beginning of an answer says what it is about
_COARSE_FROM = 40_000
_COARSE_WIDTH = 64
_FINE = 600
_PIECE = 4_096


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

    def get(self, text: str, kind: TextKind = "passage") -> Any | None:
        """Return the stored vector (half precision) or None."""
        return self._known.get(_key(text, kind))

    def add(self, texts: Sequence[str], kind: TextKind = "passage") -> None:
        """Compute and keep the vectors of texts."""
        import numpy as np

        rows = self._embedder.encode(texts, kind).astype(np.float16)
        records = b""
        for text, row in zip(texts, rows, strict=True):
            key = _key(text, kind)
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
        step = max(1, len(self._texts) // _TYPICAL)
        self._typical = [texts[0][0] for texts in self._texts[::step]][:_TYPICAL]
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

    def build(
        self, progress: Callable[[int, int], None] | None = None, within_s: float = math.inf
    ) -> None:
        """Build what is missing now, for so long at most; the next call goes on from there."""
        begin = time.monotonic()
        wanted: list[tuple[str, TextKind]] = [(text, "query") for text in self._typical]
        wanted += [(text, "passage") for texts in self._texts for text, _ in texts]
        missing = [pair for pair in dict.fromkeys(wanted) if self._file.get(*pair) is None]
        for done, (text, kind) in enumerate(missing, 1):
            if self._stop.is_set() or time.monotonic() - begin > within_s:
                return
            self._file.add([text], kind)
            if progress is not None:
                progress(done, len(missing))
            time.sleep(0)  # the embedder is shared: others get their turn between two texts
        if self._texts:
            self._matrix = _Matrix(self._texts, self._typical, self._file)

    def stop(self) -> None:
        """Stop building after the batch under way; what is built stays."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        self.build()

    def likeness(self, vector: Floats) -> dict[str, Floats] | None:
        """Return standard scores, 0 below the mean, by kind of text; None when not ready."""
        return None if self._matrix is None else self._matrix.likeness(vector)


class _Matrix:
    """Rows by kind of text, with the entry of each.

    Answers are compared after the mean answer is taken from them and the mean query from the
    query: without that a few bland answers lie near every query (right at 1 by answers alone .56,
    with it .60, on 194 questions of the bank). Titles, being queries themselves, need none.
    """

    def __init__(
        self, texts: Sequence[Sequence[tuple[str, str]]], typical: Sequence[str], file: VectorFile
    ) -> None:
        import numpy as np

        queries = [file.get(text, "query") for text in typical]
        self._query_mean: Any = np.mean(np.array(queries, dtype=np.float32), axis=0)
        self._titles = _Part(texts, "title", file, centred=False)
        self._bodies = _Part(texts, "body", file, centred=True)

    def likeness(self, vector: Floats) -> dict[str, Floats]:
        return {
            "title": self._titles.likeness(vector),
            "body": self._bodies.likeness(vector - self._query_mean),
        }


class _Part:
    """One kind's rows; large ones are first compared in few dimensions."""

    def __init__(
        self,
        texts: Sequence[Sequence[tuple[str, str]]],
        kind: str,
        file: VectorFile,
        centred: bool,
    ) -> None:
        import numpy as np

        rows: list[Any] = []
        firsts: list[int] = []
        for entry in texts:
            firsts.append(len(rows))
            rows += [file.get(text) for text, k in entry if k == kind]
        self._firsts = np.array(firsts, dtype=np.int64)
        self._rows: Any = np.array(rows, dtype=np.float16)
        if centred:
            _centre(self._rows)
        if len(rows) <= _COARSE_FROM:
            self._rows = self._rows.astype(np.float32)
        self._coarse: Any = None
        self._axes: Any = None
        if len(rows) > _COARSE_FROM:
            sample = self._rows[:: max(1, len(rows) // 4_000)].astype(np.float32)
            self._mean: Any = sample.mean(axis=0)
            spread = sample - self._mean
            axes: Any = np.linalg.eigh(spread.T @ spread)[1]
            self._axes = axes[:, -_COARSE_WIDTH:].astype(np.float32)
            self._coarse = np.concatenate(
                [
                    (self._rows[at : at + _PIECE].astype(np.float32) - self._mean) @ self._axes
                    for at in range(0, len(rows), _PIECE)
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
        # below the mean says nothing: bare titles (`HyDE`) lie far from every sentence
        return np.maximum(scores, 0)


def _centre(rows: Any) -> None:
    """Take the mean row from all and bring them back to unit length, in place, piece by piece."""
    import numpy as np

    mean = rows.mean(axis=0, dtype=np.float32)
    for at in range(0, len(rows), _PIECE):
        piece = rows[at : at + _PIECE].astype(np.float32) - mean
        lengths = np.linalg.norm(piece, axis=1, keepdims=True)
        rows[at : at + _PIECE] = piece / np.maximum(lengths, 1e-6)


def _texts(entry: Entry) -> list[tuple[str, str]]:
    """Return the texts to embed: each wording, and the first one with the answer's beginning.

    A heading without a subject of its own (`1. 结构`) stands behind the one above it.
    """
    above = entry.context.rpartition("/")[2].strip()
    titles = [
        f"{above} {title}" if above and take_apart(title).leans else title
        for title in dict.fromkeys(entry.titles[:_TITLES])
    ]
    body = f"{titles[0]}\n{entry.body}"[:_BODY_CHARS]
    return [*((title, "title") for title in titles), (body, "body")]


def _key(text: str, kind: TextKind) -> bytes:
    raw = (text if kind == "passage" else f"query\0{text}").encode("utf-8", "replace")
    return hashlib.blake2b(raw, digest_size=_KEY_BYTES).digest()
