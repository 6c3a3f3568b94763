from __future__ import annotations

import json
import random
import re
import time
import tracemalloc
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tools.base import ToolCall
from tools.catalogue import render_tools
from tools.dialects import MARKERS
from tools.protocol import (
    Malformed,
    Parser,
    Speech,
    Thought,
    parse_text,
    render_call,
    render_result,
)

TOOLS: list[dict[str, Any]] = [
    {
        "name": "note",
        "parameters": {
            "type": "object",
            "properties": {
                "text": {"type": "string"},
                "level": {"type": "integer"},
                "score": {"type": "number"},
                "done": {"type": "boolean"},
                "tags": {"type": "array", "items": {"type": "string"}},
                "extra": {"type": "object"},
                "mood": {"type": "string", "enum": ["calm", "tense"]},
            },
            "required": ["text"],
        },
    },
    {"name": "pick", "parameters": {"type": "object", "properties": {}, "required": []}},
]


@dataclass
class Read:
    speech: str = ""
    thought: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    repairs: int = 0


def read(pieces: Iterable[str], tools: Sequence[dict[str, Any]] | None = TOOLS) -> Read:
    parser = Parser(tools)
    out = Read()
    events = [event for piece in pieces for event in parser.feed(piece)] + parser.close()
    for event in events:
        if isinstance(event, Speech):
            out.speech += event.text
        elif isinstance(event, Thought):
            out.thought += event.text
        elif isinstance(event, ToolCall):
            out.calls.append((event.name, event.arguments))
            out.repairs += event.repairs
        elif isinstance(event, Malformed):
            out.errors.append(event.reason)
    return out


def cuttings(text: str, count: int = 4) -> list[list[str]]:
    rng = random.Random(text)
    cut = [[text], list(text)]
    for top in (3, 9, 40, 7)[:count]:
        pieces, at = [], 0
        while at < len(text):
            size = rng.randint(0, top)
            pieces.append(text[at : at + size])
            at += size
        cut.append(pieces)
    return cut


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def note(text: str = "a", **more: Any) -> tuple[str, dict[str, Any]]:
    return "note", {"text": text, **more}


def check(
    text: str,
    speech: str = "",
    calls: Sequence[tuple[str, dict[str, Any]]] = (),
    errors: int = 0,
    thought: str = "",
) -> Read:
    first: Read | None = None
    for pieces in cuttings(text):
        got = read(pieces)
        seen = (squeezed(got.speech), got.calls, len(got.errors), squeezed(got.thought))
        assert seen == (speech, list(calls), errors, thought), (text, pieces, got)
        assert json.dumps(got.calls) == json.dumps(list(calls))
        first = first or got
        assert got == first, pieces
    assert first is not None
    return first


CALL = '<tool_call>{"name": "note", "arguments": {"text": "a"}}</tool_call>'
PICK = '<tool_call>{"name": "pick", "arguments": {}}</tool_call>'
A = [note()]


def tagged(body: str) -> str:
    return f"<tool_call>\n{body}\n</tool_call>"


V3 = "<｜tool▁call▁begin｜>function<｜tool▁sep｜>%s\n```json\n%s\n```<｜tool▁call▁end｜>"
V31 = "<｜tool▁call▁begin｜>%s<｜tool▁sep｜>%s<｜tool▁call▁end｜>"
BEGIN, END = "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"
ARGS = '{"text": "a"}'
OBJECT = '{"name": "note", "arguments": {"text": "a"}}'
LLAMA = '{"name": "note", "parameters": {"text": "a"}}'

THOUGHTS = [
    ("<think>x</think>Hi", "Hi", [], 0, "x"),
    ("[THINK]x[/THINK]Hi", "Hi", [], 0, "x"),
    ("Hi <think>x</think>there<think>y</think>.", "Hi there.", [], 0, "xy"),
    (f"<think>maybe {CALL} or not</think>Hi", "Hi", [], 0, f"maybe {CALL} or not"),
    (f"<think>maybe {CALL}</think>Hi", "Hi", [], 0, f"maybe {CALL}"),
    (f"<think>maybe {CALL}</think>{CALL}", "", A, 0, f"maybe {CALL}"),
    (f"<think>so {CALL}", "", A, 0, "so"),
    (f"<think>so {CALL}\n{PICK}\n", "", [note(), ("pick", {})], 0, "so"),
    (f"<think>so {CALL}<|im_end|>", "", A, 0, "so"),
    (f"<think>so {CALL} then I wait", "", [], 0, f"so {CALL} then I wait"),
    (
        f"<think>so {CALL} then {PICK}",
        "",
        [("pick", {})],
        0,
        f"so {CALL} then",
    ),
    ('<think>so <tool_call>{"name": "note"', "", [], 0, 'so <tool_call>{"name": "note"'),
    ('<think>so [TOOL_CALLS][{"name": "pick", "arguments": {}}]', "", [("pick", {})], 0, "so"),
    ("<think>so [TOOL_CALLS]pick{}", "", [("pick", {})], 0, "so"),
    ("<think>so <function=pick></function>", "", [("pick", {})], 0, "so"),
    ('<think>so <|python_tag|>{"name": "pick", "parameters": {}}', "", [("pick", {})], 0, "so"),
    (
        "<think>so <｜tool▁calls▁begin｜><｜tool▁call▁begin｜>pick<｜tool▁sep｜>{}"
        "<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        "",
        [("pick", {})],
        0,
        "so",
    ),
    ("<think>the <tool_call> tag is next</think>Hi", "Hi", [], 0, "the <tool_call> tag is next"),
    ("<think>a [TOOL_CALLS] mark</think>Hi", "Hi", [], 0, "a [TOOL_CALLS] mark"),
    ("<think>a [TOOL_CALLS] mark", "", [], 0, "a [TOOL_CALLS] mark"),
    ('<think>x <tool_call>{"name": "note</think>Hi.', "Hi.", [], 0, 'x <tool_call>{"name": "note'),
    ("<think>`</think>` ends it</think>Hi", "Hi", [], 0, "`</think>` ends it"),
    ("<think>`a</think>` b", "` b", [], 0, "`a"),
    ("<think>use `x`</think>`y` it is", "`y` it is", [], 0, "use `x`"),
    ("<think>never closed", "", [], 0, "never closed"),
    ("<think></think>Hi", "Hi", [], 0, ""),
    ("<think>a<think>b</think>c</think>Hi", "Hi", [], 0, "a<think>b</think>c"),
    ("<think>a <think> tag</think>Hi", "Hi", [], 0, "a <think> tag"),
    ("reasoning</think>Hi", "reasoningHi", [], 0, ""),
    ("<think>x</think", "", [], 0, "x"),
    (
        '<think>x <tool_call>{"name": "note", "arguments": {"text": "the </think> tag"}}'
        "</tool_call> y</think>Hi",
        "Hi",
        [],
        0,
        'x <tool_call>{"name": "note", "arguments": {"text": "the </think> tag"}}</tool_call> y',
    ),
]

