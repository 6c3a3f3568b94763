"""What a working endpoint is asked and how its replies are read: presets, modes, usage, schemas."""

from __future__ import annotations

import json
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.assembly import Setup
from agent.events import Notice, Said
from agent.interviewer import open_interview
from agent.models.choose import choose_grader, choose_model
from agent.models.faults import ModelFault
from agent.models.metering import Budget, Usage, estimate_tokens, spent_of
from agent.models.openai_compatible import Limits, OpenAICompatible
from agent.models.presets import PresetError, endpoint, presets
from agent.models.roles import alternate
from agent.models.structured import StructuredModel
from agent.settings import Settings, load_settings
from sessions.ledger import open_ledger
from sessions.records import Message
from tests import fault_server as fs
from tools.protocol import Malformed, Speech, Thought, ToolCall, parse_text
from tools.table import TOOLS, schemas

QUICK = Limits(timeout_s=2.0, most_s=6.0, retries=0)
MESSAGES: Any = [{"role": "system", "content": "s"}, {"role": "user", "content": "你好"}]
NEEDS = frozenset(t.name for t in TOOLS.values() if t.kind == "need")
SCHEMA = {"type": "object", "properties": {"score": {"type": "integer"}}, "required": ["score"]}


async def text_of(model: OpenAICompatible) -> str:
    text = "".join([piece async for piece in model.stream(MESSAGES)])
    await model.aclose()
    return text


def model_at(server: fs.FaultServer, **options: Any) -> OpenAICompatible:
    return OpenAICompatible(endpoint("m", base_url=server.base_url), QUICK, **options)


# ---- presets and choice


@pytest.mark.parametrize("name", presets())
def test_every_preset_has_all_it_needs(name: str) -> None:
    row, found = presets()[name], endpoint(f"{name}/some/model")
    assert set(row) == {"title", "base_url", "key_env", "schema", "native", "usage", "limit"}
    assert (found.model, found.preset) == ("some/model", name)
    assert found.is_local == (not row["key_env"]) == ("127.0.0.1" in found.base_url)
    assert row["schema"] in ("", "json_schema", "json_object")


def test_a_key_goes_only_where_it_belongs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")
    assert endpoint("gpt-x").key() == "sk-openai"
    assert endpoint("deepseek/deepseek-chat").key() == ""
    assert endpoint("ollama/qwen3").key() == ""
    monkeypatch.setenv("KAOGUAN_API_KEY", "sk-own")
    assert endpoint("m", base_url="https://llm.example/v1").key() == "sk-own"


def test_a_name_with_a_slash_stays_whole_when_an_address_is_given() -> None:
    assert endpoint("openai/gpt-oss", base_url="http://127.0.0.1:8000/v1").model == "openai/gpt-oss"
    assert endpoint("Qwen/Qwen3-8B", preset="vllm").model == "Qwen/Qwen3-8B"


@pytest.mark.parametrize(("preset", "base_url"), [("opnai", ""), ("", "127.0.0.1:8000"), ("", "x")])
def test_a_wrong_preset_or_address_is_said_with_what_to_choose(preset: str, base_url: str) -> None:
    with pytest.raises(PresetError, match=r"choose from|write it like"):
        endpoint("m", preset, base_url)


def test_a_key_in_the_environment_switches_nothing_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "KAOGUAN_API_KEY", "DEEPSEEK_API_KEY"):
        monkeypatch.setenv(name, "sk-1")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert choose_model(load_settings(), None, None) is None
    assert choose_grader(load_settings()) is None


def test_interviewer_and_grader_may_be_different_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAOGUAN_MODEL_NAME", "ollama/qwen3")
    monkeypatch.setenv("KAOGUAN_MODEL_GRADER", "deepseek/deepseek-chat")
    settings = load_settings()
    speaker, grader = choose_model(settings, None, None), choose_grader(settings)
    assert isinstance(speaker, OpenAICompatible) and speaker.where == "127.0.0.1:11434"
    assert isinstance(grader, StructuredModel) and grader.where == "api.deepseek.com"
    assert speaker.budget.tokens == Settings().model.budget_tokens


# ---- one stream for both modes


