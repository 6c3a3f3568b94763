"""What the interviewer does next: a pure ladder of rules, each a function of the situation.

The first rule that has something to say wins. Move names are those of the conduct table taken from
two real interviews, so that a session of ours can be counted against them.
"""

from __future__ import annotations

from collections.abc import Callable

from agent.code_moves import CODE_RULES
from agent.intents import confirms, nothing_more
from agent.ladder import hints_of
from agent.situation import Rule, Situation, act, leave
from agent.state import Decision
from sessions.records import Intent, Move, PointGrade, QuestionKind
from sessions.wording import say

DEEPEST = 3
"""At most so many follow-ups that go deeper on one point, then it is let go kindly."""
LONG_ANSWER_CHARS = 260
"""Above this an answer that gained little is asked for again, shorter (a guess; a real answer's
median was 58 to 78 characters and its longest 741)."""
WORTH_CONFIRMING_CHARS = 70
RETURN_BUDGET = 1
"""A question returned to gets this one further move and is left again."""
EXTRA_FOLLOW_UPS = 2
"""Deeper questions after everything was covered, as the real interviewers asked of good answers."""
UNKNOWN_PATIENCE = 2
"""After so many questions in a row without any answer, one hint is tried and no more."""


def decide_move(situation: Situation) -> Decision:
    """Return the next move; a decision that leaves the question names no successor yet."""
    request = _REQUESTS.get(situation.intent)
    if situation.ending and (situation.intent == "end" or confirms(situation.text)):
        return act(situation, "close", why="end_confirmed", leaves=True)
    if request is not None:
        return request(situation)
    for rule in _RULES.get(situation.question["kind"], _ANSWER_RULES):
        decision = rule(situation)
        if decision is not None:
            return decision
    return leave(situation, "nothing_left")


# ---- requests


def _on_end(situation: Situation) -> Decision:
    return act(situation, "logistics", why="confirm_end")


def _on_skip(situation: Situation) -> Decision:
    return leave(situation, "candidate_skips", "let_go")


def _on_repeat(situation: Situation) -> Decision:
    asked = situation.about["asked"]
    text = asked[-1] if asked else say(situation.question["wording"], situation.lang)
    return act(situation, "logistics", why="repeat", key_point=situation.about["aim"], text=text)


def _on_clarify(situation: Situation) -> Decision:
    if situation.about["rephrased"] >= 2:
        return _help(situation, "rephrased_twice")
    text = say(situation.question["example"], situation.lang)
    move: Move = "example" if situation.about["rephrased"] else "rephrase"
    return act(situation, move, why="asked_to_clarify", key_point=situation.about["aim"], text=text)


def _on_thinking(situation: Situation) -> Decision:
    if situation.waited:
        return _help(situation, "silent_twice")
    return act(situation, "backchannel", why="needs_time", key_point=situation.about["aim"])


def _on_small_talk(situation: Situation) -> Decision:
    return act(situation, "logistics", why="small_talk", key_point=situation.about["aim"])


def _on_about_interviewer(situation: Situation) -> Decision:
    return act(situation, "logistics", why="about_interviewer", key_point=situation.about["aim"])


def _help(situation: Situation, why: str, *, asked_for: bool = False) -> Decision:
    """Give the next rung: a nudge, a leading question, then the answer, and go on.

    Help that was asked for is given whatever the budget says. A deeper question on a point already
    made is beyond the rubric: failing it costs nothing and needs no help.
    """
    about = situation.about
    if not asked_for and about["verdicts"].get(about["aim"]) == "covered":
        return leave(situation, "deeper_unanswered", "let_go")
    hints = hints_of(situation.question, situation.lang)
    spent = about["follow_ups"] >= situation.stage.follow_ups or situation.time_up
    spent = spent or about["returned"]
    tired = situation.unknown_run >= UNKNOWN_PATIENCE and about["hints"] >= 1
    refused = spent or tired or situation.unknown_run > UNKNOWN_PATIENCE
    if not hints or (refused and not asked_for):
        return leave(situation, why, "let_go")
    if about["hints"] == 0:
        return act(situation, "hint", why=why, key_point=about["aim"], text=hints[0])
    if about["hints"] == 1:
        return act(situation, "step_down", why=why, key_point=about["aim"], text=hints[1])
    decision = leave(situation, why, "reveal")
    decision["text"] = hints[2]
    return decision


_REQUESTS: dict[Intent, Callable[[Situation], Decision]] = {
    "end": _on_end,
    "skip": _on_skip,
    "ask_to_repeat": _on_repeat,
    "ask_to_clarify": _on_clarify,
    "ask_for_hint": lambda s: _help(s, "asked_for_hint", asked_for=True),
    "dont_know": lambda s: _help(s, "does_not_know"),
    "thinking": _on_thinking,
    "small_talk": _on_small_talk,
    "ask_about_interviewer": _on_about_interviewer,
}


# ---- answers


def _points(situation: Situation, verdict: str) -> list[PointGrade]:
    grade = situation.grade
    return [point for point in grade["points"] if point["verdict"] == verdict] if grade else []


def _when_time_is_up(situation: Situation) -> Decision | None:
    return leave(situation, "time_is_up") if situation.time_up else None


