"""Measuring a grader: what is read, what is counted, and what two commands show of it."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

from agent.cli.evaluate_grading import command as grading
from agent.cli.evaluate_grading_view import show
from agent.cli.evaluate_rate import command as rate
from sessions.records import Grade
from tools.evaluate import rating
from tools.evaluate.graded_rows import (
    GradedAnswer,
    RowsError,
    is_held_out,
    language_of,
    read_graded,
)
from tools.evaluate.grading_metrics import (
    Measured,
    compare,
    interval,
    level,
    measure,
    qwk,
    repeatability,
    spearman,
)
from tools.evaluate.grading_page import page
from tools.evaluate.grading_run import (
    against,
    done_so_far,
    grade_all,
    keep,
    result_of,
    rounds_of,
    to_repeat,
)

OWN = Path(__file__).parent / "data" / "graded"
ITEM = {
    "id": "q1",
    "topic": "attention",
    "question": "注意力为什么要除以根号 d？",
    "reference_answer": "点积方差随维度增大，缩放后 softmax 不饱和。",
    "key_points": [
        {"id": "k1", "text": "点积的方差随维度增大", "weight": 3},
        {"id": "k2", "text": "不缩放时 softmax 饱和，梯度接近 0", "weight": 1},
    ],
}
ROWS: list[dict[str, Any]] = [
    {"item_id": "q1", "answer": "维度一大点积的方差就大，不缩放 softmax 会饱和，梯度没了。",
     "kind": "full-paraphrase", "covered": ["k1", "k2"], "clarity": 8},
    {"item_id": "q1", "answer": "缩放是为了让 softmax 更尖，方差会随维度变小。", "score": 9,
     "kind": "wrong-but-fluent", "covered": [], "error_level": 3, "clarity": 8},
    {"item_id": "q1", "answer": "这个我忘了。", "kind": "evasive", "covered": []},
    {"item_id": "q1", "answer": "The variance grows with the dimension.", "kind": "partial",
     "covered": ["k1"], "partial": ["k2"], "clarity": 7},
]  # fmt: skip


def write(path: Path, rows: Sequence[Any]) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    return path


@pytest.fixture
def answers(tmp_path: Path) -> list[GradedAnswer]:
    return read_graded([write(tmp_path / "answers.jsonl", [ITEM, *ROWS])])


def given(answer: GradedAnswer, overall: float | None, covered: Sequence[str] = ()) -> Measured:
    points: Any = [
        {"key_point": p["id"], "verdict": "covered" if p["id"] in covered else "missed",
         "quotes": []}
        for p in answer.question["key_points"]
    ]  # fmt: skip
    grade: Any = {"overall": overall, "points": points, "error_level": 0, "grader": "g",
                  "misconceptions": [], "kind": "content", "confidence": 0.5}  # fmt: skip
    return Measured(answer, grade)


# ---- reading


def test_answers_are_read_with_their_questions_and_scores_follow_from_labels(
    answers: list[GradedAnswer],
) -> None:
    assert [a.score for a in answers] == [97.0, 9.0, 3.0, 85.0]
    assert [a.language for a in answers] == ["zh", "zh", "zh", "en"]
    assert answers[3].partial == {"k2"} and answers[0].question["topic"] == "attention"


def test_questions_beside_the_file_are_found(tmp_path: Path) -> None:
    write(tmp_path / "items.jsonl", [ITEM])
    assert len(read_graded([write(tmp_path / "mine.jsonl", ROWS)])) == 4


def test_our_own_set_can_be_read() -> None:
    own = read_graded([OWN])
    assert len(own) >= 300 and len({a.question["id"] for a in own}) >= 50
    assert any(is_held_out(a.question["id"]) for a in own)


def test_the_outside_sample_can_be_read() -> None:
    folder = os.environ.get("KAOGUAN_SAMPLES", "")
    if not folder:
        pytest.skip("KAOGUAN_SAMPLES is not set")
    assert len(read_graded([Path(folder) / "grading"])) == 84


BAD = {
    "no file": (None, "there is no such file"),
    "no JSON": ("{nope", "mine.jsonl:2: is no JSON"),
    "a list": ("[1]", "no JSON object"),
    "another row": ('{"id": "x"}', "neither `answer` nor `key_points`"),
    "unknown question": ('{"question": "zz", "answer": "a", "covered": []}', "'zz' is in none"),
    "unknown point": ('{"question": "q1", "answer": "a", "covered": ["k9"]}', "no key point 'k9'"),
    "no labels": ('{"question": "q1", "answer": "a"}', "is no graded answer"),
    "a high score": ('{"question": "q1", "answer": "a", "covered": [], "score": 120}', "0 to 100"),
    "a high clarity": (
        '{"question": "q1", "answer": "a", "covered": [], "clarity": 99}',
        "0 to 10",
    ),
    "no id": ('{"wording": {"zh": "a"}, "key_points": []}', "`id` is missing"),
    "no topic": ('{"id": "x", "wording": {"zh": "a"}, "key_points": []}', "`topic` is missing"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_one_line_with_file_and_place(name: str, tmp_path: Path) -> None:
    line, said = BAD[name]
    path = tmp_path / "mine.jsonl"
    if line is not None:
        path.write_text(json.dumps(ITEM) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(RowsError, match=r"mine\.jsonl") as error:
        read_graded([path])
    assert said in str(error.value)
    found = CliRunner().invoke(grading, [str(path)])
    assert (
        found.exit_code == 2 and found.output.count("\n") == 1 and "Traceback" not in found.output
    )


def test_the_language_of_technical_chinese_is_chinese() -> None:
    assert language_of("用 softmax 之前除以 sqrt，这样 attention 的方差就稳定了") == "zh"
    assert language_of("we just scale the logits 然后 train it with AdamW and a warmup") == "mixed"


# ---- figures


def test_kappa_and_rank_correlation_agree_with_known_values() -> None:
    assert level([0, 20, 20.4, 21, 60, 100]).tolist() == [0, 0, 0, 1, 2, 4]
    a, b = np.array([0, 1, 2, 3, 4]), np.array([0, 1, 2, 3, 4])
    assert qwk(a, b) == 1.0
    # by hand: squares 1 and 4 were seen; the margins alone would make 65 of them in five
    assert qwk(a, np.array([1, 1, 2, 3, 2])) == pytest.approx(1 - 5 / 13)
    assert spearman([1, 2, 3, 4], [10, 20, 20, 40]) == pytest.approx(0.9486832980505138)
    assert np.isnan(spearman([1, 1], [1, 2]))


def test_costly_mistakes_are_counted_apart(answers: list[GradedAnswer]) -> None:
    scores = [(30.0, ["k1"]), (70.0, ["k1"]), (2.0, []), (None, [])]
    rows = [given(a, s, c) for a, (s, c) in zip(answers, scores, strict=True)]
    found = measure(rows)
    assert (found["n"], found["not_graded"]) == (4, 1)
    assert found["false_low"] == 1.0 and found["false_high"] == 0.5
    assert found["false_high_wrong-but-fluent"] == 1.0 and found["errors_noticed"] == 0.0
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    # one hit, one invented, one lost; the ungraded row counts nowhere
    assert found["key_point_f1"] == 0.5


def test_points_labelled_partial_are_neither_right_nor_wrong(answers: list[GradedAnswer]) -> None:
    for covered in (["k1"], ["k1", "k2"]):
        assert measure([given(answers[3], 60.0, covered)])["key_point_f1"] == 1.0


def many(answers: list[GradedAnswer]) -> list[GradedAnswer]:
    return [
        GradedAnswer(**{**vars(a), "key": f"{a.key}{n}", "question": {**a.question, "id": f"q{n}"}})
        for n in range(8)
        for a in answers
    ]


def test_the_interval_holds_the_kappa_and_a_better_grader_is_seen(
    answers: list[GradedAnswer],
) -> None:
    rows = [given(a, a.score - 3) for a in many(answers)]
    low, high = interval(rows)
    assert low <= measure(rows)["qwk"] <= high
    before = {row.answer.key: 50.0 if n % 3 else row.score for n, row in enumerate(rows)}
    found = compare(rows, before)
    assert found["difference"] > 0 and found["low"] > 0 and found["farther"] == 0
    assert found["nearer"] > 0 and compare(rows, {"x": 1.0}) == {"n": 0}


def test_a_weight_counts_like_so_many_answers() -> None:
    a, b = np.array([0, 1, 4, 2]), np.array([1, 1, 3, 4])
    often = qwk(np.repeat(a, [2, 1, 3, 1]), np.repeat(b, [2, 1, 3, 1]))
    assert qwk(a, b, [2, 1, 3, 1]) == pytest.approx(often) != pytest.approx(qwk(a, b))


def test_a_run_in_which_nothing_was_graded_has_a_result_that_can_be_shown(
    answers: list[GradedAnswer],
) -> None:
    rows = [given(a, None) for a in answers]
    found = result_of(rows, {answers[0].key: [None, None]})
    assert interval(rows) == (None, None) and found["all"]["qwk_low"] is None
    assert found["all"]["not_graded"] == 4
    html = page(found, [], {}, against(rows, {}), "en")
    assert "4 not graded" in html and "95 %: – – –" in html
    console = Console(record=True, width=120, file=io.StringIO())
    show(console, found, [], None, "en")
    assert "–" in console.export_text()


def test_repeated_grades_are_held_against_each_other() -> None:
    found = repeatability([[50, 50, 50], [50, 58, 62], [10, None, 10]])
    assert found["largest_spread"] == 12 and found["identical"] == pytest.approx(1 / 3, abs=1e-3)
    assert found["level_moved"] == pytest.approx(1 / 3, abs=1e-3)


# ---- running


def test_repeats_take_every_kind_in_an_order_of_their_own(answers: list[GradedAnswer]) -> None:
    again = to_repeat(many(answers), 8)
    assert len({a.kind for a in again}) == 4
    orders = [[a.key for a in order] for order in rounds_of(again, 5)]
    assert len(orders) == 4 and len({tuple(o) for o in orders}) == 4
    assert all(sorted(o) == sorted(a.key for a in again) for o in orders)


async def test_an_interrupted_run_goes_on_from_what_is_done(
    answers: list[GradedAnswer], tmp_path: Path
) -> None:
    part = tmp_path / "out.part"

    async def grade(question: Any, texts: Any, lang: Any) -> Grade:
        return given(answers[0], 40.0).grade

    async for answer, made in grade_all(answers[:2], grade, 2):
        keep(part, "g 1", answer, made)
    part.write_text(part.read_text() + '{"mark": "g 1", "key": "hal')
    assert set(done_so_far(part, "g 1")) == {a.key for a in answers[:2]}
    assert done_so_far(part, "g 2") == {}
    keep(part, "g 1", answers[2], given(answers[2], 3.0).grade)
    keep(part, "g 1", answers[3], given(answers[3], 50.0).grade)
    assert set(done_so_far(part, "g 1")) == {a.key for a in answers}
    assert len(part.read_text().splitlines()) == 5


@pytest.mark.slow
def test_the_command_prints_writes_and_compares(tmp_path: Path) -> None:
    path, out = write(tmp_path / "mine.jsonl", [ITEM, *ROWS]), tmp_path / "out.json"
    page = tmp_path / "page.html"
    words = [str(path), "--repeats", "2", "--repeat-answers", "2", "--lang", "en"]
    first = CliRunner().invoke(grading, [*words, "--out", str(out), "--html", str(page)])
    assert first.exit_code == 0, first.output
    assert "QWK" in first.output and "wrong-but-fluent" in first.output
    assert not Path(f"{out}.part").exists()
    html = page.read_text(encoding="utf-8")
    assert "default-src 'none'" in html and "<script" not in html and "方差会随维度变小" in html
    second = CliRunner().invoke(grading, [*words, "--against", str(out), "--json"])
    found = json.loads(second.stdout)
    assert found["against"]["all"]["difference"] == 0.0 and found["repeated"]["identical"] == 1.0
    broken = CliRunner().invoke(grading, [*words, "--against", str(path)])
    assert broken.exit_code == 2 and "eval grading --out" in broken.output


# ---- labelling by hand


def test_a_line_becomes_a_rating(answers: list[GradedAnswer]) -> None:
    found = rating.parse_rating("cp 0 8", answers[0])
    assert found.verdicts == {"k1": "c", "k2": "p"} and rating.score_of(found, answers[0]) == 86
    assert rating.score_of(rating.parse_rating("e", answers[0]), answers[0]) <= 10


@pytest.mark.parametrize("line", ["c 0 8", "cx 0 8", "cc", "cc 4 8", "cc 0 11", "cw 0 8", "cc a b"])
def test_what_is_no_rating_is_refused(line: str, answers: list[GradedAnswer]) -> None:
    with pytest.raises(rating.RatingError):
        rating.parse_rating(line, answers[0])


def test_the_order_is_shuffled_and_does_not_depend_on_the_file(answers: list[GradedAnswer]) -> None:
    first = [a.key for a in rating.in_blind_order(answers, 1)]
    assert first == [a.key for a in rating.in_blind_order(answers[::-1], 1)]
    orders = {tuple(a.key for a in rating.in_blind_order(answers, seed)) for seed in range(9)}
    assert len(orders) > 1


def rated(path: Path, typed: str, *words: str) -> str:
    found = CliRunner().invoke(rate, [str(path), "--lang", "en", *words], input=typed)
    assert found.exit_code == 0, found.output
    return found.output


def test_rating_is_blind_saved_undone_and_taken_up_again(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.jsonl", [ITEM, *ROWS])
    kept = tmp_path / "mine.jsonl.ratings.jsonl"
    shown = rated(path, "?\ncc 0 8\nmm 3 6\nu\nq\n")
    assert "wrong-but-fluent" not in shown and "full-paraphrase" not in shown
    assert len(kept.read_text().splitlines()) == 1
    again = rated(path, "e\nmm 1 5\ncm 0 7\n")
    assert "1/4" not in again and "2/4" in again and "4 answers" in again
    rows = [json.loads(line) for line in kept.read_text().splitlines()]
    assert len({row["key"] for row in rows}) == 4
    assert len(read_graded([path, kept])) == 4  # the same answers under the same keys


def test_ratings_of_another_selection_are_kept_as_they_are(tmp_path: Path) -> None:
    one = write(tmp_path / "one.jsonl", [ITEM, *ROWS[:2]])
    unread = [{**ROWS[2], "answer": f"忘了\u2028真的{n}"} for n in range(2)]
    other = write(tmp_path / "other.jsonl", [ITEM, *unread])
    kept = tmp_path / "kept.jsonl"
    rated(one, "cc 0 8\nmm 3 6\n", "--out", str(kept))
    before = kept.read_text("utf-8")
    rated(other, "mm 0 5\nu\ne\nq\n", "--out", str(kept))
    assert kept.read_text("utf-8").startswith(before)
    assert json.loads(kept.read_text("utf-8").removeprefix(before))["kind"] == "evasive"
    again = CliRunner().invoke(rate, [str(one), "--json", "--out", str(kept)], input="")
    assert json.loads(again.stdout)["n"] == 2


def test_agreement_with_the_labels_is_printed(tmp_path: Path, answers: list[GradedAnswer]) -> None:
    path = write(tmp_path / "mine.jsonl", [ITEM, *ROWS])
    typed = []
    for answer in rating.in_blind_order(answers, 0):
        letters = "".join(
            "c" if p["id"] in answer.covered else "p" if p["id"] in answer.partial else "m"
            for p in answer.question["key_points"]
        )
        typed.append("e" if answer.kind == "evasive" else f"{letters} {answer.error_level} 8")
    found = json.loads(
        CliRunner().invoke(rate, [str(path), "--json"], input="\n".join(typed) + "\n").stdout
    )
    assert found["key_points_alike"] == 1.0 and found["key_point_kappa"] == 1.0
    assert found["qwk"] == 1.0 and found["n"] == 4
