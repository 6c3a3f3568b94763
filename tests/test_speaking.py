from __future__ import annotations

from typing import Any

from agent.brief import Brief, to_message
from agent.models.conduct import Rules
from agent.models.embedded import EmbeddedInterviewer, write_reply
from agent.speaking import Speaker, answered_by, speak
from sessions.journal import Reply
from sessions.records import Message
from tests.fakes import ModelError, ScriptedModel
from tools.protocol import render_call
from tools.table import schemas

BRIEF = Brief(
    lang="zh", turn=4, move="follow_up", before="", why="missed", stage="基础", topic="注意力",
    question_id="q", question="为什么要除以根号 d_k？", key_point="k2",
    seed="饱和之后训练会出什么现象？", quote="方差会变大", gained=True, leaves="", weak=[],
    minutes_left=20, candidate="me", history=[], job="", results=[],
)  # fmt: skip
MESSAGES: list[Message] = [to_message(BRIEF, "方差会变大", "zh")]


async def say_with(
    model: ScriptedModel, already: list[str] | None = None
) -> tuple[Reply, list[str]]:
    heard: list[str] = list(already or [])
    rules = Rules(lang="zh", max_chars=170, asks=BRIEF["seed"])
    speaker = Speaker(model, EmbeddedInterviewer(), schemas(), rules, BRIEF["move"])
    reply = await speak(speaker, MESSAGES, heard.append, lambda _: None, already or [])
    model.finish()
    return reply, heard


async def test_a_models_sentences_are_said_and_its_calls_kept() -> None:
    reply, heard = await say_with(
        ScriptedModel(
            ["<think>嗯</think>方差这点有了。", "那饱和之后会怎样？"
             '<tool_call>{"name":"give_hint","arguments":{"question_id":"q","level":1}}</tool_call>']
        )
    )  # fmt: skip
    assert heard == ["方差这点有了。", "那饱和之后会怎样？"]
    assert [call["name"] for call in reply["calls"]] == ["give_hint"]
    assert reply["fallback"] == "" and answered_by(reply) == "scripted"


async def test_when_the_model_fails_the_embedded_interviewer_asks_and_is_labelled() -> None:
    reply, heard = await say_with(ScriptedModel([ModelError("connection refused")]))
    assert BRIEF["seed"] in "".join(heard)
    assert "connection refused" in answered_by(reply)


async def test_what_was_said_before_a_break_stays_and_no_second_question_follows() -> None:
    model = ScriptedModel(["方差这点有了。那饱和之后会怎样？然后", ModelError("stream cut")])
    reply, heard = await say_with(model)
    assert heard[:2] == ["方差这点有了。", "那饱和之后会怎样？"]
    assert "".join(heard).count("？") == 1 and reply["fallback"] == "stream cut"


async def test_a_reply_without_the_question_is_completed() -> None:
    reply, heard = await say_with(ScriptedModel("方差这点有了。"))
    assert heard[0] == "方差这点有了。" and heard[-1].endswith(BRIEF["seed"])
    assert reply["fallback"]


async def test_sentences_spoken_before_a_crash_are_not_said_again() -> None:
    model = ScriptedModel()
    reply, heard = await say_with(model, already=["方差这点有了。"])
    assert heard.count("方差这点有了。") == 1 and BRIEF["seed"] in "".join(heard)
    assert reply["spoken"].startswith("方差这点有了。")


def test_the_embedded_interviewer_varies_its_wording() -> None:
    said: list[str] = []
    for turn in range(2, 12):
        said.append(write_reply({**BRIEF, "turn": turn}, said[-6:]).split("</think>")[1])
    assert len(set(said)) >= 8


def test_the_embedded_interviewer_asks_exactly_one_question() -> None:
    speech = write_reply(BRIEF, []).split("</think>")[1]
    assert speech.count("？") == 1 and BRIEF["seed"] in speech


# ---- look-ups, further rounds, and what a model may get wrong in between


def look_up(query: str) -> str:
    return render_call("lookup_knowledge", {"query": query})


async def say_round(model: ScriptedModel, **options: Any) -> tuple[Reply, list[str]]:
    heard: list[str] = []
    rules = Rules(lang="zh", max_chars=170, asks=BRIEF["seed"])
    speaker = Speaker(model, EmbeddedInterviewer(), schemas(), rules, BRIEF["move"], **options)
    reply = await speak(speaker, MESSAGES, heard.append, lambda _: None)
    model.finish()
    return reply, heard


async def test_a_look_up_ends_the_stream_and_waits_for_its_result() -> None:
    model = ScriptedModel([f"我核对一下。{look_up('a')}{look_up('b')}", "那梯度呢？还有呢？"])
    reply, heard = await say_round(model)
    assert heard == ["我核对一下。"] and reply["fallback"] == ""
    assert [call["arguments"]["query"] for call in reply["calls"]] == ["a", "b"]


async def test_a_look_up_without_a_word_gets_a_short_bridge() -> None:
    _, heard = await say_round(ScriptedModel(look_up("a")))
    assert len(heard) == 1 and 0 < len(heard[0]) < 20 and "？" not in heard[0]


async def test_in_the_last_round_the_model_has_to_speak() -> None:
    reply, heard = await say_round(ScriptedModel(look_up("a")), may_look=False)
    assert BRIEF["seed"] in "".join(heard) and reply["fallback"]
    assert "lookup_knowledge" not in [call["name"] for call in reply["calls"]]


async def test_one_question_a_turn_not_one_a_round() -> None:
    earlier = ("我核对一下。", "你先说，方差会怎样？")
    reply, heard = await say_round(ScriptedModel("资料里写得清楚。那梯度呢？"), earlier=earlier)
    assert heard == ["资料里写得清楚。"] and reply["dropped"][0]["rule"] == "second_question"


async def test_a_sentence_cut_by_a_failure_is_not_said_but_a_whole_one_is() -> None:
    _, heard = await say_with(ScriptedModel(["方差有了。那梯度会怎样？", ModelError("cut: x")]))
    assert heard == ["方差有了。", "那梯度会怎样？"]
    _, heard = await say_with(ScriptedModel(["方差有了。那梯", ModelError("cut: x")]))
    assert heard[0] == "方差有了。" and "那梯" not in "".join(heard)


async def test_why_a_call_could_not_be_made_and_repairs_are_kept() -> None:
    broken = '<tool_call>{"name":"give_hint","arguments":{"level":1}}</tool_call>'
    mended = "<tool_call>{'name':'end_stage','arguments':{}}</tool_call>"
    reply, _ = await say_with(ScriptedModel(f"嗯。那饱和之后会怎样？{broken}{mended}"))
    assert reply["malformed"] == 1 and "question_id" in reply["errors"][0]
    assert reply["repairs"] >= 1 and [c["name"] for c in reply["calls"]] == ["end_stage"]


async def test_an_imperative_is_the_turns_question_and_no_second_one_is_added() -> None:
    reply, heard = await say_with(ScriptedModel("方差这点有了。请解释一下饱和之后会怎样。"))
    assert len(heard) == 2 and reply["fallback"] == ""
