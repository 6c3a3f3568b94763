from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.bank_fixtures import question
from tools.knowledge.bank import bank_of, load_bank
from tools.knowledge.embed import EmbedError
from tools.knowledge.search import Filters, Searcher, entry_of, open_searcher
from tools.knowledge.tokens import Entry

ENTRIES = [
    Entry(
        "kv", ("KV 缓存为什么能加速推理？",), "保存每层的键和值，省去重复计算", "", "inference", 2
    ),
    Entry("lora", ("LoRA 的原理是什么？",), "冻结原权重，只训练两个低秩矩阵", "", "finetuning", 3),
    Entry(
        "ln", ("LayerNorm 和 BatchNorm 有什么区别？",), "按样本还是按批归一化", "", "attention", 2
    ),
    Entry("viterbi", ("维特比算法的复杂度是多少？",), "逐步保留最优路径", "", "nlp", 3),
    Entry("team", ("项目有几个人？",), "五个人", "", "project", 1, "project"),
]


class TinyEmbedder:
    """Vectors by shared characters: enough to test the plumbing of meaning."""

    name = "tiny"
    version = "1"

    def __init__(self) -> None:
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str], kind: str = "passage") -> Any:
        self.texts += texts
        rows = np.zeros((len(texts), 64), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[0] = 1
            for character in text:
                row[ord(character) % 64] += 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def words() -> Searcher:
    return Searcher(ENTRIES, embedder=None)


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("嗯那个 k v cache 是干嘛的", "kv"),
        ("低秩适配怎么做的", "lora"),
        ("LN 跟 BN 不一样在哪", "ln"),
        ("层归一化和批归一化", "ln"),
        ("韦特必算法有多复杂", "viterbi"),
        ("what is low-rank adaptation", "lora"),
        ("键值缓存", "kv"),
    ],
)
def test_spoken_misheard_and_english_words_find_their_question(
    words: Searcher, query: str, key: str
) -> None:
    assert words.search(query)[0].key == key


def test_every_hit_says_why_it_matched(words: Searcher) -> None:
    hits = words.search("LN 和 BN 的区别")
    assert all(hit.why for hit in hits)
    assert ("term", "LayerNorm") in [(reason.kind, reason.text) for reason in hits[0].why]


def test_an_everyday_word_finds_the_technical_one(words: Searcher) -> None:
    hits = words.search("一共几个人在做")
    assert hits[0].key == "team"
    assert ("sense", "几个人") in [(reason.kind, reason.text) for reason in hits[0].why]


def test_of_two_headings_the_one_that_asks_the_same_comes_first() -> None:
    both = Entry("both", ("数据并行、张量并行和流水线并行的对比",), "三种并行各有优缺点")
    one = Entry("one", ("什么是张量并行？",), "把一层的矩阵切到几张卡上")
    assert Searcher([both, one], embedder=None).search("张量并行是啥")[0].key == "one"


def test_a_term_known_by_its_sound_alone_is_named_as_heard(words: Searcher) -> None:
    reasons = words.search("韦特必算法")[0].why
    assert ("heard", "Viterbi algorithm") in [(r.kind, r.text) for r in reasons]


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        (Filters(topics=frozenset({"nlp"})), {"viterbi"}),
        (Filters(levels=(3, 5)), {"lora", "viterbi"}),
        (Filters(scopes=frozenset({"shared"})), {"kv", "lora", "ln", "viterbi"}),
        (Filters(kinds=frozenset({"design"})), set()),
    ],
)
def test_filters_leave_only_what_they_allow(
    words: Searcher, filters: Filters, keys: set[str]
) -> None:
    found = words.search("KV 缓存 LoRA LayerNorm 维特比算法 项目几个人", 10, filters)
    assert {hit.key for hit in found} == keys


@pytest.mark.parametrize("query", ["", "   ", "\n", "？？？", "\ud800", "\0", "嗯" * 5_000])
def test_odd_queries_are_answered_without_a_fault(words: Searcher, query: str) -> None:
    assert isinstance(words.search(query), list)


def test_asking_for_none_or_searching_nothing_gives_nothing(words: Searcher) -> None:
    assert words.search("LoRA", 0) == []
    assert Searcher([], embedder=None).search("LoRA") == []


def test_hits_come_best_first_and_no_more_than_asked(words: Searcher) -> None:
    hits = words.search("LoRA 和 KV 缓存 的区别", 2)
    assert len(hits) == 2
    assert hits[0].score >= hits[1].score > 0


def test_the_first_search_asks_no_embedding(tmp_path: Path) -> None:
    def refuse() -> Any:
        raise AssertionError("an embedding was loaded")

    searcher = Searcher(ENTRIES, tmp_path, embedder=refuse)
    assert searcher.search("LoRA", thorough=True)[0].key == "lora"


def test_a_heading_without_a_subject_is_embedded_behind_the_one_above(tmp_path: Path) -> None:
    tiny = TinyEmbedder()
    bare = Entry("bare", ("1. 结构",), "编码器和解码器", "模型 / Transformer")
    Searcher([bare], tmp_path, embedder=lambda: tiny).build_vectors()
    assert "Transformer 1. 结构" in tiny.texts


