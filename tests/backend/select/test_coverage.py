"""kcenter and facility_location: greedy choices by hand, exhaustively, and the limits."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from winnow.errors import SettingError
from winnow.pool import Budget, Groups, Pool
from winnow.select import coverage
from winnow.select.coverage import FacilityLocation, Kcenter


def circle(*degrees: float) -> np.ndarray:
    angle = np.radians(degrees)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


def pool_of(vectors: np.ndarray, clusters: list[str] | None = None, tokens: list[int] | None = None) -> Pool:
    n = len(vectors)
    columns = {"cluster_name": Groups.of(clusters or ["one"] * n)}
    return Pool(np.arange(n), np.array(tokens or [1] * n), columns, {"static": vectors})


def random_units(n: int, d: int = 4, seed: int = 0) -> np.ndarray:
    raw = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return raw / np.linalg.norm(raw, axis=1, keepdims=True)


def test_kcenter_goes_to_the_farthest_each_time() -> None:
    # 0, 5, 90 and 180 degrees. Whatever the first, the ends come early and one of the doubles 0 and 5 comes last:
    # from 0: 180 (180 away), then 90 (90 away), then 5. From 90: 0 or 180 (90 each) and then the other, then 5.
    orders = {tuple(Kcenter().select(pool_of(circle(0, 5, 90, 180)), Budget(docs=4), seed=s).rows) for s in range(40)}
    assert {order[0] for order in orders} == {0, 1, 2, 3}
    assert (0, 3, 2, 1) in orders
    assert (3, 0, 2, 1) in orders
    assert (1, 3, 2, 0) in orders
    assert all(order[3] in (0, 1) for order in orders)


def test_kcenter_radius_never_grows() -> None:
    vectors = random_units(80)
    rows = Kcenter().select(pool_of(vectors), Budget(docs=80)).rows
    radius = [float((1 - vectors @ vectors[rows[:k]].T).min(axis=1).max()) for k in range(1, 80)]
    assert all(later <= earlier + 1e-6 for earlier, later in itertools.pairwise(radius))
    # each choice is the farthest from those before it
    for k in (1, 10, 40):
        away = (1 - vectors @ vectors[rows[:k]].T).min(axis=1)
        assert away[rows[k]] == pytest.approx(away.max(), abs=1e-6)


def test_kcenter_does_not_begin_with_the_first_row() -> None:
    pool = pool_of(random_units(30))
    firsts = {int(Kcenter().select(pool, Budget(docs=1), seed=seed).rows[0]) for seed in range(20)}
    assert len(firsts) > 5


def test_kcenter_within_clusters_keeps_their_shares() -> None:
    pool = pool_of(random_units(100), ["a"] * 60 + ["b"] * 40)
    rows = Kcenter(within="cluster_name").select(pool, Budget(docs=10)).rows
    assert ((rows < 60).sum(), (rows >= 60).sum()) == (6, 4)
    smaller = Kcenter(within="cluster_name").select(pool, Budget(docs=4)).rows
    assert smaller.tolist() == rows[:4].tolist()


def test_facility_location_takes_the_most_central_then_what_is_left() -> None:
    # 0, 20, 40 and 150 degrees; cos 20 = .940, cos 40 = .766, and 150 is more than 90 from all. Sums of cosines: 20 has
    # .940 + 1 + .940 = 2.879, 0 and 40 have 1 + .940 + .766 = 2.706, 150 has 1. After 20 the gains are 1 for 150 and
    # 1 - .940 = .060 for 0 and for 40.
    rows = FacilityLocation().select(pool_of(circle(0, 20, 40, 150)), Budget(docs=4)).rows.tolist()
    assert rows[:2] == [1, 3]
    assert set(rows[2:]) == {0, 2}


def greedy(vectors: np.ndarray, k: int) -> float:
    """Return the value that plain greedy choice reaches, evaluating every gain each time."""
    similar = np.maximum(vectors @ vectors.T, 0)
    best = np.zeros(len(vectors))
    for _ in range(k):
        best = np.maximum(best, similar[np.maximum(similar - best, 0).sum(axis=1).argmax()])
    return float(best.sum())


def value(vectors: np.ndarray, rows: np.ndarray) -> float:
    return float(np.maximum(vectors @ vectors[rows].T, 0).max(axis=1).sum())


def test_lazy_greedy_is_greedy_and_near_the_best() -> None:
    vectors = random_units(60, seed=3)
    for k in (1, 5, 20):
        rows = FacilityLocation().select(pool_of(vectors), Budget(docs=k)).rows
        assert value(vectors, rows) == pytest.approx(greedy(vectors, k), rel=1e-5)
    few = vectors[:12]
    best = max(value(few, np.array(rows)) for rows in itertools.combinations(range(12), 4))
    reached = value(few, FacilityLocation().select(pool_of(few), Budget(docs=4)).rows)
    assert (1 - 1 / np.e) * best <= reached <= best + 1e-5


@pytest.mark.parametrize("method", [Kcenter(), FacilityLocation(within="cluster_name")], ids=repr)
def test_a_budget_in_tokens_ends_with_the_document_that_reaches_it(method) -> None:
    tokens = np.random.default_rng(0).integers(1, 90, 50).tolist()
    pool = pool_of(random_units(50), ["a", "b"] * 25, tokens)
    spent = pool.tokens[method.select(pool, Budget(tokens=400)).rows]
    assert spent[:-1].sum() < 400 <= spent.sum()


def test_too_large_a_pool_is_refused_with_size_and_alternative(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = pool_of(random_units(100), ["a", "b"] * 50)
    monkeypatch.setattr(coverage, "MOST_COMPARISONS", 500.0)
    with pytest.raises(SettingError, match=r"100 documents and 11 choices make 1,100.*--docs 5, .*within=cluster_name"):
        Kcenter().select(pool, Budget(docs=10))
    assert len(Kcenter().select(pool, Budget(docs=4))) == 4
    monkeypatch.setattr(coverage, "LARGEST_SQUARE", 60)
    with pytest.raises(SettingError, match=r"at most 60 .*largest group has 100.*within=cluster_name.*inside=near"):
        FacilityLocation().select(pool, Budget(docs=10))
    assert len(FacilityLocation(within="cluster_name").select(pool, Budget(docs=10))) == 10


def test_vectors_that_are_not_finite_are_refused() -> None:
    broken = pool_of(np.array([[1, 0], [np.nan, 1]], dtype=np.float32))
    for method in (Kcenter(), FacilityLocation()):
        with pytest.raises(SettingError, match="1 of 2 documents"):
            method.select(broken, Budget(docs=1))
