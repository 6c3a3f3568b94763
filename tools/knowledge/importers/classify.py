"""What an item is and whom it may be asked of: question, topic, project, personal, empty."""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from pathlib import Path

from sessions.records import QuestionKind, Scope
from tools.knowledge.glossary import load_glossary
from tools.knowledge.importers.contents import key
from tools.knowledge.importers.model import ItemKind, Raw
from tools.knowledge.importers.outline import has_text
from tools.knowledge.importers.shapes import CJK, asks, is_debris

_CUES_FILE = Path(__file__).with_name("topic_cues.toml")
_FALLBACK = "llm-basics"
_SHARE_OF_FALLBACK = 0.35
"""Its words (model, prompt …) stand in questions on any topic; a guess."""
_OURS = re.compile(
    r"我们(?:公司|项目|的项目|组|团队|选用|采用|做|用|是|这个|当时|最开始|最终|先|根据|一般|有|也|训练|参考"
    r"|数据|自己|没有)|我在?(?:上一?家|公司|项目|负责|做过)|甲方|合作方|项目组|公司给|公司自己|这个项目"
    r"|\b(?:our|my) (?:company|team|project|product)\b"
)
_YOURS = re.compile(
    r"你们|你负责|你主要|你做|是你|这个项目|项目(?:组|背景|流程|难点|结构|是|中|最终|几|里)|当时|你.{0,6}公司|我们|简历"
    r"|上线了吗|你用过|你有没有|\byour (?:project|team|role|company)\b",
    re.I,
)
_PERSONAL = re.compile(
    r"\[name\]|我叫|面试官你好|本科学历|硕士学历|统招|我(?:现在|目前)?(?:住|人)在"
    r"|\[place\]|\[id\]|\[phone\]|我上一?家公司.{0,12}主要担任"
)
_PERSONAL_TITLE = re.compile(
    r"自我介绍|个人(?:信息|简历|资料|情况)|self.?introduction|about me", re.I
)
_TO_SELF = re.compile(
    r"重点(?:说|讲|介绍)|说一?下就行|找几个.{0,8}说|自己(?:组织|发挥|说)|。{3,}|…{2,}|待补充?|未完|略$"
    r"|to be written|\btodo\b|\btbd\b",
    re.I,
)
_LONGEST_LABEL = 15
"""Characters of a line that names something without saying anything of it; a guess."""
_SHORTEST_PROSE = 80
"""Characters under which a remark to oneself makes an answer a stub; a guess."""


def missing(answer: str, title: str) -> str:
    """Say why an answer is no answer, or return an empty text when it is one."""
    lines = [line.strip() for line in answer.split("\n") if line.strip() and not is_debris(line)]
    if not lines or not has_text(lines):
        return "no answer"
    text = "".join(lines)
    words = re.sub(r"[\W_]+", "", text)
    known = key(title)
    if words.lower() in known or len(words) < 2:
        return "the answer only repeats the question"
    if len(text) < _SHORTEST_PROSE and _TO_SELF.search(text):
        return "the answer is a remark to oneself"
    if (
        len(text) < _SHORTEST_PROSE
        and lines[-1].endswith((":", "："))
        and _only_announces(lines, known)
    ):
        return "the answer announces something that is not there"
    if (
        len(words) <= 2
        and re.search(f"[{CJK}]", words)
        and not re.search(r"[是否有无能会不]", words)
    ):
        return "the answer breaks off"
    return ""


def _only_announces(lines: list[str], title: str) -> bool:
    """Tell whether an answer that ends in a colon has said no more than its question did."""
    if all(len(line) <= _LONGEST_LABEL and not re.search("[，。,；;=]", line) for line in lines):
        return True
    pairs = {title[n : n + 2] for n in range(len(title) - 1)}
    said = key("".join(lines))
    own = [said[n : n + 2] for n in range(len(said) - 1)]
    return sum(pair in pairs for pair in own) * 2 >= len(own)


