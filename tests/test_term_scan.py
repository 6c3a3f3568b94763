from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.knowledge.sound import Phones, distance, drop_cost, phones
from tools.knowledge.term_homophones import Homophones
from tools.knowledge.term_scan import MOST_HEARD, TermScan

ROWS = st.text(alphabet="aeioubdgkmnlsStfN", min_size=3, max_size=9).map(tuple)


def scan(sounds: list[Phones], heard: Phones, farthest: float) -> dict[tuple[int, int], float]:
    """Return the lowest cost by (term, end), every phone a possible start and end."""
    open_ = [True] * len(heard)
    _, ends, terms, costs = TermScan(sounds, [farthest] * len(sounds)).hits(heard, open_, open_)
    places = zip(terms.tolist(), ends.tolist(), strict=True)
    return dict(zip(places, costs.tolist(), strict=True))


def test_a_term_is_found_inside_a_longer_row_at_its_place() -> None:
    heard = tuple("kan") + phones("softmax") + tuple("de")
    scanner = TermScan([phones("softmax"), phones("dropout")], [1.0, 1.0])
    edges = [True] * len(heard)
    starts, ends, terms, costs = scanner.hits(heard, edges, edges)
    best = int(costs.argmin())
    assert (terms[best], costs[best]) == (0, 0.0)
    assert (starts[best], ends[best]) == (3, 3 + len(phones("softmax")))


@settings(max_examples=60, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=4), ROWS)
def test_costs_are_those_of_the_nearest_stretch_compared_by_itself(
    sounds: list[Phones], heard: Phones
) -> None:
    found = scan(sounds, heard, 2.0)
    for number, sound in enumerate(sounds):
        for end in range(1, len(heard) + 1):
            least = min(distance(heard[start:end], sound, 9.0) for start in range(end))
            cost = found.get((number, end))
            if cost is not None:
                assert cost >= least - 0.06  # one unit of rounding for each of some phones
            elif least < 0.29:  # less than three lost phones: the pass allows no more in a row
                pytest.fail(f"{sound} was not found in {heard} up to {end}")


def test_a_term_begins_and_ends_only_where_it_may() -> None:
    heard = phones("的softmax的")
    never = [False] * len(heard)
    assert not len(TermScan([phones("softmax")], [1.0]).hits(heard, never, [True] * len(heard))[0])
    assert not len(TermScan([phones("softmax")], [1.0]).hits(heard, [True] * len(heard), never)[0])


def test_more_phones_than_places_can_be_told_apart_are_refused() -> None:
    heard = ("a",) * (MOST_HEARD + 1)
    edges = [True] * len(heard)
    with pytest.raises(ValueError, match="phones"):
        TermScan([phones("softmax")], [1.0]).hits(heard, edges, edges)


def test_homophones_are_near_and_other_words_are_not() -> None:
    index = Homophones(["残差", "蒸馏", "归并"])
    assert list(index.near("参插", 0.3)) == [(0, 0.0)]
    assert [number for number, _ in index.near("整流", 0.3)] == [1]
    assert list(index.near("天气", 0.3)) == []
    assert list(index.near("", 0.3)) == []


def test_the_distance_of_homophones_is_that_of_their_syllables() -> None:
    ((_, cost),) = Homophones(["归并"]).near("堆并", 0.6)
    assert cost == pytest.approx(distance(phones("堆"), phones("归"), 9.0))
    assert cost < sum(map(drop_cost, phones("归")))
