"""cluster_balanced, kmq and kmq_iterative: budgets and weights by hand."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.pool import Budget, Groups, Pool
from winnow.select.balanced import ClusterBalanced, Kmq, KmqIterative, reweighted
from winnow.select.base import Draw


def clustered(sizes: dict[str | None, int], **columns: list[float]) -> Pool:
    names = [name for name, size in sizes.items() for _ in range(size)]
    numbers = {name: np.array(values, dtype=float) for name, values in columns.items()}
    defaults = {"quality": np.zeros(len(names)), "influence": np.ones(len(names))}
    return Pool(np.arange(len(names)), np.ones(len(names)), {**defaults, **numbers, "cluster_name": Groups.of(names)})


def taken(pool: Pool, method, budget: Budget, seed: int = 0) -> dict[str, int]:
    groups = pool.group("cluster_name")
    rows = method.select(pool, budget, seed=seed).rows
    return dict(zip(groups.names, np.bincount(groups.codes[rows], minlength=len(groups.names)).tolist(), strict=True))


def test_balanced_water_fill_does_not_overshoot() -> None:
    # 120 over (5, 50, 500): 5, then 50, then 65; rounding each part up gives 66 and 121 in all
    pool = clustered({"a": 5, "b": 50, "c": 500})
    assert taken(pool, ClusterBalanced(), Budget(docs=120)) == {"a": 5, "b": 50, "c": 65}
    # more than there is: everything, and no division by zero
    assert taken(clustered({"a": 5, "b": 6}), ClusterBalanced(), Budget(docs=20)) == {"a": 5, "b": 6}


def test_balanced_exponent() -> None:
    # sizes 4 and 100: exponent 1/2 gives 2 : 10, so 2 and 10 of 12; exponent 1 gives 4 : 100, so 1 and 25 of 26
    pool = clustered({"a": 4, "b": 100})
    assert taken(pool, ClusterBalanced(exponent=0.5), Budget(docs=12)) == {"a": 2, "b": 10}
    assert taken(pool, ClusterBalanced(exponent=1), Budget(docs=26)) == {"a": 1, "b": 25}


def test_balanced_near_and_far() -> None:
    # vectors at 0, 10 and 40 degrees: the centre is at 16.6; nearest 10, then 0, then 40
    angle = np.radians([0, 10, 40])
    vectors = np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
    pool = Pool(np.arange(3), np.ones(3), {"cluster_name": Groups.of(["a"] * 3)}, {"static": vectors})
    near, far = (ClusterBalanced(inside=i).select(pool, Budget(docs=3)).rows.tolist() for i in ("near", "far"))
    assert near == [1, 0, 2]
    assert far == [2, 0, 1]


def test_kmq_gives_every_cluster_its_share() -> None:
    # sizes (60, 30, 10) of 100, 20 asked: 12, 6 and 2
    pool = clustered({"a": 60, "b": 30, "c": 10})
    for seed in range(5):
        assert taken(pool, Kmq(), Budget(docs=20), seed) == {"a": 12, "b": 6, "c": 2}


def test_kmq_draws_by_softmax_inside_a_cluster() -> None:
    # qualities 1, 0, -1: e / (e + 1 + 1/e) = 2.718 / 4.086 = .665, .245, .090
    pool = clustered({"a": 3}, quality=[1, 0, -1])
    first = [int(Kmq().select(pool, Budget(docs=1), seed=seed).rows[0]) for seed in range(4000)]
    assert np.bincount(first) / 4000 == pytest.approx([0.665, 0.245, 0.090], abs=0.025)


def test_kmq_large_qualities_do_not_overflow() -> None:
    # softmax without a shift overflows at exp(710)
    pool = clustered({"a": 3}, quality=[1000, 2000, 3000])
    assert Kmq().select(pool, Budget(docs=3)).rows.tolist() == [2, 1, 0]


def test_kmq_with_fewer_documents_than_clusters_is_not_empty() -> None:
    # 10 asked of 40 clusters: int(10 / 40) = 0 each, an empty selection; here ten clusters give one
    pool = clustered({f"c{i:02d}": 5 for i in range(40)})
    found = taken(pool, Kmq(), Budget(docs=10))
    assert sorted(found.values()) == [0] * 30 + [1] * 10
    # and the largest come first
    assert taken(clustered({"a": 50, "b": 5, "c": 5}), Kmq(), Budget(docs=1)) == {"a": 1, "b": 0, "c": 0}


def test_weights_are_multiplied_and_normalised() -> None:
    # s = (2, 1, 1): 1/3 · (1/2, 1/4, 1/4) sums to 1/3, normalised (1/2, 1/4, 1/4); again: (1/4, 1/16, 1/16) sums to
    # .375, normalised (2/3, 1/6, 1/6). Weights that forget would stay at (1/2, 1/4, 1/4).
    signal = np.array([2.0, 1.0, 1.0])
    first = reweighted(np.full(3, 1 / 3), signal)
    assert first == pytest.approx([0.5, 0.25, 0.25])
    assert reweighted(first, signal) == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_weights_with_negative_or_missing_signals() -> None:
    half = np.array([0.5, 0.5])
    assert reweighted(half, np.array([-3.0, 1.0])).tolist() == [0, 1]
    assert reweighted(half, np.array([-3.0, -1.0])).tolist() == [0.5, 0.5]
    assert reweighted(half, np.array([np.nan, 4.0])).tolist() == [0.5, 0.5]
    assert reweighted(half, np.array([np.nan, np.nan])).tolist() == [0.5, 0.5]


def test_iterative_rounds_spend_all_their_part_and_follow_the_signal() -> None:
    # signals 2, 1, 1 everywhere; 90 in three rounds of 30: (10, 10, 10), then (1/2, 1/4, 1/4) of 30 = (15, 7.5, 7.5),
    # then (2/3, 1/6, 1/6) of 30 = (20, 5, 5). The released code would take a few documents in rounds two and three.
    pool = clustered({"a": 100, "b": 100, "c": 100}, influence=[2] * 100 + [1] * 200)
    rounds = KmqIterative().play(pool, Budget(docs=90), Draw(pool, 0))
    counts = [np.bincount(rows // 100, minlength=3).tolist() for rows, _ in rounds]
    assert counts[0] == [10, 10, 10]
    assert counts[1] in ([15, 8, 7], [15, 7, 8])
    assert counts[2] == [20, 5, 5]
    assert rounds[1][1] == pytest.approx({"a": 2 / 3, "b": 1 / 6, "c": 1 / 6})
    chosen = KmqIterative().select(pool, Budget(docs=90)).rows
    assert len(set(chosen.tolist())) == 90


def test_iterative_leaves_a_useless_cluster_until_the_others_are_empty() -> None:
    pool = clustered({"a": 10, "b": 100}, influence=[1] * 10 + [-1] * 100)
    # two rounds of 8: 4 and 4; then b weighs nothing and a gives its last 6, and b the 2 that are missing
    rounds = KmqIterative(rounds=2).play(pool, Budget(docs=16), Draw(pool, 0))
    assert [(int((rows < 10).sum()), int((rows >= 10).sum())) for rows, _ in rounds] == [(4, 4), (6, 2)]


def test_iterative_in_one_round_is_an_equal_draw() -> None:
    pool = clustered({"a": 60, "b": 30, "c": 10})
    assert taken(pool, KmqIterative(rounds=1), Budget(docs=21)) == {"a": 7, "b": 7, "c": 7}
