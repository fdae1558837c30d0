"""mates and group_mates: chances, signs and traps of the released code, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chisquare, spearmanr

from winnow.pool import Budget, Groups, Pool
from winnow.select.base import Draw
from winnow.select.influence import GroupMates, Mates, greedy


def pool(influence: list[float] | np.ndarray, first: int = 0) -> Pool:
    size = len(influence)
    columns = {"influence": np.array(influence, dtype=np.float64)}
    return Pool(np.arange(first, first + size), np.ones(size, dtype=np.int64), columns)


def firsts(method: Mates, influence: list[float], runs: int) -> np.ndarray:
    """Return how often each document is drawn first, over as many seeds."""
    made = pool(influence)
    rows = [int(method.select(made, Budget(docs=1), seed=seed).rows[0]) for seed in range(runs)]
    return np.bincount(rows, minlength=len(influence))


def test_the_first_is_drawn_with_the_stated_chance_and_not_with_that_of_the_released_sign() -> None:
    # One document at 1 (a predicted loss of -1), nine at 0, temperature .5: e^2 / (e^2 + 9) = 7.389 / 16.389 = .451.
    influence = [1.0, *[0.0] * 9]
    drawn = firsts(Mates(), influence, 2000)
    chances = np.exp(np.array(influence) / 0.5)
    assert chances[0] / chances.sum() == pytest.approx(0.451, abs=1e-3)
    assert chisquare(drawn, 2000 * chances / chances.sum()).pvalue > 1e-3
    # The smallest of loss / T + g, as released, draws it with .691: this sampler is far from that.
    rng = np.random.default_rng(0)
    released = -np.array(influence) / 0.5 + rng.gumbel(size=(20_000, 10))
    assert (released.argmin(axis=1) == 0).mean() == pytest.approx(0.691, abs=0.015)
    assert drawn[0] / 2000 < 0.5


def test_two_documents_hide_the_trap() -> None:
    # With two the difference of two Gumbel noises is symmetric: e^4 / (e^4 + 1) = .982 by either formula.
    drawn = firsts(Mates(), [1.0, -1.0], 2000)
    assert drawn[0] / 2000 == pytest.approx(0.982, abs=0.012)


def test_what_helps_is_chosen_and_not_what_harms() -> None:
    influence = np.linspace(-3, 3, 400)
    rows = Mates(temperature=0.1).select(pool(influence), Budget(docs=80)).rows
    assert influence[rows].mean() > 2


def test_cold_is_the_top_and_hot_is_chance() -> None:
    influence = np.random.default_rng(0).normal(size=50)
    top = set(np.argsort(-influence)[:10].tolist())
    for temperature in (0.0, 1e-9, 1e-320):
        assert set(Mates(temperature=temperature).select(pool(influence), Budget(docs=10)).rows.tolist()) == top
    drawn = firsts(Mates(temperature=1e9), influence[:8].tolist(), 1600)
    assert chisquare(drawn).pvalue > 1e-3


def test_a_fifth_is_a_fifth_and_unique() -> None:
    rows = Mates().select(pool(np.random.default_rng(1).normal(size=103)), Budget(docs=103 // 5)).rows
    assert len(rows) == len(set(rows.tolist())) == 20


def test_what_has_no_influence_is_never_drawn() -> None:
    made = pool([np.nan, -5.0, np.inf, 0.0])
    assert sorted(Mates().select(made, Budget(docs=4)).rows.tolist()) == [1, 3]


def test_standardising_undoes_the_scale_of_another_column() -> None:
    influence = np.random.default_rng(2).normal(size=60)
    scaled = influence * 1e-6 + 3
    rows, other = (
        Mates(standardise=True).select(pool(values), Budget(docs=20)).rows.tolist() for values in (influence, scaled)
    )
    assert rows == other


def test_greater_influence_comes_earlier_on_average() -> None:
    influence = np.random.default_rng(3).normal(size=500)
    made = pool(influence)
    mean = np.mean([Mates().rank(made, Draw(made, seed)) for seed in range(50)], axis=0)
    assert spearmanr(mean, influence).statistic > 0.97


def group(influence: list[float], vectors: list[list[float]], clusters: list[str] | None = None) -> Pool:
    names = clusters or ["a"] * len(influence)
    matrix = np.array(vectors, dtype=np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    columns = {"influence": np.array(influence), "cluster_name": Groups.of(names)}
    return Pool(np.arange(len(names)), np.ones(len(names), dtype=np.int64), columns, {"static": matrix})


def taken(made: Pool, docs: int, **told: object) -> list[int]:
    return GroupMates(**told).select(made, Budget(docs=docs)).rows.tolist()


def test_the_like_of_what_is_taken_waits() -> None:
    # Influences 1, .9, .5; the first two are one direction, the third another. After the first, the second is worth
    # .9 · (1 - 1) = 0 and the third .5 · (1 - 0) = .5; each alone, the first two would be taken.
    made = group([1.0, 0.9, 0.5], [[1, 0], [1, 0], [0, 1]])
    assert taken(made, 2) == [0, 2]
    assert Mates(temperature=0).select(made, Budget(docs=2)).rows.tolist() == [0, 1]
    # τ = 2: the second keeps .9 · (1 - 1/2) = .45, still less than .5; τ = 10: .9 · .9 = .81 is more.
    assert taken(made, 2, tau=2.0) == [0, 2]
    assert taken(made, 2, tau=10.0) == [0, 1]


def test_documents_unlike_each_other_are_taken_by_influence_alone() -> None:
    influence = [0.3, 0.9, 0.1, 0.7, 0.5]
    made = group(influence, np.eye(5).tolist())
    assert taken(made, 5) == [1, 3, 4, 0, 2]
    assert taken(group([0.4], [[1.0]]), 1) == [0]


def test_the_relation_is_a_mean_over_all_that_is_taken() -> None:
    # Third pick after 0 = (1, 0, 0) and 1 = (0, 1, 0), both unlike. 2 = (.6, 0, .8): mean of .4 and 1 = .7, .8 · .7 =
    # .56; 3 = (.6, .8, 0): mean of .4 and .2 = .3, .9 · .3 = .27.
    vectors = np.array([[1, 0, 0], [0, 1, 0], [0.6, 0, 0.8], [0.6, 0.8, 0]], dtype=np.float32)
    assert greedy(np.array([2.0, 1.9, 0.8, 0.9]), vectors, 1.0).tolist() == [0, 1, 2, 3]


def test_harmful_documents_come_last_and_not_for_being_alike() -> None:
    # By the product alone, -1 · (1 - 1) = 0 would stand before .2 · .05.
    made = group([1.0, -1.0, 0.2, -2.0], [[1, 0], [1, 0], [0.95, 0.3122], [0, 1]])
    assert taken(made, 4) == [0, 2, 1, 3]


def test_the_first_pick_is_the_best_and_not_the_first_in_the_file() -> None:
    made = group([0.1, 0.2, 0.9], [[1, 0], [0, 1], [1, 1]])
    assert taken(made, 1) == [2]


def test_every_cluster_gives_the_same_share_and_a_cluster_of_one_is_not_dropped() -> None:
    names = ["big"] * 8 + ["small"] * 4 + ["one"]
    chance = np.random.default_rng(0)
    made = group((chance.random(13) + 0.1).tolist(), chance.normal(size=(13, 6)).tolist(), names)
    kept = [names[row] for row in taken(made, 7)]
    assert {name: kept.count(name) for name in ("big", "small", "one")} == {"big": 4, "small": 2, "one": 1}
    assert len(taken(made, 13)) == 13


def test_a_large_cluster_is_cut_and_still_taken_by_shares() -> None:
    chance = np.random.default_rng(1)
    made = group(chance.random(200).tolist(), chance.normal(size=(200, 8)).tolist())
    rows = taken(made, 100, largest=20)
    assert len(rows) == len(set(rows)) == 100
    assert made.number("influence")[rows].mean() > made.number("influence").mean() + 0.1
