"""Top and Gumbel: published numbers, by simulation over seeds."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.errors import SettingError
from winnow.pool import Budget, Groups, Pool
from winnow.select.ranked import Gumbel, Top

DRAWS = 10_000
"""The deviation of a frequency is at most sqrt(.25 / 10000) = .005; tests allow four of them."""


def scored(values: list[float], tokens: list[int] | None = None) -> Pool:
    n = len(values)
    return Pool(np.arange(n), np.array(tokens or [1] * n), {"quality": np.array(values)})


def frequencies(method: Gumbel, pool: Pool, docs: int) -> list[float]:
    times = np.zeros(len(pool))
    for seed in range(DRAWS):
        times[method.select(pool, Budget(docs=docs), seed=seed).rows] += 1
    return (times / DRAWS).tolist()


def test_top_takes_the_highest_to_the_budget() -> None:
    pool = scored([3, 2, 1], [100, 200, 300])
    assert Top().select(pool, Budget(tokens=250)).rows.tolist() == [0, 1]


def test_top_can_take_the_lowest_and_never_the_missing() -> None:
    pool = scored([0.2, np.nan, 0.9, 0.1])
    assert Top().select(pool, Budget(docs=4)).rows.tolist() == [2, 0, 3]
    assert Top(lowest=True).select(pool, Budget(docs=4)).rows.tolist() == [3, 0, 2]


def test_top_of_a_column_of_names_says_what_to_do() -> None:
    pool = Pool(np.arange(2), np.ones(2), {"source": Groups.of(["a", "b"])})
    with pytest.raises(SettingError, match="choose a numeric column"):
        Top(column="source").select(pool, Budget(docs=1))


def test_gumbel_includes_documents_as_often_as_sampling_without_replacement() -> None:
    # Weights 1, 2, 3, two of three: document i stays out when the others come first and second, in either order.
    # P(0 out) = 2/6 * 3/4 + 3/6 * 2/3 = .58333 -> in .41667
    # P(1 out) = 1/6 * 3/5 + 3/6 * 1/3 = .26667 -> in .73333
    # P(2 out) = 1/6 * 2/5 + 2/6 * 1/4 = .15    -> in .85
    found = frequencies(Gumbel(), scored(np.log([1, 2, 3]).tolist()), docs=2)
    assert found == pytest.approx([0.41667, 0.73333, 0.85], abs=0.02)


@pytest.mark.parametrize(("temperature", "chance"), [(0.5, 0.9820), (1.0, 0.8808), (2.0, 0.7311), (4.0, 0.6225)])
def test_gumbel_first_draw_is_a_softmax(temperature: float, chance: float) -> None:
    # the softmax of (0, 2) over the temperature
    assert 1 / (1 + np.exp(-2 / temperature)) == pytest.approx(chance, abs=5e-5)
    found = frequencies(Gumbel(temperature=temperature), scored([0, 2]), docs=1)
    assert found[1] == pytest.approx(chance, abs=0.02)


def test_gumbel_at_temperature_near_zero_is_top() -> None:
    pool = scored(np.random.default_rng(0).normal(size=300).tolist())
    cold = Gumbel(temperature=1e-6).select(pool, Budget(docs=100)).rows
    assert cold.tolist() == Top().select(pool, Budget(docs=100)).rows.tolist()


def test_gumbel_at_a_large_temperature_is_chance() -> None:
    found = frequencies(Gumbel(temperature=1e6), scored([0, 5, 10, 15]), docs=1)
    assert found == pytest.approx([0.25] * 4, abs=0.02)


def test_gumbel_never_takes_the_missing() -> None:
    assert set(Gumbel().select(scored([1, np.nan, 2]), Budget(docs=3)).rows.tolist()) == {0, 2}


def test_standardized_gumbel_does_not_feel_the_scale_of_the_column() -> None:
    values = np.random.default_rng(0).normal(size=200)
    method, budget = Gumbel(standardize=True, temperature=0.5), Budget(docs=60)
    first = method.select(scored(values.tolist()), budget).rows
    assert first.tolist() == method.select(scored((values * 1024 + 7).tolist()), budget).rows.tolist()
    assert first.tolist() != Gumbel(temperature=0.5).select(scored((values * 1024).tolist()), budget).rows.tolist()


def test_standardized_gumbel_of_a_constant_or_empty_column() -> None:
    assert len(Gumbel(standardize=True).select(scored([0.5] * 10), Budget(docs=4))) == 4
    assert len(Gumbel(standardize=True).select(scored([np.nan] * 3), Budget(docs=4))) == 0


@pytest.mark.parametrize("temperature", [0, -1, float("nan"), float("inf"), "1", True])
def test_gumbel_refuses_other_temperatures(temperature: object) -> None:
    with pytest.raises(SettingError, match="temperature"):
        Gumbel(temperature=temperature)


def test_equal_values_are_chosen_by_chance_and_not_by_place() -> None:
    # trap: ratings from 1 to 5 tie in masses, and the first of a file would win each time. 3 of 12 equal documents: 1/4
    pool = scored([5.0] * 12)
    times = np.zeros(12)
    for seed in range(2000):
        times[Top().select(pool, Budget(docs=3), seed=seed).rows] += 1
    assert (np.abs(times / 2000 - 0.25) < 0.04).all()  # deviation sqrt(.25 · .75 / 2000) = .0097


def test_the_highest_and_the_lowest_part_the_pool() -> None:
    # the inverse filter at the same cut holds what the filter leaves
    pool = scored(np.random.default_rng(0).random(50).tolist())
    high = Top().select(pool, Budget(docs=20)).rows.tolist()
    low = Top(lowest=True).select(pool, Budget(docs=30)).rows.tolist()
    assert sorted(high + low) == list(range(50))
