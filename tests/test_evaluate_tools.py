"""The scorer, the situations, the bad-case store, and the benchmark read back."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from agent.cli.main import cli
from tests import fault_server as fs
from tests.fakes import ScriptedModel
from tools.base import ToolCall
from tools.evaluate.bad_cases import bad_case, load, outcome_of, replay, store
from tools.evaluate.bfcl import (
    Alternatives,
    Item,
    ast_match,
    fitted,
    matches,
    parses_back,
    read_bfcl,
)
from tools.evaluate.forms import FORMS
from tools.evaluate.run import run_bfcl, run_situations
from tools.evaluate.score import NO_CALL, Outcome, Score, add, same_value
from tools.evaluate.situations import AnyOf, Expected, load_situations, messages_for, read_call
from tools.evaluate.variants import edit_share, keep, variants
from tools.protocol import parse_text, render_call
from tools.table import TOOLS, schemas


def call(tool: str, /, **arguments: Any) -> ToolCall:
    return ToolCall(tool, arguments)


def score(*outcomes: tuple[tuple[Expected, ...], tuple[ToolCall, ...]]) -> Score:
    total = Score()
    for number, (expected, called) in enumerate(outcomes):
        add(total, Outcome(str(number), "k", expected, called))
    return total


HINT = Expected("give_hint", {"question_id": "q", "level": 1})
LOOK = Expected("lookup_knowledge", {"query": AnyOf(("rope", "旋转"))})


# ---- the scorer


def test_names_are_judged_first_and_arguments_only_where_the_name_is_right() -> None:
    found = score(
        ((HINT,), (call("give_hint", question_id="q", level=2, extra=1),)),
        ((HINT,), (call("end_stage", question_id="q", level=1),)),
        ((LOOK,), ()),
        ((), (call("end_stage"),)),
        ((), ()),
    )
    assert found.name_recall == pytest.approx(1 / 3) and found.false_call_rate == 0.5
    assert (found.arguments_expected, found.arguments_given, found.arguments_right) == (2, 2, 1)
    assert found.argument_precision == found.argument_recall == 0.5
    assert found.exact == 1 and found.exact_match == 0.2
    assert found.confusion == Counter(
        {("give_hint", "give_hint"): 1, ("give_hint", "end_stage"): 1,
         ("lookup_knowledge", NO_CALL): 1, (NO_CALL, "end_stage"): 1}
    )  # fmt: skip


def test_two_calls_of_one_tool_count_in_any_order() -> None:
    expected = (read_call("lookup_knowledge(query=any('lion'))"), LOOK)
    right = (call("lookup_knowledge", query="RoPE 外推"), call("lookup_knowledge", query="Lion"))
    assert score((expected, right)).exact == score((expected, right[::-1])).exact == 1
    assert score((expected, (right[0],) * 2)).arguments_right == 1
    assert score(((LOOK,), (right[0], right[0]))).surplus_calls == 1


@pytest.mark.parametrize(("wanted", "given", "same"), [
    ("KV cache", "kv-cache", True), (3, 3.0, True), (True, 1, False), (1, "1", False),
    (AnyOf(("kv",)), "about the KV cache", True), (AnyOf(("kv",)), "attention", False),
    (["a", 1], ["A", 1.0], True), (["a"], ["a", "b"], False), ("a", None, False),
])  # fmt: skip
def test_values_are_compared_without_case_spaces_and_punctuation(
    wanted: Any, given: Any, same: bool
) -> None:
    assert same_value(wanted, given) is same


# ---- our situations


def test_there_are_150_situations_of_every_kind_in_both_languages() -> None:
    found = load_situations()
    kinds = Counter(s.kind for s in found)
    assert len(found) >= 150 and min(kinds.values()) >= 15
    assert set(kinds) == {"call", "none", "hidden", "two", "neighbour", "mixed", "misheard"}
    assert len({s.said for s in found}) == len(found) == len({s.id for s in found})
    assert {(s.kind, s.lang) for s in found} == {(k, lang) for k in kinds for lang in ("zh", "en")}


@pytest.mark.parametrize("situation", load_situations(), ids=lambda s: s.id)
def test_every_label_can_be_called_and_follows_from_what_the_model_is_shown(
    situation: Any,
) -> None:
    asked = messages_for(situation, schemas())[-1]["content"]
    for expected in situation.expected:
        tool = TOOLS[expected.name].parameters
        assert set(tool["required"]) <= set(expected.arguments) <= set(tool["properties"])
        for value in expected.arguments.values():
            if isinstance(value, str):
                assert value in asked
    perfect = "".join(
        render_call(e.name, {k: v.words[0] if isinstance(v, AnyOf) else v
                             for k, v in e.arguments.items()})
        for e in situation.expected
    )  # fmt: skip
    total = Score()
    assert add(total, outcome_of(situation, f"好。{perfect}", schemas()))
    assert total.malformed == 0 and total.as_json()["exact_match"] == 1.0


def test_every_tool_that_needs_a_decision_is_expected_somewhere_and_often_enough() -> None:
    names = Counter(e.name for s in load_situations() for e in s.expected)
    assert set(names) == set(TOOLS) and min(names.values()) >= 6


async def test_a_run_scores_replies_stores_what_went_wrong_and_reads_it_again(
    tmp_path: Path,
) -> None:
    chosen = [s for s in load_situations() if s.id in ("call-01", "call-05", "none-01", "two-01")]
    right = render_call("give_hint", {"question_id": "attn-3", "level": 1})
    alias = render_call("look_up_knowledge", {"q": "ALiBi 的偏置"})
    model = ScriptedModel(
        f"想一想。{right}", alias, f"你好。{right}", "好。<tool_call>{oops</tool_call>"
    )
    final = [result async for result in run_situations(model, chosen, schemas())][-1]
    model.finish()
    assert final.total.situations == 4 and final.total.exact == 1
    assert [c["cause"] for c in final.bad] == ["malformed", "false_call", "malformed"]
    path = tmp_path / "bad.jsonl"
    assert store(path, final.bad) == 3 and store(path, final.bad) == 0
    with path.open("a") as file:
        file.write('{"key": "cut')
    cases = load(path)
    plain, _ = replay(cases, load_situations(), schemas(), rules=False)
    ruled, mended = replay(cases, load_situations(), schemas())
    assert len(cases) == 3 and plain.exact == 0
    assert ruled.exact == 1 and mended == [cases[0]["key"]]


async def test_a_model_that_fails_is_not_scored_as_wrong() -> None:
    from tests.fakes import ModelError

    chosen = load_situations()[:2]
    model = ScriptedModel([ModelError("refused")], "好。")
    final = [result async for result in run_situations(model, chosen, schemas())][-1]
    assert final.total.situations == 1 and final.failed == ["call-01: refused"]


def test_rules_of_repair_break_no_case_that_is_right() -> None:
    chosen = [s for s in load_situations() if s.expected][:40]
    cases = []
    for situation in chosen:
        reply = "".join(
            render_call(e.name, {k: v.words[0] if isinstance(v, AnyOf) else v
                                 for k, v in e.arguments.items()})
            for e in situation.expected
        )  # fmt: skip
        cases.append(bad_case(outcome_of(situation, reply, schemas()), "m", reply))
        cases[-1]["cause"] = "wrong_tool"
    score_, mended = replay(cases, chosen, schemas())
    assert score_.exact == len(cases) == len(mended)


# ---- variants


def test_variants_differ_in_letters_and_are_kept_only_when_near_in_meaning() -> None:
    from tools.knowledge.embed import load_embedder

    chosen = load_situations()[:16]
    embedder = load_embedder()
    kept = keep(chosen, lambda texts: embedder.encode(list(texts)).tolist())
    by_id = {s.id: s for s in chosen}
    assert 0 < len(kept.situations) <= kept.made and kept.mean_edit >= 0.15
    for variant in kept.situations:
        source = by_id[variant.id.rsplit(".", 1)[0]]
        assert edit_share(source.said, variant.said) >= 0.15
        assert variant.expected == source.expected and variant.style != "written"
    assert {v.style for s in chosen for v in variants(s, 0)} == {"spoken", "chatty", "misheard"}
    far = keep(chosen, lambda texts: [[float(len(t))] for t in texts])
    assert len(far.situations) < far.made  # the rank decides: longest wins here, not the source


def test_edit_share() -> None:
    assert edit_share("abc", "abd") == pytest.approx(1 / 3) and edit_share("", "") == 0


# ---- BFCL


def bfcl_place() -> Path:
    place = os.environ.get("KAOGUAN_BFCL", "")
    found = Path(place) if place else None
    if found is not None and found.is_dir():
        found = next(iter(sorted(found.glob("bfcl_eval-*.whl"))), found)
    if found is None or not found.exists():
        pytest.skip("KAOGUAN_BFCL names no bfcl-eval wheel (pip download --no-deps bfcl-eval)")
    return found


@pytest.fixture(scope="module")
def items() -> list[Item]:
    return list(read_bfcl(bfcl_place()))


@pytest.mark.parametrize("form", FORMS)
def test_every_ground_truth_is_read_back_in_every_form(form: str, items: list[Item]) -> None:
    lost = [item.id for item in items if not parses_back(item, form, seed=1)]
    assert len(items) == 2_501 and lost == []


def test_every_ground_truth_matches_its_own_key_and_few_break_their_schema(
    items: list[Item],
) -> None:
    wrong = [i.id for i in items if not ast_match(i.key, [call(n, **a) for n, a in i.truth])]
    assert wrong == []
    assert sum(not fitted(item)[1] for item in items) <= 30


def test_a_changed_call_does_not_match_its_key(items: list[Item]) -> None:
    for item in items[::25]:
        calls = [call(name, **arguments) for name, arguments in item.truth]
        assert not ast_match(item.key, calls[1:])
        assert not ast_match(item.key, [*calls, calls[0]])
        assert not ast_match(item.key, [call("other", **calls[0].arguments), *calls[1:]])
        wrong = {**calls[0].arguments, "surely_not_an_argument": 1}
        assert not ast_match(item.key, [call(calls[0].name, **wrong), *calls[1:]])


async def test_a_perfect_model_is_perfect_on_the_benchmark(items: list[Item]) -> None:
    chosen = items[::120]
    model = ScriptedModel(*[FORMS["hermes"](item.truth) for item in chosen])
    final = [result async for result in run_bfcl(model, chosen)][-1]
    model.finish()
    unfit = sum(not fitted(item)[1] for item in chosen)
    assert final.total.exact == len(chosen) - unfit and final.total.situations == len(chosen)


@pytest.mark.parametrize(("key", "given", "same"), [
    (Alternatives(("NYC", "New York")), "new york", True), (Alternatives((5,)), 5.0, True),
    (Alternatives(("", "x")), "y", False), (Alternatives(([1, 2],)), [2, 1], False),
    (Alternatives(({"a": ["x", "y"], "b": ["", 1]},)), {"a": "Y"}, True),
    (Alternatives(({"a": ["x"]},)), {"a": "x", "c": 1}, False), (Alternatives((True,)), 1, False),
])  # fmt: skip
def test_the_benchmarks_comparison(key: Alternatives, given: Any, same: bool) -> None:
    assert matches(key, given) is same


@pytest.mark.parametrize("form", FORMS)
def test_our_own_calls_are_read_back_in_every_form(form: str) -> None:
    calls = [("give_hint", {"question_id": "q\n</tool_call>\"'", "level": 2}),
             ("lookup_knowledge", {"query": "注意力 <think> [TOOL_CALLS] 为什么"})]  # fmt: skip
    if form == "qwen_xml":  # its values stand bare: what looks like an end is an end
        calls = [("give_hint", {"question_id": "q\n\"'", "level": 2}), calls[1]]
    events = parse_text(FORMS[form](calls), schemas())
    assert [(e.name, e.arguments) for e in events if isinstance(e, ToolCall)] == calls


# ---- the command


async def test_the_command_prints_scores_and_replays(data_folder: Path) -> None:
    import asyncio

    right = render_call("give_hint", {"question_id": "attn-3", "level": 1})
    async with fs.serve(fs.says(f"想想看。{right}")) as server:
        arguments = ["eval", "tools", "--model", "m", "--base-url", server.base_url, "--json",
                     "--kind", "call", "--limit", "3"]  # fmt: skip
        result = await asyncio.to_thread(CliRunner().invoke, cli, arguments)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["total"]["situations"] == 3 and found["total"]["exact_match"] == round(1 / 3, 4)
    again = await asyncio.to_thread(
        CliRunner().invoke, cli, ["eval", "tools", "--replay", "--json"]
    )
    assert json.loads(again.stdout)["cases"] == 2 == found["bad_cases_stored"]


def test_the_command_says_what_is_missing() -> None:
    for arguments in ([], ["--self-test"], ["--self-test", "--bfcl", "nowhere"]):
        result = CliRunner().invoke(cli, ["eval", "tools", *arguments])
        assert result.exit_code == 2 and "Traceback" not in result.output
    assert CliRunner().invoke(cli, ["eval", "tools", "--replay"]).exit_code == 1
