"""The promises of the code runner, one test each; the attacks have a file of their own."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tools.sandbox import SandboxError, backends, bubblewrap, probe
from tools.sandbox.checkers import CHECKERS
from tools.sandbox.compare import equal, same_output, shown
from tools.sandbox.records import Limits
from tools.sandbox.runner import run
from tools.sandbox.seccomp import Rules, program
from tools.sandbox.syscalls import ABSENT, CONDITIONAL, EVERYDAY, FATAL, METADATA, PROCESSES

WORKING = [status["name"] for status in probe() if status["works"]]
BACKENDS = pytest.mark.parametrize("backend", WORKING)
PLUS: list[dict[str, Any]] = [
    {"fn": "solve", "args": [4], "expected": 5},
    {"fn": "solve", "args": [-7], "expected": -6},
]
GOOD = "def solve(n):\n    return n + 1\n"


def verdict(source: str, backend: str, tests: Any = None, **limits: float) -> str:
    return run(source, tests or PLUS, limits, backend=backend)["verdict"]


def test_an_isolation_works_here() -> None:
    assert WORKING, probe()


@BACKENDS
def test_a_right_answer_is_accepted(backend: str) -> None:
    result = run(GOOD, PLUS, backend=backend)
    assert (result["verdict"], result["passed"], result["total"]) == ("AC", 2, 2)
    assert [row["verdict"] for row in result["tests"]] == ["AC", "AC"]
    assert result["backend"] == backend


@BACKENDS
@pytest.mark.parametrize(
    ("expected", "source"),
    [
        ("WA", "def solve(n):\n    return n\n"),
        ("RE", "def solve(n):\n    return n // 0\n"),
        ("CE", "def solve(n)\n    return n\n"),
        ("TLE", "def solve(n):\n    while True: pass\n"),
        ("MLE", "def solve(n):\n    return len([bytes(1 << 20) + b'x' for _ in range(1000)])\n"),
        ("OLE", "def solve(n):\n    while True: print('x' * 999)\n"),
        ("RE", "import sys\nsys.exit(0)\n"),
        ("RE", "def other(n):\n    return n\n"),
    ],
)
def test_every_fault_has_its_verdict(backend: str, expected: str, source: str) -> None:
    assert verdict(source, backend, time_s=0.5, wall_s=4, memory_mb=96) == expected


@pytest.mark.skipif("bubblewrap" not in WORKING, reason="bubblewrap does not work here")
def test_a_forbidden_system_call_is_called_by_its_name() -> None:
    source = "import ctypes\ndef solve(n):\n    return ctypes.CDLL(None).unshare(0x10000000)\n"
    assert verdict(source, "bubblewrap") == "SEC"


def test_our_own_fault_is_never_the_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(launch: object) -> object:
        raise OSError("no more processes")

    def choose(name: str | None, language: str) -> backends.Backend:
        return backends.Backend("landlock", broken, backends.interpreters()[0])  # type: ignore[arg-type]

    monkeypatch.setattr("tools.sandbox.runner.choose", choose)
    result = run(GOOD, PLUS)
    assert result["verdict"] == "IE"
    assert "no more processes" in result["reason"]
    assert result["passed"] == 0


def test_without_an_isolation_nothing_runs_and_the_reason_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refusals = dict.fromkeys(backends.ORDER, ("it is not there", "install it"))
    monkeypatch.setattr(backends, "_known", refusals)
    with pytest.raises(SandboxError, match="install it"):
        backends.choose()
    assert run(GOOD, PLUS)["verdict"] == "IE"


def test_an_unknown_isolation_is_refused_by_name() -> None:
    with pytest.raises(SandboxError, match="known are bubblewrap, landlock, wasi"):
        backends.choose("chroot")


@BACKENDS
def test_an_error_names_its_line(backend: str) -> None:
    error = run("def solve(n):\n    a = 1\n    return a / (a - 1)\n", PLUS, backend=backend)[
        "error"
    ]
    assert error is not None
    assert (error["type"], error["line"], error["text"]) == (
        "ZeroDivisionError",
        3,
        "return a / (a - 1)",
    )


@BACKENDS
def test_a_syntax_error_names_its_line(backend: str) -> None:
    error = run("x = 1\ndef solve(n:\n    pass\n", PLUS, backend=backend)["error"]
    assert error is not None
    assert (error["type"], error["line"]) == ("SyntaxError", 2)


@BACKENDS
def test_the_first_failing_public_test_is_shown(backend: str) -> None:
    failing = run("def solve(n):\n    return abs(n) + 1\n", PLUS, backend=backend)["failing"]
    assert failing is not None
    shown_parts = (failing["index"], failing["input"], failing["expected"], failing["got"])
    assert shown_parts == (1, "[-7]", "-6", "8")


@BACKENDS
def test_a_hidden_test_shows_nothing(backend: str) -> None:
    tests = [{**PLUS[0], "expected": 987654, "public": False}]
    result = run(GOOD, tests, backend=backend)
    assert result["failing"] is not None and not result["failing"]["public"]
    assert "987654" not in json.dumps(result)


@BACKENDS
def test_expected_answers_never_enter_the_sandbox(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tools.sandbox.watch import Watch

    sent: list[bytes] = []
    real = Watch.send
    monkeypatch.setattr(Watch, "send", lambda self, data: (sent.append(data), real(self, data))[1])
    tests = [{"fn": "solve", "args": [1], "expected": "UNGUESSABLE", "tol": 1, "check": "one_of"}]
    run(GOOD, tests, backend=backend)
    assert sent and not any(b"UNGUESSABLE" in data for data in sent)


@BACKENDS
def test_one_wrong_answer_does_not_end_the_others(backend: str) -> None:
    source = "def solve(n):\n    return 1 // (n - 4) and n + 1\n"
    result = run(source, PLUS, backend=backend)
    assert [row["verdict"] for row in result["tests"]] == ["RE", "AC"]


@BACKENDS
def test_arguments_are_fresh_for_every_test(backend: str) -> None:
    source = "def solve(a, seen=[]):\n    a.append(1)\n    return a\n"
    tests = [{"fn": "solve", "args": [[0]], "expected": [0, 1]}] * 2
    assert verdict(source, backend, tests) == "AC"


@BACKENDS
def test_a_class_is_driven_by_its_operations(backend: str) -> None:
    source = (
        "class Counter:\n    def __init__(self, start):\n        self.n = start\n"
        "    def add(self, k):\n        self.n += k\n        return self.n\n"
    )
    test = {"ops": [["Counter", [3]], ["add", [4]], ["add", [1]]], "expected": [None, 7, 8]}
    assert verdict(source, backend, [test]) == "AC"


@BACKENDS
def test_a_program_reads_and_prints(backend: str) -> None:
    source = "a, b = map(int, input().split())\nprint(a + b)\n"
    tests = [{"stdin": "1 2\n", "expected": "3\n"}, {"stdin": "5 -9", "expected": "-4"}]
    assert verdict(source, backend, tests) == "AC"


@BACKENDS
def test_a_program_is_new_for_every_test(backend: str) -> None:
    source = "import sys, os\nprint(os.path.exists('mark'))\nopen('mark', 'w').close()\n"
    tests = [{"stdin": "", "expected": "False"}] * 2
    assert verdict(source, backend, tests) == "AC"


@BACKENDS
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("print(input() + 1)", "RE"),
        ("import sys\nsys.exit(3)", "RE"),
        ("import sys\nprint(1)\nsys.exit(0)", "AC"),
        ("print(2)", "WA"),
        ("print(", "CE"),
        ("while True: print('x' * 100)", "OLE"),
    ],
)
def test_programs_are_judged_like_functions(backend: str, source: str, expected: str) -> None:
    assert verdict(source, backend, [{"stdin": "1", "expected": "1"}]) == expected


@BACKENDS
def test_any_valid_answer_passes_a_checked_test(backend: str) -> None:
    test = {"fn": "order", "args": [3, [[0, 1]]], "expected": [0, 1, 2], "check": "topological"}
    assert verdict("def order(n, e):\n    return [2, 0, 1]\n", backend, [test]) == "AC"
    assert verdict("def order(n, e):\n    return [1, 0, 2]\n", backend, [test]) == "WA"
    assert verdict("def order(n, e):\n    return 5\n", backend, [test]) == "WA"


@BACKENDS
def test_what_is_changed_in_place_or_yielded_can_be_judged(backend: str) -> None:
    place = {"fn": "f", "args": [[3, 1, 2]], "in_place": 0, "expected": [1, 2, 3]}
    assert verdict("def f(a):\n    a.sort()\n", backend, [place]) == "AC"
    taken = {"fn": "g", "args": [], "take": 3, "expected": [0, 1, 2]}
    source = "def g():\n    n = 0\n    while True:\n        yield n\n        n += 1\n"
    assert verdict(source, backend, [taken]) == "AC"


@BACKENDS
def test_twenty_tests_cost_one_start(backend: str) -> None:
    tests = [{"fn": "solve", "args": [i], "expected": i + 1} for i in range(20)]
    run(GOOD, PLUS, backend=backend)
    one, twenty = [], []
    for _ in range(5):
        for times, chosen in ((one, PLUS[:1]), (twenty, tests)):
            begun = time.perf_counter()
            assert run(GOOD, chosen, backend=backend)["verdict"] == "AC"
            times.append(time.perf_counter() - begun)
    assert statistics.median(twenty) < 3 * statistics.median(one)


@BACKENDS
def test_six_at_a_time_do_not_disturb_each_other(backend: str) -> None:
    def one(i: int) -> tuple[str, int]:
        tests = [{"fn": "solve", "args": [k], "expected": k * 7 + i % 6} for k in range(5)]
        result = run(f"def solve(n):\n    return n * 7 + {i % 6}\n", tests, backend=backend)
        return result["verdict"], result["passed"]

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(one, range(12))) == [("AC", 5)] * 12


@BACKENDS
def test_no_folder_is_left_behind(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    made: list[str] = []
    real = tempfile.mkdtemp

    def mkdtemp(*args: Any, **more: Any) -> str:
        made.append(real(*args, **more))
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", mkdtemp)
    run("import os\nos.mkdir('d')\nos.chmod('.', 0)\n" + GOOD, PLUS, backend=backend)
    assert not any(map(os.path.exists, made))


@BACKENDS
@pytest.mark.parametrize(
    "source",
    [
        "def solve(n):\n    print('\\x1b[2J</script>\\x00')\n    return n + 1\n",
        "\ufeffdef solve(n):\r\n    return n + 1\r\n",
        "class Solution:\n    def solve(self, n):\n        return n + 1\n",
        "def 加一(n):\n    return n + 1\nsolve = 加一\n",
        "import dataclasses\n@dataclasses.dataclass\nclass P:\n    x: int\n"
        "def solve(n):\n    return P(n).x + 1\n",
        "import tempfile\ndef solve(n):\n    with tempfile.TemporaryFile() as f:\n"
        "        f.write(b'x')\n    return n + 1\n",
        "import sys\nsys.setrecursionlimit(100000)\ndef f(k):\n    return k and 1 + f(k - 1)\n"
        "def solve(n):\n    return n + 1 + f(20000) - 20000\n",
        "import sys\nsys.stdout = None\ndef solve(n):\n    return n + 1\n",
        "import heapq, bisect, re, random, decimal, functools, itertools, collections, math\n"
        "def solve(n):\n    return n + 1\n",
    ],
)
def test_honest_code_is_never_refused(backend: str, source: str) -> None:
    result = run(source, PLUS, backend=backend)
    assert result["verdict"] == "AC", result


@pytest.mark.parametrize("backend", [b for b in WORKING if b != "wasi"])
def test_threads_and_asyncio_work(backend: str) -> None:
    source = (
        "import asyncio, threading\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "async def one(n):\n    await asyncio.sleep(0)\n    return n + 1\n"
        "def solve(n):\n    with ThreadPoolExecutor(8) as pool:\n"
        "        list(pool.map(abs, range(8)))\n    return asyncio.run(one(n))\n"
    )
    assert verdict(source, backend) == "AC"


@pytest.mark.parametrize("backend", [b for b in WORKING if b != "wasi"])
def test_numpy_is_offered_when_the_machine_has_it_for_that_python(backend: str) -> None:
    from tools.sandbox import libraries

    if not libraries.has("numpy", backends.choose(backend)):
        pytest.skip("no NumPy for the Python that runs candidates' code")
    source = "import numpy as np\ndef solve(n):\n    return np.array([n]) + 1\n"
    tests = [{"fn": "solve", "args": [1], "expected": [2]}]
    assert verdict(source, backend, tests) == "AC"


def test_a_torch_module_is_judged_by_what_the_test_names() -> None:
    got = {"shape": [2, 3], "finite": True, "without_grad": [], "values": [[1.0, 2.0]]}
    check = CHECKERS["torch_module"]
    assert check([], got, {"shape": [2, 3], "values": [[1.00001, 2.0]]}) == ""
    assert "shape" in check([], got, {"shape": [3, 2]})
    assert "parameters" in check([], got, {"parameters": ["w"]})
    assert check([], "nothing", {"shape": [2, 3]})


@pytest.mark.parametrize("backend", [b for b in WORKING if b != "wasi"])
def test_a_torch_module_is_run_forward_and_backward(backend: str) -> None:
    from tools.sandbox import libraries

    if not libraries.has("torch", backends.choose(backend)):
        pytest.skip("no PyTorch for the Python that runs candidates' code")
    source = (
        "import torch\nclass Net(torch.nn.Module):\n    def __init__(self, d):\n"
        "        super().__init__()\n        self.w = torch.nn.Linear(d, 2)\n"
        "    def forward(self, x):\n        return self.w(x)\n"
    )
    wanted = {"shape": [1, 2], "finite": True, "without_grad": []}
    test = {"module": "Net", "init": {"d": 3}, "inputs": [[[1.0, 2.0, 3.0]]]}
    test |= {"expected": wanted, "check": "torch_module"}
    limits = {"memory_mb": 2048, "time_s": 20, "wall_s": 60}
    assert verdict(source, backend, [test], **limits) == "AC"


def let_others_read(folder: Path) -> None:
    """Open a test's folder and those of pytest above it, never the machine's own."""
    for place in (folder, *folder.parents):
        if place.stat().st_uid != os.getuid() or not place.name.startswith(
            ("pytest", "popen", "test")
        ):
            return
        place.chmod(0o755)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a user")
def test_the_same_holds_for_an_ordinary_user(tmp_path: Path) -> None:
    python = "/usr/bin/python3"
    if not os.path.exists(python):
        pytest.skip("no Python that another user could read")
    from shutil import copytree, ignore_patterns

    import typing_extensions

    let_others_read(tmp_path)
    tools = Path(backends.__file__).parents[1]
    copytree(tools / "sandbox", tmp_path / "tools" / "sandbox", ignore=ignore_patterns("*.pyc"))
    (tmp_path / "tools" / "__init__.py").touch()
    there = tmp_path / "typing_extensions.py"
    there.write_text(Path(typing_extensions.__file__).read_text())
    code = (
        "import json, os, sys\nsys.path.insert(0, '.')\nfrom tools.sandbox import probe\n"
        "from tools.sandbox.runner import run\nassert os.getuid() == 4242\n"
        f"tests = {PLUS!r}\nfor status in probe():\n    if status['works']:\n"
        "        r = run('def solve(n):\\n    return n + 1\\n', tests, backend=status['name'])\n"
        "        print(status['name'], r['verdict'])\n"
    )
    done = subprocess.run(
        [python, "-B", "-c", code],
        cwd=tmp_path,
        user=4242,
        group=4242,
        extra_groups=[],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    expected = {f"{name} AC" for name in WORKING if name != "wasi"}
    assert expected <= set(done.stdout.splitlines())


def test_doctor_is_told_what_works_and_what_would_help() -> None:
    for status in probe():
        assert status["detail"]
        assert status["works"] or status["name"] in backends.ORDER
        assert status["works"] == bool(status["languages"])


def test_a_missing_bwrap_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "_known", {})
    monkeypatch.setattr("tools.sandbox.bubblewrap.program", lambda: None)
    status = next(s for s in probe() if s["name"] == "bubblewrap")
    if sys.platform == "linux":
        assert (status["works"], "apt install" in status["fix"]) == (False, True)


def test_refused_namespaces_are_recognised(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    fake.chmod(0o755)
    let_others_read(tmp_path)
    monkeypatch.setattr(backends, "_known", {})
    monkeypatch.setattr("tools.sandbox.bubblewrap.program", lambda: str(fake))
    status = next(s for s in probe() if s["name"] == "bubblewrap")
    if sys.platform == "linux":
        assert not status["works"]
        assert "uid map" in status["detail"] and "AppArmor" in status["fix"]
        assert backends.choose().name in ("landlock", "wasi")


REFUSED = (
    "from tools.sandbox import probe\nfor s in probe():\n"
    "    print(s['name'], s['works'], s['detail'], '|', s['fix'])\n"
    "from tools.sandbox.runner import run\n"
    f"print(run({GOOD!r}, {PLUS!r})['verdict'])\n"
)


@pytest.mark.skipif("bubblewrap" not in WORKING, reason="bubblewrap does not work here")
def test_where_the_kernel_refuses_namespaces_the_next_isolation_runs_and_doctor_says_why() -> None:
    outer = [
        str(bubblewrap.program()),
        "--unshare-user",
        "--disable-userns",
        "--dev-bind",
        "/",
        "/",
    ]
    done = subprocess.run(
        [*outer, sys.executable, "-c", REFUSED], capture_output=True, text=True, timeout=120
    )
    if "Unknown option" in done.stderr or "disable-userns" in done.stderr:
        pytest.skip("this bubblewrap cannot switch user namespaces off: " + done.stderr[:100])
    lines = done.stdout.splitlines()
    assert lines[0].startswith("bubblewrap False") and "namespace" in lines[0], done
    assert "sysctl" in lines[0].partition("|")[2]
    assert lines[-1] == "AC"


def test_doctor_shows_each_isolation_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    from agent.parts import PARTS, try_part

    monkeypatch.setattr(backends, "_known", {})
    monkeypatch.setattr("tools.sandbox.bubblewrap.program", lambda: None)
    finding = try_part(next(part for part in PARTS if part.name == "isolation"))
    row = next(line for line in finding.detail.splitlines() if line.startswith("bubblewrap"))
    if sys.platform == "linux":
        assert "not installed → apt install bubblewrap" in row


@pytest.mark.parametrize(
    ("expected", "got", "same"),
    [
        (1, 1.0, True),
        (1, True, False),
        (True, 1, False),
        (True, True, True),
        ("1", 1, False),
        (None, None, True),
        (None, 0, False),
        ([1, [2]], [1, [2]], True),
        ([1, 2], [1, 2, 3], False),
        ([1, 2], "12", False),
        ({"a": [1]}, {"a": [1]}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        (0.1 + 0.2, 0.3, True),
        (1.0, 1.00001, False),
        (float("inf"), float("inf"), True),
        (float("inf"), 1e308, False),
        (float("nan"), float("nan"), True),
        (2**70, 2**70 + 1, False),
        (1.0, 10**400, False),
        ("a", "\ud800", False),
    ],
)
def test_values_are_compared_by_the_rules_of_json(expected: Any, got: Any, same: bool) -> None:
    assert equal(expected, got) is same


def test_a_tolerance_is_absolute_for_small_and_relative_for_large_numbers() -> None:
    assert equal(1e6, 1e6 + 0.5, 1e-6)
    assert not equal(1e6, 1e6 + 2, 1e-6)
    assert not equal(1e-9, 1e-5, 1e-6)


def test_printed_text_is_compared_word_by_word() -> None:
    assert same_output("1 2\n3\n", "1  2 \n3\n\n")
    assert not same_output("1 2\n3", "1 2 3")
    assert same_output("0.3333", "0.33333", 1e-3)


def test_what_is_shown_is_short_and_storable() -> None:
    assert len(shown(["x" * 5000])) <= 600
    shown("\ud800").encode()
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    assert "deep" in shown(deep)


def test_limits_fill_in_what_is_missing() -> None:
    limits = Limits.of({"time_s": 1, "unknown": 3})
    assert limits.time_s == 1.0 and limits.memory_mb == Limits().memory_mb


def test_every_system_call_has_one_place() -> None:
    groups = [EVERYDAY, METADATA, PROCESSES, CONDITIONAL, ABSENT, FATAL]
    for column in (0, 1):
        numbers = [row[column] for group in groups for row in group.values()]
        known = [number for number in numbers if number is not None]
        assert len(known) == len(set(known))


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("fork", [True, False])
def test_the_filter_is_a_program_the_kernel_would_take(machine: Any, fork: bool) -> None:
    import struct

    rules = Rules(fork=fork, execute=fork, metadata=fork, own_pid=7, read_only_truncate=fork)
    code = program(machine, rules)
    steps = list(struct.iter_unpack("<HBBI", code))
    assert len(steps) < 4096
    assert steps[-1][0] == 0x06
    for place, (kind, yes, no, _) in enumerate(steps):
        if kind & 7 == 5:
            assert place + 1 + max(yes, no) < len(steps)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_decides_as_written(machine: Any) -> None:
    from tools.sandbox.syscalls import numbers

    column = 0 if machine == "x86_64" else 1
    arch = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}[machine]
    rules = Rules(fork=False, execute=False, metadata=False, own_pid=7)
    code = program(machine, rules)

    def decide(number: int, *args: int) -> int:
        return simulate(code, number, arch, list(args))

    allow, refuse, absent, kill = 0x7FFF0000, 0x50001, 0x50026, 0x80000000
    assert all(decide(n) == kill for n in numbers(FATAL, machine))
    assert all(decide(n) == absent for n in numbers(ABSENT, machine))
    assert all(decide(n) == refuse for n in numbers(PROCESSES, machine))
    clone, kill_nr = CONDITIONAL["clone"][column], CONDITIONAL["kill"][column]
    assert clone is not None and kill_nr is not None
    assert decide(clone, 0x10000) == allow
    assert decide(clone, 17) == refuse
    assert decide(clone, 0x10010000) == refuse
    assert (decide(kill_nr, 7), decide(kill_nr, 8)) == (allow, refuse)
    assert simulate(code, 0, 0x40000003, []) == kill
    assert decide(9999) == absent


def simulate(code: bytes, number: int, arch: int, args: list[int]) -> int:
    """Run a filter as the kernel would."""
    import struct

    data = struct.pack("<IIQ", number, arch, 0)
    data += b"".join(struct.pack("<Q", a) for a in (args + [0] * 6)[:6])
    steps = list(struct.iter_unpack("<HBBI", code))
    place, held = 0, 0
    while True:
        kind, yes, no, value = steps[place]
        place += 1
        if kind == 0x20:
            held = struct.unpack_from("<I", data, value)[0]
        elif kind == 0x54:
            held &= value
        elif kind == 0x06:
            return int(value)
        else:
            hit = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[kind]
            place += yes if hit else no
