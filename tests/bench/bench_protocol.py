"""Speed of the parser on four shapes of stream; run by `make bench`, which prints the figures."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from tools.protocol import Parser, Speech, ToolCall, parse_text

MEGABYTES = 5
PIECE_CHARS = 4
LEAST_MB_S = 1.0
MOST_RATIO = 2.4

TOOLS = [
    {
        "name": "note",
        "parameters": {
            "type": "object",
            "properties": {"text": {"type": "string"}, "tags": {"type": "array"}},
            "required": ["text"],
        },
    }
]


def one_call(size: int) -> str:
    line = 'for i in range(3): print(f"{i} </tool_call> {{}}")\n'
    text = json.dumps({"name": "note", "arguments": {"text": line * (size // len(line))}})
    return f"Noting.\n<tool_call>\n{text}\n</tool_call>\n"


def mixed(size: int) -> str:
    arguments = {"text": 'x = {"a": [1, 2]}\n' * 6, "tags": [1, "ok"]}
    call = json.dumps({"name": "note", "arguments": arguments})
    turn = (
        "<think>\nThe answer was vague about isolation.\n</think>\n\n"
        "How does that fail when a < b? 请再具体一点。\n"
        f"<tool_call>\n{call}\n</tool_call>\n"
    )
    return turn * (size // len(turn.encode()))


def speech(size: int) -> str:
    line = "How would you shard this table, and why does a < b matter? 请展开讲讲。"
    return line * (size // len(line.encode()))


def near_miss(size: int) -> str:
    line = '<tool_cal <thin </tool_cal </thi [TOOL_CALL <|python_ta <｜tool▁cal { "name" '
    return line * (size // len(line.encode()))


SHAPES: dict[str, Callable[[int], str]] = {
    "one_call": one_call,
    "mixed": mixed,
    "speech": speech,
    "near_miss": near_miss,
}


def seconds(text: str) -> float:
    """Return the processor time of reading a text in small pieces."""
    pieces = [text[at : at + PIECE_CHARS] for at in range(0, len(text), PIECE_CHARS)]
    parser = Parser(TOOLS)
    start = time.process_time()
    for piece in pieces:
        parser.feed(piece)
    parser.close()
    return time.process_time() - start


@pytest.mark.bench
@pytest.mark.parametrize("shape", SHAPES)
def test_a_stream_is_read_fast_and_in_linear_time(shape: str) -> None:
    text = SHAPES[shape](MEGABYTES * 1_000_000)
    half = SHAPES[shape](MEGABYTES * 500_000)
    shorter = min(seconds(half) for _ in range(2))
    longer = min(seconds(text) for _ in range(2))
    speed, ratio = len(text.encode()) / 1e6 / longer, longer / shorter
    print(f"\n{shape:<10}{speed:>7.2f} MB/s, twice the text {ratio:.2f} times the time")
    assert speed >= LEAST_MB_S
    assert ratio <= MOST_RATIO


def test_the_shapes_are_what_they_say() -> None:
    assert isinstance(parse_text(one_call(20_000), TOOLS)[1], ToolCall)
    assert sum(isinstance(event, ToolCall) for event in parse_text(mixed(20_000), TOOLS)) > 20
    for words in (speech(20_000), near_miss(20_000)):
        assert all(isinstance(event, Speech) for event in parse_text(words, TOOLS))
