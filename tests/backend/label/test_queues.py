"""Orders of the queue: whose a document is, what comes first, and that nobody can foretell a known answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.label.queues import (
    at_random,
    balanced,
    chance,
    in_turn,
    open_to,
    shared,
    spread,
    unsureness,
    with_known,
)  # fmt: skip

IDS = np.arange(20_000)


def people(*pairs: tuple[int, str]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([doc for doc, _ in pairs], dtype=np.int64), np.array([who for _, who in pairs], dtype=object)


def test_chance_is_even_and_its_salts_have_nothing_to_do_with_each_other() -> None:
    first, second = chance(IDS, "a"), chance(IDS, "b")
    assert ((first >= 0) & (first < 1)).all()
    assert np.histogram(first, 10, (0, 1))[0] == pytest.approx(np.full(10, 2000), abs=200)
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03
    assert abs(np.corrcoef(first[:-1], first[1:])[0, 1]) < 0.03
    assert np.array_equal(first[::7], chance(IDS[::7], "a")), "a document's number does not depend on its neighbours"


def test_the_share_that_several_people_see_is_the_same_for_all() -> None:
    assert shared(IDS, 0.2, "q").mean() == pytest.approx(0.2, abs=0.01)
    assert shared(IDS, 1.0, "q").all()
    assert not shared(IDS, 0.0, "q").any()
    assert (shared(IDS, 0.2, "q") <= shared(IDS, 0.5, "q")).all(), "a larger share keeps the smaller one"


def test_whose_a_document_is() -> None:
    ids, shares = np.arange(5), np.array([True, True, True, False, False])
    answered = people((0, "ana"), (1, "ben"), (2, "ben"), (2, "cem"), (3, "ben"))
    assert open_to("ana", ids, answered, shares, 2).tolist() == [False, True, False, False, True]
    assert open_to("ana", ids, answered, shares, 0).tolist() == [False, True, True, False, True]
    assert open_to("ben", ids, answered, shares, 2).tolist() == [True, False, False, False, True]
    assert open_to("ana", ids, people(), shares, 2).all()


def test_shared_documents_come_to_all_in_one_order_and_the_others_do_not() -> None:
    shares = shared(IDS, 0.3, "q")
    ana, ben = at_random("ana", IDS, shares), at_random("ben", IDS, shares)
    assert np.array_equal(ana[shares], ben[shares])
    assert not np.isclose(ana[~shares], ben[~shares]).any()
    assert shares[np.argsort(ana)[:3000]].mean() == pytest.approx(0.3, abs=0.03), (
        "they come at their share from the start"
    )


def test_uncertain_is_near_a_half_or_near_the_median() -> None:
    assert unsureness(np.array([0.0, 0.4, 0.95, np.nan])).tolist() == pytest.approx([0.5, 0.1, 0.45, np.inf])
    assert unsureness(np.array([1.0, 3.0, 5.0])).tolist() == [2.0, 0.0, 2.0]
    assert np.isinf(unsureness(np.array([np.nan]))).all()


@given(st.lists(st.tuples(st.integers(-3, 3), st.floats(0, 1)), min_size=1, max_size=40))
def test_groups_take_turns(rows: list[tuple[int, float]]) -> None:
    groups, ranks = np.array([group for group, _ in rows]), np.array([rank for _, rank in rows])
    order = np.argsort(in_turn(groups, ranks))
    seen: dict[int, int] = {}
    for place in order:
        seen[int(groups[place])] = seen.get(int(groups[place]), 0) + 1
        waiting = {int(group) for group in groups if seen.get(int(group), 0) < (groups == group).sum()}
        assert all(seen.get(group, 0) >= max(seen.values()) - 1 for group in waiting)


def test_spread_takes_what_is_farthest_from_all_that_was_taken() -> None:
    """Unit vectors at 0°, 10°, 90°, 100°, 180°, the first of them seen: 180° comes first (its cosine is −1), then 90°
    (its cosine to both is 0, that of 100° to 180° is .17)."""
    angles = np.deg2rad([0, 10, 90, 100, 180])
    vectors = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    assert spread(vectors[1:], vectors[:1], 2).tolist() == [3, 1]
    assert sorted(spread(vectors, vectors[:0], 9).tolist()) == [0, 1, 2, 3, 4]
    assert spread(vectors[:0], vectors, 3).tolist() == []


def test_balance_gives_the_rarest_class_first_and_the_unsurest_of_it() -> None:
    """Labels so far 5, 1, 1: the second and the third class take turns and reach 3 each before the first has its turn."""
    sure, unsure = 0.8, 0.5
    rows = [(0, sure), (0, unsure), (1, sure), (1, unsure), (2, sure), (2, unsure)]
    chances = np.array([[p if code == j else (1 - p) / 2 for j in range(3)] for code, p in rows])
    assert balanced(chances, np.array([5, 1, 1]), 4).tolist() == [3, 5, 2, 4]
    assert balanced(chances, np.array([0, 3, 3]), 2).tolist() == [1, 0]
    assert len(balanced(chances, np.zeros(3, dtype=np.int64), 99)) == 6


def test_balance_takes_from_the_informative_alone() -> None:
    chances = np.tile([0.99, 0.01], (1000, 1))
    chances[7] = [0.4, 0.6]
    chances[9] = [0.3, 0.7]
    assert balanced(chances, np.array([10, 0]), 2).tolist() == [7, 9]


def test_known_answers_come_at_their_share_and_at_no_one_s_prediction() -> None:
    mixed = with_known(list(range(1000)), list(range(5000, 5400)), 0.2, who="ana", answered=0)
    places = [place for place, doc in enumerate(mixed[:1000]) if doc >= 5000]
    assert 150 < len(places) < 250
    assert len(set(np.diff(places))) > 5
    other = with_known(list(range(1000)), list(range(5000, 5400)), 0.2, who="ben", answered=0)
    assert [doc >= 5000 for doc in mixed] != [doc >= 5000 for doc in other]
    assert with_known([1, 2], [9], 0.0, who="ana", answered=0) == [1, 2]
    assert with_known([1, 2], [9], 1.0, who="ana", answered=0) == [9, 1, 2]


def test_the_places_of_known_answers_go_on_where_they_stood() -> None:
    """Asked for anew after ten answers, the queue has its known answers where it had them."""
    queue, known = list(range(200)), list(range(500, 700))
    whole = [doc >= 500 for doc in with_known(queue, known, 0.3, who="ana", answered=0)]
    later = [doc >= 500 for doc in with_known(queue, known, 0.3, who="ana", answered=10)]
    assert whole[10:100] == later[:90]
