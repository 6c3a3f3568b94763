"""The arrows between the folders go one way, and third parties keep to their place."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "prompts": {"prompts"},
    "sessions": {"sessions"},
    "tools": {"tools", "prompts", "sessions"},
    "agent": {"agent", "tools", "prompts", "sessions"},
}
OURS = set(MAY_IMPORT)
PLACES = {
    "langgraph": {
        "agent/graph.py",
        "agent/interviewer.py",
        "agent/nodes/",
        "sessions/checkpoints.py",
    },
    "rich": {"agent/cli/"},
    "click": {"agent/cli/"},
    "prompt_toolkit": {"agent/cli/"},
    "openai": {"agent/models/", "agent/voice/backends/"},
    "sqlalchemy": {"sessions/"},
    "faster_whisper": {"agent/voice/"},
    "pyttsx3": {"agent/voice/"},
}


def modules() -> list[Path]:
    return [p for folder in sorted(OURS) for p in sorted((ROOT / folder).rglob("*.py"))]


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_downwards(path: Path) -> None:
    folder = path.relative_to(ROOT).parts[0]
    used = {name.split(".")[0] for name in imported(path)} & OURS
    assert used <= MAY_IMPORT[folder]


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_third_parties_keep_to_their_place(path: Path) -> None:
    here = path.relative_to(ROOT).as_posix()
    for name in {n.split(".")[0] for n in imported(path)} & set(PLACES):
        assert any(here.startswith(place) for place in PLACES[name]), f"{name} in {here}"


def test_voice_sees_nothing_of_the_rest() -> None:
    for path in sorted((ROOT / "agent" / "voice").rglob("*.py")):
        ours = {n for n in imported(path) if n.split(".")[0] in OURS}
        assert all(name.startswith("agent.voice") for name in ours), path


def test_core_does_not_know_its_faces() -> None:
    for path in (ROOT / "agent").rglob("*.py"):
        here = path.relative_to(ROOT).as_posix()
        if here.startswith(("agent/cli/", "agent/web/", "agent/__main__")):
            continue
        assert not any(n.startswith(("agent.cli", "agent.web")) for n in imported(path)), here


KEPT_WHOLE = {
    "sessions/records.py": 340,  # the vocabulary: one place to look a record up
    "tools/sandbox/harness.py": 330,  # sent into the child as one text
}


def test_no_module_of_ours_is_longer_than_three_hundred_lines() -> None:
    long = {
        str(p.relative_to(ROOT)): n
        for p in modules()
        if (n := len(p.read_text(encoding="utf-8").splitlines()))
        > KEPT_WHOLE.get(p.relative_to(ROOT).as_posix(), 300)
    }
    assert long == {}
