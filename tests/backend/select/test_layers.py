"""Layers: what each group gets, by hand and for any groups."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.pool import Budget, Groups, Pool
from winnow.select.balanced import Kmq
from winnow.select.coverage import FacilityLocation, Kcenter
from winnow.select.dataman import DatamanSelect
from winnow.select.layers import Layers, cells, standardized
from winnow.select.rated import QuratingSelect
from winnow.select.stratified import Snowcoder, Stratified


def layers(codes: list[int], widths: list[float], keys: list[float] | None = None, costs: list[int] | None = None):
    n = len(codes)
    return Layers(
        np.array(codes),
        np.array(widths, dtype=float),
        np.zeros(n) if keys is None else np.array(keys, dtype=float),
        np.arange(n, dtype=np.uint64),
        np.ones(n, dtype=np.int64) if costs is None else np.array(costs),
    )


def test_equal_widths_are_water_filled_without_overshoot() -> None:
    # (5, 50, 500), 120: 120 // 3 = 40 > 5, so 5; the other 115 in two: 57 > 50, so 50; 65 are left. Sum 120, not 121.
    chosen = layers([0] * 5 + [1] * 50 + [2] * 500, [1, 1, 1]).pour(Budget(docs=120), 120)
    assert np.bincount(np.repeat([0, 1, 2], [5, 50, 500])[chosen.rows]).tolist() == [5, 50, 65]


def test_an_amount_above_everything_takes_everything() -> None:
    chosen = layers([0] * 5 + [1] * 6, [1, 1]).pour(Budget(docs=20), 20)
    assert len(chosen) == 11


def test_the_highest_key_of_a_group_comes_first_and_no_key_never() -> None:
    # levels of group 0: keys 9, 5 at .5, 1.5; of group 1: key 7 at .5 (its other document has none)
    order = layers([0, 0, 1, 1], [1, 1], keys=[5, 9, np.nan, 7]).order()
    assert order.tolist() == [1, 3, 0]


def test_a_used_up_group_is_poured_in_again() -> None:
    # widths 1:1, 10 asked: group 0 has 2 documents, its copies stand at .5 1.5 2.5 3.5 4.5; group 1 gives 5
    chosen = layers([0] * 2 + [1] * 10, [1, 1]).pour(Budget(docs=10), 10, repeats=4)
    weights = np.zeros(12)
    weights[chosen.rows] = chosen.weights
    assert weights[:2].tolist() == [3, 2]
    assert weights[2:].sum() == 5


def test_cells_cross_columns_and_name_what_is_missing() -> None:
    pool = Pool(
        np.arange(4),
        np.ones(4),
        {"a": Groups.of(["x", "y", None, "x"]), "b": Groups.of(["p", "p", "q", None])},
    )
    crossed = cells(pool, "a", "b")
    assert [crossed.names[code] for code in crossed.codes] == [("x", "p"), ("y", "p"), ("(none)", "q"), ("x", "(none)")]
    assert cells(pool).names == ((),)
    assert crossed.sizes(np.array([1, 2, 3, 4])).sum() == 10


def test_standardized_within_groups() -> None:
    # group 0: 2, 4 -> mean 3, deviation 1; group 1: constant -> 0; NaN and infinity stay out of it
    values = np.array([2.0, 4.0, np.nan, 5.0, 5.0, np.inf])
    answer = standardized(values, np.array([0, 0, 0, 1, 1, 1]), 2)
    np.testing.assert_array_equal(answer, [-1, 1, np.nan, 0, 0, np.nan])


def test_standardized_does_not_overflow() -> None:
    assert standardized(np.array([-1e300, 1e300]), np.array([0, 0]), 1).tolist() == [-1, 1]


@given(
    groups=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 50)), min_size=1, max_size=40),
    amount=st.integers(1, 2000),
)
def test_any_groups_spend_the_amount_to_one_document(groups: list[tuple[int, int]], amount: int) -> None:
    codes, costs = (list(part) for part in zip(*groups, strict=True))
    whole = layers(codes, [1, 2, 3, 4], costs=costs)
    rows = whole.pour(Budget(tokens=amount), amount).rows
    spent = np.array(costs)[rows]
    assert spent[:-1].sum() < amount
    assert spent.sum() >= amount or len(rows) == len(codes)
    fewer = whole.pour(Budget(tokens=amount), amount // 2 or 1).rows
    assert rows[: len(fewer)].tolist() == fewer.tolist()
    assert whole.pour(Budget(tokens=amount), amount, repeats=3).weights.max() <= 3


def test_nothing_to_take() -> None:
    empty = layers([0, 1], [1, 0], keys=[-np.inf, 1])
    assert len(empty.pour(Budget(docs=1), 1)) == 0
    assert len(empty.pour(Budget(docs=1), 1, repeats=2)) == 0
    assert empty.order().tolist() == pytest.approx([])


@pytest.mark.parametrize(
    "method",
    [QuratingSelect(keep_mix=True), Stratified(), Snowcoder(), DatamanSelect(), Kmq(), Kcenter(), FacilityLocation()],
    ids=lambda method: type(method).name,
)
def test_documents_that_cost_nothing_are_not_lost(method, make_pool) -> None:
    pool = make_pool(method, n=12)
    free = Pool(pool.doc_ids, np.zeros(12), pool.columns, pool.vectors)
    everything = len(method.select(pool, Budget(docs=12)))
    assert len(method.select(free, Budget(tokens=5))) == everything > 0