async def test_a_reply_streams_and_one_connection_serves_the_session() -> None:
    async with fs.serve(fs.says("嗯，明白。那梯度呢？")) as server:
        model = model_at(server)
        for _ in range(2):
            assert "".join([p async for p in model.stream(MESSAGES)]) == "嗯，明白。那梯度呢？"
        assert model.client() is model.client()
        await model.aclose()
    body = server.seen[0].body
    assert body["stream"] is True and body["stream_options"] == {"include_usage": True}
    assert "tools" not in body and model.tool_mode == "tagged"


async def test_reasoning_comes_as_a_hidden_thought() -> None:
    async def answer(e: fs.Exchange) -> None:
        await e.head()
        await e.delta(reasoning_content="先想想</think>")
        await e.delta(reasoning_content="再说")
        await e.delta(content="嗯，明白。")
        await e.delta(finish="stop")

    async with fs.serve(answer) as server:
        events = parse_text(await text_of(model_at(server)))
    assert "".join(e.text for e in events if isinstance(e, Speech)) == "嗯，明白。"
    assert "再说" in "".join(e.text for e in events if isinstance(e, Thought))


async def test_native_calls_become_the_same_events_as_tagged_ones() -> None:
    arguments = json.dumps({"question_id": "q</tool_call>", "level": 2}, ensure_ascii=False)
    pieces = [(0, "give_hint", ""), *((0, None, c) for c in arguments), (1, "end_stage", "{}")]
    async with fs.serve(fs.calls(*pieces, text="想一想。")) as server:
        model = model_at(server, tools=schemas(), needs=NEEDS)
        events = parse_text(await text_of(model), schemas())
    assert [e.text for e in events if isinstance(e, Speech)] == ["想一想。"]
    found = [(e.name, e.arguments) for e in events if isinstance(e, ToolCall)]
    assert found == [("give_hint", json.loads(arguments)), ("end_stage", {})]
    assert [t["function"]["name"] for t in server.seen[0].body["tools"]] == list(TOOLS)
    assert len(server.seen) == 1


async def test_calls_without_a_word_get_a_second_request_for_the_words() -> None:
    answers = fs.calls((0, "give_hint", '{"question_id":"q","level":1}')), fs.says("想想方差。")
    async with fs.serve(*answers) as server:
        events = parse_text(
            await text_of(model_at(server, tools=schemas(), needs=NEEDS)), schemas()
        )
    kinds = [type(e) for e in events]
    assert kinds == [ToolCall, Speech]
    second = server.seen[1].body
    assert second["tool_choice"] == "none"
    assert [m["role"] for m in second["messages"]][-2:] == ["assistant", "tool"]


async def test_a_native_look_up_waits_for_its_result_instead() -> None:
    async with fs.serve(fs.calls((0, "lookup_knowledge", '{"query":"RoPE"}'))) as server:
        events = parse_text(
            await text_of(model_at(server, tools=schemas(), needs=NEEDS)), schemas()
        )
    assert [e.name for e in events if isinstance(e, ToolCall)] == ["lookup_knowledge"]
    assert len(server.seen) == 1


async def test_a_native_call_cut_in_its_arguments_is_no_call_but_one_error() -> None:
    async def answer(e: fs.Exchange) -> None:
        await e.head()
        row = {"index": 0, "id": "c", "function": {"name": "give_hint", "arguments": '{"level'}}
        await e.delta(tool_calls=[row])

    async with fs.serve(answer) as server:
        model, text = model_at(server, tools=schemas(), needs=NEEDS), ""
        with pytest.raises(ModelFault, match="cut"):
            async for piece in model.stream(MESSAGES):
                text += piece
        await model.aclose()
    events = parse_text(text, schemas())
    assert [type(e) for e in events] == [Malformed]


async def test_what_an_endpoint_does_not_take_is_left_out_and_remembered() -> None:
    picky = fs.status(400, "unknown parameter stream_options"), fs.says("好。"), fs.says("好。")
    async with fs.serve(*picky) as server:
        model = model_at(server)
        for _ in range(2):
            assert "".join([p async for p in model.stream(MESSAGES)]) == "好。"
        await model.aclose()
    assert ["stream_options" in e.body for e in server.seen] == [True, False, False]


