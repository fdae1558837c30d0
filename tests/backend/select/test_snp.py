"""SnP: which clusters are kept, and how documents of them are chosen."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.errors import SettingError
from winnow.pool import Budget, Groups, Pool, Target
from winnow.select import snp as module
from winnow.select.snp import Snp


def at(*degrees: float) -> np.ndarray:
    angle = np.radians(degrees)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


def pool_of(clusters: dict[str, list[float]], target: list[float]) -> Pool:
    names = [name for name, degrees in clusters.items() for _ in degrees]
    vectors = at(*(degree for degrees in clusters.values() for degree in degrees))
    aim = Target("aim", ("text",) * len(target), {"static": at(*target)})
    return Pool(
        np.arange(len(names)), np.ones(len(names)), {"cluster_name": Groups.of(names)}, {"static": vectors}, aim
    )


# the target has two sides, 0 and 90 degrees; one cluster is one side, one the other, and one is far away
SIDES = pool_of({"east": [0, 2, 358], "north": [90, 92, 88], "west": [180, 182, 178]}, [0, 2, 358, 90, 92, 88])


def test_clusters_are_joined_while_their_union_comes_nearer() -> None:
    # one side alone: its mean is 45 degrees away on the circle and it has too little spread. Both sides together are the
    # target itself, FD = 0; the far cluster then moves them away
    search = Snp().search(SIDES)
    assert set(search.names[:2]) == {"east", "north"}
    assert search.names[2] == "west"
    assert search.kept == 2
    assert search.together[1] == pytest.approx(0, abs=1e-6)
    assert search.together[0] == pytest.approx(search.alone[0])
    assert search.together[2] > 0.1


def test_distances_of_points_by_hand() -> None:
    # clusters of one point have no covariance, nor has a target of one: FD = |x - y|^2 = 2 - 2 cos: 60 degrees 1, 90
    # degrees 2. Their union has its mean half way between them and the spread |x - y|^2 / 4 of both about it, so that
    # FD = (|60 - 0|^2 + |90 - 0|^2) / 2 = 1.5: the mean of the two squares, whatever lies between
    search = Snp().search(pool_of({"near": [60], "far": [90]}, [0]))
    assert search.names == ("near", "far")
    assert search.alone == pytest.approx((1, 2), abs=1e-6)
    assert search.together == pytest.approx((1, 1.5), abs=1e-6)
    assert search.kept == 1


def test_the_lowest_of_all_prefixes_is_kept_and_not_the_first_rise() -> None:
    # trap: target at 0, 90, 180 and 270 degrees, mean 0. After the first cluster a second may leave FD unchanged or
    # raise it, and only all four bring it to 0
    search = Snp().search(pool_of({"a": [0], "b": [90], "c": [180], "d": [270]}, [0, 90, 180, 270]))
    assert search.kept == 4
    assert search.together[3] == pytest.approx(0, abs=1e-6)
    assert min(search.together) <= search.alone[0]


def test_one_document_of_each_cluster_and_then_the_farthest_from_these() -> None:
    # trap: in released code the documents that stand for clusters are no centres. Here two choices are one of either
    # side, and the third is the farthest from both
    for seed in range(10):
        rows = Snp().select(SIDES, Budget(docs=3), seed=seed).rows.tolist()
        assert {row // 3 for row in rows[:2]} == {0, 1}
        chosen, vectors = rows[:2], SIDES.vectors["static"]
        away = {row: (1 - vectors[row] @ vectors[chosen].T).min() for row in range(6) if row not in chosen}
        assert away[rows[2]] == pytest.approx(max(away.values()), abs=1e-6)


def test_only_documents_of_kept_clusters_are_taken_whatever_the_budget() -> None:
    for prune in ("far", "random"):
        assert sorted(Snp(prune=prune).select(SIDES, Budget(docs=9)).rows.tolist()) == [0, 1, 2, 3, 4, 5]


def test_at_most_so_many_clusters_are_used() -> None:
    seen = {tuple(sorted(Snp(clusters=1).select(SIDES, Budget(docs=9), seed=seed).rows // 3)) for seed in range(20)}
    assert seen == {(0, 0, 0), (1, 1, 1)}


def test_budgets_nest() -> None:
    chance = np.random.default_rng(0)
    names = Groups.of([f"c{k}" for k in chance.integers(0, 9, 200)])
    aim = Target("aim", ("text",) * 9, {"static": chance.normal(size=(9, 6)).astype(np.float32)})
    vectors = {"static": chance.normal(size=(200, 6))}
    pool = Pool(np.arange(200), chance.integers(1, 50, 200), {"cluster_name": names}, vectors, aim)
    for prune in ("far", "random"):
        fewer, more = (Snp(prune=prune).select(pool, Budget(tokens=t)).rows.tolist() for t in (300, 2000))
        assert fewer == more[: len(fewer)]
        assert pool.tokens[fewer[:-1]].sum() < 300 <= pool.tokens[fewer].sum()


def test_too_large_a_task_is_refused_with_size_and_alternative(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_COMPARISONS", 20.0)
    with pytest.raises(SettingError, match=r"6 documents in 2 clusters and 5 choices.*prune=random, --docs 3"):
        Snp().select(SIDES, Budget(docs=4))
    assert len(Snp(prune="random").select(SIDES, Budget(docs=4))) == 4
    monkeypatch.setattr(module, "MOST_CLUSTERS", 2)
    with pytest.raises(SettingError, match="at most 2 clusters; column 'cluster_name' has 3"):
        Snp().select(SIDES, Budget(docs=1))
