"""quad: the bandit's arithmetic, what it accepts and what it leaves."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.pool import Budget, Groups, Pool
from winnow.select.bandit import Quad, _Bandit, upper_bounds


def arms(influence: dict[str, list[float]], vectors: dict[str, list[float]] | None = None) -> Pool:
    names = [name for name, values in influence.items() for _ in values]
    places = {name: place for place, name in enumerate(influence)}
    axes = vectors or {name: np.eye(len(influence))[place].tolist() for name, place in places.items()}
    columns = {"cluster_name": Groups.of(names), "influence": np.array([v for vs in influence.values() for v in vs])}
    matrix = np.array([axes[name] for name in names], dtype=np.float32)
    return Pool(np.arange(len(names)), np.ones(len(names)), columns, {"static": matrix})


def names_of(pool: Pool, rows: np.ndarray) -> list[str]:
    groups = pool.group("cluster_name")
    return [groups.names[code] for code in groups.codes[rows]]


def test_alpha_explores_or_exploits() -> None:
    # 100 visits: mean .3 after 5, .1 after 1, 0 after 0; sqrt(2 ln 100 / 6) = sqrt(9.2103 / 6) = 1.2390,
    # sqrt(9.2103 / 2) = 2.1460, sqrt(9.2103) = 3.0349
    earned, visits = np.array([1.5, 0.1, 0.0, 94.0]), np.array([5.0, 1.0, 0.0, 94.0])
    assert upper_bounds(earned, visits, 1.0)[:3] == pytest.approx([1.539, 2.246, 3.035], abs=1e-3)
    assert upper_bounds(earned, visits, 1e-4)[:3] == pytest.approx([0.3001, 0.1002, 0.0003], abs=1e-4)


def test_rewarded_clusters_are_taken_batch_by_batch_and_others_never() -> None:
    pool = arms({"good": [1.0] * 30, "fair": [0.5] * 30, "bad": [-1.0] * 30})
    # raw influences: good and fair are above the threshold at every visit, bad never; every round visits all open ones
    order = names_of(pool, Quad(standardise=False, batch=10).select(pool, Budget(docs=90)).rows)
    assert len(order) == 60
    assert "bad" not in order
    # one arm a round, no exploring: all begin at 0 and are tried in a drawn order; what is found good is emptied first
    greedy = Quad(standardise=False, batch=10, arms=1, alpha=0)
    for seed in range(6):
        order = names_of(pool, greedy.select(pool, Budget(docs=90), seed=seed).rows)
        assert order in (["good"] * 30 + ["fair"] * 30, ["fair"] * 30 + ["good"] * 30)


def test_standardised_influences_do_not_depend_on_their_scale() -> None:
    chance = np.random.default_rng(0)
    values = {name: chance.normal(place, 1, 40).tolist() for place, name in enumerate("abcd")}
    scaled = {name: [v * 1e-6 + 5 for v in vs] for name, vs in values.items()}
    method = Quad(batch=7, arms=2)
    rows, other = (method.select(arms(v), Budget(docs=60)).rows for v in (values, scaled))
    assert rows.tolist() == other.tolist()


def test_neighbours_share_a_reward_by_distance() -> None:
    # d and its equal share everything; half is at distance .1 and radius .2 shares half; far shares nothing.
    angle = 2 * np.arcsin(0.05)  # a chord of .1
    vectors = {"d": [1, 0], "same": [1, 0], "half": [np.cos(angle), np.sin(angle)], "far": [0, 1]}
    pool = arms({"d": [3.0] * 5, "same": [np.nan] * 5, "half": [np.nan] * 5, "far": [np.nan] * 5}, vectors)
    method = Quad(standardise=False)
    centres = np.array([vectors[name] for name in ("d", "same", "half", "far")])
    bandit = _Bandit(method, [np.arange(5)] * 4, [np.full(5, 3.002)] * 4, centres, np.arange(4, dtype=np.uint64))
    bandit._visit(0)
    assert bandit.earned == pytest.approx([3, 3, 1.5, 0])
    assert bandit.visits.tolist() == [1, 1, 1, 0]
    # clusters without any influence are never accepted
    assert set(names_of(pool, method.select(pool, Budget(docs=20)).rows)) == {"d"}


def test_documents_without_an_influence_come_with_their_cluster() -> None:
    pool = arms({"good": [1.0, np.nan, np.nan, 1.0], "bad": [-1.0] * 4})
    assert sorted(Quad(standardise=False).select(pool, Budget(docs=8)).rows.tolist()) == [0, 1, 2, 3]


def test_neither_clusters_nor_documents_come_in_file_order() -> None:
    pool = arms({f"c{i:02d}": [1.0] * 20 for i in range(30)})
    method = Quad(standardise=False, arms=5, batch=20)
    firsts = {names_of(pool, method.select(pool, Budget(docs=1), seed=seed).rows)[0] for seed in range(10)}
    assert len(firsts) > 4
    rows = method.select(pool, Budget(docs=20)).rows
    assert len(set(names_of(pool, rows))) == 1
    assert np.any(np.diff(rows) < 0)


def test_rounds_end_it() -> None:
    pool = arms({"a": [1.0] * 100})
    assert len(Quad(standardise=False, batch=10, rounds=3).select(pool, Budget(docs=100))) == 30


def test_too_few_clusters_to_choose_between_are_remarked() -> None:
    pool = arms({"a": [1.0] * 3, "b": [0.0] * 3})
    assert "All 2 clusters are visited" in Quad(arms=2).remarks(pool)[0]
    assert Quad(arms=1).remarks(pool) == ()
