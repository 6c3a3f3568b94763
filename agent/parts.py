"""The parts Kaoguan is made of: what each is for, how it is had, under which licence, and a trial.

A trial is a real use of the part, so that `found` means that it works here.
"""

from __future__ import annotations

import importlib
import importlib.util
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Part:
    """One part, before it is tried."""

    name: str
    purpose: str
    licence: str
    install: str
    """The command that installs it."""
    trial: Callable[[], str]
    """Uses the part; returns what was found, raises when it does not work."""
    needed: bool = False


@dataclass(frozen=True)
class Finding:
    """What became of a trial."""

    part: Part
    ok: bool
    detail: str


def try_part(part: Part) -> Finding:
    """Use the part once."""
    try:
        return Finding(part, True, part.trial())
    except Exception as error:  # whatever a broken part raises is what the user should read
        return Finding(part, False, f"{type(error).__name__}: {error}".splitlines()[0])


def _version(distribution: str) -> str:
    return metadata.version(distribution)


def _own_packages() -> str:
    for name in ("agent", "tools", "prompts", "sessions"):
        spec = importlib.util.find_spec(name)
        origin = Path(spec.origin).parent.parent if spec and spec.origin else None
        if origin != ROOT:
            raise ImportError(
                f"`import {name}` finds {origin or 'nothing'}, not Kaoguan: install Kaoguan into "
                "an environment of its own"
            )
    return "agent, tools, prompts, sessions"


def _langgraph() -> str:
    from agent.graph import build_graph

    nodes = len(build_graph().get_graph().nodes)
    return f"{_version('langgraph')}, {nodes} nodes"


def _embedding() -> str:
    from tools.knowledge.embed import load_embedder

    embedder = load_embedder()
    rows = embedder.encode(["注意力机制"])
    return f"{embedder.name} {embedder.version}, {rows.shape[1]} dimensions"


def _bank() -> str:
    from tools.knowledge.bank import load_bank

    bank = load_bank()
    return f"{len(bank.questions)} questions, version {bank.version[:12]}"


def _grader() -> str:
    from tools.grade_answer import shared_grader
    from tools.grading.evidence import AnswerText
    from tools.knowledge.bank import load_bank

    question = load_bank().questions[0]
    text = question["reference"].get("zh", "")
    grade = shared_grader().grade(question, [AnswerText("t", text)], "zh")
    return f"{grade['grader']}: its own reference gets {grade['overall']}"


def _isolation() -> str:
    from tools.sandbox import probe

    statuses = probe()
    found = []
    for status in statuses:
        told = f"ok ({', '.join(status['languages'])})" if status["works"] else status["detail"]
        remedy = f" → {status['fix']}" if status["fix"] else ""
        found.append(f"{status['name']}: {told}{remedy}")
    if not any(status["works"] for status in statuses):
        raise RuntimeError("no isolation works:\n" + "\n".join(found))
    return "\n".join(found)


def _whisper() -> str:
    # The import is the trial: a model would need a download.
    importlib.import_module("faster_whisper")
    return _version("faster-whisper")


def _program(name: str) -> Callable[[], str]:
    def trial() -> str:
        path = shutil.which(name)
        if path is None:
            raise FileNotFoundError(f"{name} is not on the path")
        return path

    return trial


PARTS: tuple[Part, ...] = (
    Part("kaoguan", "the four packages are ours", "Apache-2.0", "pip install -e .", _own_packages, True),
    Part("langgraph", "state machine and checkpoints", "MIT", "pip install langgraph", _langgraph, True),
    Part("openai", "remote models", "Apache-2.0", "pip install openai", lambda: _version("openai"), True),
    Part("bank", "shipped questions", "Apache-2.0", "pip install -e .", _bank, True),
    Part("embedding", "grading and search", "MIT / Apache-2.0", "pip install -e .", _embedding, True),
    Part("grader", "grades with evidence", "Apache-2.0", "pip install -e .", _grader, True),
    Part("isolation", "runs candidates' code", "LGPL-2.0 (bubblewrap)", "apt-get install bubblewrap", _isolation),
    Part("faster-whisper", "speech recognition", "MIT", "pip install -e '.[voice]'", _whisper),
    Part("pyttsx3", "speech synthesis", "MPL-2.0", "pip install -e '.[voice]'", lambda: _version("pyttsx3")),
    Part("espeak-ng", "voice behind pyttsx3 on Linux", "GPL-3.0, own process", "apt-get install espeak-ng", _program("espeak-ng")),
    Part("pypdf", "PDF import", "BSD-3-Clause", "pip install -e '.[documents]'", lambda: _version("pypdf")),
    Part("rapidocr", "scanned pages of a PDF", "Apache-2.0", "pip install -e '.[ocr]'", lambda: _version("rapidocr-onnxruntime")),
    Part("python-docx", "DOCX import", "MIT", "pip install -e '.[documents]'", lambda: _version("python-docx")),
)  # fmt: skip
