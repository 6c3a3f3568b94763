"""Claims of complexity are read from words; measured growth becomes a question, no verdict."""

from __future__ import annotations

from typing import Any

import pytest

from agent.complexity import claimed, growth_question, is_worse, order_of


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("O(n)", "O(n)"),
        ("o(N)", "O(n)"),
        ("O(n²)", "O(n^2)"),
        ("O(n**2)", "O(n^2)"),
        ("O(n*n)", "O(n^2)"),
        ("O(n log n)", "O(n log n)"),
        ("O(nlogn)", "O(n log n)"),
        ("O(n·log2 n)", "O(n log n)"),
        ("O(n log(n))", "O(n log n)"),
        ("O(logn)", "O(log n)"),
        ("O(2^n)", "O(2^n)"),
        ("O(1)", "O(1)"),
        ("O(n k)", ""),
        ("O(V + E)", ""),
    ],
)
def test_an_order_is_read_however_it_is_written(text: str, order: str) -> None:
    assert order_of(text) == order


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("时间复杂度是 O(n)，空间 O(1)", "O(n)"),
        ("空间复杂度 O(1)，时间复杂度 O(n log n)", "O(n log n)"),
        ("时间 O(n) 空间 O(n^2)", "O(n)"),
        ("O(n) 的时间和 O(1) 的空间", "O(n)"),
        ("O(1) extra space and O(n^2) time", "O(n^2)"),
        ("时间空间都是 O(n)", "O(n)"),
        ("排序 O(n log n)，再扫一遍 O(n)", "O(n log n)"),
        ("原来是 O(n²)，用哈希表降到 O(n)", "O(n)"),
        ("就是线性的，扫一遍", "O(n)"),
        ("两层循环，平方级", "O(n^2)"),
        ("It is quadratic", "O(n^2)"),
        ("The overall cost is O(n), though sorting alone would be O(n log n)", "O(n)"),
        ("不太确定", ""),
        ("空间 O(n)", ""),
    ],
)
def test_the_claim_about_time_is_told_from_the_one_about_space(text: str, order: str) -> None:
    found, start, end = claimed(text)
    assert found == order
    assert bool(text[start:end]) == bool(order)


def grown(*among: str, target: str = "O(n)") -> dict[str, Any]:
    return {"among": list(among), "target": target, "sizes": [64, 4096]}


def test_a_claim_that_the_clock_contradicts_is_asked_about_with_both_figures() -> None:
    text = growth_question(grown("O(n^2)"), "O(n)", "zh")
    assert "你说时间是 O(n)" in text and "更像 O(n^2)" in text and text.endswith("？")
    assert "n=64" in text and "n=4096" in text


def test_a_true_analysis_of_slow_code_is_taken_up_with_the_target() -> None:
    text = growth_question(grown("O(n^2)"), "O(n^2)", "en")
    assert "fits what I measured" in text and "O(n)" in text


def test_slow_code_without_a_claim_is_asked_about() -> None:
    assert "more like O(n^2)" in growth_question(grown("O(n^2)"), "", "en")


@pytest.mark.parametrize(
    ("growth", "claim"),
    [
        (grown("O(n)", "O(n log n)"), "O(n)"),
        (grown("O(n)", "O(n log n)"), "O(n log n)"),
        (grown("O(n)", "O(n log n)"), ""),
        (grown(), "O(n)"),
        (grown(target=""), ""),
    ],
)
def test_nothing_is_asked_where_the_clock_contradicts_nothing(
    growth: dict[str, Any], claim: str
) -> None:
    assert growth_question(growth, claim, "zh") == ""


def test_neighbours_are_never_called_slower_than_the_target() -> None:
    assert not is_worse(["O(n)", "O(n log n)"], "O(n)")
    assert not is_worse(["O(n log n)"], "O(n)")
    assert is_worse(["O(n^2)"], "O(n log n)")
    assert is_worse(["O(n)", "O(n log n)"], "O(log n)")
