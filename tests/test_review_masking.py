"""Names in the usual labels of meetings are masked where they are spoken, and not shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agent.reviewing.masking import masked_blocks, shown_labels
from sessions.records import Word
from sessions.report.speaking import place_quotes
from sessions.transcript import Block, Transcript

A_LETTER_S = 0.1


def _said(label: str, text: str, *others: str) -> str:
    """Return what is left of a text when these labels take part."""
    blocks = [Block(1, label, text, 1)]
    blocks += [Block(n, other, "好的。", n) for n, other in enumerate(others, 2)]
    return masked_blocks(Transcript("speaker lines", tuple(blocks)))[0][0].text


@pytest.mark.parametrize(
    ("label", "text", "left"),
    [
        ("面试官-王伟", "你好，我是王伟。", "你好，我是[name]。"),
        ("王伟（面试官）", "王伟你来问。", "[name]你来问。"),
        ("技术面试官 王伟", "王伟做技术。", "[name]做技术。"),
        ("张三2", "张三先说。", "[name]先说。"),
        ("应聘者小陈", "小陈你好", "[name]你好"),
        ("Alice Wang (Guest)", "hi alice, Ms. Wang", "hi [name], Ms. [name]"),
        ("Alice Wang (Guest)", "I am Alice Wang.", "I am [name]."),
        ("Christopher Ghostley", "Thanks, Christopher!", "Thanks, [name]!"),
        ("wei_zhang", "Wei Zhang here", "[name] here"),
        ("张伟 (Zhang Wei)", "张伟，或者叫我 Zhang", "[name]，或者叫我 [name]"),
        ("Max", "Hi max, the maximum", "Hi [name], the maximum"),
        ("Ann", "Ann的annotation，我是Ann哈", "[name]的annotation，我是[name]哈"),
        ("Will Stone", "Will will do it", "[name] will do it"),
    ],
)
def test_a_name_is_masked_as_a_word_of_its_own(label: str, text: str, left: str) -> None:
    assert _said(label, text) == left


@pytest.mark.parametrize(
    "label",
    ["说话人 1", "发言人2", "面试官", "技术面试官", "第一位面试官", "面试官A", "候选人",
     "Speaker A", "SPEAKER_00", "spk1", "Interviewer 2", "Hiring Manager", "HR", "Candidate",
     "Guest-1", "Participant 12", "A", "老师", "对方"],
)  # fmt: skip
def test_a_label_of_a_part_in_the_talk_masks_nothing_and_is_shown(label: str) -> None:
    text = f"{label}，你讲讲技术：第一位 speaker 的 guest manager，候选人和老师。"
    assert _said(label, text) == text
    assert shown_labels([label]) == {label: label}


def test_no_name_is_shown_and_no_two_people_look_alike() -> None:
    labels = ["Ann Lee", "Alice Wang (Guest)", "面试官-王伟", "王芳", "说话人 1"]
    shown = shown_labels(labels)
    assert list(shown.values()) == ["A.", "A. 2", "王.", "王. 2", "说话人 1"]


def _spoken(text: str, label: str) -> Any:
    """Return a block said letter by letter, masked, as the event of its turn."""
    words = tuple(
        Word(text=c, start_s=i * A_LETTER_S, end_s=(i + 1) * A_LETTER_S, confidence=1.0)
        for i, c in enumerate(text)
    )
    block = replace(Block(1, label, text, 1), start_s=0.0, words=words)
    [masked], _ = masked_blocks(Transcript("audio", (block,)))
    body = {"id": "t1", "text": masked.text, "words": list(masked.words), "from_s": 0.0}
    return {"kind": "turn", "body": body}


def _placed(event: Any, piece: str) -> Any:
    text = event["body"]["text"]
    start = text.index(piece)
    quote = {"turn": "t1", "start": start, "end": start + len(piece), "text": piece}
    report: Any = {"questions": [{"points": [{"quotes": [quote]}]}]}
    place_quotes(report, [event])
    return quote


def test_a_quote_that_holds_a_mask_is_not_heard() -> None:
    event = _spoken("我们请周明远讲讲归一化。", "周明远")
    assert "from_s" not in _placed(event, "我们请[name]讲讲归一化")
    assert "from_s" not in _placed(event, "[name]讲讲")


def test_a_quote_beside_a_mask_ends_where_the_name_begins() -> None:
    said = "我们请周明远讲讲归一化。"
    event = _spoken(said, "周明远")
    name = (said.index("周") * A_LETTER_S, said.index("讲") * A_LETTER_S)
    before, after = _placed(event, "我们请"), _placed(event, "讲讲归一化")
    assert before["to_s"] == pytest.approx(name[0])
    assert after["from_s"] == pytest.approx(name[1])
    assert after["to_s"] == pytest.approx((len(said) - 1) * A_LETTER_S + 0.15)
