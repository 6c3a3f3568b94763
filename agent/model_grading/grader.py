"""The model grader: asks, checks, asks once more, and otherwise leaves it to the embedded grader.

It never decides alone: the embedded grade is made first, settles what needs no model (silence,
gibberish, words to the grader only), stands in when the model fails, and is the second look.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from agent.model_grading.committee import settle, wants_second
from agent.model_grading.reply import Answered, Checked, check_reply
from agent.model_grading.request import (
    PROMPT_VERSION,
    answer_message,
    repair_message,
    reply_schema,
    rubric_message,
    shown,
)
from agent.models.faults import RETRIED, ModelFault
from agent.models.metering import Usage
from sessions.records import Grade, Lang, Message, Question
from tools.base import ModelError
from tools.grading.evidence import AnswerText

GradeByRule = Callable[[Question, Sequence[AnswerText], Lang], Grade]

STRONG_KINDS = frozenset({"code", "design"})
"""Kinds of questions that the strong model grades."""
BAND = 20.0
"""Points that two graders may differ by before it is shown: one level of the scale."""
PATIENCE_S = 8.0
"""Longest wait for an endpoint that asks to come back later."""
GIVE_UP_AFTER = 2
"""Questions in a row that the endpoint failed on; after them it is not waited for again."""
_SETTLED = frozenset({"empty", "gibberish", "addressed_to_grader"})


class JsonModel(Protocol):
    """A model that answers in JSON of a given shape."""

    @property
    def name(self) -> str:
        """The model's name at its endpoint."""
        ...

    @property
    def where(self) -> str:
        """Host that the words are sent to."""
        ...

    async def complete_json(
        self, messages: Sequence[Message], schema: Mapping[str, Any], name: str = "answer"
    ) -> dict[str, Any]:
        """Return an object that fits the schema; raise ModelError when there is none."""
        ...

    def take_usage(self) -> Usage:
        """Return what was used since the last time this was asked."""
        ...

    async def aclose(self) -> None:
        """Close the connection."""
        ...


@dataclass(frozen=True)
class Panel:
    """Who grades: a model for most questions, one for code and design, one for second looks."""

    usual: JsonModel
    strong: JsonModel | None = None
    second: JsonModel | None = None

    def first(self, question: Question) -> JsonModel:
        """Return the model that grades a question."""
        return self.strong or self.usual if question["kind"] in STRONG_KINDS else self.usual

    def members(self) -> tuple[JsonModel, ...]:
        """Return every model of the panel once."""
        seats = (self.usual, self.strong, self.second)
        return tuple({id(m): m for m in seats if m is not None}.values())


class UnusableReply(Exception):
    """A model's reply cannot be used, even after it was told what is wrong with it."""


class ModelGrader:
    """Grades with a panel of models; keeps their connections until it is closed."""

    def __init__(
        self,
        panel: Panel,
        embedded: GradeByRule,
        *,
        band: float = BAND,
        most_s: float = 120.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`most_s` is the longest that one model may take over one question, repair included."""
        self.panel = panel
        self._embedded = embedded
        self._band = band
        self._most_s = most_s
        self._sleep = sleep
        self._failures = 0

    @property
    def name(self) -> str:
        """What the session's record calls this grader."""
        return label(self.panel.usual)

    async def grade(
        self, question: Question, answers: Sequence[AnswerText], lang: Lang = "zh"
    ) -> Grade:
        """Grade all turns on one question together; never raises for a model's failure."""
        embedded = await asyncio.to_thread(self._embedded, question, answers, lang)
        if embedded["kind"] in _SETTLED or embedded["status"] == "not_graded":
            return embedded
        answered = Answered(question, answers, [shown(one) for one in answers])
        model = self.panel.first(question)
        if self._failures >= GIVE_UP_AFTER:
            return _in_place(embedded, model, "not asked: it failed before")
        try:
            first = await self._ask(model, answered, lang)
        except (ModelError, UnusableReply) as error:
            self._failures += isinstance(error, ModelError)
            return _in_place(embedded, model, str(error))
        self._failures = 0
        second = None
        if self.panel.second is not None and wants_second(first, embedded, self._band):
            second = await self._second(self.panel.second, answered, lang)
        return settle(first, second, embedded, self._band)

    def take_usage(self) -> dict[str, Usage]:
        """Return what each model used since the last time this was asked, by its name."""
        return {m.name: used for m in self.panel.members() if (used := m.take_usage()).calls}

    async def aclose(self) -> None:
        """Close the connections."""
        for model in self.panel.members():
            await model.aclose()

    async def _second(self, model: JsonModel, answered: Answered, lang: Lang) -> Grade | None:
        try:
            return await self._ask(model, answered, lang)
        except (ModelError, UnusableReply):
            return None  # the first grade stands, and says that the embedded one differs

    async def _ask(self, model: JsonModel, answered: Answered, lang: Lang) -> Grade:
        """Ask one model, with one round of repair.

        Raises:
            ModelError: The endpoint failed or took too long.
            UnusableReply: The second reply was no better.
        """
        messages = [
            rubric_message(answered.question, lang),
            answer_message(answered.shown, lang, answered.answers),
        ]
        try:
            async with asyncio.timeout(self._most_s):
                reply, checked = await self._reply(model, messages, answered)
                if checked.problems:
                    text = json.dumps(reply, ensure_ascii=False)
                    messages += [
                        Message(role="assistant", content=text),
                        repair_message(checked.problems, lang),
                    ]
                    _, checked = await self._reply(model, messages, answered)
        except TimeoutError:
            raise ModelFault("stalled", f"{model.where} took over {self._most_s:.0f} s") from None
        if not checked.usable:
            raise UnusableReply(f"unusable: {'; '.join(checked.problems)[:200]}")
        return checked.grade

    async def _reply(
        self, model: JsonModel, messages: Sequence[Message], answered: Answered
    ) -> tuple[dict[str, Any], Checked]:
        schema = reply_schema(answered.question)
        try:
            reply = await model.complete_json(messages, schema, "grade")
        except ModelFault as fault:
            wait = fault.retry_after_s if fault.retry_after_s is not None else 1.0
            if fault.code not in RETRIED or fault.code == "garbage" or wait > PATIENCE_S:
                raise
            await self._sleep(wait)
            reply = await model.complete_json(messages, schema, "grade")
        return reply, check_reply(answered, reply, label(model))


def label(model: JsonModel) -> str:
    """Return a model grader's name and version: grades of different ones are never averaged."""
    return f"model {model.name} (prompt {PROMPT_VERSION})"


def _in_place(embedded: Grade, model: JsonModel, why: str) -> Grade:
    return {**embedded, "fallback": f"{label(model)}: {why}"}
