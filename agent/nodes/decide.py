"""Decide the move, and with it the next question: code alone, before any model is asked."""

from __future__ import annotations

from typing import Any, cast

from langgraph.runtime import Runtime

from agent.code_growth import code_facts
from agent.company import answer_from_job
from agent.contradictions import challenge_of
from agent.counting import note_move
from agent.events import Asked, StageChanged
from agent.greeting import recall_for_greeting
from agent.interview import Interview
from agent.moves import decide_move
from agent.next_question import Next, next_question
from agent.nodes.understand import answers_of
from agent.returning import earlier_point
from agent.situation import Situation
from agent.state import Decision, InterviewState, about
from agent.why import explain
from sessions.records import Question
from tools.generate_followup import followups

OPENING = "opening"


async def decide(state: InterviewState, runtime: Runtime[Interview]) -> dict[str, Any]:
    """Return the decision with the counters after it; record it with its reasons."""
    interview = runtime.context
    question = interview.question(state["about"]["question"])
    if question is None:
        recall_for_greeting(interview)
        update = _move_on(interview, state, _opening())
    else:
        decision = decide_move(_situation(interview, state, question))
        update = _follow(interview, state, decision)
    final: Decision = update["decision"]
    key = f"decision:{state['turn'] or OPENING}"
    body = {"turn": state["turn"], "decision": final, "stage": update.get("stage", state["stage"])}
    interview.journal.record("decision", body, key)
    _announce(interview, state, update, runtime.stream_writer)
    return update


def _opening() -> Decision:
    return Decision(
        move="ask",
        before="transition",
        question="",
        key_point="",
        text="",
        leaves="",
        why=[OPENING],
    )


def _situation(interview: Interview, state: InterviewState, question: Question) -> Situation:
    turn = interview.journal.turn(state["turn"])
    grade = interview.journal.draft_grade(turn["id"])
    counters, lang = state["about"], interview.lang
    answers = answers_of(interview, counters["turns"])
    prepared = followups(question, answers, grade, counters["asked"], lang) if grade else []
    stage = interview.stage(state)
    return Situation(
        intent=state["intent"],
        text=turn["text"],
        question=question,
        about=counters,
        stage=stage,
        lang=lang,
        grade=grade,
        gained=tuple(counters["gained"]),
        follow_ups=prepared,
        time_up=interview.stage_seconds(state) > stage.minutes * 60,
        unknown_run=state["unknown_run"],
        ending=state["ending"],
        waited=state["waited"],
        turns=turn["number"] // 2,
        contradiction=challenge_of(interview, turn["id"]),
        **(code_facts(interview, counters) if question["kind"] == "code" else {}),
    )


def _follow(interview: Interview, state: InterviewState, decision: Decision) -> dict[str, Any]:
    """Carry the decision out on the counters; a question that is left needs a successor."""
    flags = {
        "ending": decision["why"] == ["confirm_end"],
        "waited": decision["move"] == "backchannel",
        "round": 0,
    }
    if decision["why"] == ["candidate_asked"]:
        decision = _answered(interview, state, decision)
    if decision["move"] == "close":
        return flags | {"decision": decision, "left": state["about"], "closed": "complete"}
    if not decision["leaves"]:
        return flags | {"decision": decision, "about": note_move(state["about"], decision)}
    return flags | {"left": state["about"]} | _move_on(interview, state, decision)


def _answered(interview: Interview, state: InterviewState, decision: Decision) -> Decision:
    """Answer from the job text; what it does not say goes on the list of things to learn."""
    asked = interview.journal.turn(state["turn"])["text"]
    found = answer_from_job(interview.job, asked, interview.lang) if interview.job else ""
    if not found:
        interview.journal.record("to_learn", {"text": asked}, f"to_learn:{state['turn']}")
    return {**decision, "text": found}


def _move_on(interview: Interview, state: InterviewState, decision: Decision) -> dict[str, Any]:
    left = state["about"]
    known = any(verdict in ("covered", "partial") for verdict in left["verdicts"].values())
    run = 0 if known or not decision["leaves"] else state["unknown_run"] + 1
    found = next_question(interview, state)
    changes_stage = found is None or found.stage != state["stage"]
    back = earlier_point(interview, state) if changes_stage and not left["returned"] else None
    if back is not None:
        decision = cast(Decision, {**decision, **back.decision})
        fresh = note_move(back.known, decision)
        return {
            "decision": decision,
            "about": fresh,
            "unknown_run": run,
            "returns": state["returns"] + 1,
        }
    if found is None:
        last = len(interview.format.stages) - 1
        closing: Decision = {**decision, "move": "close", "before": ""}
        return {"decision": closing, "stage": last, "closed": "complete"}
    return _open_question(interview, state, decision, found) | {"unknown_run": run}


def _open_question(
    interview: Interview, state: InterviewState, decision: Decision, found: Next
) -> dict[str, Any]:
    question = found.question
    new_stage = found.stage != state["stage"]
    asked = {
        "number": len(state["asked"]) + 1,
        "stage": interview.format.stages[found.stage].id,
        "wording": found.wording,
        "why": list(found.why),
        "because": explain(found.why, interview.lang, interview.topic_titles),
        "turn": state["turn"],
    }
    interview.journal.add_question(question, asked)
    decision = {**decision, "move": "ask", "question": question["id"], "key_point": ""}
    if new_stage and decision["before"] != "reveal":
        decision["before"] = "transition"
    update: dict[str, Any] = {
        "decision": decision,
        "about": about(question["id"]),
        "asked": [*state["asked"], question["id"]],
        "stage_questions": 1 if new_stage else state["stage_questions"] + 1,
    }
    if new_stage:
        update |= {"stage": found.stage, "stage_started": interview.now().isoformat()}
    return update


def _announce(
    interview: Interview, state: InterviewState, update: dict[str, Any], write: Any
) -> None:
    place = update.get("stage", state["stage"])
    if place != state["stage"]:
        stage = interview.format.stages[place]
        title = stage.title.get(interview.lang, stage.id)
        write(StageChanged(stage=stage.id, title=title, minutes=stage.minutes))
    decision: Decision = update["decision"]
    write(Asked(decision["move"], decision["question"], tuple(decision["why"])))