def test_meaning_joins_in_once_its_vectors_are_built(tmp_path: Path) -> None:
    tiny = TinyEmbedder()
    searcher = Searcher(ENTRIES, tmp_path, embedder=lambda: tiny)
    assert not searcher.has_meaning
    searcher.build_vectors()
    assert searcher.has_meaning
    # no word, term or sound in common: only the vectors know it
    hits = searcher.search("冻结原权重，只训练两个低秩矩阵", thorough=True)
    assert hits[0].key == "lora"
    assert "冻结原权重，只训练两个低秩矩阵" in tiny.texts


def test_vectors_are_kept_and_built_once(tmp_path: Path) -> None:
    Searcher(ENTRIES, tmp_path, embedder=TinyEmbedder).build_vectors()
    again = TinyEmbedder()
    Searcher(ENTRIES, tmp_path, embedder=lambda: again).build_vectors()
    assert again.texts == ["a"]  # the probe for the width


def test_a_torn_vector_file_loses_only_its_last_record(tmp_path: Path) -> None:
    Searcher(ENTRIES, tmp_path, embedder=TinyEmbedder).build_vectors()
    (path,) = (tmp_path / "cache" / "vectors").iterdir()
    path.write_bytes(path.read_bytes()[:-7])
    again = TinyEmbedder()
    searcher = Searcher(ENTRIES, tmp_path, embedder=lambda: again)
    searcher.build_vectors()
    assert searcher.has_meaning
    assert len(again.texts) == 2


def test_a_build_out_of_time_keeps_what_it_has_and_words_serve(tmp_path: Path) -> None:
    tiny = TinyEmbedder()
    searcher = Searcher(ENTRIES, tmp_path, embedder=lambda: tiny)
    searcher.build_vectors(within_s=-1)
    assert not searcher.has_meaning
    assert searcher.search("LoRA", thorough=True)[0].key == "lora"
    searcher.build_vectors()
    assert searcher.has_meaning


def test_vectors_build_in_the_background(tmp_path: Path) -> None:
    searcher = Searcher(ENTRIES, tmp_path, embedder=TinyEmbedder)
    searcher.warm()
    for _ in range(500):
        if searcher.has_meaning:
            break
        time.sleep(0.01)
    assert searcher.has_meaning
    searcher.close()


def test_without_an_embedding_words_still_serve(tmp_path: Path) -> None:
    def none() -> Any:
        raise EmbedError("none installed")

    searcher = Searcher(ENTRIES, tmp_path, embedder=none)
    searcher.build_vectors()
    assert searcher.search("LoRA")[0].key == "lora"


def test_only_what_is_new_is_indexed_again(tmp_path: Path) -> None:
    counted: list[int] = []

    def open_with(entries: list[Entry]) -> Searcher:
        counted.clear()
        return Searcher(
            entries, tmp_path, embedder=None, progress=lambda _, total: counted.append(total)
        )

    open_with(ENTRIES)
    assert counted == [5]
    open_with(ENTRIES)
    assert counted == []
    new = Entry("moe", ("混合专家模型怎么路由？",), "门控网络选前几个专家")
    wider = open_with([new, *ENTRIES])
    assert counted == [1]
    assert wider.search("MoE 路由")[0].key == "moe"
    assert wider.search("LoRA")[0].key == "lora"


def test_what_is_gone_is_found_no_more(tmp_path: Path) -> None:
    Searcher(ENTRIES, tmp_path, embedder=None)
    fewer = Searcher(ENTRIES[1:], tmp_path, embedder=None)
    assert "kv" not in {hit.key for hit in fewer.search("KV 缓存为什么能加速推理")}


def test_an_index_from_disk_answers_as_a_fresh_one(tmp_path: Path) -> None:
    Searcher(ENTRIES, tmp_path, embedder=None)
    kept, fresh = Searcher(ENTRIES, tmp_path, embedder=None), Searcher(ENTRIES, embedder=None)
    for query in ("LoRA 的原理", "键值缓存", "归一化的区别"):
        assert kept.search(query) == fresh.search(query)


@pytest.mark.parametrize("name", ["segments.json", "npz"])
def test_a_damaged_index_is_built_afresh(tmp_path: Path, name: str) -> None:
    Searcher(ENTRIES, tmp_path, embedder=None)
    for path in (tmp_path / "cache" / "search").iterdir():
        if path.name.endswith(name):
            path.write_bytes(b"broken")
    assert Searcher(ENTRIES, tmp_path, embedder=None).search("LoRA")[0].key == "lora"


def test_entries_of_equal_content_are_both_found() -> None:
    twins = [Entry("a", ("什么是 LoRA？",)), Entry("b", ("什么是 LoRA？",))]
    assert {hit.key for hit in Searcher(twins, embedder=None).search("LoRA")} == {"a", "b"}


def test_a_question_is_searched_in_all_its_wordings() -> None:
    record = question("q", spoken={"zh": ["跳过一层直接相加的那个结构"]})
    assert "跳过一层直接相加的那个结构" in entry_of(record).titles
    searcher = open_searcher(bank_of("m", [record]), embedder=None)
    assert searcher.search("跳过一层")[0].key == "q"


@pytest.mark.slow
def test_a_shipped_question_is_found_by_its_own_wording() -> None:
    bank = load_bank()
    searcher = open_searcher(bank, embedder=None)
    for lang in ("zh", "en"):
        wordings = [(q["id"], str(q["wording"].get(lang))) for q in bank.questions]
        missed = [key for key, text in wordings if searcher.search(text, 1)[0].key != key]
        assert len(missed) <= 0.02 * len(wordings), missed
