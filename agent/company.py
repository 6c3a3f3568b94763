"""Answer a candidate's question about the post from the job text, or know it is silent."""

from __future__ import annotations

import re

from sessions.records import Lang

LEAST_SHARED = {"zh": 2, "en": 2}
"""Telling pieces that a sentence and the question must share: bigrams in Chinese, words in English
(a guess: one shared piece is often a common word)."""
_STOP = frozenset(
    "the a an is are do does what which how this that of in for to and or with your you we "
    "什么 怎么 这个 那个 一下 请问 想问 主要 我们 你们 团队 公司 "
    "有没 没有 是什 现在 进来 之后".split()
)


def answer_from_job(job: str, asked: str, lang: Lang) -> str:
    """Return the sentence of the job text that speaks of what was asked; nothing when none does."""
    wanted = _pieces(asked)
    best, shared = "", 0
    for sentence in re.findall(r"[^。！？.!?\n]+[。！？.!?]?", job):
        common = len(wanted & _pieces(sentence))
        if common > shared:
            best, shared = sentence.strip(), common
    return best if shared >= LEAST_SHARED[lang] else ""


def _pieces(text: str) -> set[str]:
    words = set(re.findall(r"[a-z][a-z0-9+-]{2,}", text.lower()))
    runs = re.findall(r"[\u4e00-\u9fff]+", text)
    bigrams = {run[i : i + 2] for run in runs for i in range(len(run) - 1)}
    return (words | bigrams) - _STOP