def _when_beside_the_point(situation: Situation) -> Decision | None:
    grade = situation.grade
    if grade is None or grade["kind"] == "content" or situation.gained:
        return None
    if grade["kind"] == "empty":
        return _help(situation, "empty_answer")
    if situation.about["stuck"] >= 2:
        return leave(situation, "beside_the_point_again", "let_go")
    move: Move = "clarify" if grade["kind"] == "stuffing" else "redirect"
    if situation.about["stuck"] and situation.about["hints"] == 0:
        return _help(situation, "beside_the_point")
    text = say(situation.question["wording"], situation.lang)
    return act(situation, move, why=grade["kind"], key_point=situation.about["aim"], text=text)


def _when_budget_is_spent(situation: Situation) -> Decision | None:
    budget = RETURN_BUDGET if situation.about["returned"] else situation.stage.follow_ups
    if situation.about["follow_ups"] < budget:
        return None
    open_points = _points(situation, "missed") or _points(situation, "wrong")
    kindly = bool(open_points) and not situation.gained
    return leave(situation, "follow_ups_spent", "let_go" if kindly else None)


def _when_contradicting(situation: Situation) -> Decision | None:
    """Lay two statements that exclude each other side by side, and ask."""
    text, about = situation.contradiction, situation.about
    if not text or about["returned"] or about["follow_ups"] >= situation.stage.follow_ups:
        return None
    return act(situation, "challenge", why="contradiction", text=text)


def _when_wrong(situation: Situation) -> Decision | None:
    """Challenge a false statement once; if it stands, help; never argue a third time."""
    for point in _points(situation, "wrong"):
        if point["key_point"] not in situation.about["challenged"]:
            text = _aimed(situation, point["key_point"], ("counter_example", "edge_case"))
            if not text:
                return _help(situation, "wrong")
            return act(situation, "challenge", why="wrong", key_point=point["key_point"], text=text)
        if situation.about["aim"] == point["key_point"] and situation.about["hints"] < 2:
            return _help(situation, "still_wrong")
    return None


def _when_stuck(situation: Situation) -> Decision | None:
    """A follow-up that brought nothing new is helped along the ladder, not asked again."""
    about = situation.about
    if not about["aim"] or situation.gained or about["stuck"] == 0:
        return None
    if about["stuck"] > DEEPEST:
        return leave(situation, "three_tries", "let_go")
    return _help(situation, "nothing_new") if about["hints"] < 2 else None


def _when_long_and_thin(situation: Situation) -> Decision | None:
    if len(situation.text) < LONG_ANSWER_CHARS or len(situation.gained) >= 2:
        return None
    if "shorter" in situation.about["asked"]:
        return None
    return act(situation, "clarify", why="long_and_thin", text="shorter")


def _when_worth_confirming(situation: Situation) -> Decision | None:
    about = situation.about
    if about["paraphrased"] or not situation.gained:
        return None
    if len(situation.text) < WORTH_CONFIRMING_CHARS:
        return None
    return act(situation, "paraphrase", why="confirm", key_point=situation.gained[0])


def _when_open(situation: Situation) -> Decision | None:
    """Follow up what is half said first, then what is missing."""
    about = situation.about
    for verdict in ("partial", "missed"):
        for point in _points(situation, verdict):
            aim = point["key_point"]
            tried = about["aimed"].count(aim)
            if about["depth"].get(aim, 0) >= DEEPEST or tried >= (2 if verdict == "partial" else 1):
                continue
            text = _aimed(situation, aim, ())
            if text:
                move: Move = "clarify" if verdict == "partial" and tried == 0 else "follow_up"
                return act(situation, move, why=verdict, key_point=aim, text=text)
    return None


def _when_covered(situation: Situation) -> Decision | None:
    """Go deeper on a good answer: an edge case, a why, a contrast not asked yet."""
    grade, about = situation.grade, situation.about
    if grade is None or grade["status"] != "graded" or about["follow_ups"] >= EXTRA_FOLLOW_UPS:
        return None
    for follow_up in situation.question["follow_ups"]:
        text = say(follow_up["text"], situation.lang)
        if text and text not in about["asked"]:
            move: Move = "challenge" if follow_up["kind"] == "counter_example" else "follow_up"
            aim = follow_up["key_point"]
            return act(situation, move, why="go_deeper", key_point=aim, text=text)
    return None


def _aimed(situation: Situation, key_point: str, kinds: tuple[str, ...]) -> str:
    """Return the best unused follow-up text for this point, of these kinds if there is one."""
    fitting = [f for f in situation.follow_ups if f["key_point"] == key_point]
    unused = [f for f in fitting if f["text"] not in situation.about["asked"]]
    preferred = [f for f in unused if f["kind"] in kinds]
    chosen = (preferred or unused)[:1]
    return chosen[0]["text"] if chosen else ""


_ANSWER_RULES = (
    _when_time_is_up,
    _when_contradicting,
    _when_beside_the_point,
    _when_budget_is_spent,
    _when_wrong,
    _when_stuck,
    _when_long_and_thin,
    _when_worth_confirming,
    _when_open,
    _when_covered,
)


# ---- the candidate's own questions


def _when_nothing_more(situation: Situation) -> Decision | None:
    done = nothing_more(situation.text) or situation.time_up
    spent = situation.about["follow_ups"] >= situation.stage.follow_ups
    return leave(situation, "no_more_questions") if done or spent else None


def _when_asked_something(situation: Situation) -> Decision | None:
    return act(situation, "invite_questions", why="candidate_asked")


_RULES: dict[QuestionKind, tuple[Rule, ...]] = {
    "reverse": (_when_nothing_more, _when_asked_something),
    "code": CODE_RULES,
}
