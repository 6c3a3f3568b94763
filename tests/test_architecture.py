"""ARCHITECTURE.md holds the file tree and the graph: these tests keep both true.

`make docs` rewrites both sections from the code.
"""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "ARCHITECTURE.md"
FOLDERS = ("prompts", "sessions", "tools", "agent")


def tree() -> str:
    lines = []
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.name == "__init__.py" and path.parent != ROOT / folder:
                continue
            doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            first = " ".join(doc.split("\n\n")[0].split())
            lines.append(f"- `{path.relative_to(ROOT).as_posix()}` {first}")
    return "\n".join(lines)


def graph() -> str:
    from agent.graph import build_graph

    drawn = build_graph().get_graph()
    edges = sorted(
        f"    {e.source.strip('_')} {'-.->' if e.conditional else '-->'} {e.target.strip('_')}"
        for e in drawn.edges
    )
    return "\n".join(["```mermaid", "graph TD", *edges, "```"])


def section(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- end -->", PAGE.read_text("utf-8"), re.S)
    assert found, f"ARCHITECTURE.md has no section {name}"
    return found.group(1)


def write(name: str, text: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    pattern = rf"(<!-- {name} -->\n).*?(\n<!-- end -->)"
    PAGE.write_text(re.sub(pattern, lambda m: m[1] + text + m[2], page, flags=re.S), "utf-8")


def test_the_file_tree_is_true() -> None:
    if os.environ.get("KAOGUAN_WRITE_DOCS"):
        write("tree", tree())
    assert section("tree") == tree(), "run `make docs`"


def test_the_graph_is_true() -> None:
    if os.environ.get("KAOGUAN_WRITE_DOCS"):
        write("graph", graph())
    assert section("graph") == graph(), "run `make docs`"


def test_every_module_says_what_it_holds() -> None:
    silent = [line for line in tree().splitlines() if line.endswith("`") or len(line) < 30]
    assert silent == []
