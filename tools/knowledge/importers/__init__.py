"""Import of other people's questions: Markdown, notes, tables, DOCX and PDF to a bank.

The parts load when first used: their rules take a tenth of a second to compile, and a search that
only needs the shape of an item must not wait for them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tools.knowledge.importers.banking import (
        dry_run_table,
        import_all,
        to_questions,
        write_bank,
    )
    from tools.knowledge.importers.model import Imported, ImportFailed, Item, Written
    from tools.knowledge.importers.pipeline import import_file

__all__ = [
    "ImportFailed",
    "Imported",
    "Item",
    "Written",
    "dry_run_table",
    "import_all",
    "import_file",
    "to_questions",
    "write_bank",
]

_PARTS = {
    "banking": ("dry_run_table", "import_all", "to_questions", "write_bank"),
    "model": ("ImportFailed", "Imported", "Item", "Written"),
    "pipeline": ("import_file",),
}
_PART_OF = {name: part for part, names in _PARTS.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _PART_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PART_OF[name]}"), name)