ORDER = [
    ("plain", "plain", [], 0),
    ("", "", [], 0),
    (f"one {CALL} two {PICK} three", "one two three", [note(), ("pick", {})], 0),
    (f"Okay,{CALL}next.", "Okay,next.", A, 0),
    (f"{CALL}{CALL}", "", [note(), note()], 0),
]

BODIES = [
    (
        '<tool_call>{"name": "note", "arguments": {"text": "</tool_call>"}}</tool_call>',
        "",
        [note("</tool_call>")],
        0,
    ),
    (
        '<tool_call>{"name": "note", "arguments": {"text": "```\\n{[("}}</tool_call>ok',
        "ok",
        [note("```\n{[(")],
        0,
    ),
    (
        '<tool_call>{"name": "note", "arguments": {"text": "[TOOL_CALLS]<think>"}}</tool_call>',
        "",
        [note("[TOOL_CALLS]<think>")],
        0,
    ),
    (
        '<tool_call>{"name": "note", "arguments": {"text": "\\"}</tool_call>"}}</tool_call>',
        "",
        [note('"}</tool_call>')],
        0,
    ),
    (
        '<tool_call>{"name": "note", "arguments": {"text": "a\\\\"}}</tool_call>b',
        "b",
        [note("a\\")],
        0,
    ),
    ('<tool_call>{"name": "note", "arguments": {"text": "a"}}', "", A, 0),
    ('<tool_call>{"name": "note", "arguments": {"text": "a"}}</tool', "", A, 0),
    ('<tool_call>{"name": "note", "arguments": {"text": "a"}}\n\nWhat next?', "What next?", A, 0),
    ('<tool_call>{"name": "note", "arguments": {"text": "a"}}<think>t</think>Hi', "Hi", A, 0, "t"),
    ('<tool_call>{"name": "note", "arguments": {"text": "a"}}<|im_end|>', "", A, 0),
    (f'{CALL}<tool_call>{{"name": "note", "arguments": {{"text": "b', "", A, 1),
    (f"{CALL}\n<tool_call>", "", A, 1),
    ('Hi <tool_call>{"name": "note", "arguments": {"text": "a"}', "Hi", [], 1),
    ('Hi <tool_call>{"name": "note", "arguments": {"text": "a"', "Hi", [], 1),
    ('Hi <tool_call>{"name": "note", "arguments": {"text": "a', "Hi", [], 1),
    ('Hi <tool_call>{"name": "note", "arguments": {"text":', "Hi", [], 1),
    ('Hi <tool_call>{"name": "note", "arguments":', "Hi", [], 1),
    ('Hi <tool_call>{"name": "note"', "Hi", [], 1),
    ('Hi <tool_call>{"na', "Hi", [], 1),
    ("Hi <tool_call>{", "Hi", [], 1),
    ("Hi <tool_call>\n", "Hi", [], 1),
    ('Hi <tool_call>{"name": "note", "arguments": {"text": "a", "level": 3', "Hi", [], 1),
    ('Hi <tool_call>{"name": "note", "arguments": {"text": "a </tool_call> b', "Hi", [], 1),
    ('Hi <tool_call>{"name": "note", "arguments": {"text": "a", "done": tr', "Hi", [], 1),
    (
        '<tool_call>\n{"name": "note", "arguments": {"text": "abc}}\n</tool_call>\nSorry.',
        "Sorry.",
        [],
        1,
    ),
    ('<tool_call>{"name": "note", "arguments": {"text": "abc}}</tool_call>' + CALL, "", A, 1),
    ('<tool_call>[{"name": "pick"}, {"name": "note", "arguments": {"te', "", [("pick", {})], 1),
]


