"""Set algebra: by hand, and the laws that sets keep."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.errors import SettingError
from winnow.pool import Budget, Pool
from winnow.select.set_algebra import Weighted, capped, combined, difference, intersection, union

Set = dict[int, float]


def weighted(documents: Set) -> Weighted:
    return np.array(list(documents), dtype=np.int64), np.array(list(documents.values()))


def back(found: Weighted) -> Set:
    ids, weights = found
    assert len(np.unique(ids)) == len(ids) == len(weights)
    return dict(zip(ids.tolist(), weights.tolist(), strict=True))


sets = st.dictionaries(st.integers(0, 12), st.sampled_from([0.5, 1.0, 2.0, 3.0]))
several = st.lists(sets, min_size=2, max_size=4)

A, B = {1: 2.0, 5: 1.0, 3: 1.0}, {5: 3.0, 7: 1.0, 1: 1.0}


def test_by_hand() -> None:
    parts = [weighted(A), weighted(B)]
    assert back(union(parts)) == {1: 2, 3: 1, 5: 3, 7: 1}  # 1: max(2, 1), 5: max(1, 3)
    assert back(union(parts, "sum")) == {1: 3, 3: 1, 5: 4, 7: 1}  # 1: 2 + 1, 5: 1 + 3
    assert back(intersection(parts)) == {1: 1, 5: 1}  # 1: min(2, 1), 5: min(1, 3)
    assert back(difference(parts)) == {3: 1}
    assert back(difference(parts[::-1])) == {7: 1}


@given(several)
def test_they_are_the_sets_operations(parts: list[Set]) -> None:
    arrays, members = [weighted(part) for part in parts], [set(part) for part in parts]
    assert set(back(union(arrays))) == set.union(*members)
    assert set(back(intersection(arrays))) == set.intersection(*members)
    assert set(back(difference(arrays))) == members[0].difference(*members[1:])


@given(several, st.randoms(use_true_random=False), st.sampled_from(["max", "sum"]))
def test_union_and_intersection_do_not_depend_on_order(parts: list[Set], chance: Random, rule: str) -> None:
    shuffled = parts.copy()
    chance.shuffle(shuffled)
    arrays, others = [weighted(part) for part in parts], [weighted(part) for part in shuffled]
    assert back(union(arrays, rule)) == back(union(others, rule))
    assert back(intersection(arrays)) == back(intersection(others))


@given(sets, sets, sets)
def test_laws(one: Set, two: Set, three: Set) -> None:
    a, b, c = weighted(one), weighted(two), weighted(three)
    assert back(union([a, a])) == one == back(intersection([a, a]))  # idempotence
    assert back(difference([a, a])) == {}
    assert back(union([union([a, b]), c])) == back(union([a, b, c]))  # associativity
    assert back(intersection([intersection([a, b]), c])) == back(intersection([a, b, c]))
    assert back(union([a, intersection([a, b])])) == one  # absorption, with the weights: max(w, min(w, v)) = w
    parted = union([difference([a, b]), intersection([a, b])])
    assert set(back(parted)) == set(one)  # A = (A - B) ∪ (A ∩ B)
    total = back(union([a, b], "sum"))
    assert sum(total.values()) == sum(one.values()) + sum(two.values())


def pool_of(documents: int, seed: int = 0) -> Pool:
    chance = np.random.default_rng(seed)
    ids = np.sort(chance.choice(10 * documents + 1, documents, replace=False))
    value = chance.random(documents)
    value[::5] = np.nan
    return Pool(ids, chance.integers(1, 50, documents), {"quality": value})


def test_a_cap_counts_every_copy() -> None:
    pool = Pool(np.arange(4), np.array([10, 20, 30, 40]), {"quality": np.array([0.1, 0.9, np.nan, 0.5])})
    weights = np.array([1.0, 2.0, 1.0, 1.0])
    found = capped(pool, weights, Budget(tokens=45), column="quality")
    # 1 costs 2 · 20 = 40 < 45, 3 reaches 40 + 40 = 80; 2 has no value
    assert (found.rows.tolist(), found.weights.tolist()) == ([1, 3], [2.0, 1.0])
    assert capped(pool, weights, Budget(docs=2), column="quality").rows.tolist() == [1]  # two copies of one
    assert capped(pool, weights, Budget(docs=2), column="quality", lowest=True).rows.tolist() == [0, 3]
    # a share is one of all copies: 0.5 · (10 + 2 · 20 + 30 + 40) = 60, reached by 40 + 40
    assert capped(pool, weights, Budget(share=0.5), column="quality").rows.tolist() == [1, 3]
    assert len(capped(pool, weights, Budget(share=1.0))) == 4


@given(st.integers(1, 40), st.floats(0.01, 1), st.sampled_from(["", "quality"]), st.integers(0, 3))
def test_a_cap_keeps_its_budget_and_smaller_ones_nest(n: int, share: float, column: str, seed: int) -> None:
    pool = pool_of(n, seed)
    weights = np.random.default_rng(seed).integers(1, 4, n).astype(float)
    amount = round(share * float((pool.tokens * weights).sum()), 6)
    found = capped(pool, weights, Budget(share=share), column=column, seed=seed)
    costs = (pool.tokens * weights)[found.rows]
    assert costs[:-1].sum() < amount
    enough = (pool.tokens * weights)[~np.isnan(pool.number("quality"))].sum() if column else amount
    assert costs.sum() >= min(amount, enough)
    smaller = capped(pool, weights, Budget(share=share / 2), column=column, seed=seed)
    assert np.array_equal(smaller.rows, found.rows[: len(smaller)])
    turned = pool.take(np.arange(n)[::-1])
    again = capped(turned, weights[::-1].copy(), Budget(share=share), column=column, seed=seed)
    assert np.array_equal(turned.doc_ids[again.rows], pool.doc_ids[found.rows])


def test_empty_sets_are_sets() -> None:
    none = weighted({})
    assert [back(combined(name, [none, none])) for name in ("union", "intersect", "subtract")] == [{}, {}, {}]
    assert back(combined("subtract", [weighted(A), none])) == A
    empty = Pool(np.empty(0, np.int64), np.empty(0, np.int64))
    assert len(capped(empty, np.empty(0), Budget(docs=3))) == 0


def test_what_cannot_be_combined_is_told() -> None:
    parts = [weighted(A), weighted(B)]
    with pytest.raises(SettingError, match="did you mean 'intersect'"):
        combined("intersection", parts)
    with pytest.raises(SettingError, match="two selections"):
        combined("union", parts[:1])
    with pytest.raises(SettingError, match="max or sum"):
        combined("union", parts, "mean")
