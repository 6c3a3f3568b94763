"""Who interviews and who is interviewed, inferred from what each label does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sessions.records import Speaker
from sessions.transcript import Transcript

_NAMED_INTERVIEWER = re.compile(r"面试官|考官|interviewer|hiring|recruiter", re.I)
_NAMED_CANDIDATE = re.compile(r"候选人|面试者|应聘|求职者|candidate|interviewee|applicant", re.I)
_ASKS = re.compile(
    r"[？?]|什么|怎么|为什么|如何|哪(?:些|个|里|种)|是不是|有没有|能不能|多少"
    r"|\b(?:what|how|why|which|could you|can you|do you|tell me)\b",
    re.I,
)
_YOU = re.compile(r"你|\byour?\b", re.I)
_I = re.compile(r"我(?!们(?:公司|团队|部门))|\b(?:I|my|we|our)\b")
_LEADS = re.compile(
    r"有(?:什么|没有).{0,8}(?:问题)?.{0,4}问我|今天.{0,6}(?:先这样|就到这|面试)|面试(?:就)?(?:先)?到这"
    r"|共享.{0,3}屏幕|做一道|题目(?:发|贴)|你.{0,4}自我介绍|介绍一下(?:你|自己)|看(?:到|了)?你(?:的)?简历"
    r"|questions? for (?:me|us)|walk me through|introduce yourself|on your (?:resume|cv)"
    r"|next question|let'?s move on",
    re.I,
)
_FOLLOWS = re.compile(
    r"您|谢谢您|面试官|我(?:之前|们当时|主要)(?:做|负责)|贵(?:公司|司)|没有其他问题"
    r"|\bin my (?:last|previous) "
    r"|i (?:worked|built|implemented)|thank you for your time",
    re.I,
)
_LEAST_SHARE = 0.08
"""Who says less than this of the characters is never taken for the candidate unasked."""
_CLEAR = 0.5
"""Lead from which the roles need no confirmation: a guess."""


@dataclass(frozen=True)
class Roles:
    """Each label's role, and whether the difference was clear."""

    by_label: Mapping[str, Speaker]
    clear: bool


def infer_roles(transcript: Transcript, candidate: str = "") -> Roles:
    """Return the roles; `candidate` names the candidate's label when the user knows it.

    Raises:
        ValueError: `candidate` is no label of the transcript.
    """
    labels = transcript.labels
    if candidate:
        if candidate not in labels:
            raise ValueError(f"no speaker {candidate!r}: the labels are {', '.join(labels)}")
        return Roles(_with(labels, candidate), True)
    named = [x for x in labels if _NAMED_CANDIDATE.search(x)]
    others = [x for x in labels if not _NAMED_INTERVIEWER.search(x)]
    if len(named) == 1 or len(others) == 1:
        return Roles(_with(labels, (named or others)[0] if len(named) == 1 else others[0]), True)
    texts = {x: [b.text for b in transcript.blocks if b.label == x] for x in labels}
    total = sum(len(t) for rows in texts.values() for t in rows)
    able = [x for x in labels if sum(map(len, texts[x])) >= _LEAST_SHARE * total] or list(labels)
    scores = sorted((_leading(texts[x]), x) for x in able)
    clear = len(scores) < 2 or scores[1][0] - scores[0][0] >= _CLEAR
    return Roles(_with(labels, scores[0][1]), clear)


def _with(labels: tuple[str, ...], candidate: str) -> dict[str, Speaker]:
    return {x: "candidate" if x == candidate else "interviewer" for x in labels}


def _leading(texts: list[str]) -> float:
    """Return how much a speaker leads the talk: asks, says you, opens and closes."""
    chars = max(1, sum(map(len, texts)))
    asks = sum(bool(_ASKS.search(text[-80:])) for text in texts) / len(texts)
    you = sum(len(_YOU.findall(text)) for text in texts)
    own = sum(len(_I.findall(text)) for text in texts)
    leads = sum(len(_LEADS.findall(text)) for text in texts)
    follows = sum(len(_FOLLOWS.findall(text)) for text in texts)
    address = (you - own) / max(1, you + own)
    signs = (leads - follows) / max(1, leads + follows)
    brevity = -min(1.0, chars / len(texts) / 400)
    return 1.5 * asks + address + signs + brevity