REPAIRS = [
    tagged('{"name": "note", "arguments": {"text": "a"}'),
    tagged('{"name": "note", "arguments": {"text": "a"'),
    tagged('{"name": "note", "arguments": {"text": "a"}}}'),
    tagged('{"name": "note", "arguments": {"text": "a"}}}}]'),
    tagged('{"name": "note", "arguments": {"text": "a"]}}'),
    tagged('{"name": "note"}, "arguments": {"text": "a"}}'),
    tagged('"name": "note", "arguments": {"text": "a"}}'),
    tagged('"name": "note", "arguments": {"text": "a"}'),
    tagged('name: "note", arguments: {"text": "a"}}'),
    tagged('{{"name": "note", "arguments": {"text": "a"}}}'),
    tagged('{{"name": "note", "arguments": {"text": "a"}}'),
    tagged('{"name": "note", "arguments": {{"text": "a"}}}'),
    tagged('{"name": "note", "arguments": {"text": "a",},}'),
    tagged('{"name": "note" "arguments": {"text": "a"}}'),
    tagged('{"name": "note"\n"arguments": {"text": "a"}}'),
    tagged('{"name": "note",, "arguments": {"text": "a"}}'),
    tagged("{'name': 'note', 'arguments': {'text': 'a'}}"),
    tagged("{“name”: “note”, “arguments”: {“text”: “a”}}"),
    tagged("{‘name’: ‘note’, ‘arguments’: {‘text’: ‘a’}}"),
    tagged("{”name”: ”note”, ”arguments”: {”text”: ”a”}}"),
    tagged('｛"name"：“note”，"arguments"：｛"text"："a"｝｝'),
    tagged('{"name": "note"， "arguments"： {"text": "a"}}'),
    tagged('{name: "note", arguments: {text: "a"}}'),
    tagged('{"name": "note", /* "x": { */ "arguments": {"text": "a"}}'),
    tagged('{"name": "note", // what\'s this {\n "arguments": {"text": "a"}}'),
    tagged('{"name": "note", # it\'s a call\n "arguments": {"text": "a"}}'),
    tagged('{"name": "note", "arguments": {"text": "a"}} // done'),
    tagged('```json\n{"name": "note", "arguments": {"text": "a"}}\n```'),
    tagged('```\n{"name": "note", "arguments": {"text": "a"}}'),
    tagged('```json {"name": "note", "arguments": {"text": "a"}} ```'),
    tagged('`{"name": "note", "arguments": {"text": "a"}}`'),
    tagged('Here is the call: {"name": "note", "arguments": {"text": "a"}} and that is all.'),
    tagged('I\'ll call "it": {"name": "note", "arguments": {"text": "a"}}'),
    tagged('call {x} now: {"name": "note", "arguments": {"text": "a"}}'),
    tagged('<json>{"name": "note", "arguments": {"text": "a"}}</json>'),
    tagged('{"name": "note", "arguments": {"text": "a"}</parameter>}'),
    tagged('{"name": "note", "arguments": {"text": "a"}}</function>'),
    tagged('</think>{"name": "note", "arguments": {"text": "a"}}'),
    tagged('\ufeff{"name": "note", "arguments": {"text": "a"}}'),
    tagged('{\ufeff"name": "note", \u200b"arguments": {"text": "a"}}'),
    tagged('<tool_call>{"name": "note", "arguments": {"text": "a"}}'),
    "<tool_call>" + tagged('{"name": "note", "arguments": {"text": "a"}}') + "</tool_call>",
    "<tool_calls>" + tagged('{"name": "note", "arguments": {"text": "a"}}') + "</tool_calls>",
    '<tool_calls>[{"name": "note", "arguments": {"text": "a"}}]</tool_calls>',
    '<tool_calls>{"name": "note", "arguments": {"text": "a"}}</tool_calls>',
    tagged('[{"name": "note", "arguments": {"text": "a"}}]'),
    tagged('[{"name": "note", "arguments": {"text": "a"}}'),
    tagged('{"type": "function", "function": {"name": "note", "arguments": {"text": "a"}}}'),
    tagged(
        '{"type": "function", "function": {"name": "note", "arguments": "{\\"text\\": \\"a\\"}"}}'
    ),
    tagged('{"id": "call_1", "name": "note", "arguments": {"text": "a"}}'),
    tagged('{"name": "note", "parameters": {"text": "a"}}'),
    tagged('{"name": "note", "arguments": "{\\"text\\": \\"a\\"}"}'),
    tagged(json.dumps({"name": "note", "arguments": json.dumps(json.dumps({"text": "a"}))})),
    tagged('{"name": "note", "arguments": "{\'text\': \'a\'}"}'),
    tagged('{"name": " note ", "arguments": {"text": "a"}}'),
    tagged('{"name": "functions.note", "arguments": {"text": "a"}}'),
]

REPAIRED_VALUES = [
    ('{"text": "a\nb\tc"}', note("a\nb\tc")),
    ('{"text": "\\d+\\.\\w"}', note("\\d+\\.\\w")),
    ('{"text": "it\\\'s"}', note("it's")),
    ("{'text': 'it\\'s'}", note("it's")),
    ("{'text': 'it's late, isn't it'}", note("it's late, isn't it")),
    ("{'text': 'say \"hi\"'}", note('say "hi"')),
    ('{"text": "he said “hi”"}', note("he said “hi”")),
    ("{“text”: “he said “hi” to me”}", note("he said “hi” to me")),
    ('{"text": "True, None, //x, {a: 1,}"}', note("True, None, //x, {a: 1,}")),
    ('{"text": "a", "done": True}', note(done=True)),
    ('{"text": "a", "done": False, "extra": {"x": None}}', note(done=False, extra={"x": None})),
    ('{"text": "a", "tags": ["x" "y",]}', note(tags=["x", "y"])),
    ('{"text": "a", "tags": ["x", "y"}', note(tags=["x", "y"])),
    ('{"text": "a", "tags": ("x", "y")}', note(tags=["x", "y"])),
    ('{"text": "a，b：｛｝", "level": 2,}', note("a，b：｛｝", level=2)),
    ('{"text": "a" "level": 2}', note(level=2)),
    ('{"text": "he said "hi" to me"}', note('he said "hi" to me')),
    ('{"text": "print("{")"}', note('print("{")')),
    ('{"text": """say "a" {\n</tool_call>"""}', note('say "a" {\n</tool_call>')),
    ('{"text": "a", "level": 1_000}', note(level=1000)),
    ('{"text": "a", level: 2}', note(level=2)),
    ('{"text": "http://x.y/z", "level": 2,}', note("http://x.y/z", level=2)),
    ('{"text": "\\ud83d\\ude00\\q"}', note("😀\\q")),
]

REFUSED = [
    "not JSON at all",
    "42",
    "null",
    '"note"',
    "[]",
    '{"name": "note", "arguments": {"text": "a" + "b"}}',
    "{}",
    "",
    "[1, 2]",
    '{"name": 7, "arguments": {"text": "a"}}',
    '{"name": "", "arguments": {"text": "a"}}',
    '{"name": null, "arguments": {"text": "a"}}',
    '{"arguments": {"text": "a"}}',
    '{"name": "note", "arguments": ["a"]}',
    '{"name": "note", "arguments": 3}',
    '{"name": "note", "arguments": "text"}',
    '{"name": "note", "arguments": {"text": }}',
    '{"name": "note", "arguments": {"text" "a"}}',
    '{"name": "note", "arguments": {"text": some words}}',
    '{"name": "note", "arguments": {"text": "a", "level": }}',
    '{"name": "note", "arguments": }',
    '{"name": "nobody", "arguments": {}}',
    '{"name": "Note", "arguments": {"text": "a"}}',
    '{"name": "note", "arguments": {}}',
    '{"name": "note"}',
    '{"name": "note", "arguments": null}',
    '{"name": "note", "arguments": {"text": 5}}',
    '{"name": "note", "arguments": {"text": null}}',
    '{"name": "note", "arguments": {"text": ["a"]}}',
    '{"name": "note", "arguments": {"text": "a", "level": "many"}}',
    '{"name": "note", "arguments": {"text": "a", "level": 3.5}}',
    '{"name": "note", "arguments": {"text": "a", "level": true}}',
    '{"name": "note", "arguments": {"text": "a", "level": "3.5"}}',
    '{"name": "note", "arguments": {"text": "a", "done": 1}}',
    '{"name": "note", "arguments": {"text": "a", "tags": "x"}}',
    '{"name": "note", "arguments": {"text": "a", "tags": [1]}}',
    '{"name": "note", "arguments": {"text": "a", "mood": "odd"}}',
    "[" * 3000 + "]" * 3000,
    '{"name": "note", "arguments": {"text": "a", "level": ' + "9" * 5000 + "}}",
]

