"""What goes into a run of untrusted code and what comes out: limits, tests, verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

VerdictName = Literal["AC", "WA", "TLE", "MLE", "OLE", "RE", "CE", "SEC", "IE"]
BackendName = Literal["bubblewrap", "landlock", "wasi"]
Language = Literal["python", "cpp", "java", "javascript"]

Test = Mapping[str, Any]
"""One test. Its style follows from its keys:

`fn`, `args`           call a function (`kwargs`, `in_place`: judge that argument; `take`: so many
                       items of what it yields)
`cls`, `ops`           build an object and call methods: [["LRU", [2]], ["get", [1]], …]
`stdin`                run the source as a program, compare what it prints
`module`, `init` …     a torch module: shapes, values, gradients

and `expected`, or `check` (the name of a checker), `tol`, `public` (default True).
"""


@dataclass(frozen=True)
class Limits:
    """What a submission may use."""

    time_s: float = 2.0
    """Per test, waiting for a processor not counted."""
    wall_s: float = 10.0
    """Loading and all tests together; a hard stop."""
    memory_mb: int = 256
    """Of the whole tree of processes."""
    output_kb: int = 64
    """Both output streams of all tests together."""
    file_mb: int = 16
    """All files together."""
    max_processes: int = 32
    """Processes and threads together."""

    @classmethod
    def of(cls, given: Mapping[str, Any] | Limits | None) -> Limits:
        """Fill what is not given with the defaults."""
        if isinstance(given, Limits):
            return given
        kinds = {f.name: float if f.name.endswith("_s") else int for f in fields(cls)}
        chosen: dict[str, Any] = {k: kinds[k](v) for k, v in (given or {}).items() if k in kinds}
        return cls(**chosen)

    def at_least(self, **floor: float) -> Limits:
        """Raise limits to what a runtime needs merely to start."""
        raised: dict[str, Any] = {k: max(getattr(self, k), v) for k, v in floor.items()}
        return replace(self, **raised)


class ErrorNote(TypedDict):
    """What went wrong in the candidate's code and where."""

    type: str
    message: str
    line: int | None
    text: str
    """The source line itself."""
    trace: list[str]
    """`line 3 in solve`, outermost first, the candidate's own frames only."""


class FailingTest(TypedDict):
    """The first test that did not pass; the three texts are there only when it is public."""

    index: int
    public: bool
    note: str
    input: NotRequired[str]
    expected: NotRequired[str]
    got: NotRequired[str]


class TestRow(TypedDict):
    """One line of the table of tests."""

    index: int
    public: bool
    verdict: VerdictName | Literal["-"]
    """`-` was not run, because an earlier one ended the run."""
    ms: float


class RunResult(TypedDict):
    """The outcome of running one submission against tests."""

    verdict: VerdictName
    passed: int
    total: int
    language: str
    backend: str
    reason: str
    """One English sentence for every verdict but AC."""
    error: ErrorNote | None
    failing: FailingTest | None
    tests: list[TestRow]
    time_ms: float
    """The slowest test."""
    memory_mb: float
    """The highest sum seen over the tree; 0 when it ended before it was looked at."""
    stdout: str
    stderr: str


class BackendStatus(TypedDict):
    """What `kaoguan doctor` says of one isolation."""

    name: BackendName
    works: bool
    detail: str
    """How it was found working, or why it does not."""
    fix: str
    """The command or setting that would make it work; empty when it works or nothing would."""
    languages: list[str]


class SandboxError(Exception):
    """No isolation can run this here; the message says why and what would help."""
