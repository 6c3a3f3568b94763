"""Claims that do not fit together: noticed with precision, asked about once, reported."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from agent.assembly import Setup
from agent.claims import claims_in, clash
from agent.contradictions import challenge_of, note_claims
from agent.interviewer import open_interview
from agent.moves import decide_move
from agent.state import about
from sessions.ledger import open_ledger
from sessions.records import Turn
from sessions.report.build import build_report
from sessions.report.render import to_html, to_markdown
from tests.graded_set import load_answers
from tools.grade_answer import shared_grader
from tools.grading.evidence import AnswerText
from tools.knowledge.bank import load_bank

PAIRS = {
    "我们用了 8 张 A100 训练|训练用了 4 张 A100": "number",
    "一共八张 A100|我们当时是 4 张 A100": "number",
    "学习率 1e-4|学习率是 3e-5": "number",
    "召回阶段的 top k 是 50 条|召回阶段 top k 取 20 条": "number",
    "We used 8 GPUs for training|the training used 64 GPUs": "number",
    "LoRA 我没用过|我们当时用 LoRA 微调了一版": "experience",
    "我自己没做过 DPO|我们用 DPO 做了对齐": "experience",
    "I have never used vLLM|we deployed vLLM and I used vLLM a lot": "experience",
    "DPO 需要单独训练奖励模型|DPO 不需要单独训练奖励模型": "negation",
    "BN 在推理的时候用滑动平均|BN 在推理的时候不用滑动平均": "negation",
    "LayerNorm 依赖 batch 的统计量|LayerNorm 不依赖 batch 的统计量": "negation",
    "KV cache 会增加显存占用|KV cache 会减少显存占用": "opposite",
    "RLHF 的奖励模型比策略模型大|RLHF 的奖励模型比策略模型小": "opposite",
}
COMPATIBLE = [
    "训练时用 dropout|推理时不用 dropout",
    "在训练的时候模型里的 dropout 层是需要打开的|在推理的时候模型里的 dropout 层是不需要打开的",
    "BERT base 有 12 层|BERT large 有 24 层",
    "缩放之后 softmax 不会饱和|不缩放 softmax 就会饱和",
    "fp16 占 2 字节|fp32 占 4 字节",
    "LayerNorm 在特征维上归一化|BatchNorm 在 batch 维上归一化",
    "准确率 90%|准确率 92%",
    "训练了 3 轮|训练了 2 天",
    "编码器可以看到未来|解码器不可以看到未来",
    "DPO 不需要奖励模型|PPO 需要奖励模型",
    "L1 会产生稀疏|L2 不会产生稀疏",
    "KV cache 不会减少显存占用|KV cache 会增加显存占用",
    "判断 None 要用 is|判断 None 应该用 is 而不是 ==",
]


@pytest.mark.parametrize("pair", PAIRS)
def test_statements_that_exclude_each_other_are_told_apart(pair: str) -> None:
    earlier, now = pair.split("|")
    assert clash(earlier, now) == clash(now, earlier) == PAIRS[pair]


@pytest.mark.parametrize("pair", COMPATIBLE)
def test_statements_that_both_hold_are_left_alone(pair: str) -> None:
    earlier, now = pair.split("|")
    assert clash(earlier, now) is clash(now, earlier) is None


@pytest.mark.parametrize(
    "text",
    [
        "如果用 8 张 A100 会快一些",
        "一开始用 4 张 A100",
        "可能是 8 张 A100 吧",
        "比如 LoRA 的秩取 8",
        "后来换成 8 张 H800",
        "LoRA 用过吗？",
    ],
)
def test_conditions_guesses_examples_and_changes_are_no_claims(text: str) -> None:
    assert claims_in(AnswerText("t", text)) == []


def test_good_answers_to_one_question_never_contradict_each_other() -> None:
    by_question: dict[str, list[list[str]]] = {}
    for answer in load_answers():
        if answer.kind == "full-paraphrase" and answer.error_level == 0:
            claims = [c.text for c in claims_in(AnswerText("t", answer.text))]
            by_question.setdefault(answer.question, []).append(claims)
    clashes = [
        (one, other)
        for answers in by_question.values()
        for a, b in combinations(answers, 2)
        for one in a
        for other in b
        if clash(one, other)
    ]
    assert len(by_question) >= 50 and clashes == []


def test_offsets_of_claims_point_into_the_raw_turn() -> None:
    text = "嗯，那个，我们用了 8 张 A100 训练，对，学习率是 1e-4。"
    for claim in claims_in(AnswerText("t", text)):
        assert text[claim.start : claim.end].strip("，。 ")
    assert any("8 张" in text[c.start : c.end] for c in claims_in(AnswerText("t", text)))


# ---- in a session


async def interview(tmp_path: Path, *answers: str) -> tuple[list[dict], list[dict], dict]:  # type: ignore[type-arg]
    ledger = open_ledger(tmp_path / "ledger.db")
    setup = Setup(format="quick", seed=3)
    async with open_interview(setup, ledger, tmp_path) as interviewer:
        _ = [event async for event in interviewer.begin()]
        for answer in answers:
            _ = [event async for event in interviewer.reply(answer)]
        await interviewer.settle()
    events = list(ledger.events(session=interviewer.session))
    report = build_report(ledger, interviewer.session)
    ledger.close()
    found = [e["body"] for e in events if e["kind"] == "contradiction"]
    moves = [e["body"]["decision"] for e in events if e["kind"] == "decision"]
    return found, moves, dict(report)


EIGHT = "我在一个搜索团队做了两年，主要负责精排，我们用了 8 张 A100 训练精排模型。"
FOUR = "训练精排模型用了 4 张 A100，数据大概有几千万条。"


async def test_a_later_claim_that_does_not_fit_is_asked_about_once_and_reported(
    tmp_path: Path,
) -> None:
    answers = (EIGHT, FOUR, "哦，应该是 8 张，刚才说错了。", FOUR)
    found, moves, report = await interview(tmp_path, *answers)
    assert [f["clash"] for f in found] == ["number"]
    asked = [m for m in moves if "contradiction" in m["why"]]
    assert len(asked) == 1 and asked[0]["move"] == "challenge"
    assert "8 张 A100" in asked[0]["text"] and "4 张 A100" in asked[0]["text"]
    (row,) = report["contradictions"]
    assert row["earlier"]["text"] in EIGHT and row["now"]["text"] in FOUR
    assert row["reply"] == answers[2] and 0 <= row["earlier"]["at_s"] <= row["now"]["at_s"]
    for text in (to_html(report), to_markdown(report)):  # type: ignore[arg-type]
        assert "前后说法不一致" in text and "训练精排模型用了 4 张 A100" in text


async def test_a_consistent_candidate_is_never_challenged_for_it(tmp_path: Path) -> None:
    found, moves, report = await interview(
        tmp_path, EIGHT, "8 张 A100 训了三天，数据几千万条。", "batch 开到 2048。"
    )
    assert found == [] and report["contradictions"] == []
    assert not any("contradiction" in m["why"] for m in moves)


def test_the_budget_of_follow_ups_holds_for_contradictions_too() -> None:
    from dataclasses import replace

    from tests.test_moves import BASE

    raised = replace(BASE, contradiction="前面你说「甲」，现在又说「乙」，怎么对得上？")
    assert decide_move(raised)["why"] == ["contradiction"]
    spent = {**raised.about, "follow_ups": raised.stage.follow_ups}
    assert decide_move(replace(raised, about=spent))["leaves"]  # type: ignore[arg-type]


async def test_a_point_made_and_then_taken_back_is_noticed(tmp_path: Path) -> None:
    question = load_bank().get("python-gil")
    assert question is not None
    right = (
        "GIL 让同一时刻只有一个线程执行字节码，"
        "CPU 密集的任务用多进程，每个进程有自己的解释器和 GIL。"
    )
    held = next(m for m in question["misconceptions"] if m["key_point"] in ("k1", "k3"))
    texts = [right, held["text"]["zh"] + "。"]
    ledger = open_ledger(tmp_path / "ledger.db")
    async with open_interview(Setup(format="quick"), ledger, tmp_path) as interviewer:
        interview = interviewer.interview
        talk = about("python-gil")
        for number, text in enumerate(texts, 1):
            turn = Turn(id=f"{number:04d}c", session=interviewer.session, number=number,
                        speaker="candidate", text=text, at="2026-01-05T09:00:00+00:00",
                        stage="", question="python-gil")  # fmt: skip
            interview.journal.add_turn(turn)
            talk = {**talk, "turns": [*talk["turns"], turn["id"]]}
            answers = [AnswerText(f"{n:04d}c", t) for n, t in enumerate(texts[:number], 1)]
            grade = shared_grader().grade(question, answers)
            body = {"turn": turn["id"], "question": "python-gil", "grade": grade}
            interview.journal.record("draft_grade", body, f"draft:{turn['id']}")
            note_claims(interview, turn, question, talk, grade)
        found = interview.journal.find("contradiction:0002c")
        asked = challenge_of(interview, "0002c")
    ledger.close()
    assert found is not None and found["clash"] == "rubric"
    assert found["earlier"]["text"] in right and found["now"]["text"] in texts[1]
    assert asked.count("「") == 2
