"""Says in words why a question was asked: one sentence a reason, with its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sessions.records import Lang

_WORDS: Mapping[Lang, Mapping[str, str]] = {
    "zh": {
        "opens_stage": "这一阶段的开场题",
        "must_cover": "本场要求覆盖「{topic}」",
        "cover": "「{topic}」还没有考察过（还有 {uncovered} 个主题未考察）",
        "weak": "「{topic}」是否属于最弱的几项还不确定：可能性 {odds}，已答 {answers} 题，"
        "估计 {mean} ± {sd}",
        "practise": "「{topic}」有 {due} 个要点到期，预计还记得的可能性最低 {recall}",
        "due": "{cards} 个要点中有 {due} 个到期，预计还记得的可能性最低 {recall}，加分 {bonus}",
        "difficulty": "难度 {level}，预计得分 {expected}",
        "fresh": "以前没有问过；在 {share} 的面试中出现过",
        "reworded": "{days} 天前问过，这次换一种问法（第 {wording} 种）",
        "relaxed": "没有完全符合条件的题，放宽了：{wish}",
        "generate": "题库里没有合适的题，需要现场出一道「{topic}」难度 {level} 的题",
    },
    "en": {
        "opens_stage": "opens the stage",
        "must_cover": "this session has to touch {topic}",
        "cover": "{topic} was never asked ({uncovered} topics still uncovered)",
        "weak": "unsettled whether {topic} is among the weakest: chance {odds}, {answers} answers, "
        "estimate {mean} ± {sd}",
        "practise": "{due} key points of {topic} are due, lowest chance of recall {recall}",
        "due": "{due} of {cards} key points are due, lowest chance of recall {recall}, "
        "bonus {bonus}",
        "difficulty": "level {level}, expected score {expected}",
        "fresh": "not asked before; seen in {share} of the interviews",
        "reworded": "asked {days} days ago, now in other words (phrasing {wording})",
        "relaxed": "no question met every wish; given up: {wish}",
        "generate": "the bank has none that fits: one on {topic} at level {level} is generated",
    },
}
_WISHES: Mapping[Lang, Mapping[str, str]] = {
    "zh": {"exposure": "出现频率", "prerequisites": "先修题", "bank": "只用题库"},
    "en": {"exposure": "exposure", "prerequisites": "prerequisites", "bank": "bank only"},
}
_SHARES = frozenset({"odds", "recall", "share", "bonus"})


def explain(
    reasons: Sequence[Mapping[str, Any]], lang: Lang, titles: Mapping[str, str] | None = None
) -> list[str]:
    """Return one sentence a reason; `titles` are the topics' names by id."""
    return [_sentence(reason, lang, titles or {}) for reason in reasons]


def explain_all(
    reasons: Sequence[Mapping[str, Any]], lang: Lang, titles: Mapping[str, str] | None = None
) -> str:
    """Return all reasons as one line."""
    return ("；" if lang == "zh" else "; ").join(explain(reasons, lang, titles))


def _sentence(reason: Mapping[str, Any], lang: Lang, titles: Mapping[str, str]) -> str:
    template = _WORDS[lang].get(str(reason["why"]))
    if template is None:
        return f"{reason['why']}: {reason.get('numbers', {})}"
    shown: dict[str, Any] = {}
    for name, value in reason["numbers"].items():
        if name in _SHARES:
            shown[name] = f"{float(value):.0%}"
        elif name == "topic":
            shown[name] = titles.get(value, value)
        elif name == "wish":
            shown[name] = _WISHES[lang].get(value, value)
        else:
            shown[name] = value
    return template.format_map(shown)
