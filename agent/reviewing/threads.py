"""The questions of an interview: which turns open one, stay on it or come back to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from agent.reviewing import cues
from agent.reviewing.dividing import AKIN, OTHER, asking_of, divided, otherness
from agent.reviewing.floors import Floor, is_backchannel, placed_sentences, size
from agent.reviewing.helping import NO_HELP, Around, Helped, help_in
from agent.reviewing.talk import Asked, Exchange, Part, Thread, terms_of
from sessions.records import Move

Placed = tuple[int, str]
"""A sentence with where it begins in its floor's text."""

_RECENT = 2
"""Answers that an interviewer's words are held against: what was said long ago is no echo."""
_SHORT = 12
_WHOLE = 20
_LITTLE = 30
_LONG = 60
"""A longer turn that also challenges mostly asks something of its own."""
_NEW_FROM = 2
"""Signs that a turn must show, over those of staying, to open a question."""


def threads_of(
    floors: Sequence[Floor], known: Callable[[str], Asked] = lambda text: ("", "")
) -> list[Thread]:
    """Divide a talk into its questions, in the order in which they were first asked.

    `known` names the bank's question and topic that a turn clearly asks, or nothing.
    """
    threads: list[Thread] = []
    current: Thread | None = None
    answered: set[str] = set()
    part: Part = "opening"
    for place, floor in enumerate(floors):
        if floor.role != "interviewer":
            continue
        before = current
        after = floors[place + 1] if place + 1 < len(floors) else None
        last = floors[place - 1] if place else None
        terms, match = terms_of(floor.meant), known(floor.meant)
        part = _part(part, floor.text, current)
        back = _returns_to(floor.text, terms, threads, current)
        opens = (
            current is None or current.part != part or _opens(floor, last, current, answered, match)
        )
        if back is not None and not cues.shows("interviewer", "invite", floor.text):
            current = back
        elif opens:
            if current is not None and _leaves_with_praise(floor):
                _approve(current)
            current = Thread(len(threads) + 1, part)
            threads.append(current)
        assert current is not None
        move = _move(floor, last, current, opens, back is not None)
        said: Sequence[Placed] = placed_sentences(floor.text)
        if before is not None and before is not current:
            said = _parted(before, floor, said)
        helped = _help(floor, said, current, after.text if after is not None else "")
        current.exchanges.append(Exchange(floor, after, move, helped, match))
        current.terms |= terms
        current.matches |= {match[0]} - {""}
        current.topics |= {match[1]} - {""}
        answered = terms_of(after.meant) if after is not None else set()
    return divided([thread for thread in threads if thread.exchanges])


def _part(part: Part, text: str, current: Thread | None) -> Part:
    """Return which part of the interview a turn belongs to; reverse and close are never left."""
    if cues.shows("interviewer", "invite", text):
        return "reverse"
    if part in ("reverse", "close"):
        return "close" if cues.shows("interviewer", "close", text) else part
    new = cues.shows("interviewer", "new", text)
    if new and cues.shows("interviewer", "design", text) and _designs(text):
        return "design"
    if new and _codes(text):
        return "code"
    if part in ("code", "design") and not (
        new and re.search(r"(换|回到|聊|项目|简历|move on|next)", text) and not _codes(text)
    ):
        return part
    return "talk"


def _designs(text: str) -> bool:
    return bool(re.search(r"实现|设计|系统|方案|怎么(搭|做)|思路|design|architect", text)) and (
        len(text) >= 60 or "设计" in text or "design" in text.lower()
    )


def _codes(text: str) -> bool:
    return bool(
        re.search(
            r"(做|来|写|出)(一)?道|代码.{0,6}(题|测试|环节)|手(写|撕)|coding (problem|question)",
            text,
        )
    )


def _opens(
    floor: Floor, last: Floor | None, thread: Thread, answered: set[str], match: Asked
) -> bool:
    """Return whether a turn opens a new question within the same part."""
    text = floor.text
    shows = {
        name: cues.shows("interviewer", name, text)
        for name in ("asks", "new", "stays", "rephrase", "confirms", "challenge", "integrity")
    }
    if shows["integrity"] or thread.part in ("reverse", "close"):
        return False
    if not (shows["asks"] or shows["new"]) or len(thread.answers) == 0:
        return False
    if last is not None and cues.shows("candidate", "asks_back", last.text[-60:]):
        return False
    again = shows["rephrase"] and not shows["new"]
    if last is not None and again and size(last.text) < _LITTLE:
        return False  # put another way before it was answered
    terms = terms_of(floor.meant)
    fresh = terms - thread.terms - answered
    shared = terms & thread.terms
    signs = 2 * shows["new"] + (size(text) >= _WHOLE) + (len(fresh) > 0) + (len(fresh) > 2)
    signs += 2 * _is_other(match, thread)
    signs -= 2 * (thread.part == "design") + (thread.part == "code" and not shows["new"])
    signs += bool(last and cues.shows("candidate", "admits", last.text))
    other = otherness(asking_of(floor), thread.opening, thread.exchanges)
    if other >= OTHER and not shows["confirms"]:
        return True  # whatever words it starts with
    signs -= 2 * shows["stays"] + shows["rephrase"] + (len(shared) > 1)
    signs -= shows["challenge"] and size(text) < _LONG
    signs -= other < AKIN and not shows["new"]
    signs -= 2 * (size(text) < _SHORT)
    return signs >= _NEW_FROM


