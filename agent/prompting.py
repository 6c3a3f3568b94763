"""The prompt of one turn: a stable head, a summary, the last turns verbatim, answer and brief.

Everything but the last message stays the same, byte for byte, from turn to turn, so that an
endpoint's prompt cache keeps it: old turns leave in blocks and not one by one. The number of turns
is bounded, so that the cost of a turn does not grow with the session.
"""

from __future__ import annotations

from agent.brief import Brief, pick_quote, to_message, weak_points
from agent.greeting import OPENING
from agent.interview import Interview
from agent.models.conduct import Rules
from agent.state import InterviewState
from agent.summary import summary
from prompts import render
from sessions.records import Lang, Message, Question, Turn
from sessions.wording import say
from tools.catalogue import render_tools
from tools.dialects import MARKER
from tools.neutralise import neutralise
from tools.table import schemas

TURNS_VERBATIM = 12
"""At least so many turns stand in the prompt word for word, when there were so many."""
BLOCK = 8
"""Turns that leave the prompt together; even, so that an interviewer's turn comes first."""
MAX_ANSWER_CHARS = 6_000
"""Of one turn in a prompt; the ledger and the grader keep the whole."""
_CUT = {"zh": "……（被打断，后面没有说出来）", "en": "… (interrupted; the rest was not heard)"}
MAX_CHARS = {"zh": 170, "en": 520}
"""Longest interviewer turn; nine in ten of the real ones were under 130 characters."""
ROOM = {"zh": 60, "en": 180}
"""Characters left for the model's own words around a long text that code wants said."""


def messages_for(interview: Interview, state: InterviewState) -> list[Message]:
    """Return what the model is sent for this round."""
    lang, journal = interview.lang, interview.journal
    before = journal.count("turn") - bool(state["turn"])
    dropped = max(before - TURNS_VERBATIM, 0) // BLOCK * BLOCK
    turns = journal.recent_turns(before - dropped + 1)
    last = next((t for t in turns if t["id"] == state["turn"]), None)
    history = [_message(as_heard(interview, t)) for t in turns if t["id"] != state["turn"]]
    if dropped:
        history = [Message(role="user", content=summary(interview, dropped)), *history]
    answer = neutralise(last["text"][:MAX_ANSWER_CHARS]).text if last else ""
    brief = brief_for(interview, state)
    return [_head(interview), *history, to_message(brief, answer, lang)]


def _head(interview: Interview) -> Message:
    lang = interview.lang
    native = getattr(interview.speaker, "tool_mode", "tagged") == "native"
    tools = render("native_tools", lang) if native else render_tools(schemas(), lang)
    return Message(role="system", content=render("interviewer", lang, tools=tools))


def as_heard(interview: Interview, turn: Turn) -> Turn:
    """Return the turn without the words that the candidate cut short and never heard."""
    cut = interview.journal.find(f"unsaid:{turn['id']}")
    if cut is None:
        return turn
    return Turn(**{**turn, "text": turn["text"][: cut["from_char"]] + _CUT[interview.lang]})


def _message(turn: Turn) -> Message:
    if turn["speaker"] == "interviewer":
        return Message(role="assistant", content=turn["text"])
    said = neutralise(turn["text"][:MAX_ANSWER_CHARS]).text
    return Message(role="user", content=f"<candidate>\n{said}\n</candidate>")


def brief_for(interview: Interview, state: InterviewState) -> Brief:
    """Return the brief of this round."""
    decision, lang = state["decision"], interview.lang
    question = interview.question(decision["question"])
    left = interview.question(decision["leaves"])
    grade = interview.journal.draft_grade(state["turn"]) if state["turn"] else None
    gained = tuple(state["left"]["gained"] if left else state["about"]["gained"])
    if state["intent"] != "answer":
        gained = ()
    recalled = interview.journal.find(f"recall:{state['turn'] or OPENING}") or {"texts": []}
    stage, stages = interview.stage(state), interview.format.stages[max(state["stage"], 0) :]
    blamed = state["misunderstood"] >= 2 and decision["move"] in ("rephrase", "example")
    return Brief(
        lang=lang,
        turn=_number(interview, state),
        move="rephrase" if blamed else decision["move"],
        before=decision["before"],
        why="unclear_twice" if blamed else " ".join(decision["why"]),
        stage=stage.title.get(lang, stage.id),
        topic=interview.topic_titles.get(question["topic"], "") if question else "",
        question_id=decision["question"],
        question=_speakable(say(question["wording"], lang)) if question else "",
        key_point=decision["key_point"],
        seed=_speakable(decision["text"]),
        quote=neutralise(pick_quote(decision, grade, gained, lang)).text,
        gained=bool(gained),
        leaves=decision["leaves"],
        weak=weak_points(left, grade) if left else [],
        minutes_left=round(sum(s.minutes for s in stages)),
        candidate=neutralise(interview.candidate).text,
        history=[neutralise(text).text for text in recalled["texts"]],
        job=neutralise(interview.job).text if question and question["kind"] == "reverse" else "",
        results=state["results"],
    )


def _speakable(text: str) -> str:
    """Return a question's words with its markers, if it speaks of any, made mere text."""
    return neutralise(text).text if MARKER.search(text) else text


def _number(interview: Interview, state: InterviewState) -> int:
    """Return the number of the coming interviewer turn."""
    return interview.journal.turn(state["turn"])["number"] + 1 if state["turn"] else 1


def rules_for(interview: Interview, state: InterviewState) -> Rules:
    """Return what the model may not do in this turn."""
    decision, lang = state["decision"], interview.lang
    question = interview.question(decision["question"])
    grade = interview.journal.draft_grade(state["turn"]) if state["turn"] else None
    told = decision["before"] == "reveal" or state["about"]["told"]
    allowed = decision["text"]
    if question is not None:
        allowed += say(question["wording"], lang) + say(question["example"], lang)
        allowed += "".join(say(h, lang) for h in question["hints"][: state["about"]["hints"]])
    for turn_id in {*state["left"]["turns"], *state["about"]["turns"], state["turn"]} - {""}:
        allowed += interview.journal.turn(turn_id)["text"]
    return Rules(
        lang=lang,
        max_chars=max(
            MAX_CHARS[lang], len(_to_ask(interview, state) + decision["text"]) + ROOM[lang]
        ),
        asks=_to_ask(interview, state),
        forbidden=() if question is None or told else _answers(question, lang),
        allowed=allowed,
        wrong=bool(grade and grade["error_level"]),
        mock=not interview.practice,
        company=interview.job,
        confirms=decision["move"] in ("paraphrase", "logistics"),
    )


def _to_ask(interview: Interview, state: InterviewState) -> str:
    """Return the words of the one question of this turn, when the move has one."""
    decision = state["decision"]
    question = interview.question(decision["question"])
    if decision["move"] == "ask" and question is not None:
        return say(question["wording"], interview.lang)
    return decision["text"] if decision["before"] != "reveal" else ""


def _answers(question: Question, lang: Lang) -> tuple[str, ...]:
    texts = [point["text"].get(lang, "") for point in question["key_points"]]
    if len(question["hints"]) == 3:
        texts.append(say(question["hints"][2], lang))
    return tuple(text for text in texts if text)
