"""What a stranger installs: the wheel's content, the pins, the tracked files."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_wheel_holds_the_four_packages_with_their_data_and_no_tests(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {"agent", "tools", "prompts", "sessions"} <= tops and "tests" not in tops
    wanted = [
        "agent/formats/standard.toml",
        "agent/models/phrases.toml",
        "agent/cli/messages.toml",
        "prompts/zh/interviewer.md",
        "prompts/en/interviewer.md",
        "sessions/report/report.html.j2",
        "tools/knowledge/topics.toml",
        "tools/knowledge/questions/attention.toml",
        "tools/grading/weights.json",
    ]
    assert [name for name in wanted if name not in names] == []


def test_constraints_pin_every_dependency_and_name_no_index() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text and "--" not in text
    pinned = {
        re.sub(r"[-_.]+", "-", line.split("==")[0]).lower()
        for line in text.splitlines()
        if "==" in line
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = project["dependencies"] + [
        d
        for group in ("dev", "documents", "isolation", "cards", "voice")
        for d in project["optional-dependencies"][group]
    ]
    names = {re.sub(r"[-_.]+", "-", re.split(r"[\[<>=; ]", d)[0]).lower() for d in asked}
    assert names - pinned == set()


def test_no_machine_path_and_no_unfinished_word_is_tracked() -> None:
    done = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    home = re.compile(r"/(?:home|root|Users)/[a-z]")
    found = []
    for name in done.stdout.splitlines():
        if not name.endswith((".py", ".md", ".toml", ".txt", "Makefile")) or name.startswith(
            "tests/"
        ):
            continue
        text = (ROOT / name).read_text(encoding="utf-8")
        if home.search(text) or re.search(r"#.*\b(?:TODO|FIXME|XXX)\b", text):
            found.append(name)
    assert found == []
