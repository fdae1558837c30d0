"""adapt_infinity: entropies, even sampling and pruning by hand."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.errors import SettingError
from winnow.pool import Budget, Groups, Pool
from winnow.select.adaptive import AdaptInfinity, entropy, even_bins


def pool_of(clusters: list[str], vectors: np.ndarray | None = None, **scores: np.ndarray) -> Pool:
    n = len(clusters)
    columns = {"cluster_name": Groups.of(clusters), **scores}
    return Pool(np.arange(n), np.ones(n), columns, {} if vectors is None else {"static": vectors})


def method(**settings) -> AdaptInfinity:
    return AdaptInfinity(**{"scores": ("a", "b"), "pool_share": 1, **settings})


def test_entropy_by_hand_and_for_known_distributions() -> None:
    # four equal values in two of the bins each: two bins of a half, 1 bit; a constant has none
    assert entropy(np.array([0.0, 0, 10, 10]), 50) == 1.0
    assert entropy(np.full(9, 3.0), 50) == 0.0
    assert entropy(np.array([np.nan, np.inf]), 50) == 0.0
    # 50 bins on ±4 are .16 wide: a normal has log2(sqrt(2 pi e) / .16) = log2(4.1327 / .16) = 4.69 bits, less its
    # tails; a uniform of deviation 1 spans 3.464 = 21.65 bins, log2 = 4.44
    chance = np.random.default_rng(0)
    assert entropy(chance.normal(size=200_000), 50) == pytest.approx(4.69, abs=0.04)
    assert entropy(chance.random(200_000), 50) == pytest.approx(4.45, abs=0.04)


def test_the_choice_of_score_does_not_depend_on_scale() -> None:
    # the released bins on ±4 old deviations prefer the smaller deviation: .1 has 5.60 bits there, 10 has 1.49
    chance = np.random.default_rng(0)
    wide, narrow = chance.normal(size=2000), np.round(chance.random(2000)) * 0.01
    for scale in (1e-3, 1, 1e4):
        found = method().entropies(pool_of(["x"] * 2000, a=wide * scale + 7, b=narrow))
        assert found["x"]["a"] == pytest.approx(entropy(wide, 50), abs=1e-6)
        assert found["x"]["a"] > found["x"]["b"]


def test_each_cluster_has_its_own_score() -> None:
    even, two = np.linspace(0, 1, 100), np.repeat([0.0, 1.0], 50)
    pool = pool_of(["x"] * 100 + ["y"] * 100, a=np.concatenate([even, two]), b=np.concatenate([two, even]))
    found = method().entropies(pool)
    assert found["x"]["a"] > found["x"]["b"]
    assert found["y"]["b"] > found["y"]["a"] == 1.0


def test_even_bins_on_0_to_99() -> None:
    # of 100 values place 5 holds 5 and place 95 holds 95: (5, 95] in five bins of 18
    places = even_bins(np.arange(100.0), 5, 0.05)
    assert np.bincount(places + 1).tolist() == [10, 18, 18, 18, 18, 18]
    assert (places[:6] == -1).all()
    assert (places[96:] == -1).all()
    assert places[6] == 0
    assert places[95] == 4
    rows = method(bins=5).select(pool_of(["x"] * 100, a=np.arange(100.0), b=np.zeros(100)), Budget(docs=10)).rows
    # ten of them are two from each bin
    assert np.bincount(places[rows]).tolist() == [2] * 5


def test_small_or_constant_clusters_lose_nothing() -> None:
    assert even_bins(np.array([4.0]), 5, 0.05).tolist() == [0]
    assert even_bins(np.full(30, 4.0), 5, 0.05).tolist() == [0] * 30
    assert (even_bins(np.arange(19.0), 5, 0.05) >= 0).all()
    assert even_bins(np.array([np.nan, 1, 2]), 2, 0.05).tolist() == [-1, 0, 1]


def test_clusters_share_equally_without_overshoot_repeats_or_division_by_zero() -> None:
    sizes = {"x": 5, "y": 50, "z": 500}
    names = [name for name, size in sizes.items() for _ in range(size)]
    pool = pool_of(names, a=np.random.default_rng(0).random(555), b=np.zeros(555))
    rows = method(tail=0).select(pool, Budget(docs=120)).rows
    # (5, 50, 65) are 120; rounding up gives 121
    assert [sum(names[row] == name for row in rows) for name in sizes] == [5, 50, 65]
    assert len(set(rows.tolist())) == 120
    tiny = pool_of(["x"] * 5 + ["y"] * 6, a=np.arange(11.0), b=np.zeros(11))
    assert len(method().select(tiny, Budget(docs=20))) == 11


def test_pruning_keeps_one_of_two_doubles() -> None:
    chance = np.random.default_rng(1)
    raw = chance.normal(size=(10, 16)).astype(np.float32)
    vectors = np.concatenate([raw, raw[:2]])
    pool = pool_of(
        ["x"] * 12, vectors / np.linalg.norm(vectors, axis=1, keepdims=True), a=chance.random(12), b=np.zeros(12)
    )
    for seed in range(5):
        rows = set(method(pool_share=10 / 12, tail=0).select(pool, Budget(docs=12), seed=seed).rows.tolist())
        assert len(rows) == 10
        assert len(rows & {0, 10}) == len(rows & {1, 11}) == 1


def test_no_score_and_broken_vectors_are_refused() -> None:
    with pytest.raises(SettingError, match="needs a score"):
        AdaptInfinity(scores=())
    pool = pool_of(["x"], np.array([[np.nan]]), a=np.ones(1), b=np.ones(1))
    with pytest.raises(SettingError, match="1 of 1 documents"):
        method(pool_share=0.5).select(pool, Budget(docs=1))
