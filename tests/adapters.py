"""Thin functions for outside measuring scripts: each only calls what the product itself uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def parse(
    chunks: Iterable[str],
    tools: list[dict[str, Any]] | None = None,
    on_speech: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    raise NotImplementedError("parse")


def grade(item: dict[str, Any], answer: str) -> dict[str, Any]:
    raise NotImplementedError("grade")


def run_code(source: str, tests: list[Any], limits: dict[str, Any]) -> dict[str, Any]:
    raise NotImplementedError("run_code")


def import_questions(path: str) -> list[dict[str, Any]]:
    raise NotImplementedError("import_questions")


def build_search(paths: list[str]) -> Callable[[str, int], list[dict[str, Any]]]:
    raise NotImplementedError("build_search")


def same_question(a: dict[str, Any], b: dict[str, Any]) -> bool:
    raise NotImplementedError("same_question")


def repair_terms(text: str) -> str:
    raise NotImplementedError("repair_terms")


def selection_policy(bank: list[dict[str, Any]], seed: int) -> Any:
    raise NotImplementedError("selection_policy")