CONVERTED = [
    ('"level": "3"', {"level": 3}),
    ('"level": 3.0', {"level": 3}),
    ('"level": " 3 "', {"level": 3}),
    ('"level": "-3"', {"level": -3}),
    ('"level": "3.0"', {"level": 3}),
    ('"score": "2.5"', {"score": 2.5}),
    ('"score": 2', {"score": 2}),
    ('"score": "2"', {"score": 2}),
    ('"done": "true"', {"done": True}),
    ('"tags": "[\\"x\\", \\"y\\"]"', {"tags": ["x", "y"]}),
    ('"extra": "{\\"x\\": 1}"', {"extra": {"x": 1}}),
    ('"unknown": "3"', {"unknown": "3"}),
]

NO_ARGUMENTS = ["{}", "null", '""', '"{}"', '"null"', '" "']

SPOKEN = [
    'Send {"name": "note", "arguments": {"text": "a"}} to it.',
    '```json\n{"name": "note", "arguments": {"text": "a"}}\n```',
    'Text first.\n{"name": "note", "arguments": {"text": "a"}}',
    '{"name": "nobody", "arguments": {}}',
    '{"name": "note"}',
    '{"name": "note", "text": "a"}',
    '[{"name": "note", "arguments": {"text": "a"}}]',
    "{} is a dict, {x for x in y} a set.",
    '{"level": 3, "name": "note", "arguments": {}} is a config',
    '{"name"',
    "{",
    "Use the `<tool_call>` tag.",
    "Use the `</tool_call>` tag, then `<think>`.",
    f"Write `{CALL}` to call.",
    "Use ``<tool_call>`` here.",
    "The `[TOOL_CALLS]` token and `<|python_tag|>` and `<function=x>`.",
    "while i<tool_count and j<think_time",
    "a < b, a <= c, x << 2, <b>bold</b>, <tools>, <thinking>",
    "a[1:3] [x for x in a] [TOOL] [THINKING]",
    "```python\nprint('`' < 3)\n```",
    "```\n```",
    "A fence:\n```js\nconst a = `<x>${1}`;\n```\nand on.",
    "a <function",
    "it is a <",
    "vector<function<int>> f; <parameter",
]

MARKUP = [
    (f"```xml\n{CALL}\n```", "", A, 0),
    (f"Now:\n```\n{CALL}\n{PICK}\n```\nDone.", "Now: Done.", [note(), ("pick", {})], 0),
    (f"```\n{CALL}```", "", A, 0),
    (f"Like so: ```xml\n{CALL}\n```\nOn.", "Like so: On.", A, 0),
    (f"```json\n{CALL.removesuffix('</tool_call>')}\n```\nHi", "Hi", A, 0),
    (f"```\n[TOOL_CALLS]note{ARGS}\n```\nHi", "Hi", A, 0),
    ("<tool_calls></tool_calls>Hi", "Hi", [], 0),
    ("[TOOL_CALLS][]Hi", "Hi", [], 0),
    (CALL.replace("</tool_call>", "</tool>") + " Hi", "Hi", A, 0),
    (CALL[:-1] + "\nHi", "Hi", A, 0),
    (tagged('{"name": "note", "arguments": {"text": "abc') + "\nOn.", "On.", [], 1),
    (f"```\n{CALL}", "", A, 0),
    (f"```xml\nlook: {CALL}\n```", "```xml look: ```", A, 0),
    (f"```xml\n{CALL}\nlook\n```", "```xml look ```", A, 0),
    ("Hi</tool_call> there</function>.</parameter></tool_calls>[/THINK]", "Hi there.", [], 0),
    ("Hi.<|im_end|>", "Hi.", [], 0),
    ("Hi.<|eot_id|><|eom_id|></s><｜end▁of▁sentence｜><|endoftext|>", "Hi.", [], 0),
    ("Hi.<|im_e", "Hi.", [], 0),
    (f"A stray ` here. {CALL} ok", "A stray ` here. ok", A, 0),
    (f"A stray ` here.\n{CALL} and `code`.", "A stray ` here. and `code`.", A, 0),
    (
        'A ` tick. <tool_call>{"name": "note", "arguments": {"text": "`x`"}}</tool_call>',
        "A ` tick.",
        [note("`x`")],
        0,
    ),
    (f"`code` {CALL} `more`", "`code` `more`", A, 0),
    (tagged("nothing here") + "Sorry.", "Sorry.", [], 1),
    (tagged("bad") + tagged("worse") + CALL, "", A, 2),
    (tagged('[{"name": "pick"}, {"name": "nobody"}, 3]'), "", [("pick", {})], 2),
    (
        tagged('{"name": "pick"}\n{"name": "note", "arguments": {"text": "a"}}'),
        "",
        [("pick", {}), note()],
        0,
    ),
    (tagged('{"name": "pick"}, {"name": "pick"}'), "", [("pick", {}), ("pick", {})], 0),
    (
        '<tool_call>{"name": "pick"}\n<tool_call>{"name": "pick"}</tool_call>',
        "",
        [("pick", {})] * 2,
        0,
    ),
    ('<tool_call>{"name": "note", "arguments": {"text": "a"}\n' + CALL, "", [note(), note()], 0),
    ('<tool_call>{"name": "pick"}<tool_call>', "", [("pick", {})], 0),
    ('<tool_call>{"name": "pick"}\n<tool_call>\n', "", [("pick", {})], 0),
    ("Let me see.\n<tool_call>", "Let me see.", [], 1),
    ("Let me see.\n<tool_c", "Let me see.", [], 1),
    ("Let me see.\n<function=no", "Let me see.", [], 1),
]

