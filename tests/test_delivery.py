from __future__ import annotations

import pytest

from sessions.delivery import Delivery, against_past, delivery_of, find_fillers, measure, pauses
from sessions.records import Turn, Word


def word(text: str, start: float, end: float) -> Word:
    return Word(text=text, start_s=start, end_s=end, confidence=0.9)


def turn(number: int, speaker: str, text: str, **more: object) -> Turn:
    who = "c" if speaker == "candidate" else "i"
    base = Turn(
        id=f"{number:04d}{who}",
        session="s",
        number=number,
        speaker=speaker,  # type: ignore[typeddict-item]
        text=text,
        at="2026-01-01T00:00:00+00:00",
        stage="fundamentals",
        question="q",
    )
    return Turn(**{**base, **more})  # type: ignore[typeddict-item]


def ten_seconds() -> Turn:
    words = [word("一" * 10, 0.0, 3.0), word("二" * 10, 7.0, 10.0)]
    return turn(2, "candidate", "一" * 10 + "二" * 10, heard=True, words=words, seconds=10.0)


def test_articulation_rate_takes_pauses_out_and_gross_rate_does_not() -> None:
    found = measure([ten_seconds()], {}, [], "zh")
    assert found["articulation_rate"] == pytest.approx(20 * 60 / 6)
    assert found["gross_rate"] == pytest.approx(20 * 60 / 10)
    assert found["pauses"] == {"short": 0, "middle": 0, "long": 1, "very_long": 0}
    assert found["pause_share"] == pytest.approx(0.4)


def test_gaps_below_a_quarter_second_are_no_pauses() -> None:
    assert pauses([word("a", 0, 1), word("b", 1.2, 2), word("c", 2.5, 3)]) == [0.5]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("嗯，就是，我觉得可以", {"嗯": 1, "就是": 1}),
        ("它的作用就是降低方差", {}),
        ("先归一化然后再相加", {}),
        ("我们做了清洗，然后，然后效果好了", {"然后": 2}),
        ("如果数据少的话就加正则", {}),
        ("这个模型的参数很多", {}),
        ("这个，这个，我想想", {"这个": 2}),
    ],
)
def test_words_that_carry_meaning_are_no_fillers(text: str, said: dict[str, int]) -> None:
    assert dict(find_fillers(text, "zh")) == said


def test_english_fillers_leave_comparisons_alone() -> None:
    found = find_fillers("Um, it looks like a graph, like, you know, a tree", "en")
    assert dict(found) == {"um": 1, "like": 1, "you know": 1}


def test_typed_turns_have_no_delivery() -> None:
    events = [{"kind": "turn", "body": turn(2, "candidate", "打字的回答")}]
    assert delivery_of(events, "zh") is None


def test_time_to_first_word_leaves_out_answers_that_continue() -> None:
    first, second = ten_seconds(), ten_seconds()
    second["id"] = "0004c"
    heard = {
        "0002c": {"wait_s": 1.5},
        "0004c": {"wait_s": 0.1, "continues": "h0001"},
    }
    assert measure([first, second], heard, [], "zh")["time_to_first_word_s"] == 1.5


def test_a_session_is_measured_from_its_events_alone() -> None:
    events = [
        {"kind": "heard", "body": {"id": "h0001", "wait_s": 2.0}},
        {"kind": "turn", "body": ten_seconds()},
        {"kind": "heard_taken", "body": {"id": "h0001", "turn": "0002c"}},
        {"kind": "unsaid", "body": {"turn": "0003i", "from_char": 4}},
    ]
    found = delivery_of(events, "zh")
    assert found is not None
    assert (found["time_to_first_word_s"], found["interrupted"]) == (2.0, 1)


def test_the_past_is_compared_only_when_there_is_enough_of_it() -> None:
    now = measure([ten_seconds()], {}, [], "zh")
    past: list[Delivery] = [{**now, "gross_rate": rate} for rate in (100.0, 110.0, 150.0)]
    assert against_past(now, past[:2]) == {}
    assert against_past(now, past)["gross_rate"] == {"now": 120.0, "usual": 110.0}