def breaks_off(answer: str) -> bool:
    """Tell whether an answer ends in the middle of something."""
    last = answer.rstrip()[-1:]
    return last in "：:，," or answer.rstrip().endswith(("如下", "包括", "阈值是", "是"))


def kind_of(raw: Raw, answer: str) -> tuple[ItemKind, Scope]:
    """Return what an item is and its scope; `missing` must have been asked before."""
    named = _PERSONAL_TITLE.search(raw.title) is not None and bool(answer)
    if named or len(_PERSONAL.findall(answer)) >= 3:
        return "personal", "personal"
    if is_project(raw, answer):
        return "project", "project"
    if not raw.section and raw.marked and not asks(raw.title) and _is_chapter(raw.heading):
        return "section", "shared"
    return ("question" if asks(raw.title) else "topic"), "shared"


def _is_chapter(heading: str) -> bool:
    return bool(re.match(r"^第?[一二三四五六七八九十]+[章节部分篇、.．]", heading))


def is_project(raw: Raw, answer: str) -> bool:
    """Tell whether an item is about the writer's own project or firm, not about knowledge."""
    ours = len(_OURS.findall(answer))
    sentences = max(1, len(re.findall(r"[。；;!！?？\n]", answer)))
    in_project = any(re.search(r"项目|project", s, re.I) for s in raw.section)
    title = bool(_YOURS.search(raw.title))
    return (
        (title and (ours > 0 or in_project or bool(re.search("你|项目|简历", raw.title))))
        or (ours >= 2 and ours * 3 >= sentences)
        or (ours > 0 and answer.startswith("我们"))
        or (in_project and ours * 4 >= sentences)
    )


@cache
def _cues() -> dict[str, list[tuple[str, str, bool, int]]]:
    """Return the cue words by their first two characters: word, topic, whole word only, weight."""
    table = tomllib.loads(_CUES_FILE.read_text(encoding="utf-8"))
    found: dict[str, list[tuple[str, str, bool, int]]] = {}
    for topic, words in table.items():
        for word in words:
            low = word.lower()
            latin = low.isascii()
            weight = 2 + min(6, len(word) * (1 if latin else 2) // 2)
            found.setdefault(low[:2], []).append((low, topic, latin, weight))
    return found


@lru_cache(maxsize=4096)
def _votes(text: str) -> tuple[tuple[str, int], ...]:
    """Return the topics that a text's words point to; a word counts once."""
    low = text.lower()
    cues = _cues()
    met: dict[str, tuple[str, int]] = {}
    for at in range(len(low) - 1):
        for word, topic, latin, weight in cues.get(low[at : at + 2], ()):
            if not low.startswith(word, at):
                continue
            sides = low[at - 1 : at] + low[at + len(word) : at + len(word) + 1]
            if not latin or not any(c.isascii() and c.isalnum() for c in sides):
                met[f"{topic} {word}"] = (topic, weight)
    return tuple(met.values())


def topic_of(title: str, section: tuple[str, ...], answer: str) -> str:
    """Guess the topic by words of the title, the sections and the answer's beginning."""
    scores: dict[str, float] = {}
    texts = ((title, 4.0), (" / ".join(section[-2:]), 1.5), (answer[:300], 0.5))
    for text, share in texts:
        for topic, weight in _votes(text):
            scores[topic] = scores.get(topic, 0.0) + share * weight
    glossary = load_glossary()
    for match in glossary.find(title):
        topic = glossary.terms[match.name].topic
        scores[topic] = scores.get(topic, 0.0) + 2.0 * (match.end - match.start)
    if _FALLBACK in scores:
        scores[_FALLBACK] *= _SHARE_OF_FALLBACK
    return max(scores, key=lambda topic: scores[topic]) if scores else _FALLBACK


def asks_of(topic: str, scope: Scope, title: str) -> QuestionKind:
    """Return what sort of talk the question opens."""
    if topic == "reverse":
        return "reverse"
    if topic == "behaviour":
        return "behaviour"
    if scope == "project" or topic == "project":
        return "project"
    if topic == "python":
        return "language"
    return "design" if topic == "system-design" else "concept"