NOTED = ("note", {"text": "a"})


def xml(*members: tuple[str, str], name: str = "note") -> str:
    inner = "".join(f"<parameter={key}>\n{value}\n</parameter>\n" for key, value in members)
    return f"<tool_call>\n<function={name}>\n{inner}</function>\n</tool_call>"


MISTRAL = [
    (f"Hi.[TOOL_CALLS] [{OBJECT}]", "Hi.", A, 0),
    (f"[TOOL_CALLS][{OBJECT}, {OBJECT}]</s>", "", [note(), note()], 0),
    (f"[TOOL_CALLS][{OBJECT}]\n\nNext one?", "Next one?", A, 0),
    (f"[TOOL_CALLS]{OBJECT}", "", A, 0),
    (f"[TOOL_CALLS] [{OBJECT[:-1]}</s>", "", A, 0),
    (f"[TOOL_CALLS] [{OBJECT},]", "", A, 0),
    (f"[TOOL_CALLS] [{OBJECT}", "", A, 0),
    (f"[TOOL_CALLS] [{OBJECT}, ", "", A, 1),
    (f"[TOOL_CALLS] [{OBJECT}, {OBJECT[:20]}", "", A, 1),
    ("[TOOL_CALLS] [", "", [], 1),
    ("[TOOL_CALLS]", "", [], 1),
    ("Hi [TOOL_C", "Hi", [], 1),
    (f"[TOOL_CALLS]note{ARGS}", "", A, 0),
    (f"[TOOL_CALLS] note {ARGS} Good.", "Good.", A, 0),
    (f"[TOOL_CALLS]note[ARGS]{ARGS}", "", A, 0),
    (f"[TOOL_CALLS]note[CALL_ID]abc123XYZ[ARGS]{ARGS}", "", A, 0),
    (f"[TOOL_CALLS]note[ARGS]{ARGS}[TOOL_CALLS]pick[ARGS]{{}}</s>", "", [note(), ("pick", {})], 0),
    (f"[TOOL_CALLS]note{ARGS}pick{{}}", "", [note(), ("pick", {})], 0),
    (f"[TOOL_CALLS]{OBJECT}, {OBJECT}", "", [note(), note()], 0),
    (f"[TOOL_CALLS]note{ARGS}\nOK, next {{x}}.", "OK, next {x}.", A, 0),
    ("[TOOL_CALLS]pick{}", "", [("pick", {})], 0),
    ('[TOOL_CALLS]note{"text": "a', "", [], 1),
    ("[TOOL_CALLS]note", "", [], 1),
    ("[TOOL_CALLS]note[ARGS]", "", [], 1),
    ('[TOOL_CALLS]note{"text": "[TOOL_CALLS]pick{}"}', "", [note("[TOOL_CALLS]pick{}")], 0),
    ("[TOOL_CALLS]nobody{}", "", [], 1),
    (f"[TOOL_CALLS][{OBJECT}][TOOL_CALLS][{OBJECT}]", "", [note(), note()], 0),
]

LLAMAS = [
    (LLAMA, "", A, 0),
    (f"\n {LLAMA}\n", "", A, 0),
    (f"{LLAMA}<|eot_id|>", "", A, 0),
    (f"{LLAMA}\nShall we go on?", "Shall we go on?", A, 0),
    (OBJECT, "", A, 0),
    ('{"type": "function", "name": "note", "parameters": {"text": "a"}}', "", A, 0),
    ('{"parameters": {"text": "a"}, "name": "note"}', "", A, 0),
    ('{"name": "note", "parameters": {}}', "", [], 1),
    ('{"name": "note", "parameters": {"text": "a', "", [], 1),
    (f"<think>x</think>\n{LLAMA}", "", A, 0, "x"),
    (f"{LLAMA}; {LLAMA}", "", [note(), note()], 0),
    (f"<|python_tag|>{LLAMA}", "", A, 0),
    (f"<|python_tag|>{LLAMA}<|eom_id|>", "", A, 0),
    (f"<|python_tag|>{LLAMA}; {LLAMA}<|eom_id|>", "", [note(), note()], 0),
    (f"<|python_tag|>{LLAMA};{LLAMA};{LLAMA}", "", [note()] * 3, 0),
    (f"<|python_tag|>{LLAMA};", "", A, 0),
    (f"Hm. <|python_tag|>{LLAMA}\n\nA hint?", "Hm. A hint?", A, 0),
    (f"<|python_tag|>{LLAMA[:-1]}<|eom_id|>", "", A, 0),
    (f"<|python_tag|>{LLAMA[:-1]}", "", [], 1),
    (f"<|python_tag|>{LLAMA}; {LLAMA[:20]}", "", A, 1),
    ("<|python_tag|>print(1)<|eom_id|>Hi", "Hi", [], 1),
    ("<|python_tag|>", "", [], 1),
    ('<|python_tag|>{"name": "note", "parameters": {"text": "a;{b"}}', "", [note("a;{b")], 0),
    (f"<function=note>{ARGS}</function>", "", A, 0),
    (f"Hi <function=note>{ARGS}</function> there", "Hi there", A, 0),
    (
        f"<function=note>{ARGS}</function>\n<function=pick>{{}}</function>",
        "",
        [note(), ("pick", {})],
        0,
    ),
    (f"<function=note>{ARGS}", "", A, 0),
    (f"<function=note>{ARGS[:-1]}</function>", "", A, 0),
    (f"<function=note>{ARGS[:-1]}", "", [], 1),
    ('<function=note>{"text": "</function>"}</function>', "", [note("</function>")], 0),
    (f"<|python_tag|><function=note>{ARGS}</function>", "", A, 0),
    (f"<tool_call><function=note>{ARGS}</function></tool_call>", "", A, 0),
    ("<function=note>{broken}</function>ok", "ok", [], 1),
]

