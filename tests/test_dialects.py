from __future__ import annotations

import pytest

from tools.dialects import (
    LONGEST,
    MARKER,
    MARKERS,
    NOTED,
    OPENERS,
    Kind,
    begun,
    kind_of,
    may_grow,
    name_in,
)

NAMED = ["<function=grade_answer>", "<parameter=query>", "<function= grade >"]


@pytest.mark.parametrize("marker", [*MARKERS, *NAMED])
def test_each_marker_is_found_whole_and_grows_from_each_of_its_beginnings(marker: str) -> None:
    found = MARKER.match(marker)
    assert found is not None and found.group() == marker
    assert len(marker) <= LONGEST
    for size in range(1, len(marker)):
        assert may_grow(marker[:size]), marker[:size]
        assert MARKER.match(marker[:size]) is None


@pytest.mark.parametrize("marker", [*MARKERS, *NAMED])
def test_speech_is_held_from_a_markers_first_character_on(marker: str) -> None:
    for size in range(1, len(marker)):
        held = NOTED.search("word " + marker[:size])
        assert held is not None and held.lastindex == 1 and held.start() == 5
    whole = NOTED.search("word " + marker)
    assert whole is not None and whole.lastindex is None and whole.group() == marker


@pytest.mark.parametrize(
    "text", ["<tools>", "<b", "a < b", "[x", "[1]", "<thinking", "<|x", "</p>"]
)
def test_what_only_resembles_a_marker_is_not_held(text: str) -> None:
    assert NOTED.search(text) is None


def test_no_marker_begins_another_so_none_is_found_too_early() -> None:
    for one in MARKERS:
        assert not any(other != one and other.startswith(one) for other in MARKERS)


def test_a_cut_marker_is_known_by_its_first_letters_and_short_ones_are_words() -> None:
    assert begun("<tool_c") in OPENERS
    assert begun("</tool_c") is Kind.CALL_END
    assert begun("<function=no") is Kind.FUNCTION
    assert begun("<think") is Kind.THINK
    for words in ("<", "<t", "<tool", "[", "[TOOL", "<function", "<tool_box"):
        assert begun(words) is None


def test_a_named_marker_gives_its_name() -> None:
    assert name_in('<function="grade" >') == "grade"
    assert kind_of("<parameter=query>") is Kind.PARAMETER
