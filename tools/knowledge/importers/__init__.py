"""Import of other people's questions: Markdown, notes, tables, DOCX and PDF to a bank."""

from __future__ import annotations

from tools.knowledge.importers.banking import dry_run_table, import_all, to_questions, write_bank
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
