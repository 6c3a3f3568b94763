"""Build what a tool may see of the interview under way."""

from __future__ import annotations

from typing import Any

from agent.interview import Interview
from agent.state import InterviewState
from sessions.recall import Situation
from sessions.recall import recall as recall_memories
from sessions.wording import say
from tools.base import ToolContext


def tool_context(interview: Interview, state: InterviewState) -> ToolContext:
    """Return the context for the tools of this turn."""
    journal, decision = interview.journal, state["decision"]
    talk = state["left"] if decision["leaves"] else state["about"]
    texts = [journal.turn(turn_id)["text"] for turn_id in talk["turns"]]
    grade = journal.draft_grade(talk["turns"][-1]) if talk["turns"] else None

    async def search(query: str, most: int) -> list[dict[str, Any]]:
        return [
            {
                "id": question["id"],
                "question": say(question["wording"], interview.lang),
                "answer": say(question["reference"], interview.lang),
            }
            for question in interview.search(query, most)
        ]

    async def recall(query: str, most: int) -> list[dict[str, Any]]:
        situation = Situation(interview.candidate, "query", interview.now(), words=query)
        found = recall_memories(interview.past.memories, situation)
        return [
            {key: one["memory"][key] for key in ("text", "observed_at", "topic")}
            for one in found[:most]
        ]

    return ToolContext(
        session=journal.session,
        turn=state["turn"],
        lang=interview.lang,
        question=interview.question(talk["question"]),
        answer="\n".join(texts),
        now=interview.now,
        find_question=interview.question,
        search=search,
        recall=recall,
        prepared={"grade_answer": grade} if grade else {},
    )