DEEPSEEK = [
    (BEGIN + V3 % ("note", ARGS) + END, "", A, 0),
    (BEGIN + V3 % ("note", ARGS) + "\n" + V3 % ("pick", "{}") + END, "", [note(), ("pick", {})], 0),
    (BEGIN + V31 % ("note", ARGS) + END, "", A, 0),
    (BEGIN + V31 % ("note", ARGS) + V31 % ("pick", "{}") + END, "", [note(), ("pick", {})], 0),
    ("Hi." + BEGIN + V31 % ("note", ARGS) + END + "Bye.<｜end▁of▁sentence｜>", "Hi.Bye.", A, 0),
    (V31 % ("note", ARGS), "", A, 0),
    (BEGIN + (V3 % ("note", ARGS)).removesuffix("<｜tool▁call▁end｜>") + END, "", A, 0),
    (BEGIN + (V31 % ("note", ARGS)).removesuffix("<｜tool▁call▁end｜>"), "", A, 0),
    (BEGIN + (V3 % ("note", ARGS)).removesuffix("\n```<｜tool▁call▁end｜>"), "", A, 0),
    (
        BEGIN + (V31 % ("note", ARGS)).removesuffix("<｜tool▁call▁end｜>") + V31 % ("pick", "{}"),
        "",
        [note(), ("pick", {})],
        0,
    ),
    (BEGIN + V31 % ("note", ARGS[:-1]) + END, "", A, 0),
    (BEGIN + "<｜tool▁call▁begin｜>note<｜tool▁sep｜>" + ARGS[:-1], "", [], 1),
    (BEGIN + "<｜tool▁call▁begin｜>note<｜tool▁sep｜>", "", [], 1),
    (BEGIN + "<｜tool▁call▁begin｜>no", "", [], 1),
    (BEGIN, "", [], 1),
    (BEGIN + V31 % ("note", ARGS) + "<｜tool▁call▁begin｜>pick<｜tool▁sep｜>{", "", A, 1),
    (
        BEGIN + V31 % ("note", '{"text": "<｜tool▁call▁end｜>"}') + END,
        "",
        [note("<｜tool▁call▁end｜>")],
        0,
    ),
    (BEGIN + V3 % ("note", '{"text": "```"}') + END, "", [note("```")], 0),
    ("a" + BEGIN + END + "b", "ab", [], 0),
    (BEGIN + V31 % ("pick", "") + END, "", [("pick", {})], 0),
    (BEGIN + V31 % ("note", "nothing") + END + "ok", "ok", [], 1),
    (BEGIN + V31 % ("note", "```json\n" + ARGS + "\n```") + END, "", A, 0),
]

QWEN = [
    (xml(("text", "a")), "", A, 0),
    (xml(("text", "a"), ("level", "4"), ("done", "true")), "", [note(level=4, done=True)], 0),
    (xml(("text", "404")), "", [note("404")], 0),
    (xml(("text", '{"x": 1}')), "", [note('{"x": 1}')], 0),
    (xml(("text", "true")), "", [note("true")], 0),
    (xml(("text", "a"), ("tags", '["x", "y"]')), "", [note(tags=["x", "y"])], 0),
    (xml(("text", "a"), ("extra", '{"x": [1]}')), "", [note(extra={"x": [1]})], 0),
    (xml(("text", "a"), ("score", "2.5")), "", [note(score=2.5)], 0),
    (xml(("text", "a"), ("level", "many")), "", [], 1),
    (xml(("text", "\n  a\n")), "", [note("\n  a\n")], 0),
    (xml(("text", "")), "", [note("")], 0),
    (xml(("text", "<b>x</b> < y && z > </tool>")), "", [note("<b>x</b> < y && z > </tool>")], 0),
    (xml(("text", "print('</tool_call>')")), "", [note("print('</tool_call>')")], 0),
    (xml(("text", "a </function> b")), "", [note("a </function> b")], 0),
    (
        xml(("text", "say `<tool_call>` and <think>")),
        "",
        [note("say `<tool_call>` and <think>")],
        0,
    ),
    (xml(name="pick"), "", [("pick", {})], 0),
    (xml(name="nobody"), "", [], 1),
    (xml(("level", "1")), "", [], 1),
    ("<tool_call><function=note><parameter=text>a</parameter></function></tool_call>", "", A, 0),
    ("<function=note>\n<parameter=text>\na\n</parameter>\n</function>\n</tool_call>ok", "ok", A, 0),
    ("<function=note>\n<parameter=text>\na\n</parameter>\n</function>ok", "ok", A, 0),
    ("<tool_call>\n<function=note>\n<parameter=text>\na\n</parameter>\n</function>", "", A, 0),
    (
        "<tool_call>\n<function=note>\n<parameter=text>\na\n</parameter>\n</function>\nOn.",
        "On.",
        A,
        0,
    ),
    ("<tool_call>\n<function=note>\n<parameter=text>\na\n</parameter>\n</tool_call>ok", "ok", A, 0),
    ("<tool_call>\n<function=note>\n<parameter=text>\na\n</function>\n</tool_call>ok", "ok", A, 0),
    ("<tool_call>\n<function=note>\n<parameter=text>\na\n</tool_call>ok", "ok", A, 0),
    (
        "<function=note>\n<parameter=text>\na\n<parameter=level>\n2\n</function>",
        "",
        [note(level=2)],
        0,
    ),
    ("<function=note><parameter=text>a<parameter=level>2</tool_call>", "", [note(level=2)], 0),
    ("<tool_call>\n<function=note>\n<parameter=text>\na", "", [], 1),
    ("<tool_call>\n<function=note>\n<parameter=te", "", [], 1),
    ("<tool_call>\n<function=note>\n", "", [], 1),
    ("<tool_call>\n<function=note>\nwords\n</function>\n</tool_call>ok", "ok", [], 1),
    (xml(("text", "a"))[: -len("ction>\n</tool_call>")], "", A, 0),
    (xml(("text", "a"))[: -len("</function>\n</tool_call>")], "", [], 1),
    (xml(("text", "a")) + "\n" + xml(name="pick"), "", [note(), ("pick", {})], 0),
    ("<tool_call>" + "<function=pick></function>" * 2 + "</tool_call>", "", [("pick", {})] * 2, 0),
    (xml(("text", "a")).replace("\n", "\r\n"), "", A, 0),
]


@pytest.mark.parametrize("row", MISTRAL + LLAMAS + DEEPSEEK + QWEN, ids=lambda row: row[0][:80])
def test_every_dialect_is_found_without_being_told(row: tuple[Any, ...]) -> None:
    check(*row)


@pytest.mark.parametrize("row", THOUGHTS + ORDER + BODIES + MARKUP, ids=lambda row: row[0][:60])
def test_each_clause_of_the_protocol_reads_as_written(row: tuple[Any, ...]) -> None:
    check(*row)