def _is_other(match: Asked, thread: Thread) -> bool:
    """Return whether a turn clearly asks something else than the turns before it."""
    question, topic = match
    other = bool(question and thread.matches and question not in thread.matches)
    return other or bool(topic and thread.topics and topic not in thread.topics)


def _returns_to(
    text: str, terms: set[str], threads: Sequence[Thread], current: Thread | None
) -> Thread | None:
    """Return the earlier question that a turn goes back to, when it says that it does."""
    if not cues.shows("interviewer", "returns", text) or current is None:
        return None
    if current.part in ("reverse", "close"):
        return None
    here = len(terms & current.terms)
    earlier = [t for t in threads if t is not current and t.part == current.part]
    best = max(earlier, key=lambda t: len(terms & t.terms), default=None)
    return best if best is not None and len(terms & best.terms) > max(1, here) else None


def _move(floor: Floor, last: Floor | None, thread: Thread, opens: bool, back: bool) -> Move:
    text = floor.text

    def shows(name: str) -> bool:
        return cues.shows("interviewer", name, text)

    if shows("integrity"):
        return "integrity_check"
    if shows("invite"):
        return "invite_questions"
    if thread.part == "close" or (shows("close") and not shows("asks")):
        return "close"
    if back:
        return "return_to_earlier"
    if shows("logistics") and not shows("new") and len(thread.answers) == 0:
        return "logistics"
    if opens or not thread.exchanges:
        return "ask" if shows("asks") or shows("new") else "transition"
    if is_backchannel(floor):
        return "backchannel"
    if shows("interrupts"):
        return "interrupt"
    if shows("unclear_answer"):
        return "clarify"
    if shows("rephrase"):
        return "example" if re.search("例子|场景|假设|for example|suppose", text) else "rephrase"
    if last is not None and cues.shows("candidate", "asks_back", last.text[-60:]):
        return "rephrase"
    if shows("confirms"):
        return "paraphrase"
    if shows("challenge"):
        return "challenge"
    if shows("let_go") and not shows("asks"):
        return "let_go"
    return "follow_up"


def _parted(thread: Thread, floor: Floor, said: Sequence[Placed]) -> Sequence[Placed]:
    """Book on a question what a turn that leaves it gives away of it; return the words after."""
    head = _before_new(said)
    helped = _help(floor, head, thread, "")
    if helped.kind:
        last = next(e for e in reversed(thread.exchanges) if e.answer is thread.answers[-1])
        last.parting.append((floor, helped))
    return said[len(head) :]


def _help(floor: Floor, said: Sequence[Placed], thread: Thread, following: str) -> Helped:
    """Return what sentences of a turn give away of a question; what no quote can show is none."""
    if not thread.answers or thread.part in ("reverse", "close", "opening"):
        return NO_HELP
    before = "\n".join(answer.text for answer in thread.answers[-_RECENT:])
    found = help_in(said, Around(before, thread.answers[-1].text, following))
    return found if floor.turn_at(found.start, found.start + len(found.words)) else NO_HELP


def _leaves_with_praise(floor: Floor) -> bool:
    head = "".join(s for _, s in _before_new(placed_sentences(floor.text)))[:_LONG]
    return cues.shows("interviewer", "praise", head)


def _approve(thread: Thread) -> None:
    """Take a question as answered well: what was said last on it confirmed the answer."""
    thread.approved = True
    if thread.exchanges:
        thread.exchanges[-1].helped = NO_HELP


def _before_new(said: Sequence[Placed]) -> list[Placed]:
    """Return the sentences that stand before another question: they belong to the old one."""
    head: list[Placed] = []
    for start, sentence in said:
        tag = cues.shows("interviewer", "confirms", sentence.strip()) and not head
        if any(cues.shows("interviewer", name, sentence) for name in ("new", "goes_back")):
            break
        if cues.shows("interviewer", "asks", sentence) and not tag:
            break
        head.append((start, sentence))
    return head