async def test_an_endpoint_without_tools_is_used_in_tagged_mode_from_then_on() -> None:
    picky = fs.status(400, "this model does not support tools"), fs.says("好。")
    async with fs.serve(*picky) as server:
        model = model_at(server, tools=schemas(), needs=NEEDS)
        assert await text_of(model) == "好。" and model.tool_mode == "tagged"


def test_roles_alternate_whatever_the_history() -> None:
    roles = ["system", "assistant", "assistant", "user", "user", "assistant", "user"]
    made = alternate([Message(role=r, content=r) for r in roles])  # type: ignore[typeddict-item]
    assert [m["role"] for m in made] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert made[2]["content"] == "assistant\n\nassistant"


# ---- JSON that fits a schema


async def test_a_schema_is_asked_for_as_well_as_the_endpoint_can_and_probed_once() -> None:
    answers = (fs.status(400, "response_format"), fs.status(422, "no"), fs.whole('{"score": 3}'))
    async with fs.serve(*answers) as server:
        model = StructuredModel(endpoint("m", base_url=server.base_url), QUICK)
        for _ in range(2):
            assert await model.complete_json(MESSAGES, SCHEMA) == {"score": 3}
        await model.aclose()
    kinds = [e.body.get("response_format", {}).get("type", "none") for e in server.seen]
    assert kinds == ["json_schema", "json_object", "none", "none"]
    assert "JSON schema" in server.seen[2].body["messages"][-1]["content"]
    assert model.take_usage().tokens == 20 and model.schema_support == "none"


async def test_a_server_that_ignores_the_schema_is_found_out() -> None:
    answers = fs.whole('{"grade": "A"}'), fs.whole('<think>x</think>```json\n{"score": 4}\n```')
    async with fs.serve(*answers) as server:
        model = StructuredModel(endpoint("m", base_url=server.base_url), QUICK)
        assert await model.complete_json(MESSAGES, SCHEMA) == {"score": 4}
        await model.aclose()


@pytest.mark.parametrize("answer", [fs.whole("no idea"), fs.whole("[" * 90_000), fs.status(500)])
async def test_an_answer_that_never_fits_is_an_error_and_no_number(answer: fs.Answer) -> None:
    async with fs.serve(answer) as server:
        model = StructuredModel(endpoint("m", base_url=server.base_url), QUICK)
        with pytest.raises(ModelFault):
            await model.complete_json(MESSAGES, SCHEMA)
        await model.aclose()


# ---- usage, cost, budget


async def test_usage_is_the_endpoints_own_or_an_estimate_that_says_so() -> None:
    told = {"prompt_tokens": 50, "completion_tokens": 9, "total_tokens": 59,
            "prompt_tokens_details": {"cached_tokens": 32}}  # fmt: skip
    async with fs.serve(fs.says("好。", usage=told), fs.says("好" * 30)) as server:
        model = model_at(server)
        async with aclosing(model.stream(MESSAGES)) as begun:
            await anext(begun)
        assert model.take_usage().calls == 1  # broken off: still counted
        async for _ in model.stream(MESSAGES):
            pass
        guessed = model.take_usage()
        await model.aclose()
    assert guessed.estimated and guessed.calls == 1 and guessed.reply_tokens >= 10
    async with fs.serve(fs.says("好。", usage=told)) as server:
        model = model_at(server)
        await text_of(model)
    assert model.take_usage() == Usage(50, 9, 32, 1)


def test_a_budget_keeps_a_reserve_for_the_goodbye_and_knows_the_cost() -> None:
    budget = Budget(tokens=10_000, price_in=2.0, price_out=8.0)
    spent = Usage(8_000, 1_300, 0, 9)
    assert not budget.allows(spent, 200, closing=False) and budget.allows(spent, 200, closing=True)
    assert not budget.allows(Usage(9_900), 200, closing=True)
    assert budget.cost(spent) == pytest.approx(0.0264) and Budget().cost(spent) is None
    assert Budget().allows(Usage(10**9), 10**6, closing=False)
    assert estimate_tokens("注意力机制") == 5 and estimate_tokens("attention is all") == 4