@pytest.mark.parametrize("text", REPAIRS)
def test_a_listed_fault_is_repaired_without_an_error(text: str) -> None:
    check(text, calls=A)


@pytest.mark.parametrize(("arguments", "wanted"), REPAIRED_VALUES)
def test_repairs_keep_the_values(arguments: str, wanted: tuple[str, dict[str, Any]]) -> None:
    got = check(tagged(f'{{"name": "note", "arguments": {arguments}}}'), calls=[wanted])
    assert got.repairs > 0 or "“hi”" in arguments or "True, None" in arguments


@pytest.mark.parametrize("body", REFUSED)
def test_what_cannot_be_repaired_is_one_error_and_silent(body: str) -> None:
    check(f"One. {tagged(body)} Two.", speech="One. Two.", errors=1)


@pytest.mark.parametrize(("member", "wanted"), CONVERTED)
def test_conversion_loses_nothing(member: str, wanted: dict[str, Any]) -> None:
    check(
        tagged(f'{{"name": "note", "arguments": {{"text": "3", {member}}}}}'),
        calls=[note("3", **wanted)],
    )


@pytest.mark.parametrize("arguments", NO_ARGUMENTS)
def test_no_arguments_are_an_empty_object(arguments: str) -> None:
    check(tagged(f'{{"name": "pick", "arguments": {arguments}}}'), calls=[("pick", {})])


@pytest.mark.parametrize("text", SPOKEN)
def test_words_about_markup_are_spoken_as_they_stand(text: str) -> None:
    check(text, speech=squeezed(text))
    assert read([text]).speech == text


def test_a_refusal_names_the_field_and_the_rule() -> None:
    wrong = read([tagged('{"name": "note", "arguments": {"text": "a", "level": "many"}}')])
    assert "arguments.level" in wrong.errors[0] and "rule: type" in wrong.errors[0]
    missing = read([tagged('{"name": "note", "arguments": {}}')])
    assert "'text'" in missing.errors[0] and "rule: required" in missing.errors[0]
    unknown = read([tagged('{"name": "nobody", "arguments": {}}')])
    assert "nobody" in unknown.errors[0] and "note" in unknown.errors[0]
    mood = read([tagged('{"name": "note", "arguments": {"text": "a", "mood": "odd"}}')])
    assert "arguments.mood" in mood.errors[0] and "rule: enum" in mood.errors[0]


def test_without_schemas_every_named_call_is_taken_and_none_is_bare() -> None:
    assert read([tagged('{"name": "any", "arguments": {"x": "3"}}')], None).calls == [
        ("any", {"x": "3"})
    ]
    assert read([OBJECT], None).speech == OBJECT


def test_a_broken_schema_refuses_and_does_not_raise() -> None:
    tools = [{"name": "note", "parameters": {"type": "object", "$ref": "nowhere:#/x"}}]
    got = read([CALL], tools)
    assert got.calls == [] and len(got.errors) == 1


def test_schemas_in_the_openai_envelope_are_understood() -> None:
    tools = [{"type": "function", "function": tool} for tool in TOOLS]
    assert read([CALL], tools).calls == A


def test_a_call_longer_than_allowed_is_one_error_and_the_rest_is_read() -> None:
    long = '<tool_call>{"name": "note", "arguments": {"text": "' + "x" * 5000 + '"}}</tool_call>'
    for text in (
        long,
        xml(("text", "y" * 5000)),
        "[TOOL_CALLS]note" + f'{{"text": "{"z" * 5000}"}}',
    ):
        for pieces in cuttings(f"Hi. {text} Bye. {CALL}"):
            parser = Parser(TOOLS, max_call_chars=1000)
            events = [event for piece in pieces for event in parser.feed(piece)] + parser.close()
            errors = [event for event in events if isinstance(event, Malformed)]
            assert "longer than 1000 characters" in errors[0].reason and len(errors) == 1
            assert len(errors[0].raw) < 3000 or pieces == [f"Hi. {text} Bye. {CALL}"]
            spoken = "".join(event.text for event in events if isinstance(event, Speech))
            assert squeezed(spoken) == "Hi. Bye."
            assert parser.calls == 1 and parser.refusals == 1


def test_events_leave_as_soon_as_they_are_certain() -> None:
    parser = Parser(TOOLS)
    assert parser.feed("Hello there") == [Speech("Hello there")]
    assert parser.feed(" a < b") == [Speech(" a < b")]
    assert parser.feed(" and <tool") == [Speech(" and ")]
    assert parser.feed("s> too") == [Speech("<tools> too")]
    assert parser.feed("<think>deep") == [Thought("deep")]
    assert parser.feed(" thought") == [Thought(" thought")]
    assert parser.feed("</think>") == []
    assert parser.feed(CALL[:-3]) == []
    assert parser.feed(CALL[-3:]) == [ToolCall("note", {"text": "a"}, 0)]
    assert parser.feed("Bye") == [Speech("Bye")]
    assert parser.close() == [] and parser.close() == []


def test_plain_speech_is_held_back_no_longer_than_a_marker() -> None:
    text = "Is a<b or a <c? See <tool_box> and [TOOL_BOX], `code`, {x}, <|x|> <｜x｜> </tool_x>."
    parser, heard = Parser(TOOLS), 0
    for at, char in enumerate(text, 1):
        heard += sum(len(event.text) for event in parser.feed(char) if isinstance(event, Speech))
        assert at - heard <= 24
    parser.close()


def test_counters_tell_what_was_done() -> None:
    parser = Parser(TOOLS)
    repaired = tagged('{name: "pick",}')
    parser.feed(f"Hi</think> {CALL} {repaired} {tagged('bad')}")
    parser.close()
    assert (parser.calls, parser.refusals, parser.stray_tags) == (2, 1, 1)
    assert parser.repairs == 2


def test_a_strict_call_needs_no_repair() -> None:
    call = parse_text(CALL, TOOLS)[0]
    assert isinstance(call, ToolCall) and call.repairs == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,20}", fullmatch=True)
PIECES = st.sampled_from([*MARKERS, *'{}[]"\\`\n', CALL]) | st.text(max_size=4)
MARKUP_TEXT = st.lists(PIECES).map("".join)
MEMBERS = st.dictionaries(st.text() | MARKUP_TEXT, JSON | MARKUP_TEXT)


