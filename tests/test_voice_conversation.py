from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.assembly import Setup
from agent.conversation import Repair, SpokenConversation, topic_terms
from agent.interviewer import Interviewer, open_interview
from agent.prompting import as_heard
from agent.provisional import left_over
from agent.voice.base import Heard, Say
from sessions.ledger import Ledger, open_ledger
from tests.fakes import FakeClock
from tools.knowledge.terms import Change, Repaired

ANSWER = "主要是为了让训练更加稳定，避免梯度太大。"


def known_word(text: str, topics: Sequence[str]) -> Repaired:
    return Repaired(text.replace("提度", "梯度"))


@asynccontextmanager
async def spoken(
    folder: Path, ledger: Ledger, session: str = "", repair: Repair = known_word
) -> AsyncIterator[tuple[SpokenConversation, Interviewer]]:
    setup = Setup(format="quick", clock=FakeClock())
    async with open_interview(setup, ledger, folder, session) as interviewer:
        talk = SpokenConversation(interviewer, repair)
        async for _ in talk.begin():
            pass
        yield talk, interviewer


def turns(interviewer: Interviewer) -> list[str]:
    return [t["id"] for t in interviewer.interview.journal.recent_turns(20)]


async def test_an_answer_stands_only_once_the_first_sound_plays(tmp_path: Path) -> None:
    async with spoken(tmp_path, open_ledger(tmp_path / "l.db")) as (talk, interviewer):
        stream = talk.reply(Heard(raw=ANSWER, seconds=3.0))
        first = await anext(stream)
        assert isinstance(first, Say) and first.fixed
        assert turns(interviewer) == ["0001i"]
        talk.floor_taken(first.turn)
        rest = [item async for item in stream if isinstance(item, Say)]
        assert rest and turns(interviewer)[:3] == ["0001i", "0002c", "0003i"]
        assert "".join(s.text for s in rest) == interviewer.interview.journal.turn("0003i")["text"]


async def test_a_withdrawn_answer_leaves_no_turn_and_its_words_in_the_ledger(
    tmp_path: Path,
) -> None:
    async with spoken(tmp_path, open_ledger(tmp_path / "l.db")) as (talk, interviewer):
        stream = talk.reply(Heard(raw=ANSWER))
        first = await anext(stream)
        talk.withdraw("")
        assert [item async for item in stream] == [] and isinstance(first, Say)
        journal = interviewer.interview.journal
        assert turns(interviewer) == ["0001i"]
        assert journal.last("heard")["text"] == ANSWER  # type: ignore[index]
        assert left_over(journal) is None


async def test_an_answer_heard_just_before_a_crash_is_taken_up(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "l.db")
    async with spoken(tmp_path, ledger) as (talk, interviewer):
        await anext(talk.reply(Heard(raw=ANSWER)))
        session = interviewer.session
    async with spoken(tmp_path, ledger, session) as (_, again):
        assert again.interview.journal.turn("0002c")["text"] == ANSWER
        assert left_over(again.interview.journal) is None


async def test_what_was_not_heard_is_marked_on_the_interviewers_turn(tmp_path: Path) -> None:
    async with spoken(tmp_path, open_ledger(tmp_path / "l.db")) as (talk, interviewer):
        stream = talk.reply(Heard(raw=ANSWER))
        first = await anext(stream)
        assert isinstance(first, Say)
        talk.floor_taken(first.turn)
        async for _ in stream:
            pass
        talk.unsaid(first.turn, 5)
        body = interviewer.interview.journal.last("unsaid")
        assert body == {"turn": "0003i", "from_char": 5}
        turn = interviewer.interview.journal.turn("0003i")
        told = as_heard(interviewer.interview, turn)["text"]
        assert told.startswith(turn["text"][:5]) and turn["text"] not in told


async def test_a_repaired_term_stands_beside_the_raw_words(tmp_path: Path) -> None:
    async with spoken(tmp_path, open_ledger(tmp_path / "l.db")) as (talk, interviewer):
        stream = talk.reply(Heard(raw="避免提度消失"))
        first = await anext(stream)
        assert isinstance(first, Say)
        talk.floor_taken(first.turn)
        async for _ in stream:
            pass
        turn = interviewer.interview.journal.turn("0002c")
        assert (turn["text"], turn["repaired"]) == ("避免提度消失", "避免梯度消失")


async def test_an_answer_with_nothing_to_mend_is_looked_at_once(tmp_path: Path) -> None:
    seen: list[str] = []

    def count(text: str, topics: Sequence[str]) -> Repaired:
        seen.append(text)
        return Repaired(text)

    async with spoken(tmp_path, open_ledger(tmp_path / "l.db"), repair=count) as (talk, inside):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tools.knowledge.terms.repair", lambda text: count(text, ()))
            stream = talk.reply(Heard(raw=f" {ANSWER}"))
            first = await anext(stream)
            assert isinstance(first, Say)
            talk.floor_taken(first.turn)
            async for _ in stream:
                pass
        assert seen == [f" {ANSWER}"]
        turn = inside.interview.journal.turn("0002c")
        assert turn["text"] == ANSWER and "repaired" not in turn


async def test_what_was_perhaps_misheard_reaches_the_grader_as_a_hint(tmp_path: Path) -> None:
    from agent.model_grading.request import answer_message, shown
    from agent.nodes.understand import answers_of

    def unsure(text: str, topics: Sequence[str]) -> Repaired:
        return Repaired(text, [], [Change(2, 6, text[2:6], "梯度消失", 0.3)])

    async with spoken(tmp_path, open_ledger(tmp_path / "l.db"), repair=unsure) as (
        talk,
        interviewer,
    ):
        stream = talk.reply(Heard(raw="避免地毯消失"))
        first = await anext(stream)
        assert isinstance(first, Say)
        talk.floor_taken(first.turn)
        async for _ in stream:
            pass
        turn = interviewer.interview.journal.turn("0002c")
        assert "repaired" not in turn and turn["hints"] == [
            {"start": 2, "end": 6, "term": "梯度消失"}
        ]
        (answer,) = answers_of(interviewer.interview, ["0002c"])
        text = answer_message([shown(answer)], "zh", [answer])["content"]
        assert "避免地毯消失" in text
        assert "地毯消失" in text.split("</candidate>")[1] and "梯度消失" in text


def test_the_terms_for_the_recogniser_come_from_the_topic() -> None:
    terms = topic_terms("rl", "en")
    assert 3 < len(terms) <= 40 and any("SARSA" in t for t in terms)
    assert topic_terms("no such topic", "zh") == ()
