"""What honest code may do, and what every kind of fault is called: one row a case, all isolations.

The limits and the tests are those of a small interview: two calls of `solve`, which adds one.
"""

from __future__ import annotations

from typing import Any

import pytest

from tools.sandbox import probe
from tools.sandbox.runner import run

LIMITS = {
    "time_s": 2.0,
    "wall_s": 5.0,
    "memory_mb": 256,
    "output_kb": 64,
    "file_mb": 16,
    "max_processes": 32,
}
PLUS = [{"fn": "solve", "args": [4], "expected": 5}, {"fn": "solve", "args": [-7], "expected": -6}]
BACKENDS = [status["name"] for status in probe() if status["works"]]
EACH = pytest.mark.parametrize("backend", BACKENDS)
NO_THREADS = ("wasi",)
"""CPython for WebAssembly has neither threads nor processes."""


def inside(body: str, result: str = "n + 1") -> str:
    """A solution that does something before it answers."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"import os, sys, time\ndef solve(n):\n{lines}    return {result}\n"


HONEST = {
    "a_lambda": "solve = lambda n: n + 1",
    "a_partial": "import functools, operator\nsolve = functools.partial(operator.add, 1)",
    "a_callable_object": "class A:\n    def __call__(self, n):\n        return n + 1\nsolve = A()",
    "a_builtin": "solve = (1).__add__",
    "a_method_of_solution": "class Solution:\n    def solve(self, n):\n        return n + 1",
    "a_static_method": "class Solution:\n    @staticmethod\n    def solve(n):\n"
        "        return 1 + n",
    "a_default_argument": "def solve(n, by=1):\n    return n + by",
    "star_arguments": "def solve(*args, **more):\n    return args[0] + 1",
    "a_cached_function": "import functools\n@functools.lru_cache\ndef solve(n):\n    return n + 1",
    "a_coroutine": "async def solve(n):\n    return n + 1",
    "a_main_guard": "def solve(n):\n    return n + 1\nif __name__ == '__main__':\n    1 / 0",
    "state_between_tests": "seen = []\ndef solve(n):\n    seen.append(n)\n    return n + 1",
    "printing": inside("print('x' * 20000)\nprint(n, file=sys.stderr)"),
    "printing_without_a_line_end": inside("sys.stdout.write('abc')"),
    "closing_the_output": inside("sys.stdout.close()"),
    "replacing_the_output": inside("import io\nsys.stdout = io.StringIO()\nprint(n)"),
    "writing_bytes_to_the_output": inside("os.write(1, bytes(range(256)))"),
    "reading_no_input": inside("assert sys.stdin.read() == ''"),
    "a_deep_recursion": "import sys\nsys.setrecursionlimit(6000)\ndef down(k):\n"
    "    return 0 if k == 0 else 1 + down(k - 1)\ndef solve(n):\n"
        "    return n + 1 + down(900) - 900",
    "a_file_of_its_own": inside(
        "open('f', 'w').write('x' * 1000)\nassert len(open('f').read()) == 1000\nos.unlink('f')"
    ),
    "a_temporary_file": inside(
        "import tempfile\nwith tempfile.TemporaryFile() as f:\n    f.write(b'1')\n    f.seek(0)\n"
        "    assert f.read() == b'1'"
    ),
    "a_folder": inside("os.makedirs('a/b', exist_ok=True)\nos.rmdir('a/b')"),
    "a_hundred_megabytes": inside("x = bytearray(100 << 20)\nx[::4096] = b'1' * len(x[::4096])"),
    "a_second_of_sleep": inside("time.sleep(0.7)"),
    "half_a_second_of_work": inside("end = time.time() + 0.5\nwhile time.time() < end:\n    pass"),
    "collected_garbage": inside("import gc\na = []\na.append(a)\ndel a\ngc.collect()"),
    "a_caught_error": inside("try:\n    1 / 0\nexcept ZeroDivisionError:\n    pass"),
    "a_caught_exit": inside("try:\n    sys.exit(3)\nexcept SystemExit:\n    pass"),
    "a_caught_recursion_error": inside(
        "def f():\n    f()\ntry:\n    f()\nexcept RecursionError:\n    pass"
    ),
    "warnings_and_logging": inside(
        "import logging, warnings\nwarnings.warn('x')\nlogging.warning('y')"
    ),
    "random_numbers": inside("import random, secrets\nrandom.seed(1)\nsecrets.token_hex(8)"),
    "hashes_and_compression": inside(
        "import hashlib, zlib\nhashlib.sha256(b'1').hexdigest()\nzlib.compress(b'1' * 1000)"
    ),
    "exact_numbers": inside(
        "from decimal import Decimal\nfrom fractions import Fraction\n"
        "assert Fraction(1, 3) * 3 == 1 and Decimal('0.1') * 3 == Decimal('0.3')"
    ),
    "asyncio_with_a_queue": "import asyncio\nasync def go(n):\n    q = asyncio.Queue()\n"
    "    await asyncio.gather(q.put(n), asyncio.sleep(0.01))\n    return await q.get() + 1\n"
    "def solve(n):\n    return asyncio.run(go(n))",
    "everyday_modules": "import abc, array, base64, bisect, collections, contextlib, copy, csv\n"
    "import dataclasses, datetime, enum, functools, heapq, inspect, io, itertools, json, math\n"
    "import operator, pickle, platform, pprint, queue, re, statistics, string, struct, textwrap\n"
    "import timeit, traceback, types, typing, unicodedata, unittest, uuid, weakref\n"
    "def solve(n):\n    return n + 1",
    "its_own_source": "import inspect\ndef solve(n):\n"
    "    return n + 1 if 'inspect' in inspect.getsource(solve) else 0",
    "a_dataclass": "from dataclasses import dataclass\n@dataclass(order=True)\nclass P:\n"
    "    x: int\ndef solve(n):\n    return max(P(n), P(n + 1)).x",
    "an_int_enum": "import enum\nclass E(enum.IntEnum):\n    A = 5\n    B = -6\n"
    "def solve(n):\n    return E(n + 1)",
    "pattern_matching": "def solve(n):\n    match n:\n        case int():\n"
        "            return n + 1",
    "a_new_type_alias": "from __future__ import annotations\ndef solve(n: list[int] | None):\n"
    "    return n + 1",
    "a_database_in_memory": inside(
        "try:\n    import sqlite3\nexcept ImportError:\n    return n + 1\n"
        "c = sqlite3.connect(':memory:')\nassert c.execute('select 1').fetchone() == (1,)"
    ),
    "tabs": "def solve(n):\n\treturn n + 1",
    "form_feeds_and_blank_lines": "\n\n\x0cdef solve(n):\n\n    return n + 1\n\n\n",
    "carriage_returns": "def solve(n):\r    return n + 1\r",
    "an_encoding_line": "# -*- coding: latin-1 -*-\ndef solve(n):\n    return n + len('é')",
    "chinese_names": "def 加一(数):\n    return 数 + 1\nsolve = 加一",
    "no_line_end": "def solve(n): return n + 1",
    "five_megabytes_of_comments": "# " + "x" * 98 + "\n" + ("#" * 99 + "\n") * 52000
    + "def solve(n):\n    return n + 1\n",
    "a_long_list_of_data": "DATA = " + str(list(range(40000))) + "\ndef solve(n):\n"
        "    return n + 1",
}  # fmt: skip


@EACH
@pytest.mark.parametrize("name", HONEST)
def test_honest_code_is_accepted(name: str, backend: str) -> None:
    result = run(HONEST[name], PLUS, LIMITS, backend=backend)
    assert result["verdict"] == "AC", (result["reason"], result["error"])


THREADED = {
    "a_thread_pool": "from concurrent.futures import ThreadPoolExecutor\ndef solve(n):\n"
    "    with ThreadPoolExecutor(8) as pool:\n        return sum(pool.map(int, [n, 1]))",
    "twenty_threads": "import threading\ndef solve(n):\n    got = []\n"
    "    ts = [threading.Thread(target=got.append, args=(i,)) for i in range(20)]\n"
    "    [t.start() for t in ts]\n    [t.join() for t in ts]\n    return n + len(got) - 19",
    "a_timer_signal": "import signal, time\ndef solve(n):\n    hit = []\n"
    "    signal.signal(signal.SIGALRM, lambda *a: hit.append(1))\n"
    "    signal.setitimer(signal.ITIMER_REAL, 0.05)\n    time.sleep(0.2)\n    return n + len(hit)",
}


@pytest.mark.parametrize("backend", [name for name in BACKENDS if name not in NO_THREADS])
@pytest.mark.parametrize("name", THREADED)
def test_honest_code_with_threads_and_signals_is_accepted(name: str, backend: str) -> None:
    result = run(THREADED[name], PLUS, LIMITS, backend=backend)
    assert result["verdict"] == "AC", (result["reason"], result["error"])


VALUES: dict[str, str] = {
    "a_tuple": "(1, (2, 3))",
    "a_named_tuple": "__import__('collections').namedtuple('P', 'x y')(1, 2)",
    "integer_keys": "{1: 'a', 2: 'b'}", "none": "None", "nothing": "", "true": "True",
    "a_huge_integer": "1 << 200", "a_huge_float": "1e308", "minus_zero": "-0.0",
    "a_nan": "float('nan')", "an_infinity": "float('-inf')", "a_zero_character": "'a\\0b'",
    "an_emoji": "'😀\\u200b'", "a_line_end": "'a\\nb\\r\\u2028'", "a_long_string": "'x' * 100000",
    "a_long_list": "list(range(50000))", "a_deep_list": "[[[[[[[[[[1]]]]]]]]]]",
    "mixed": "{'a': [1, None, {'b': False}], '': 2.5}", "a_true_one_for_one_float": "1.0",
}  # fmt: skip
EXPECTED: dict[str, Any] = {
    "a_tuple": [1, [2, 3]], "a_named_tuple": [1, 2], "integer_keys": {"1": "a", "2": "b"},
    "none": None, "nothing": None, "true": True, "a_huge_integer": 1 << 200, "a_huge_float": 1e308,
    "minus_zero": 0.0, "a_nan": float("nan"), "an_infinity": float("-inf"),
    "a_zero_character": "a\0b", "an_emoji": "😀\u200b", "a_line_end": "a\nb\r\u2028",
    "a_long_string": "x" * 100000, "a_long_list": list(range(50000)),
    "a_deep_list": [[[[[[[[[[1]]]]]]]]]], "mixed": {"a": [1, None, {"b": False}], "": 2.5},
    "a_true_one_for_one_float": 1,
}  # fmt: skip


@EACH
def test_every_json_value_comes_back_as_it_was(backend: str) -> None:
    lines = "".join(
        f"    if k == {name!r}:\n        return {value}\n" for name, value in VALUES.items()
    )
    tests = [{"fn": "solve", "args": [k], "expected": v} for k, v in EXPECTED.items()]
    result = run(f"def solve(k):\n{lines}", tests, LIMITS, backend=backend)
    wrong = [list(VALUES)[r["index"]] for r in result["tests"] if r["verdict"] != "AC"]
    assert not wrong, wrong


@EACH
def test_arguments_arrive_as_they_were_sent(backend: str) -> None:
    given = [v for k, v in EXPECTED.items() if k != "nothing"]
    tests = [{"fn": "solve", "args": [v], "expected": v} for v in given]
    assert run("def solve(v):\n    return v\n", tests, LIMITS, backend=backend)["verdict"] == "AC"


WRONG: dict[str, tuple[str, Any]] = {
    "a_string_for_a_number": ("'5'", 5), "true_for_one": ("True", 1), "one_for_true": ("1", True),
    "zero_for_false": ("0", False), "none_for_zero": ("None", 0), "zero_for_none": ("0", None),
    "an_empty_list_for_none": ("[]", None), "nothing_for_a_list": ("None", []),
    "a_shorter_list": ("[1]", [1, 2]), "a_longer_list": ("[1, 2, 3]", [1, 2]),
    "another_order": ("[2, 1]", [1, 2]), "a_missing_key": ("{}", {"a": 1}),
    "a_further_key": ("{'a': 1, 'b': 2}", {"a": 1}), "a_list_for_a_number": ("[5]", 5),
    "a_trailing_blank": ("'a '", "a"), "another_case": ("'A'", "a"),
    "a_near_float": ("0.3001", 0.3),
    "nan_for_a_number": ("float('nan')", 1.0), "infinity_for_a_number": ("float('inf')", 1e308),
    "a_number_for_nan": ("0.0", float("nan")),
    "the_next_huge_integer": ("(1 << 200) + 1", 1 << 200),
    "a_text_of_a_list": ("'[1, 2]'", [1, 2]), "the_digits_of_an_emoji": ("'\\\\ud83d'", "😀"),
}  # fmt: skip


@EACH
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_is_wrong_and_nothing_else(name: str, backend: str) -> None:
    value, expected = WRONG[name]
    tests = [{"fn": "solve", "args": [1], "expected": expected}]
    result = run(f"def solve(n):\n    return {value}\n", tests, LIMITS, backend=backend)
    assert (result["verdict"], result["passed"]) == ("WA", 0), result["reason"]


FAULTS: dict[str, tuple[str, str]] = {
    "no_function": ("x = 1", "RE"),
    "an_empty_source": ("", "RE"),
    "not_a_function": ("solve = 5", "RE"),
    "too_few_parameters": ("def solve():\n    return 5", "RE"),
    "an_exit": (inside("sys.exit(0)"), "RE"),
    "a_hard_exit": (inside("os._exit(0)"), "RE"),
    "an_interrupt": (inside("raise KeyboardInterrupt"), "RE"),
    "a_generator_exit": (inside("raise GeneratorExit"), "RE"),
    "an_error_that_cannot_be_told": (
        "class E(Exception):\n    def __str__(self):\n        raise self\ndef solve(n):\n"
        "    raise E",
        "RE",
    ),
    "an_error_of_no_class": ("def solve(n):\n    raise 5", "RE"),
    "an_error_of_a_megabyte": (inside("raise ValueError('x' * (1 << 20))"), "RE"),
    "an_error_with_half_a_character": (inside("raise ValueError('\\ud800')"), "RE"),
    "a_recursion_without_end": ("def solve(n):\n    return solve(n)", "RE"),
    "an_assertion": (inside("assert False"), "RE"),
    "a_failing_import": ("import no_such_module", "RE"),
    "an_error_at_import": ("1 / 0", "RE"),
    "an_exit_at_import": ("raise SystemExit(0)", "RE"),
    "memory_without_end": (inside("a = []\nwhile True:\n    a.append('x' * (1 << 20))"), "MLE RE"),
    "memory_in_one_piece": (inside("x = bytearray(2 << 30)"), "MLE RE"),
    "memory_at_import": ("a = [0]\nwhile True:\n    a += a", "MLE RE"),
    "a_loop_without_end": (inside("while True:\n    pass"), "TLE"),
    "a_loop_at_import": ("while True:\n    pass", "TLE"),
    "a_sleep_without_end": (inside("time.sleep(600)"), "TLE"),
    "a_slow_expression": ("import re\ndef solve(n):\n"
        "    return re.match('(a+)+$', 'a' * 40 + 'b')", "TLE"),
    "an_error_that_never_ends": (
        inside("while True:\n    try:\n        while True:\n            pass\n"
        "    except BaseException:\n        pass"),
        "TLE",
    ),
    "output_without_end": (inside("while True:\n    print('x' * 1000)"), "OLE"),
    "output_at_import": ("while True:\n    print('x' * 1000)", "OLE"),
    "errors_without_end": (inside("while True:\n    sys.stderr.write('x' * 1000)"), "OLE"),
    "output_in_one_piece": (inside("print('x' * (1 << 20))"), "OLE"),
    "a_set": ("def solve(n):\n    return {n + 1}", "WA RE"),
    "bytes": ("def solve(n):\n    return b'5'", "WA RE"),
    "a_function": ("def solve(n):\n    return solve", "WA RE"),
    "a_generator": ("def solve(n):\n    yield n + 1", "WA RE"),
    "a_list_inside_itself": ("def solve(n):\n    a = []\n    a.append(a)\n    return a", "WA RE"),
    "half_a_character": ("def solve(n):\n    return '\\ud800'", "WA RE"),
    "no_colon": ("def solve(n)\n    return n + 1", "CE"),
    "mixed_indents": ("def solve(n):\n\tif n:\n        return n\n\treturn 1", "CE"),
    "a_return_outside": ("return 5", "CE"),
    "an_open_bracket": ("def solve(n):\n    return (n + 1", "CE"),
    "an_open_string": ("def solve(n):\n    return 'x", "CE"),
    "braces": ("from __future__ import braces", "CE"),
    "a_zero_character_in_the_source": ("def solve(n):\n    return n + 1 #\0", "CE"),
    "half_a_character_in_the_source": ("x = '\ud800'\ndef solve(n):\n    return n + 1", "CE AC"),
    "another_language": ("int solve(int n) { return n + 1; }", "CE"),
    "brackets_without_end": ("x = " + "[" * 5000, "CE"),
    "signs_without_end": ("x = " + "-" * 60000 + "1", "CE RE MLE TLE"),
    "an_old_print": ("print 'x'", "CE"),
}  # fmt: skip


@EACH
@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_called_by_its_name(name: str, backend: str) -> None:
    source, allowed = FAULTS[name]
    result = run(source, PLUS, LIMITS, backend=backend)
    assert result["verdict"] in allowed.split(), (result["reason"], result["error"])
    assert result["passed"] < result["total"] == 2 or "AC" in allowed


SECRET = [{"fn": "solve", "args": [i], "expected": "HID-5d1c0e7a"} for i in (1, 2)]
CHEATS = {
    "an_equal_of_its_own": "class S(str):\n    def __eq__(self, o):\n        return True\n"
    "    __hash__ = str.__hash__\ndef solve(n):\n    return S('x')",
    "a_number_equal_to_all": "class F(float):\n    def __eq__(self, o):\n        return True\n"
    "def solve(n):\n    return F(1)",
    "json_replaced": "import json\njson.dumps = lambda *a, **k: '\"HID\"'\ndef solve(n):\n"
        "    return 1",
    "builtins_replaced": "import builtins\nbuiltins.isinstance = lambda *a: True\n"
    "builtins.len = lambda a: 0\nbuiltins.type = str\ndef solve(n):\n    return 1",
    "time_stopped": "import time\ntime.perf_counter = time.time = time.monotonic = lambda: 0\n"
    "def solve(n):\n    return 1",
    "the_callers_frames": "import sys\ndef solve(n):\n    f, got = sys._getframe(), []\n"
        "    while f:\n"
    "        got += [str(v) for v in f.f_locals.values() if 'HID' in str(v)]\n"
        "        f = f.f_back\n"
    "    return got[0][:12] if got else 1",
    "all_objects": "import gc\ndef solve(n):\n    for o in gc.get_objects():\n"
    "        if isinstance(o, dict) and 'expected' in o:\n            return o['expected']\n"
        "    return 1",
    "the_return_line_forged": "import os\ndef solve(n):\n    for fd in range(3, 40):\n"
        "        try:\n"
    "            os.write(fd, b'{\"k\": \"value\", \"v\": \"HID\", \"ms\": 1}\\n')\n"
    "        except OSError:\n            pass\n    return 1",
    "verdicts_printed": "print('AC 2/2 all tests passed')\ndef solve(n):\n    print('PASS')",
    "an_exit_with_success": "import atexit, os\natexit.register(os._exit, 0)\nraise SystemExit(0)",
    "a_trace_on_everything": "import sys\ndef spy(f, e, a):\n    return spy\nsys.settrace(spy)\n"
    "sys.setprofile(lambda *a: None)\ndef solve(n):\n    return 1",
    "a_module_in_the_way": "import sys, types\nfor name in ('json', 'time', 'os', 'sys'):\n"
    "    sys.modules[name] = types.ModuleType(name)\ndef solve(n):\n    return 1",
    "tests_asked_for": "import os\ndef solve(n):\n    try:\n"
        "        return os.read(3, 4096).decode()\n"
    "    except OSError:\n        return 1",
    "a_property_as_a_result": "class R(dict):\n    def items(self):\n"
        "        return [('verdict', 'AC')]\n"
    "def solve(n):\n    return R()",
}  # fmt: skip


@EACH
@pytest.mark.parametrize("name", CHEATS)
def test_no_cheat_passes_a_test_that_cannot_be_guessed(name: str, backend: str) -> None:
    result = run(CHEATS[name], SECRET, LIMITS, backend=backend)
    assert result["passed"] == 0, result
    assert result["verdict"] in ("WA", "RE", "SEC", "CE", "OLE", "TLE"), result["reason"]