def recut(text: str, seed: int, top: int) -> list[str]:
    rng, pieces, at = random.Random(seed), [], 0
    while at < len(text):
        size = rng.randint(1, top)
        pieces.append(text[at : at + size])
        at += size
    return pieces


@given(
    NAMES, st.dictionaries(st.text() | MARKUP_TEXT, JSON | MARKUP_TEXT), st.integers(), MARKUP_TEXT
)
def test_a_rendered_call_reads_back_the_same(
    name: str, arguments: dict[str, Any], seed: int, word: str
) -> None:
    arguments = {**arguments, "markup": word}
    got = read(recut(render_call(name, arguments), seed, 9), None)
    assert got.calls == [(name, arguments)] and got.repairs == 0
    assert not got.speech and not got.errors and not got.thought


@given(st.text() | MARKUP_TEXT, MEMBERS)
def test_a_rendered_result_holds_its_content_and_one_block(
    name: str, content: dict[str, Any]
) -> None:
    text = render_result(name, content)
    found = re.fullmatch(r'<tool_result name="([^"<]*)">([^<]*)</tool_result>', text, re.S)
    assert found is not None and json.loads(found[2]) == content


ATOMS = st.sampled_from(
    [
        *MARKERS,
        *("<function=note>", "<parameter=text>", "<parameter=level>", "<function=", "<tool_cal"),
        *(OBJECT, LLAMA, ARGS, "pick{}", '{"name":', '"arguments":', "```", "```json\n"),
        *"{}[]()\"'“”‘’\\,:;`\n <#/｛｝：，\ufeff3",
        *("true", "//", "/*", "*/", '"""', "well, ", "note"),
    ]
)
STREAMS = st.lists(ATOMS | st.text(max_size=6), max_size=60).map("".join)
MARKER = re.compile("|".join(map(re.escape, MARKERS)))


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STREAMS, st.integers(0, 2**32), st.sampled_from([1, 3, 12]))
def test_no_cutting_of_any_stream_changes_what_is_read(text: str, seed: int, top: int) -> None:
    assert read(recut(text, seed, top)) == read([text])


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STREAMS)
def test_no_stream_raises_or_leaks_markup_to_speech(text: str) -> None:
    speech = read([text]).speech
    # Outside of inline code, which may hold tags on purpose.
    assert "`" in speech or not MARKER.search(speech)


@given(st.text(alphabet=st.characters(exclude_characters="<[{`", exclude_categories=["Cs"])))
def test_text_without_markup_is_spoken_letter_by_letter(text: str) -> None:
    assert read([text]).speech.strip("\ufeff\u200b") == text.strip("\ufeff\u200b")


def test_the_catalogue_shows_every_tool_as_its_schema() -> None:
    for lang in ("zh", "en"):
        text = render_tools(TOOLS, lang)
        rows = [json.loads(line) for line in text.splitlines() if line.startswith('{"name"')]
        assert [row["name"] for row in rows] == ["note", "pick"]
        assert rows[0]["parameters"] == TOOLS[0]["parameters"]
        assert "<tool_call>" in text and render_tools(TOOLS, lang) == text
        assert render_tools([], lang)


def cost(text: str) -> int:
    """Return the processor time, in nanoseconds, of reading a text in small pieces."""
    start = time.process_time()
    parser = Parser(TOOLS)
    for at in range(0, len(text), 4):
        parser.feed(text[at : at + 4])
    parser.close()
    return int((time.process_time() - start) * 1e9)


HOSTILE = {
    "open string": ('<tool_call>{"name": "note", "arguments": {"text": "', "x </tool_call> "),
    "unclosed calls": ("", '<tool_call>{"a": "}</tool_call> '),
    "openers": ("", "<tool_call>"),
    "drafts": ("<think>", '<tool_call>{"name": "'),
    "draft calls": ("<think>", CALL + " so "),
    "brackets": ("<tool_call>", "[{"),
    "closers": ("<tool_call>{", "]})"),
    "broken strings": ("<tool_call>{", '"<" x'),
    "single quotes": ("<tool_call>{'a': '", "it's </tool_call> "),
    "backticks": ("", "`<think>"),
    "long line": ("`", "<tool_call>"),
    "fences": ("", "```\n"),
    "blanks": (CALL[:-13], " "),
    "parameters": ("<function=note><parameter=text>", "</function> </parameter>"),
    "mistral": ("", "[TOOL_CALLS]x"),
    "sections": ("", "<｜tool▁call▁begin｜>"),
    "bare": ('{"name": "note", "arguments": {"text": "', "\\\\ "),
    "comments": ("<tool_call>{", "/* "),
    "ticks": ("", "`"),
    "newlines": ('<tool_call>{"a<": "<"', "\n"),
    "surplus": ("<function=pick>{}", "}"),
    "joints": ('<|python_tag|>{"name": "pick"}', "\n;"),
    "blank draft": ("<think><tool_call>", "\n"),
    "ticked": ("", "`</s>``"),
    "names": ("[TOOL_CALLS]", "a"),
    "heads": ("<tool_call>", "name "),
    "escapes": ('<tool_call>{"a": "', "\\\\"),
}


@pytest.mark.parametrize("shape", HOSTILE)
def test_twice_the_hostile_text_takes_about_twice_the_time(shape: str) -> None:
    head, unit = HOSTILE[shape]
    small = head + unit * (40_000 // len(unit))
    large = head + unit * (160_000 // len(unit))
    ratio = min(cost(large) for _ in range(2)) / max(1, min(cost(small) for _ in range(3)))
    assert ratio < 9, f"four times the text took {ratio:.1f} times as long"


def test_memory_is_that_of_the_longest_open_call() -> None:
    parser = Parser(TOOLS, max_call_chars=10_000)
    turn = f"Good. <think>weak {CALL}</think> {CALL} {tagged('bad')} `x` and a < b.\n"
    for _ in range(50):
        parser.feed(turn)
    tracemalloc.start()
    for _ in range(1000):
        parser.feed(turn)
    parser.feed('<tool_call>{"name": "note", "arguments": {"text": "')
    for _ in range(100_000):
        parser.feed("abcdefgh")
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 300_000