async def test_when_the_budget_is_spent_the_embedded_interviewer_goes_on(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "ledger.db")
    usage = {"prompt_tokens": 9_000, "completion_tokens": 20, "total_tokens": 9_020}
    async with fs.serve(fs.says("你好，请你介绍一下自己。", usage=usage)) as server:
        model = model_at(server, budget=Budget(tokens=10_000))
        setup = replace(Setup(format="quick", seed=3), model=model)
        async with open_interview(setup, ledger, tmp_path) as interviewer:
            _ = [event async for event in interviewer.begin()]
            events = [event async for event in interviewer.reply("我做过两年推荐算法。")]
            journal = interviewer.interview.journal
            label = journal.recent_turns(1)[0]["answered_by"]
            spent = spent_of(journal.events(["usage"]))
    assert "budget" in label and spent.tokens == 9_020 and len(server.seen) == 1
    assert any(isinstance(e, Said) for e in events)
    assert ["用量" in e.detail for e in events if isinstance(e, Notice)] == [True]


# ---- nothing leaves the machine


async def test_no_connection_leaves_loopback_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LANGSMITH_OTEL_ENABLED"):
        monkeypatch.setenv(name, "true")
    for name, value in (("LANGSMITH_API_KEY", "ls-1"), ("OPENAI_API_KEY", "sk-1"),
                        ("LANGSMITH_ENDPOINT", "http://192.0.2.1:9"),
                        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://192.0.2.1:4317"),
                        ("HTTP_PROXY", "http://192.0.2.1:3128"), ("ALL_PROXY", "http://192.0.2.1:1"),
                        ("http_proxy", "http://192.0.2.1:3128")):  # fmt: skip
        monkeypatch.setenv(name, value)
    asked: list[Any] = []
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        asked.append(address)
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    looked: list[Any] = []
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *a, **k: (looked.append(host), resolve(host, *a, **k))[1],
    )
    ledger = open_ledger(tmp_path / "ledger.db")
    async with fs.serve(fs.says("你好，请你介绍一下自己。")) as server:
        setup = replace(Setup(format="quick", seed=3), model=model_at(server))
        async with open_interview(setup, ledger, tmp_path) as interviewer:
            for stream in (interviewer.begin(), interviewer.reply("我做过推荐。")):
                async for _ in stream:
                    pass
            assert interviewer.interview.journal.recent_turns(1)
    assert len(server.seen) == 2
    hosts = {a[0] for a in asked if isinstance(a, tuple)} | {str(h) for h in looked if h}
    assert hosts <= {"127.0.0.1", "::1", "localhost"}


async def test_a_turn_in_native_mode_runs_its_calls_and_says_its_words(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "ledger.db")
    answers = (
        fs.calls((0, "end_stage", '{"reason":"x"}')),
        fs.says("你好，请你介绍一下自己。"),
        fs.calls((0, "lookup_knowledge", '{"query":"LoRA"}'), text="我核对一下。"),
        fs.says("嗯，那你负责哪一块？"),
    )
    async with fs.serve(*answers) as server:
        model = model_at(server, tools=schemas(), needs=NEEDS)
        async with open_interview(
            replace(Setup(format="quick", seed=3), model=model), ledger, tmp_path
        ) as interviewer:
            for stream in (interviewer.begin(), interviewer.reply("我主要做召回和排序。")):
                async for _ in stream:
                    pass
            journal = interviewer.interview.journal
            replies = [e["body"] for e in journal.events(["reply"])]
            called = [e["body"]["call"]["name"] for e in journal.events(["tool_call"])]
    assert [r["fallback"] for r in replies] == ["", "", ""]
    assert [r["spoken"] for r in replies] == [
        "你好，请你介绍一下自己。", "我核对一下。", "嗯，那你负责哪一块？"
    ]  # fmt: skip
    assert called == ["end_stage", "lookup_knowledge"]
    heads = {e.body["messages"][0]["content"] for e in server.seen}
    assert len(heads) == 1 and '"parameters"' not in heads.pop()
    assert (
        "tool_result" in json.dumps(server.seen[-1].body["messages"])
        or "lookup_knowledge" in (server.seen[-1].body["messages"][-1]["content"])
    )
