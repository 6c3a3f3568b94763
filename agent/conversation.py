"""The interviewer as the voice loop sees it: heard turns in, sentences to speak out.

A heard turn is provisional until the first sound of the reply plays, which is a standing phrase:
only then does the graph hear of it, so that nothing ever has to be undone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from agent.events import Event, Said
from agent.interviewer import Interviewer
from agent.provisional import HeardAnswer, left_over, propose, take, withdraw
from agent.voice.base import Aside, Cues, Heard, Say
from sessions.records import Misheard, Word
from tools.knowledge.glossary import load_glossary
from tools.knowledge.terms import Repaired

Repair = Callable[[str, Sequence[str]], Repaired]
"""Mends misheard terms: raw text and the topics under discussion in; what is unsure is a hint."""

ACKNOWLEDGEMENTS = {"zh": ("好的。", "嗯，好。", "明白。"), "en": ("Okay.", "All right.", "I see.")}
"""First sound after an answer: neutral, whatever the answer was worth."""
MOST_TERMS = 40
REPAIR_TIMEOUT_S = 2.0
_YES_NO = frozenset({"paraphrase", "logistics", "integrity_check", "time_check", "close"})
_BUDGET_S = {"short": 90.0, "normal": 180.0, "long": 300.0, "code": 0.0}


class SpokenConversation:
    """One open interview, spoken."""

    def __init__(
        self, interviewer: Interviewer, repair: Repair | None = None, recorded_s: float = 0.0
    ) -> None:
        """`recorded_s` is how much of the session an earlier process has recorded already."""
        self._recorded_s = recorded_s
        self._interviewer = interviewer
        self._journal = interviewer.interview.journal
        self._lang = interviewer.interview.lang
        self._repair = repair
        self._cues = Cues(lang=self._lang)
        self._topics: tuple[str, ...] = ()
        self._provisional: dict[str, tuple[HeardAnswer, asyncio.Future[bool]]] = {}
        self._latest = ""
        self._cut: dict[str, int] = {}

    @property
    def is_closed(self) -> bool:
        """Whether the interview is over."""
        return self._interviewer.is_closed

    def listening(self) -> Cues:
        """Return the cues of the answer that is awaited now."""
        return self._cues

    async def begin(self) -> AsyncIterator[Say | Aside]:
        """Say the first words; an answer heard just before a crash is taken up."""
        async for item in self._spoken("opening", self._interviewer.begin()):
            yield item
        answer = left_over(self._journal)
        if answer is not None and not self.is_closed:
            async for item in self._take(await self._mended(answer)):
                yield item

    async def reply(self, heard: Heard) -> AsyncIterator[Say | Aside]:
        """Take a provisional turn; the rest follows once `floor_taken` says it was committed."""
        answer = propose(self._journal, self._answer(heard))
        if heard.typed:
            async for item in self._take(answer):
                yield item
            return
        stands: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._provisional[answer["id"]] = (answer, stands)
        self._latest = answer["id"]
        mending = asyncio.create_task(self._mended(answer))
        phrases = ACKNOWLEDGEMENTS[self._lang]
        yield Say(answer["id"], phrases[int(answer["id"][1:]) % len(phrases)], fixed=True)
        try:
            if await stands:
                async for item in self._take(await mending):
                    yield item
        finally:
            mending.cancel()

    def withdraw(self, turn_id: str) -> None:
        """Take a provisional turn back: the candidate went on. Empty means the latest."""
        answer, stands = self._provisional.pop(turn_id or self._latest, (None, None))
        if answer is not None and stands is not None:
            withdraw(self._journal, answer["id"])
            stands.set_result(False)

    def floor_taken(self, turn_id: str) -> None:
        """Note that the first sound after this turn plays: the turn stands."""
        _, stands = self._provisional.pop(turn_id or self._latest, (None, None))
        if stands is not None:
            stands.set_result(True)

    def unsaid(self, turn_id: str, from_char: int) -> None:
        """Note that the interviewer's turn was not heard from this character on."""
        self._cut[turn_id] = min(from_char, self._cut.get(turn_id, from_char))
        self._note_cut(turn_id)

    # ---- inside

    def _answer(self, heard: Heard) -> HeardAnswer:
        answer = HeardAnswer(
            id="",
            text=heard.raw,
            words=[
                Word(text=w.text, start_s=w.start_s, end_s=w.end_s, confidence=w.confidence)
                for w in heard.words
            ],
            seconds=heard.seconds,
            wait_s=heard.wait_s,
            offset_s=self._recorded_s + heard.offset_s,
        )
        if heard.repaired:
            answer["repaired"] = heard.repaired
        if heard.continues:
            answer["continues"] = heard.continues
        if heard.typed:
            answer["typed"] = True
        return answer

    async def _mended(self, answer: HeardAnswer) -> HeardAnswer:
        """Set the repaired words beside the raw ones, even where they are the same.

        A repair that takes too long is left out: it is not tried a second time.
        """
        if self._repair is None or answer.get("repaired"):
            return answer
        call = asyncio.to_thread(self._repair, answer["text"], self._topics)
        found = HeardAnswer(**answer)
        found["repaired"] = answer["text"]
        try:
            mended = await asyncio.wait_for(call, REPAIR_TIMEOUT_S)
        except TimeoutError:
            return found
        found["repaired"] = mended.text
        if mended.hints:
            found["hints"] = [Misheard(start=h.start, end=h.end, term=h.term) for h in mended.hints]
        return found

    async def _take(self, answer: HeardAnswer) -> AsyncIterator[Say | Aside]:
        if answer.get("typed"):
            events = self._interviewer.reply(answer["text"])
        else:
            events = self._interviewer.reply(
                answer["text"],
                heard=True,
                words=answer["words"],
                seconds=answer["seconds"],
                repaired=answer.get("repaired"),
                hints=answer.get("hints", ()),
            )
        taken = False
        async for item in self._spoken(answer["id"], events):
            if not taken:
                taken = self._mark_taken(answer)
            yield item
        if not taken:
            self._mark_taken(answer)

    def _mark_taken(self, answer: HeardAnswer) -> bool:
        turns = [t for t in self._journal.recent_turns(4) if t["speaker"] == "candidate"]
        take(self._journal, answer, turns[-1]["id"] if turns else "")
        return True

    async def _spoken(
        self, turn_id: str, events: AsyncIterator[Event]
    ) -> AsyncIterator[Say | Aside]:
        at = 0
        before = {t["id"] for t in self._journal.recent_turns(2)}
        async for event in events:
            if isinstance(event, Said):
                yield Say(turn_id, event.text, at)
                at += len(event.text)
            else:
                yield Aside(event)
        recent = self._journal.recent_turns(4)
        self._mine = [t for t in recent if t["speaker"] == "interviewer" and t["id"] not in before]
        self._mine_of = turn_id
        self._note_cut(turn_id)
        await self._look_around()

    _mine: Sequence[object] = ()
    _mine_of = ""

    def _note_cut(self, turn_id: str) -> None:
        """Record what was not heard, once the interviewer's turn stands in the ledger."""
        if turn_id != self._mine_of or turn_id not in self._cut:
            return
        left = self._cut.pop(turn_id)
        for turn in self._journal.recent_turns(4):
            if turn not in self._mine:
                continue
            length = len(turn["text"])
            if left < length:
                body = {"turn": turn["id"], "from_char": max(0, left)}
                self._journal.record("unsaid", body, f"unsaid:{turn['id']}")
            left = max(0, left - length)

    async def _look_around(self) -> None:
        """Set the cues of the coming answer from where the interview stands."""
        interview, state = self._interviewer.interview, await self._interviewer.state()
        stage, decision = interview.stage(state), state["decision"]
        question = interview.question(decision["question"])
        topic = question["topic"] if question else ""
        self._topics = (topic,) if topic else ()
        kind = "yes_no" if decision["move"] in _YES_NO else "open"
        code = question is not None and question["kind"] == "code"
        self._cues = Cues(
            patience="code" if code else stage.patience,
            terms=topic_terms(topic, self._lang),
            answer_kind="code" if code else "yes_no" if kind == "yes_no" else "open",
            lang=self._lang,
            budget_s=0.0 if interview.practice or code else _BUDGET_S[stage.patience],
        )


def topic_terms(topic: str, lang: str) -> tuple[str, ...]:
    """Return the glossary's terms of a topic, as a recogniser should expect them written."""
    found = []
    for term in load_glossary().terms.values():
        if term.topic == topic:
            own = term.zh[0] if lang == "zh" and term.zh else term.name
            found.append(own if len(own) <= 16 else term.name)
    return tuple(found[:MOST_TERMS])
